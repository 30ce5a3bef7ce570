// An RNN unrolled over a text: the same cell once a token, its hidden state as a heatmap (units × tokens), and the
// equation of one unit at one token in its own numbers. Pointing previews, a click locks, arrows step.

const FEW = 32; // units drawn before all are asked for
const SHADES = 128;
const DRAWN = 5; // cells side by side
const NARROW = 3; // of them on a narrow screen
const NAMED = 3; // terms of a product that are named

/** A number with a true minus sign, three significant digits. */
function signed(x) {
  const text = digits(Math.abs(x));
  return x < 0 && text !== "0" ? `−${text}` : text;
}
const bracket = (x) => (x < 0 ? `(${signed(x)})` : signed(x));
const sub = (text) => el("sub", "", text);

function make(root, on) {
  const me = { unit: 0, at: 0, locked: false, over: null, all: false, rows: [], chips: [] };

  // ---- the furniture -------------------------------------------------------------------------------------------
  const strip = el("div", "strip", null, { role: "group", tabindex: "0", "aria-label": "The text, coloured by one unit of the hidden state. Left and right step, Enter locks." });
  const bar = el("div", "bar"), head = el("p", "head");
  const back = el("button", "", "Back", { type: "button" }), forth = el("button", "", "Forward", { type: "button" });
  const scale = el("span", "scale quiet", null, { "aria-hidden": "true" });
  const low = el("span", "low"), ramp = el("span", "ramp"), high = el("span", "high");
  scale.append(low, ramp, high);
  bar.append(back, forth, head);

  const chain = el("div", "chain", null, { role: "group", "aria-label": "The cell at this token and its neighbours" });
  const cells = Array.from({ length: DRAWN }, (_, i) => {
    const wire = el("span", "wire", null, { "aria-hidden": "true" });
    wire.append("W", sub("h"), " →");
    const node = el("button", "cell", null, { type: "button" });
    const name = el("span", "name"), value = el("span", "value"), code = el("canvas", "state"), up = el("span", "up", null, { "aria-hidden": "true" });
    const chip = el("span", "chip");
    up.append("↑ W", sub("x"));
    node.append(name, value, code, up, chip);
    const box = el("div", "box");
    box.append(wire, node);
    chain.append(box);
    on(node, "click", () => go(current().unit, me.first + i));
    return { box, node, name, value, code, chip };
  });

  const sums = el("div", "sums");
  const grid = el("div", "grid", null, { role: "group", tabindex: "0", "aria-label": "The hidden state, units down and tokens across. Arrows move, Enter locks, Escape lets go." });
  const gridHead = el("p", "grid-head"), about = el("span", "about"), more = el("button", "more", "", { type: "button" });
  gridHead.append(about, scale, more);
  const plot = el("div", "plot"), canvas = el("canvas"), row = el("div", "cross row"), column = el("div", "cross column");
  plot.append(canvas, row, column);
  grid.append(plot);
  const live = el("p", "unseen", "", { "aria-live": "polite" });
  root.append(strip, bar, chain, sums, gridHead, grid, live);

  // ---- numbers and colours ---------------------------------------------------------------------------------------
  const token = (t) => (t === 0 ? "start" : visible(me.data.tokens[t]));
  const number = (name, t, u) => (t < 0 ? 0 : me.data[name][t * me.data.H + u]);
  const current = () => me.over ?? { unit: me.unit, at: me.at };

  function palette() {
    const stops = me.data.signed[me.dark ? "dark" : "light"].map(rgb);
    me.palette = Array.from({ length: SHADES + 1 }, (_, i) => {
      const at = (i / SHADES) * (stops.length - 1), j = Math.min(stops.length - 2, Math.floor(at));
      return stops[j].map((c, k) => Math.round(c + (stops[j + 1][k] - c) * (at - j)));
    });
    ramp.style.background = `linear-gradient(90deg, ${[0, 0.25, 0.5, 0.75, 1].map((s) => `rgb(${me.palette[s * SHADES].join(" ")})`).join(",")})`;
  }
  /** 0 to SHADES; small numbers are spread, so that they are seen beside large ones. */
  function shadeOf(x) {
    const share = Math.min(1, Math.abs(x) / me.reach);
    return Math.round((0.5 + 0.5 * Math.sign(x) * Math.pow(share, 0.8)) * SHADES);
  }
  function paintOn(node, x) {
    const mixed = me.palette[shadeOf(x)], light = luminance(mixed);
    node.style.background = `rgb(${mixed.join(" ")})`;
    node.style.color = (light + 0.05) / 0.0512 > 1.05 / (light + 0.05) ? "#0b0e14" : "#ffffff";
  }
  /** Units × tokens as pixels; `where(i)` names the unit and the token of pixel i. */
  function pixels(onto, width, height, where) {
    onto.width = width;
    onto.height = height;
    const image = new ImageData(width, height), { data } = image;
    for (let i = 0; i < width * height; i++) {
      const [t, u] = where(i), colour = me.palette[shadeOf(number("hidden", t, u))];
      data[4 * i] = colour[0];
      data[4 * i + 1] = colour[1];
      data[4 * i + 2] = colour[2];
      data[4 * i + 3] = 255;
    }
    onto.getContext("2d").putImageData(image, 0, 0);
  }
  function chosen() {
    const { H, order } = me.data;
    me.rows = Array.from(order.subarray(0, me.all ? H : Math.min(FEW, H)));
    if (!me.rows.includes(me.unit)) me.rows[me.rows.length - 1] = me.unit; // what is locked stays in sight
    more.hidden = H <= FEW;
    more.textContent = me.all ? `Show ${FEW}` : `Show all ${H}`;
    more.setAttribute("aria-pressed", String(me.all));
    about.textContent = me.all || H <= FEW ? `Hidden state: ${H} units × ${me.data.P} tokens` : `Hidden state: the ${FEW} liveliest of ${H} units × ${me.data.P} tokens`;
    pixels(canvas, me.data.P, me.rows.length, (i) => [i % me.data.P, me.rows[Math.floor(i / me.data.P)]]);
    plot.style.setProperty("--rows", me.rows.length);
  }

  // ---- what follows the pointer ------------------------------------------------------------------------------------
  function draw() {
    me.frame = 0;
    if (!me.data) return;
    const { unit, at } = current(), { P } = me.data, r = me.rows.indexOf(unit);
    root.classList.toggle("locked", me.locked);
    row.hidden = r < 0;
    row.style.top = `${(100 * r) / me.rows.length}%`;
    row.style.height = `${100 / me.rows.length}%`;
    column.style.left = `${(100 * at) / P}%`;
    column.style.width = `${100 / P}%`;
    back.setAttribute("aria-disabled", String(at === 0)); // not disabled: the focus stays where it is
    forth.setAttribute("aria-disabled", String(at === P - 1));
    head.replaceChildren(el("strong", "", `Unit ${unit}`), at === 0 ? " at the " : " after ", el("span", "chip", token(at)), el("span", "quiet", ` ${at === 0 ? "" : `token ${at} of ${P - 1}, `}${me.locked ? "locked" : "a click locks"}`));
    me.chips.forEach((chip, t) => {
      const step = `${shadeOf(number("hidden", t, unit))},${me.dark}`;
      if (chip.step !== step) {
        chip.step = step;
        paintOn(chip.node, number("hidden", t, unit));
      }
      chip.node.classList.toggle("here", t === at);
    });
    reveal(me.chips[at].node);
    unrolled(unit, at);
    equation(unit, at);
  }
  /** Scroll the strip, and nothing else, to the token; not under the pointer that chose it. */
  function reveal(chip) {
    if (me.over) return;
    const top = chip.offsetTop, bottom = top + chip.offsetHeight;
    if (top < strip.scrollTop) strip.scrollTop = top - 4;
    else if (bottom > strip.scrollTop + strip.clientHeight) strip.scrollTop = bottom - strip.clientHeight + 4;
  }
  const soon = () => (me.frame ||= requestAnimationFrame(draw));

  /** The first of n cells that stand around `at`, and all in the text. */
  const around = (at, n) => Math.max(0, Math.min(at - (n >> 1), me.data.P - n));
  function unrolled(unit, at) {
    const near = around(at, NARROW);
    me.first = around(at, DRAWN);
    cells.forEach(({ box, node, name, value, code, chip }, i) => {
      const t = me.first + i, away = t - at;
      box.hidden = t >= me.data.P;
      if (box.hidden) return;
      box.classList.toggle("far", t < near || t >= near + NARROW);
      box.classList.toggle("first", t === 0);
      node.classList.toggle("now", away === 0);
      const h = number("hidden", t, unit);
      name.replaceChildren("h", sub(away === 0 ? "t" : `t${away > 0 ? "+" : "−"}${Math.abs(away)}`));
      value.textContent = signed(h);
      paintOn(value, h);
      if (code.at !== `${t},${me.sig},${me.dark}`) {
        code.at = `${t},${me.sig},${me.dark}`;
        pixels(code, me.data.H, 1, (j) => [t, me.data.order[j]]);
      }
      chip.textContent = token(t);
      node.setAttribute("aria-label", `Token ${t}, ${token(t)}: unit ${unit} is ${signed(h)}`);
    });
  }
  /** The largest terms Σ_j W[unit, j] v[j], named; and what the others add. */
  function terms(W, v, first, width, unit, called) {
    const all = Array.from({ length: width }, (_, j) => [Math.abs(W[unit * width + j] * v[first + j]), j]);
    const best = all.sort((a, b) => b[0] - a[0]).slice(0, NAMED).filter(([size]) => size > 0);
    const parts = best.map(([, j]) => {
      const w = W[unit * width + j], x = v[first + j], term = el("span", "term");
      term.append(el("span", "quiet", `${called}${j}: `), `${signed(w)} · ${bracket(x)} = `, el("strong", "", signed(w * x)));
      return term;
    });
    const named = best.reduce((sum, [, j]) => sum + W[unit * width + j] * v[first + j], 0);
    return { parts, named, others: width - best.length };
  }
  function line(label, value, ...notes) {
    const node = el("div", "sum"), name = el("span", "what"), side = el("span", "terms");
    name.append(...label);
    side.append(...notes);
    node.append(name, el("span", "num", value), side);
    return node;
  }
  function product(label, total, found, none) {
    if (!found) return line(label, signed(total));
    const rest = total - found.named;
    const notes = found.parts.length ? [...found.parts, el("span", "term quiet", `${whole(found.others)} smaller ones: ${signed(rest)}`)] : [el("span", "term quiet", none)];
    return line(label, signed(total), ...notes);
  }
  function equation(unit, at) {
    const { H, E, f, W_x, W_h, x, hidden } = me.data, a = number("sum", at, unit);
    const fromX = number("from_input", at, unit), fromH = number("from_state", at, unit), b = me.data.b[unit];
    const words = me.data.below ? "unit below " : "x";
    const one = W_x.length ? terms(W_x, x, at * E, E, unit, words) : null;
    const two = W_h.length ? (at ? terms(W_h, hidden, (at - 1) * H, H, unit, "unit ") : { parts: [] }) : null;
    sums.replaceChildren(
      product(["W", sub("x"), " x", sub("t")], fromX, one, "nothing"),
      product(["+ W", sub("h"), " h", sub("t−1")], fromH, two, "there is no state before the first token"),
      line(["+ b"], signed(b)),
      line(["= a", sub("t")], signed(a)),
      line(["h", sub("t"), ` = ${f}(a`, sub("t"), ")"], signed(number("hidden", at, unit)), el("span", "term quiet", f === "tanh" ? "squashed to between −1 and 1" : "what is negative becomes 0")),
    );
    sums.lastChild.classList.add("result");
  }

  // ---- what a person does ----------------------------------------------------------------------------------------
  function send() {
    me.component.setStateValue("locked", { unit: me.locked ? me.unit : null, position: me.locked ? me.at : null, seq: Date.now() });
  }
  /** Go to a unit and a token; `lock` true or false holds it or lets go, nothing leaves that as it is. */
  function go(unit, at, lock) {
    const was = me.locked;
    at = Math.min(me.data.P - 1, Math.max(0, at));
    Object.assign(me, { unit, at, over: null, locked: lock ?? me.locked });
    draw();
    if (me.locked || was) send();
    live.textContent = `${me.locked ? "Locked. " : ""}Unit ${unit}, token ${at}, ${token(at)}: hidden state ${signed(number("hidden", at, unit))}.`;
  }
  function preview(place) {
    me.over = place;
    soon();
  }
  const place = (event) => (plot.contains(event.target) ? unitAndToken(me, canvas, event) : null);
  movedByHand(root, me, { on, grid, strip, place, current, preview, go });
  on(back, "click", () => go(current().unit, current().at - 1));
  on(forth, "click", () => go(current().unit, current().at + 1));
  on(more, "click", () => {
    me.all = !me.all;
    chosen();
    draw();
  });

  // ---- new data ----------------------------------------------------------------------------------------------------
  function write() {
    const nodes = document.createDocumentFragment(), texts = me.data.tokens;
    const spaces = texts.slice(1).some((text) => text.includes(" ")), single = texts.slice(1).every((text) => [...text].length === 1);
    me.chips = texts.map((text, t) => {
      const node = el("span", t === 0 ? "tok start" : "tok", token(t));
      node.dataset.t = t;
      if (t === 0 || /^\s/.test(text) || /\s$/.test(texts[t - 1]) || !(spaces || single)) nodes.append(el("wbr"));
      nodes.append(node);
      if (text.endsWith("\n")) nodes.append(el("br"));
      return { node, step: "" };
    });
    strip.classList.toggle("apart", !(spaces || single));
    strip.replaceChildren(nodes);
  }
  me.update = (bytes) => {
    const data = unpack(bytes), dark = isDark(root), fresh = data.sig !== me.sig, pushed = data.rev !== me.rev;
    const repaint = fresh || dark !== me.dark;
    Object.assign(me, { data, sig: data.sig, rev: data.rev, dark });
    if (fresh) {
      me.reach = data.hidden.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-6);
      low.textContent = signed(-me.reach);
      high.textContent = signed(me.reach);
      me.over = null;
      write();
    }
    if (pushed || me.unit >= data.H || me.at >= data.P) {
      me.locked = data.unit !== null;
      me.unit = data.unit ?? data.order[0];
      me.at = data.position ?? data.P - 1;
    }
    if (repaint) palette();
    if (repaint || pushed) chosen();
    draw();
  };
  return me;
}

export default mount(make);
