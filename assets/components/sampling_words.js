// What the stages of the pipeline are called, and what is said of each in numbers.

const MINUS = "−";
const STAGE = [
  { id: "logits", name: "logits", says: "What the network's last layer gives: one number z for each token, any size, any sign." },
  { id: "penalty", name: "penalty", long: "Repetition penalty", setting: "penalty", preset: 1.1, symbol: "θ",
    says: "What stands in the text already is made less likely: z / θ where z is above 0, z · θ where it is below." },
  { id: "temperature", name: "÷ T", long: "Temperature", setting: "temperature", preset: 0.7, symbol: "T",
    says: "Each logit is divided by T: differences grow below 1 and shrink above." },
  { id: "softmax", name: "softmax", says: "p = e^z / Σ e^z: numbers from 0 to 1 that sum to 1." },
  { id: "top_k", name: "top-k", long: "Top-k", setting: "top_k", preset: 5, symbol: "k", says: "Only the k most probable stay." },
  { id: "top_p", name: "top-p", long: "Top-p", setting: "top_p", preset: 0.9, symbol: "p",
    says: "Of what is left, only the fewest that together reach the share p stay." },
  { id: "min_p", name: "min-p", long: "Min-p", setting: "min_p", preset: 0.1, symbol: "min-p",
    says: "Only those stay that are at least this share as probable as the best." },
  { id: "renormalise", name: "sum = 1", long: "Renormalise", says: "What is left is divided by its sum, so that it sums to 1 again." },
  { id: "draw", name: "draw", long: "Draw", says: "The line from 0 to 1, cut into a part for each token, in the order of the vocabulary. A random number u points at one." },
];
const PLACE = Object.fromEntries(STAGE.map((stage, i) => [stage.id, i]));

const signed = (x) => (x < 0 ? MINUS : "") + digits(Math.abs(x));
const exactly = (x) => String(Number(x.toPrecision(4)));

/** A stage's setting as it is written on its card. */
function settingOf(s, name) {
  const v = s[name];
  if (v === OFF[name]) return "off";
  if (name === "min_p") return exactly(v);
  return `${STAGE[PLACE[name]].symbol} = ${v === Infinity ? "∞" : name === "top_k" ? whole(v) : exactly(v)}`;
}

/** What this stage did, in numbers. */
function sentenceOf(me, i) {
  const run = me.run, s = me.s, n = me.n, share = (k) => percent(run.sums[k] / run.all);
  const lost = (k) => `${whole(run.kept[k])} of ${whole(run.kept[k - 1])} tokens stay; ${percent(1 - run.sums[k] / run.sums[k - 1])} of the probability goes.`;
  if (i === 0) return `${whole(n)} tokens. Adding the same number to all of them would change nothing but what the penalty does.`;
  if (i === 1) {
    const hit = me.shown.filter((token) => me.seen.has(token)).length;
    return s.penalty === 1 ? "Off: every logit stays as it is."
      : `${whole(me.seen.size)} different tokens stand in the text; ${hit} of them ${hit === 1 ? "is" : "are"} among these ${me.shown.length}. How often each came does not matter.`;
  }
  if (i === 2) {
    if (s.temperature === 0) return "At 0 one cannot divide: what is meant is the limit, the largest logit and nothing else.";
    if (s.temperature === Infinity) return "Divided by ever larger T all logits tend to 0: no token is better than another.";
    return s.temperature === 1 ? "Divided by 1: every logit stays as it is."
      : `A difference of 1 between two logits becomes ${exactly(1 / s.temperature)}.`;
  }
  if (i === 3) return `They sum to 1. The most probable: ${visible(me.tokens[run.order[0]])} with ${percent(run.weights[0] / run.all)}.`;
  if (i === 4) return s.top_k ? lost(1) : "Off: all stay.";
  if (i === 5) return s.top_p < 1 ? lost(2) : "Off: all stay.";
  if (i === 6) return s.min_p ? lost(3) : "Off: all stay.";
  if (i === 7) return `Divided by ${digits(run.sums[3] / run.all)}, the sum of what was left. Entropy ${digits(run.entropy)} nats: like choosing among ${digits(Math.exp(run.entropy))}.`;
  return `${whole(run.kept[3])} token${run.kept[3] === 1 ? "" : "s"} can be drawn. A longer part is hit more often: that is all the chance there is.`;
}
