// The pipeline from logits to a token: every stage as a small picture, the chosen one large, all live under the finger.
// The numbers come from sampling_stages.js, which uses temperature_distribution.js.

const ROWS = 12; // the same tokens at every stage: those with the largest logits
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

function make(root) {
  const off = new AbortController();
  const on = (node, type, act) => node.addEventListener(type, act, { signal: off.signal });
  const me = { s: { ...OFF }, stage: "logits", last: {}, rows: [], cards: [], n: 0, sent: "" };

  // ---- the stages as cards ----------------------------------------------------------------------------------
  const strip = el("div", "stages", null, { role: "group", "aria-label": "The stages" });
  STAGE.forEach((stage, i) => {
    const card = el("div", "card"), open = el("button", "open", null, { type: "button", "aria-pressed": "false" });
    const mini = el("span", "mini", null, { "aria-hidden": "true" }), value = el("span", "setting");
    const bars = Array.from({ length: ROWS }, () => mini.appendChild(el("i")));
    open.append(el("b", "", stage.name), mini, value);
    card.append(open);
    on(open, "click", () => { choose(stage.id); commit(0); });
    on(open, "keydown", (event) => {
      const to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: STAGE.length - 1 }[event.key];
      if (to === undefined || !STAGE[to]) return;
      event.preventDefault();
      me.cards[to].open.focus();
      choose(STAGE[to].id);
      commit(350);
    });
    let power = null;
    if (stage.setting) {
      const label = el("label", "power");
      power = el("input", "", null, { type: "checkbox", role: "switch", "aria-label": `${stage.long} on` });
      label.append(power, el("span", "", ""));
      card.append(label);
      on(power, "change", () => {
        set({ [stage.setting]: power.checked ? (me.last[stage.setting] ?? stage.preset) : OFF[stage.setting] }, true);
        choose(stage.id);
        commit(0);
      });
    }
    strip.append(card);
    me.cards.push({ card, open, bars, value, power, label: power?.parentElement.lastChild });
  });

  // ---- the chosen stage, large ------------------------------------------------------------------------------
  const title = el("h3", "title"), says = el("p", "says"), control = el("div", "control");
  const list = el("div", "rows"), line = el("div", "line"), live = el("p", "unseen", "", { "aria-live": "polite" });
  const others = el("p", "others quiet"), sums = el("p", "sums");
  const headRow = el("div", "row head"), headBefore = el("span", "num"), headAfter = el("span", "num");
  const key = el("span", "key");
  key.append(el("i", "ghost-key"), "before", el("i", "fill-key"), "after");
  headRow.append(el("span"), key, headBefore, headAfter);
  const body = el("div", "body");
  body.append(headRow, list);
  const draw = el("button", "main", "Draw a token", { type: "button" });
  const take = el("button", "", "Write it, go on", { type: "button" });
  const drawn = el("span", "drawn-line", null, { role: "status" }), acts = el("div", "acts");
  acts.append(draw, take, drawn);
  const panel = el("section", "panel");
  panel.append(title, says, control, body, line, others, sums);
  root.append(strip, panel, acts, live);

  // ---- controls: one slider and box a setting, all kept, one shown -------------------------------------------
  const knobs = {};
  function knob(name, label, max, valueAt, placeOfValue, parse, text) {
    const lever = el("div", "lever");
    const slider = el("input", "slider", null, { type: "range", min: 0, max, step: 1, "aria-label": label });
    const box = el("input", "box", null, { type: "text", inputmode: "decimal", "aria-label": `${label} as a number`, autocomplete: "off" });
    lever.append(slider);
    control.append(lever, box);
    on(slider, "input", () => { glide(false); set({ [name]: valueAt(Number(slider.value)) }, false, slider); });
    on(slider, "change", () => commit(me.keyed ? 350 : 0));
    on(slider, "keydown", () => { me.keyed = true; });
    on(slider, "blur", flush);
    on(box, "focus", () => box.select());
    on(box, "keydown", (event) => { if (event.key === "Escape") show(); });
    on(box, "change", () => {
      const value = parse(box.value);
      if (value === null) return show();
      set({ [name]: value }, true);
      commit(0);
    });
    knobs[name] = { lever, slider, box, place: placeOfValue, text };
    return lever;
  }
  on(root, "pointerdown", () => { me.keyed = false; });
  knob("penalty", "Repetition penalty", 100, (x) => 1 + x / 100, (v) => Math.round((v - 1) * 100), (text) => {
    const value = ["off", ""].includes(text.trim().toLowerCase()) ? 1 : Number(text.trim().replace(",", "."));
    return value > 0 ? Math.min(10, Math.max(0.1, value)) : null;
  }, (v) => (v === 1 ? "off" : exactly(v)));
  const heat = knob("temperature", "Temperature", 1000, temperatureAt, placeOf, parseTemperature, (v) => (v === Infinity ? "∞" : exactly(v)));
  const ticks = el("div", "ticks");
  for (const [T, name, says_] of [[0, "0", "top one only"], [1, "1", "as learnt"], [2, "2"], [5, "5"], [Infinity, "∞", "all alike"]]) {
    const node = says_ ? el("button", "tick", null, { type: "button" }) : el("span", "tick minor", name);
    if (says_) {
      node.append(el("b", "", name), el("small", "", says_));
      on(node, "click", () => { set({ temperature: T }, true); commit(0); });
    }
    node.style.setProperty("--at", placeOf(T) / 1000);
    ticks.append(node);
  }
  heat.append(ticks);
  knob("top_k", "Top-k", KS.length, (x) => (x >= KS.length ? 0 : KS[x]), (v) => {
    const k = KS.findIndex((value) => v && value >= v);
    return k < 0 ? KS.length : k;
  }, parseCount, (v) => v || "off");
  knob("top_p", "Top-p", 100, (x) => Math.max(0.001, x / 100), (v) => Math.round(v * 100), (text) => {
    const value = parseShare(text, 1);
    return value === null ? null : Math.max(0.001, value);
  }, (v) => (v < 1 ? exactly(v) : "off"));
  knob("min_p", "Min-p", 100, (x) => x / 100, (v) => Math.round(v * 100), (text) => parseShare(text, 0), (v) => (v ? exactly(v) : "off"));

  const isOn = (name) => me.s[name] !== OFF[name];
  function settingText(name) {
    const v = me.s[name], symbol = STAGE[PLACE[name]].symbol;
    if (!isOn(name)) return "off";
    if (name === "min_p") return exactly(v);
    return `${symbol} = ${v === Infinity ? "∞" : name === "top_k" ? whole(v) : exactly(v)}`;
  }

  // ---- computing and painting -------------------------------------------------------------------------------
  /** What a stage makes of a shown token: {v, cut}; v is a logit before softmax, a probability from there. */
  function after(i, token) {
    const run = me.run, at = run.place[token], z = me.logits[token];
    if (i === 0) return { v: z };
    const penalised = me.seen.has(token) ? penalise(z, me.s.penalty) : z;
    if (i === 1) return { v: penalised };
    if (i === 2) return { v: divided(penalised, me.s.temperature, at === 0) };
    const p = run.weights[at] / run.all;
    if (i === 3) return { v: p };
    const cut = at >= run.kept[Math.min(i, 6) - 3];
    if (i < 7) return { v: cut ? 0 : p, cut, was: p };
    return { v: cut ? 0 : run.weights[at] / run.sums[3], cut, was: p };
  }

  function paint() {
    if (!me.n) return;
    me.run = runStages(me.order, me.logits, me.seen, me.s);
    paintCards();
    paintPanel();
    paintDrawn();
  }

  function paintCards() {
    const table = STAGE.map((_, i) => me.shown.map((token) => after(i, token)));
    me.table = table;
    const z = table[0].map((x) => x.v).filter(Number.isFinite);
    const span = Math.max(1e-9, Math.max(...z) - Math.min(...z));
    const most = Math.max(...table[3].map((x) => x.v), ...table[7].map((x) => x.v));
    STAGE.forEach((stage, i) => {
      const { card, bars, value, power, label, open } = me.cards[i], top = Math.max(...table[i].map((x) => x.v));
      me.shown.forEach((_, r) => {
        const { v, cut, was } = table[i][r];
        const tall = i < 3 ? (v === -Infinity ? 0 : 0.15 + 0.85 * Math.max(0, 1 + (v - top) / span)) : (cut ? was : v) / most;
        bars[r].style.transform = `scaleY(${Math.min(1, Math.max(tall, 0.012)).toFixed(4)})`;
        bars[r].classList.toggle("cut", Boolean(cut));
      });
      for (let r = me.shown.length; r < ROWS; r++) bars[r].style.transform = "scaleY(0)";
      if (stage.setting) {
        const yes = isOn(stage.setting);
        power.checked = yes;
        label.textContent = yes ? "on" : "off";
        value.textContent = yes ? settingText(stage.setting) : "";
        card.classList.toggle("idle", !yes);
      } else if (stage.id === "draw") value.textContent = me.u === null ? "" : `u = ${me.u.toFixed(3)}`;
      else value.textContent = "";
      const chosen = me.stage === stage.id;
      card.classList.toggle("chosen", chosen);
      open.setAttribute("aria-pressed", String(chosen));
    });
  }

  function paintPanel() {
    const i = PLACE[me.stage], stage = STAGE[i], run = me.run, s = me.s;
    title.textContent = stage.long ?? (stage.id === "logits" ? "Logits" : "Softmax");
    if (stage.setting) {
      const state = el("span", isOn(stage.setting) ? "now" : "now quiet", ` ${settingText(stage.setting)}`);
      title.append(state);
    }
    says.textContent = stage.id === "logits" && me.are_log_probs
      ? "This model counts: it has no logits. ln p of each token stands in for them (never above 0)." : stage.says;
    for (const [name, k] of Object.entries(knobs)) k.lever.hidden = k.box.hidden = name !== stage.setting;
    control.hidden = !stage.setting;
    line.hidden = stage.id !== "draw";
    body.hidden = stage.id === "draw";
    headBefore.textContent = i ? "before" : "";
    headAfter.textContent = i ? "after" : "z";
    key.hidden = i === 0;
    if (stage.id === "draw") paintLine();
    else if (i < 3) paintLogits(i);
    else paintProbs(i);
    const n = me.n, shownCount = me.shown.length;
    if (i < 3) {
      const rest = n - shownCount;
      others.textContent = rest ? `${whole(rest)} more tokens have smaller logits.` : "";
    } else if (stage.id === "draw") others.textContent = "";
    else {
      const used = me.table[i].reduce((sum, x) => sum + x.v, 0), total = [1, run.sums[1] / run.all, run.sums[2] / run.all, run.sums[3] / run.all, 1][i - 3];
      others.textContent = n > shownCount ? `${whole(n - shownCount)} more tokens together: ${percent(Math.max(0, total - used))}` : "";
    }
    sums.textContent = sentence(i);
  }

  /** What this stage did, in numbers. */
  function sentence(i) {
    const run = me.run, s = me.s, n = me.n, share = (k) => percent(run.sums[k] / run.all);
    const lost = (k) => `${whole(run.kept[k])} of ${whole(run.kept[k - 1])} tokens stay; ${percent(1 - run.sums[k] / run.sums[k - 1])} of the probability goes.`;
    if (i === 0) return `${whole(n)} tokens. Adding the same number to every logit would change no probability.`;
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

  const finite = (values) => values.filter(Number.isFinite);
  function paintLogits(i) {
    const now = me.table[i].map((x) => x.v), before = i ? me.table[i - 1].map((x) => x.v) : now;
    const low = Math.min(0, ...finite(now), ...finite(before)), high = Math.max(0, ...finite(now), ...finite(before), low + 1e-9);
    const at = (v) => (100 * (Math.max(low, v) - low)) / (high - low);
    me.rows.forEach((row, r) => {
      if (r >= me.shown.length) return;
      const v = now[r], w = before[r], zero = at(0);
      const put = (node, x) => {
        const [a, b] = x === -Infinity ? [0, 0] : [Math.min(zero, at(x)), Math.max(zero, at(x))];
        node.style.left = `${a}%`;
        node.style.width = `${b - a}%`;
      };
      put(row.fill, v);
      put(row.ghost, w);
      row.ghost.hidden = i === 0;
      row.zero.hidden = low === 0;
      row.zero.style.left = `${zero}%`;
      row.before.textContent = i ? signed(w) : "";
      row.after.textContent = signed(v);
      row.node.classList.toggle("cut", v === -Infinity);
      row.node.classList.toggle("hit", i === 1 && me.s.penalty !== 1 && me.seen.has(me.shown[r]));
    });
  }

  function paintProbs(i) {
    const now = me.table[i], before = i > 3 ? me.table[i - 1] : null;
    const most = Math.max(...me.table[3].map((x) => x.v), ...me.table[7].map((x) => x.v));
    me.rows.forEach((row, r) => {
      if (r >= me.shown.length) return;
      const { v, cut, was } = now[r], w = before ? before[r].v : null;
      row.fill.style.left = row.ghost.style.left = "0%";
      row.fill.style.width = `${(100 * (cut ? was : v)) / most}%`;
      row.ghost.style.width = w === null ? "0%" : `${(100 * w) / most}%`;
      row.ghost.hidden = w === null;
      row.zero.hidden = true;
      row.before.textContent = w === null ? signed(me.table[2][r].v) : before[r].cut ? "cut" : percent(w);
      row.after.textContent = cut ? "cut" : percent(v);
      row.node.classList.toggle("cut", Boolean(cut));
      row.node.classList.remove("hit");
    });
    if (i === 3) headBefore.textContent = "z / T";
  }

  /** The line from 0 to 1: a part for each token in the order of the vocabulary, thin ones together. */
  function paintLine() {
    const run = me.run, kept = run.order.slice(0, run.kept[3]).sort((a, b) => a - b);
    line.replaceChildren();
    let thin = 0, count = 0, odd = 0;
    const part = (p, text, name) => {
      const node = el("span", `part${odd++ % 2 ? " odd" : ""}${name ? "" : " thin"}`, text, name ? { title: name } : {});
      node.style.flexGrow = p;
      if (p < 0.05 || visible(text).length * 0.013 > p) node.textContent = "";
      line.append(node);
    };
    const flushThin = () => {
      if (count) part(thin, "", "");
      thin = count = 0;
    };
    for (const token of kept) {
      const p = run.weights[run.place[token]] / run.sums[3];
      if (p < 0.015) {
        thin += p;
        count++;
      } else {
        flushThin();
        part(p, visible(me.tokens[token]), `${visible(me.tokens[token])} ${percent(p)}`);
      }
    }
    flushThin();
    if (me.u !== null) {
      const pin = el("span", "pin", null);
      pin.append(el("b", "", `u = ${me.u.toFixed(3)}`));
      pin.style.left = `${100 * me.u}%`;
      pin.classList.toggle("left", me.u > 0.75);
      line.append(pin);
    }
  }

  function paintDrawn() {
    drawn.replaceChildren();
    take.hidden = me.u === null;
    if (me.u === null) return;
    const token = tokenAt(me.run, me.u);
    drawn.append(`u = ${me.u.toFixed(3)} points at `, el("span", "chip", visible(me.tokens[token])),
      el("span", "quiet", ` ${percent(me.run.weights[me.run.place[token]] / me.run.sums[3])}`));
  }

  // ---- acting ------------------------------------------------------------------------------------------------
  function show(except) {
    for (const [name, k] of Object.entries(knobs)) {
      if (except !== k.slider) k.slider.value = k.place(me.s[name]);
      k.box.value = k.text(me.s[name]);
      k.slider.setAttribute("aria-valuetext", settingText(name));
    }
  }
  let gliding = 0;
  function glide(yes) {
    clearTimeout(gliding);
    root.classList.toggle("glide", yes && !reducedMotion());
    if (yes) gliding = setTimeout(() => root.classList.remove("glide"), 320);
  }
  function set(change, moves, except) {
    if (moves) glide(true);
    Object.assign(me.s, change);
    for (const name of Object.keys(OFF)) if (isOn(name)) me.last[name] = me.s[name];
    show(except);
    const start = performance.now();
    paint();
    root.dataset.scriptMs = (performance.now() - start).toFixed(3);
  }
  function choose(id) {
    me.stage = id;
    glide(true);
    paintCards();
    paintPanel();
  }
  const json = () => ({ ...me.s, temperature: me.s.temperature === Infinity ? "inf" : me.s.temperature, stage: me.stage });
  let waiting = 0;
  function commit(delay) {
    clearTimeout(waiting);
    waiting = delay ? setTimeout(send, delay) : (send(), 0);
  }
  function flush() {
    if (waiting) commit(0);
  }
  function send() {
    waiting = 0;
    live.textContent = `${title.textContent}. ${sums.textContent}`;
    const now = JSON.stringify(json());
    if (now === me.sent) return;
    me.sent = now;
    me.component.setStateValue("settings", { ...json(), seq: Date.now() });
  }
  on(draw, "click", () => { flush(); me.component.setTriggerValue("draw", { seq: Date.now() }); });
  on(take, "click", () => { flush(); me.component.setTriggerValue("take", { seq: Date.now() }); });

  // ---- new data from Python ----------------------------------------------------------------------------------
  function load(data) {
    const out = new Set(data.excluded);
    me.tokens = data.tokens;
    me.logits = data.logits;
    me.seen = new Set(data.seen);
    me.are_log_probs = data.are_log_probs;
    me.order = sortedTokens(data.logits, out);
    me.n = me.order.length;
    me.shown = me.order.slice(0, ROWS);
    while (me.rows.length < me.shown.length) {
      const node = el("div", "row"), name = el("span", "name"), token = el("span", "chip"), track = el("span", "track");
      const fill = el("span", "fill"), ghost = el("span", "ghost"), zero = el("span", "zero");
      const before = el("span", "num quiet"), after_ = el("span", "num");
      name.append(token);
      track.append(zero, fill, ghost);
      node.append(name, track, before, after_);
      list.append(node);
      me.rows.push({ node, token, fill, ghost, zero, before, after: after_ });
    }
    while (me.rows.length > me.shown.length) me.rows.pop().node.remove();
    me.rows.forEach((row, r) => { row.token.textContent = visible(me.tokens[me.shown[r]]); });
  }

  me.update = (bytes) => {
    const data = unpack(bytes), fresh = data.sig !== me.sig, pushed = data.rev !== me.rev;
    me.sig = data.sig;
    me.rev = data.rev;
    me.u = data.u;
    if (pushed) {
      const { stage, ...s } = data.settings;
      me.s = { ...s, temperature: s.temperature === "inf" ? Infinity : s.temperature };
      me.stage = stage;
      me.sent = JSON.stringify(json());
      clearTimeout(waiting);
      waiting = 0;
      for (const name of Object.keys(OFF)) if (isOn(name)) me.last[name] = me.s[name];
    }
    if (fresh) load(data);
    if (me.opened) glide(true);
    me.opened = true;
    show();
    paint();
  };
  me.destroy = () => {
    off.abort();
    clearTimeout(waiting);
    clearTimeout(gliding);
  };
  return me;
}

export default mount(make);
