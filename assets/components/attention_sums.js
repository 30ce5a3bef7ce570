// The arithmetic of one cell in full: every factor of its sum with its number, ending in the cell's value.

const WRITTEN = 8; // products written in one line; more become a list

function say(...parts) {
  const node = el("p", "line");
  node.append(...parts);
  return node;
}
function chip(text) {
  return el("span", "chip", text);
}
function sign(name, index = "") {
  const node = el("i", "symbol", name);
  if (index !== "") node.append(el("sub", "", String(index)));
  return node;
}
function power(...exponent) {
  const node = el("span", "", "e"), above = el("sup", "power");
  above.append(...exponent);
  node.append(above);
  return node;
}
const bracket = (x) => (x < 0 ? `(${num(x)})` : num(x));
const plus = (x) => (x < 0 ? ` − ${num(-x)}` : ` + ${num(x)}`);
const result = (x) => el("b", "value", num(x));

/** What the cell is called, in the order of the matrices. */
const NAMES = {
  x: "x", wq: "W_Q", wk: "W_K", wv: "W_V", wo: "W_O", q: "query", k: "key", v: "value", s: "score", m: "masked score",
  a: "attention weight", o: "weighted sum", j: "heads side by side", out: "output",
};

/**
 * The lines of a sum of products a·b (+ bias): one line when there are few, else what is for it and against it, and
 * when `full` every product in a list. `named(t)` says which one the t-th is.
 */
function products(a, b, { bias = null, total, named, full, hues = ["", ""] }) {
  const factor = (x, hue, first) => el("span", hue, first ? num(x) : bracket(x));
  const ends = bias === null ? [] : [plus(bias), el("span", "quiet", " (bias)")];
  if (a.length <= WRITTEN) {
    const line = say("= ");
    a.forEach((x, t) => line.append(t ? " + " : "", factor(x, hues[0], t === 0), "·", factor(b[t], hues[1], false)));
    line.append(...ends, " = ");
    if (a.length > 1 || bias !== null) { // a single product is its sum
      a.forEach((x, t) => line.append(t ? plus(x * b[t]) : num(x * b[t])));
      line.append(...(bias === null ? [] : [plus(bias)]), " = ");
    }
    line.append(result(total));
    return [line];
  }
  const each = Array.from(a, (x, t) => x * b[t]);
  const up = each.reduce((sum, x) => sum + Math.max(0, x), 0), down = each.reduce((sum, x) => sum + Math.min(0, x), 0);
  const lines = [say(`= ${whole(a.length)} products: `, `${num(up)} for it`, `${plus(down)} against it`, ...ends, " = ", result(total))];
  if (!full) return lines;
  const list = el("div", "terms"), strong = Math.max(...each.map(Math.abs)) / 2;
  each.forEach((x, t) => {
    const term = el("span", Math.abs(x) >= strong ? "term strong" : "term");
    term.append(el("span", "quiet", `${named(t)} `), factor(a[t], hues[0], true), " · ", factor(b[t], hues[1], false), ` = ${num(x)}`);
    list.append(term);
  });
  return [...lines, list];
}

