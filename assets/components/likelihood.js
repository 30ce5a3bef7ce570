// Maximum likelihood by hand: one probability under the finger, the likelihood and the NLL as curves with the point on
// both. The arithmetic is that of lmcore/probes/likelihood.py; Python hears of it on release only.

const STEPS = 1000; // places of the slider
const POINTS = 200; // of a curve
const SIZE = { w: 420, h: 230, left: 14, right: 14, top: 40, bottom: 34 };
const SUPER = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

/** h ln p + (n - h) ln(1 - p), where 0 · ln 0 is 0. */
function logLikelihood(p, h, n) {
  return (h ? h * Math.log(p) : 0) + (n - h ? (n - h) * Math.log1p(-p) : 0);
}

/** A number given by its natural logarithm, which may be far below what a float can hold. */
function fromLog(log) {
  if (log === -Infinity) return "0";
  const log10 = log / Math.LN10;
  if (log10 > -4) return digits(Math.exp(log));
  let exponent = Math.floor(log10), mantissa = (10 ** (log10 - exponent)).toPrecision(3);
  if (Number(mantissa) === 10) [exponent, mantissa] = [exponent + 1, "1.00"];
  return `${mantissa}·10${[...String(exponent)].map((c) => SUPER[c]).join("")}`;
}

function shape(tag, className, attributes = {}) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  if (className) node.setAttribute("class", className);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

