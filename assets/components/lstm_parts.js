// What the LSTM's picture is made of: its six parts, their colours, and the equations in one unit's numbers.

const PANELS = [ // in the order of the arrays; gate: which of the theme's four hues
  { name: "forget gate", symbol: "f", gate: 0, open: true },
  { name: "input gate", symbol: "i", gate: 1, open: true },
  { name: "candidate", symbol: "C̃", gate: 2, open: false },
  { name: "output gate", symbol: "o", gate: 3, open: true },
  { name: "cell state", symbol: "C", gate: null, open: false },
  { name: "hidden state", symbol: "h", gate: null, open: false },
];
const [FORGET, INPUT, CANDIDATE, OUTPUT, CELL, HIDDEN] = PANELS.keys();
const LAID = [FORGET, INPUT, CANDIDATE, CELL, OUTPUT, HIDDEN]; // as the equations use them
const FEW = 32; // units drawn before all are asked for
const SHADES = 64;

/** A number with its sign, at most three digits after the point. */
function signed(x) {
  const text = Math.abs(x) >= 9.995 ? Math.abs(x).toFixed(1) : Math.abs(x) >= 0.9995 ? Math.abs(x).toFixed(2) : Math.abs(x).toFixed(3);
  return x < 0 && Number(text) !== 0 ? `−${text}` : text;
}

/** A colour between evenly spaced ones. */
function mix(stops, share) {
  const at = Math.min(1, Math.max(0, share)) * (stops.length - 1), i = Math.min(stops.length - 2, Math.floor(at));
  return stops[i].map((c, j) => Math.round(c + (stops[i + 1][j] - c) * (at - i)));
}

/** The equations as lines; `v(k, t)` is part k of this unit at a position, now when t is left out. */
function equations(v, unit, at, name, last) {
  const number = (k, x) => el("span", PANELS[k].gate === null ? "num" : `num gate-${PANELS[k].gate}`, x);
  const of = (k) => number(k, signed(v(k))), sub = (text) => el("sub", "", text);
  const bracket = (x) => (x < 0 ? `(${signed(x)})` : signed(x));
  const line = (wide, ...parts) => {
    const node = el("p", wide ? "sum wide" : "sum");
    node.append(...parts);
    return node;
  };
  const gate = (k, squash, W, does) => line(false, number(k, PANELS[k].symbol), sub("t"), ` = ${squash}(W`, sub(W), " [h", sub("t−1"), ", x", sub("t"), "] + b", sub(W), ") = ", of(k), el("span", "quiet", does ? `, ${does} ${Math.round(100 * v(k))}%` : ""));
  const where = at === 0 ? [" at the start, before any token"] : [" after reading ", el("span", "chip", name), el("span", "quiet", ` token ${at} of ${last}`)];
  return [
    line(true, el("strong", "", `Unit ${unit}`), ...where),
    gate(FORGET, "σ", "f", "keeps"),
    gate(INPUT, "σ", "i", "lets in"),
    gate(CANDIDATE, "tanh", "C"),
    gate(OUTPUT, "σ", "o", "shows"),
    line(true, "C", sub("t"), " = f", sub("t"), " · C", sub("t−1"), " + i", sub("t"), " · C̃", sub("t"), " = ", of(FORGET), ` · ${bracket(at ? v(CELL, at - 1) : 0)} + `, of(INPUT), " · ", number(CANDIDATE, bracket(v(CANDIDATE))), " = ", el("strong", "num", signed(v(CELL)))),
    line(true, "h", sub("t"), " = o", sub("t"), " · tanh(C", sub("t"), ") = ", of(OUTPUT), ` · ${bracket(Math.tanh(v(CELL)))} = `, el("strong", "num", signed(v(HIDDEN)))),
  ];
}