/** Lines about what is looked at: `at` is {m, i, c, h}, `d` the data with its accessors. */
function arithmetic(d, at, full) {
  const { i, c, h } = at, D = d.D, token = (t) => chip(d.name(t)), inHead = c - h * D;
  const head = d.H > 1 ? ` of head ${h + 1}` : "", number = (n) => `number ${n + 1}`;
  const row = (m, r, from, length) => Array.from({ length }, (_, t) => d.get(m, r, from + t, h));
  const column = (m, from, to) => Array.from({ length: d.C }, (_, r) => d.get(m, r, to, h)).slice(from);

  const projected = (m, w, bias, words, hue) => {
    const lines = [say(el("strong", "", `${words}${head} of `), token(i), `: ${number(inHead)} of ${D}. Row of `, sign("x"), ", column of ", sign("W", m.toUpperCase()))];
    if (!d.known) return [...lines, tooWide(d.get(m, i, c, h))];
    const weights = column(w, 0, c), plain = d.plain(m, i, c);
    lines.push(...products(row("x", i, 0, d.C), weights, { bias: d.biased ? d[bias][c] : null, total: plain, named: (t) => t + 1, full, hues: ["", hue] }));
    if (d.angles && m !== "v") { // rotary: a pair of numbers is a hand, turned by the place of the token
      const even = c - (inHead % 2), angle = d.angles[i * (D / 2) + Math.floor(inHead / 2)], [a, b] = [d.plain(m, i, even), d.plain(m, i, even + 1)];
      const [one, two, join] = inHead % 2 ? ["sin", "cos", "+"] : ["cos", "sin", "−"];
      lines.push(say(`turned with its place ${i} by ${num(angle)} rad: ${num(a)} · ${one} ${num(angle)} ${join} ${bracket(b)} · ${two} ${num(angle)} = `, result(d.get(m, i, c, h))));
    }
    return lines;
  };
  const tooWide = (value) => say(`= ${whole(d.C)} products: more weights than a page should carry. They add up to `, result(value), "; the script under The code does it.");
  /** On paper a given number can be changed: buttons, or + and − on the cell. */
  const changer = () => {
    if (!d.paper || !full) return [];
    const line = el("p", "line changer");
    for (const [by, text] of [[-1, "−1"], [1, "+1"]]) {
      const button = el("button", "", text, { type: "button", "data-by": by, "aria-label": by < 0 ? "One less" : "One more" });
      button.addEventListener("click", () => d.change(at, by));
      line.append(button);
    }
    line.append(el("span", "quiet", "Change it and see what follows. The keys + and − do the same."));
    return [line];
  };
  const weight = (name, what) => [say(el("strong", "", "A weight"), ` of `, sign("W", name), `: `, result(d.get(at.m, i, c, h)), d.trained ? `. Trained, the same for every token: ` : `. Made up, the same for every token: `, `${number(i)} of ${what} counts so much in ${number(c)} of the result.`), ...changer()];

  const lookUp = {
    t() {
      const seen = row("a", i, 0, d.P), bars = el("div", "looks");
      const most = Math.max(...seen), open = d.masked ? i + 1 : d.P;
      const entropy = seen.reduce((sum, p) => sum - (p > 0 ? p * Math.log(p) : 0), 0);
      for (let j = 0; j < open; j++) {
        const bar = el("span", "look"), track = el("span", "track"), fill = el("span", "fill");
        fill.style.transform = `scaleX(${seen[j]})`;
        track.append(fill);
        bar.append(token(j), track, el("span", seen[j] === most ? "share strong" : "share", percent(seen[j])));
        bars.append(bar);
      }
      const could = open > 1 ? ` of at most ln ${open} = ${num(Math.log(open))}` : "";
      return [say(token(i), el("strong", "", d.H > 1 ? ` looks, in head ${h + 1}, at` : " looks at"), el("span", "quiet", `   entropy ${num(Math.abs(entropy))} nats${could}`)), bars];
    },
    x() {
      const value = result(d.get("x", i, c));
      if (!d.stream) return [say(el("strong", "", "The embedding of "), token(i), `: ${number(c)} of ${d.C} is `, value), say("Looked up in the table of embeddings, not computed."), ...changer()];
      const before = d.stream.subarray(i * d.C, (i + 1) * d.C);
      const mean = before.reduce((sum, r) => sum + r, 0) / d.C, spread = Math.sqrt(before.reduce((sum, r) => sum + (r - mean) ** 2, 0) / d.C + 1e-5);
      return [
        say(el("strong", "", "What comes in at "), token(i), `: ${number(c)} of ${d.C}, after the LayerNorm`),
        say(`= (${num(before[c])}${plus(-mean)}) / ${num(spread)} · ${bracket(d.gain[c])}${plus(d.shift[c])} = `, value),
        say(el("span", "quiet", `stream less its mean, by its deviation √(variance + 0.00001) over the row's ${d.C} numbers; then a trained gain and shift`)),
      ];
    },
    wq: () => weight("Q", "x"),
    wk: () => weight("K", "x"),
    wv: () => weight("V", "x"),
    wo: () => weight("O", "the heads side by side"),
    q: () => projected("q", "wq", "bq", "The query", "hue-q"),
    k: () => projected("k", "wk", "bk", "The key", "hue-k"),
    v: () => projected("v", "wv", "bv", "The value", "hue-v"),
    s() {
      const from = h * D, q = row("q", i, from, D), k = row("k", c, from, D), dot = q.reduce((sum, x, t) => sum + x * k[t], 0);
      const lines = [say(el("strong", "", `The score${head}: `), token(i), " asks ", token(c), ". ", sign("q"), " · ", sign("k"), d.scaled ? " / √d" : "")];
      lines.push(...products(q, k, { total: dot, named: (t) => t + 1, full, hues: ["hue-q", "hue-k"] }));
      if (d.scaled) lines.push(say(`/ √${D} = ${num(dot)} / ${num(Math.sqrt(D))} = `, d.slopes ? num(dot / Math.sqrt(D)) : result(d.get("s", i, c, h))));
      else lines.push(say(el("span", "quiet", `not divided by √${D} = ${num(Math.sqrt(D))}: the scaling is off`)));
      if (d.slopes) lines.push(say(`less ${num(d.slopes[h])} for each of ${i - c} tokens between them (ALiBi) = `, result(d.get("s", i, c, h))));
      if (!d.paper && d.masked && c > i) lines.push(hidden());
      return lines;
    },
    m() {
      const score = num(d.get("s", i, c, h));
      if (!d.masked) return [say(token(i), " asks ", token(c), `. There is no mask: the score stays `, result(d.get("m", i, c, h)))];
      if (c > i) return [hidden(), say(`The score was ${score}; now it is `, result(-Infinity), ", and ", power("−∞"), " = 0.")];
      return [say(token(c), c === i ? " may see itself" : " comes before ", c === i ? "" : token(i), `: the score stays `, result(d.get("m", i, c, h)))];
    },
    a() {
      const scores = row("m", i, 0, d.P), top = Math.max(...scores), less = Math.abs(top) > 60 ? top : 0;
      const powers = scores.map((s) => Math.exp(s - less)), total = powers.reduce((sum, p) => sum + p, 0), value = d.get("a", i, c, h);
      const open = scores.map((s, t) => t).filter((t) => scores[t] !== -Infinity);
      const lines = [say(el("strong", "", `The attention weight${head}: `), token(i), " looks at ", token(c), ". softmax of the row", less ? el("span", "quiet", `, every score less the largest, ${num(top)}: the shares stay`) : "")];
      if (scores[c] === -Infinity) return [...lines, say("= ", power("−∞"), ` / ${num(total)} = 0 / ${num(total)} = `, result(value))];
      if (open.length <= WRITTEN) {
        const line = say("= ", power(num(scores[c] - less)), " / (");
        open.forEach((t, n) => line.append(n ? " + " : "", power(num(scores[t] - less))));
        line.append(")", ` = ${num(powers[c])} / (${open.map((t) => num(powers[t])).join(" + ")}) = ${num(powers[c])} / ${num(total)} = `, result(value));
        return [...lines, line];
      }
      lines.push(say("= ", power(num(scores[c] - less)), ` / sum of ${open.length} powers = ${num(powers[c])} / ${num(total)} = `, result(value)));
      if (!full) return lines;
      const list = el("div", "terms");
      for (const t of open) {
        const term = el("span", t === c ? "term strong" : "term");
        term.append(token(t), " ", power(num(scores[t] - less)), ` = ${num(powers[t])}`);
        list.append(term);
      }
      return [...lines, list];
    },
    o() {
      const shares = row("a", i, 0, d.P), values = Array.from({ length: d.P }, (_, t) => d.get("v", t, c, h));
      const open = shares.map((_, t) => t).filter((t) => !d.masked || t <= i);
      return [
        say(el("strong", "", `The weighted sum${head} at `), token(i), `: ${number(inHead)} of ${D}. Each weight times that number of the token's value`),
        ...products(open.map((t) => shares[t]), open.map((t) => values[t]), { total: d.get("o", i, c, h), named: (t) => d.name(open[t]), full, hues: ["hue-a", "hue-v"] }),
      ];
    },
    j: () => [say(el("strong", "", "Heads side by side at "), token(i), `: ${number(c)} of ${d.C} is ${number(inHead)} of head ${h + 1}, taken over: `, result(d.get("o", i, c, h)))],
    out() {
      const lines = [say(el("strong", "", "The output at "), token(i), `: ${number(c)} of ${d.C}. `, d.H > 1 ? "The heads side by side" : "The weighted sum", ", times a column of ", sign("W", "O"))];
      if (!d.known) return [...lines, tooWide(d.get("out", i, c))];
      return [...lines, ...products(row("o", i, 0, d.C), column("wo", 0, c), { bias: d.biased ? d.bo[c] : null, total: d.get("out", i, c), named: (t) => t + 1, full, hues: ["hue-v", ""] })];
    },
  };
  const hidden = () => say(token(c), " comes after ", token(i), ": it must not be seen, or the answer would stand in the question.");
  return lookUp[at.m]();
}