function make(root, on) {
  const me = { p: 0.5, h: 0, n: 1, sent: null };

  const said = el("p", "reading"), big = el("strong", "big"), facts = el("span", "facts");
  said.append(big, facts);
  const slider = el("input", "slider", null, { type: "range", min: 0, max: STEPS, step: 1, "aria-label": "The probability p" });
  const box = el("input", "box", null, { type: "text", inputmode: "decimal", "aria-label": "p as a number", size: 5, autocomplete: "off" });
  const best = el("button", "best", "Go to the best", { type: "button" });
  const control = el("div", "control");
  control.append(slider, box, best);
  const panels = el("div", "panels");
  const likelihood = panel("Likelihood", "highest is best"), nll = panel("Negative log-likelihood", "lowest is best");
  panels.append(likelihood.node, nll.node);
  const verdict = el("p", "verdict", "", { "aria-live": "polite" });
  root.append(said, control, panels, verdict);

  function panel(title, says) {
    const node = el("figure", "panel"), head = el("figcaption", "head");
    head.append(el("b", "", title), el("span", "quiet", says));
    const svg = shape("svg", "plot", { viewBox: `0 0 ${SIZE.w} ${SIZE.h}`, role: "img" });
    const base = shape("line", "base", { x1: SIZE.left, x2: SIZE.w - SIZE.right, y1: SIZE.h - SIZE.bottom, y2: SIZE.h - SIZE.bottom });
    const optimum = shape("line", "optimum"), curve = shape("path", "curve");
    const stem = shape("line", "stem"), dot = shape("circle", "dot", { r: 9 }), mark = shape("text", "mark");
    const top = shape("text", "tick top", { y: SIZE.top - 14, "text-anchor": "middle" });
    const ends = [0, 0.5, 1].map((p) => {
      const text = shape("text", "tick", { x: xOf(p), y: SIZE.h - 8, "text-anchor": p === 0 ? "start" : p === 1 ? "end" : "middle" });
      text.textContent = String(p);
      return text;
    });
    svg.append(base, optimum, top, curve, stem, dot, mark, ...ends);
    node.append(head, svg);
    const drag = (event) => {
      const at = svg.getBoundingClientRect();
      const x = ((event.clientX - at.left) / at.width) * SIZE.w;
      move((x - SIZE.left) / (SIZE.w - SIZE.left - SIZE.right));
    };
    let held = false;
    on(svg, "pointerdown", (event) => { held = true; svg.setPointerCapture(event.pointerId); drag(event); });
    on(svg, "pointermove", (event) => { if (held) drag(event); });
    on(svg, "pointerup", () => { held = false; send(); });
    on(svg, "pointercancel", () => { held = false; send(); });
    return { node, svg, optimum, top, curve, stem, dot, mark };
  }

  function xOf(p) {
    return SIZE.left + p * (SIZE.w - SIZE.left - SIZE.right);
  }
  /** A share of the panel's height, from its lower edge. */
  function yOf(share) {
    return SIZE.h - SIZE.bottom - share * (SIZE.h - SIZE.bottom - SIZE.top);
  }

  /** The curves of h in n: the likelihood as a share of its best, the NLL above its best up to where it leaves. */
  function load() {
    const { h, n } = me;
    me.best = h / n;
    me.top = logLikelihood(me.best, h, n);
    // The NLL's panel ends where the likelihood has fallen to a thousandth, or at its worst when that is better.
    me.span = Math.max(Math.log(1000), -(logLikelihood(0.5, h, n) - me.top) * 1.5, 0.01);
    let up = "", down = "", pen = "M";
    for (let i = 0; i <= POINTS; i++) {
      const p = i / POINTS, log = logLikelihood(p, h, n) - me.top;
      up += `${i ? "L" : "M"}${xOf(p).toFixed(1)} ${yOf(Math.exp(log)).toFixed(1)}`;
      const share = 0.06 - log / me.span * 0.94;
      if (share <= 1) down += `${pen}${xOf(p).toFixed(1)} ${yOf(share).toFixed(1)}`;
      pen = share <= 1 ? "L" : "M";
    }
    likelihood.curve.setAttribute("d", up);
    nll.curve.setAttribute("d", down);
    for (const { optimum, top } of [likelihood, nll]) {
      top.textContent = `${h}/${n}`;
      top.setAttribute("x", Math.min(SIZE.w - 40, Math.max(40, xOf(me.best))));
      for (const [name, value] of Object.entries({ x1: xOf(me.best), x2: xOf(me.best), y1: SIZE.top - 8, y2: SIZE.h - SIZE.bottom })) {
        optimum.setAttribute(name, value);
      }
    }
  }

  function paint() {
    const { p, h, n } = me, log = logLikelihood(p, h, n), below = me.top - log;
    big.textContent = `p = ${p.toFixed(3)}`;
    facts.replaceChildren(
      el("span", "fact", `likelihood ${fromLog(log)}`), el("span", "fact", `NLL ${log === -Infinity ? "∞" : digits(-log + 0)} nats`),
    );
    place(likelihood, Math.exp(-below), fromLog(log), p < me.best);
    place(nll, 0.06 + (below / me.span) * 0.94, log === -Infinity ? "∞" : digits(-log + 0), p > me.best);
    const there = Math.abs(p - me.best) < 0.5 / STEPS;
    root.classList.toggle("there", there);
    root.classList.toggle("near", Math.abs(p - me.best) < 0.14); // the point's own number needs the room
    verdict.textContent = there
      ? `Both are at their best here: p = ${h}/${n}, the share of ${me.name} among what was seen.`
      : p < me.best ? "Too low: both get better to the right." : "Too high: both get better to the left.";
    best.disabled = there;
    slider.setAttribute("aria-valuetext", `p = ${p.toFixed(3)}`);
  }

  /** The point on a curve, with its number on the side where the curve is not. */
  function place({ stem, dot, mark }, share, text, left) {
    const x = xOf(me.p), y = yOf(Math.min(1.06, share));
    for (const [name, value] of Object.entries({ x1: x, x2: x, y1: y, y2: SIZE.h - SIZE.bottom })) stem.setAttribute(name, value);
    dot.setAttribute("cx", x);
    dot.setAttribute("cy", y);
    if (me.p < 0.25) left = false;
    if (me.p > 0.75) left = true;
    mark.setAttribute("x", x + (left ? -15 : 15));
    mark.setAttribute("y", Math.max(y - 12, 20));
    mark.setAttribute("text-anchor", left ? "end" : "start");
    mark.textContent = text;
  }

  function show(except) {
    if (except !== slider) slider.value = Math.round(me.p * STEPS);
    if (except !== box) box.value = String(Number(me.p.toFixed(3)));
  }

  let events = 0;
  function move(p, except) {
    const start = performance.now();
    me.p = Math.min(1, Math.max(0, Math.round(p * STEPS) / STEPS));
    show(except);
    paint();
    root.dataset.scriptMs = (performance.now() - start).toFixed(3);
    root.dataset.events = ++events;
  }

  /** Tell Python, on release only. */
  function send() {
    if (me.p === me.sent) return;
    me.sent = me.p;
    me.component.setStateValue("p", { p: me.p, seq: Date.now() });
  }

  on(slider, "input", () => move(slider.value / STEPS, slider));
  on(slider, "change", send);
  on(box, "change", () => {
    const value = Number(box.value.trim().replace(",", "."));
    if (box.value.trim() !== "" && value >= 0 && value <= 1) { move(value); send(); } else show();
  });
  on(best, "click", () => {
    move(me.best);
    send();
  });

  me.update = (bytes) => {
    const data = unpack(bytes);
    const fresh = data.seen !== me.h || data.tries !== me.n || data.name !== me.name;
    [me.h, me.n, me.name] = [data.seen, data.tries, data.name];
    if (data.rev !== me.rev) {
      me.rev = data.rev;
      me.p = me.sent = data.p;
    }
    if (fresh) load();
    show();
    paint();
  };
  return me;
}

export default mount(make);
