// Attention, matrix by matrix. Pointing at a cell, a token or a head previews it everywhere and writes its arithmetic
// out below; a click or Enter holds it, Escape lets go. Every number comes with the payload; only the terms of a sum
// are multiplied here.

const STEPS = ["Each word becomes a query, a key and a value", "Each query meets every key", "The values are added up by these weights"];
const SQUARE = ["s", "m", "a"]; // P × P, one for each head
const OF_HEAD = ["q", "k", "v", "o", "j", "wq", "wk", "wv"]; // their columns belong to heads

function make(root, on) {
  const me = { look: null, over: null, head: 0, overHead: null };

  // ---- the furniture -------------------------------------------------------------------------------------------
  const names = {
    x: "Embeddings", wq: "Weights of the queries", wk: "Weights of the keys", wv: "Weights of the values", q: "Queries", k: "Keys",
    v: "Values", s: "Scores", m: "Scores under the mask", a: "Attention weights", o: "Weighted sums", j: "Heads side by side", wo: "Weights of the output", out: "Output",
  };
  const all = {};
  for (const [key, name] of Object.entries(names)) all[key] = matrix(on, { key, name, hear, tell });
  const heads = el("div", "heads", null, { role: "group", "aria-label": "Heads" });
  const flow = el("div", "flow");
  const sums = el("section", "sums", null, { "aria-label": "The arithmetic" }), body = el("div", "lines");
  const letGo = el("button", "let-go", "Let go", { type: "button" });
  sums.append(body, letGo);
  root.append(heads, flow, sums);
  on(letGo, "click", () => hear(null, "take"));
  on(root, "keydown", (event) => {
    if (event.key !== "Escape" || !(me.look || me.over)) return;
    event.stopPropagation();
    hear(null, "take");
  });

  // ---- the data ------------------------------------------------------------------------------------------------
  /** A number of a matrix: row i, column c; columns of all heads are counted through. */
  function get(m, i, c, h) {
    const d = me.data;
    if (m === "m" && d.masked && c > i) return -Infinity;
    if (SQUARE.includes(m)) return d[m === "a" ? "weights" : "scores"][(h * d.P + i) * d.P + c];
    return d[m === "j" ? "o" : m][i * d.C + c];
  }
  /** A query or key as it was before it was turned (rotary positions). */
  function plain(m, i, c) {
    const d = me.data;
    if (!d.angles || m === "v") return get(m, i, c, 0);
    let total = d["b" + m][c];
    for (let r = 0; r < d.C; r++) total += d.x[i * d.C + r] * d["w" + m][r * d.C + c];
    return total;
  }
  const fits = (at) => at && (at.m === "t" ? at.i < me.data.P : all[at.m] && at.h < me.data.H && at.i < rowsOf(at.m) && at.c < columnsOf(at.m) && shown(at.m));
  const rowsOf = (m) => (m[0] === "w" ? me.data.C : me.data.P);
  const columnsOf = (m) => (SQUARE.includes(m) ? me.data.P : me.data.C);
  const shown = (m) => all[m].node.isConnected;
  const current = () => me.over ?? me.look;
  const headNow = () => me.overHead ?? me.over?.h ?? me.head;

  // ---- what a person does --------------------------------------------------------------------------------------
  function hear(where, act) {
    const d = me.data, at = where && { ...where, h: OF_HEAD.includes(where.m) ? Math.floor(where.c / d.D) : me.head };
    if (act === "over") {
      if (JSON.stringify(at) === JSON.stringify(me.over)) return;
      me.over = at;
      soon();
      return;
    }
    const same = at && me.look && at.m === me.look.m && at.i === me.look.i && at.c === me.look.c && at.h === me.look.h;
    me.look = same ? null : at;
    if (at) me.head = at.h;
    if (!at) me.over = null;
    tellPython();
    draw();
  }
  function goHead(h) {
    me.head = h;
    if (me.look) me.look = OF_HEAD.includes(me.look.m) ? { ...me.look, h, c: h * me.data.D + (me.look.c % me.data.D) } : { ...me.look, h };
    tellPython();
    draw();
  }
  /** A number of x or of a weight, by one more or less: Python makes every matrix anew. */
  function change({ m, i, c }, by) {
    me.component.setTriggerValue("change", { m, i, c, by, seq: Date.now() });
  }
  on(root, "keydown", (event) => {
    const by = { "+": 1, "=": 1, "-": -1, "−": -1 }[event.key], at = current();
    if (!by || !me.data?.paper || !at || !["x", "wq", "wk", "wv", "wo"].includes(at.m) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    me.look = at; // what is changed stays in view
    me.over = null;
    change(at, by);
    draw();
  });
  function tellPython() {
    const { m = "", i = 0, c = 0 } = me.look ?? {};
    me.component.setStateValue("look", { m, i, c, h: me.head, seq: Date.now() });
  }
  function tell(at) {
    const d = me.data;
    if (!d) return "";
    const value = num(get(at.m, at.i, at.c, headNow())), row = at.m[0] === "w" ? `row ${at.i + 1}` : d.name(at.i);
    return SQUARE.includes(at.m) ? `${row} to ${d.name(at.c)}: ${value}` : `${row}, number ${at.c + 1}: ${value}`;
  }

  // ---- drawing -------------------------------------------------------------------------------------------------
  function layout() {
    const d = me.data, stack = (...keys) => {
      const node = el("div", "stack");
      node.append(...keys.map((key) => (typeof key === "string" ? all[key].node : key)));
      return node;
    };
    const band = (kind, step, ...columns) => {
      const node = el("div", `band ${kind}`);
      node.append(...columns);
      if (step === null) return [node];
      const head = el("p", "step", `${step + 1}  ${STEPS[step]}`);
      if (step === 2) head.append(d.H > 1 ? "; the heads stand side by side, and " : ", and ", sign("W", "O"), " mixes them");
      return [head, node];
    };
    const rule = el("p", "rule quiet", "A row of x, times a column of W, is one number of Q, K or V.");
    flow.replaceChildren(...(d.paper
      ? [
          ...band("four", 0, stack(rule, "x"), stack("wq", "q"), stack("wk", "k"), stack("wv", "v")),
          ...band("three", 1, stack("s"), stack("m"), stack("a")),
          ...band("three", 2, stack("o"), stack("wo"), stack("out")),
        ]
      : [
          ...band("one", 0, stack("x")), ...band("three", null, stack("q"), stack("k"), stack("v")),
          ...band("three", 1, stack("s"), stack("a"), stack("o")), ...(d.H > 1 ? band("one", 2, stack("j")) : []), ...band("one", d.H > 1 ? null : 2, stack("out")),
        ]));
    me.laid = `${d.paper},${d.H > 1},${d.H}`;
  }

  function fill() {
    const d = me.data, h = headNow(), theme = d.themes[me.dark ? "dark" : "light"], tokens = d.tokens.map(visible);
    const grey = me.dark ? "#aeb4bd" : "#575d67", of = d.H > 1 ? `, head ${h + 1} of ${d.H}` : "";
    const look = { paper: theme.paper, ink: theme.ink, quiet: theme.quiet, line: theme.quiet, fade: me.dark ? 0.55 : 0.35, hold: me.dark ? "#ff9d4d" : "#d2691e", text: d.paper };
    const hue = { query: [grey, theme.query], key: [grey, theme.key], value: [grey, theme.value], attention: [grey, theme.attention], signed: [theme.signed[0], theme.signed[2]] };
    const size = (wide) => (d.paper ? { wide: 52, high: 32 } : { wide, high: 22 });
    const never = () => false, later = (i, c) => d.masked && c > i;
    const other = (c) => d.H > 1 && Math.floor(c / d.D) !== h;
    const put = (key, symbol, says, ends, more) => {
      if (!shown(key)) return;
      const n = more.n ?? d.P, m = more.m ?? d.C;
      all[key].set({
        ...look, n, m, first: 0, every: 0, symbol, says, shape: `${n} × ${m}`, ends: hue[ends], sides: tokens, hidden: never, faded: never, most: null,
        value: (i, c) => get(key, i, c, h), ...size(26), ...more,
      });
    };
    const width = { every: d.H > 1 ? d.D : 0, faded: other };
    const projected = d.paper ? width : { first: h * d.D, m: d.D };
    const weights = { n: d.C, sides: d.paper ? Array(d.C).fill("") : [], blank: true };
    put("x", "x", d.stream ? "what comes in, after the LayerNorm" : "embeddings", "signed", size(14));
    for (const [key, letter, name, ends] of [["q", "Q", "queries", "query"], ["k", "K", "keys", "key"], ["v", "V", "values", "value"]]) {
      put("w" + key, "W", letter, ends, { ...weights, ...width });
      put(key, letter, name + (d.paper ? "" : of), ends, projected);
    }
    const square = { m: d.P, tops: tokens, upright: !d.paper && tokens.some((text) => [...text].length > 2), text: d.paper };
    put("s", d.scaled ? "Q Kᵀ / √d" : "Q Kᵀ", "scores", "attention", { ...square, hidden: d.paper ? never : later, value: (i, c) => get("s", i, c, h) });
    put("m", "mask", d.masked ? "hides later tokens" : "off, hides nothing", "attention", { ...square, hidden: later });
    put("a", "softmax", "attention weights", "attention", { ...square, hidden: later, most: 1 });
    put("o", "A V", d.paper && d.H > 1 ? `weighted sums, ${d.H} heads` : "weighted sums", "value",
      { ...projected, ...(d.paper ? {} : { tops: tokens, upright: square.upright, topsRoom: true }) }); // its title in one line with the others
    put("j", "", `${d.H} heads of ${d.D} side by side`, "value", { ...width, ...size(14) });
    put("wo", "W", "O", "signed", weights);
    put("out", "", "output", "signed", size(14));
    for (const name of ["query", "key", "value", "attention"]) root.style.setProperty(`--${name}`, theme[name]);
    me.filled = h;
  }

  function thumbnails() {
    const d = me.data, theme = d.themes[me.dark ? "dark" : "light"], [from, to] = [rgb(theme.paper), rgb(theme.attention)];
    heads.hidden = d.H < 2;
    heads.replaceChildren(...(d.H < 2 ? [] : Array.from({ length: d.H }, (_, h) => {
      const button = el("button", "head", null, { type: "button" }), canvas = el("canvas");
      [canvas.width, canvas.height] = [d.P, d.P];
      const image = new ImageData(d.P, d.P);
      for (let k = 0; k < d.P * d.P; k++) image.data.set([...mixed(from, to, d.weights[h * d.P * d.P + k] ** 0.7), 255], 4 * k);
      canvas.getContext("2d").putImageData(image, 0, 0);
      button.append(canvas, el("span", "", `Head ${h + 1}`));
      on(button, "click", () => goHead(h));
      on(button, "pointerenter", (event) => { if (event.pointerType !== "touch") { me.overHead = h; soon(); } });
      on(button, "pointerleave", () => { me.overHead = null; soon(); });
      return button;
    })));
  }

  /** Frames: the cell itself, and what it is computed from. */
  function marksOf(at) {
    const { P, C, D, paper } = me.data, { m, i, c, h } = at, from = h * D, cell = { i, c, strong: true };
    const joined = shown("j") ? "j" : "o";
    const rowIn = { i, c: 0, m: C }, head = { i, c: from, m: D };
    switch (m) {
      case "t": return { x: [rowIn], q: [head], k: [head], v: [head], s: [{ i, c: 0, m: P }], m: [{ i, c: 0, m: P }], a: [{ i, c: 0, m: P, strong: true }], o: [head], j: [head], out: [rowIn] };
      case "wq": case "wk": case "wv": return { [m]: [cell], [m[1]]: [{ i: 0, c, n: P }], x: [{ i: 0, c: i, n: P }] };
      case "wo": return { wo: [cell], out: [{ i: 0, c, n: P }], [joined]: [{ i: 0, c: i, n: P }] };
      case "q": case "k": case "v": return { x: [rowIn], ["w" + m]: [{ i: 0, c, n: C }], [m]: [cell] };
      case "s": return { q: [head], k: [{ i: c, c: from, m: D }], s: [cell] };
      case "m": return { s: [{ i, c }], m: [cell] };
      case "a": return { [paper ? "m" : "s"]: [{ i, c: 0, m: P }], a: [cell] };
      case "o": return { a: [{ i, c: 0, m: P }], v: [{ i: 0, c, n: P }], o: [cell], j: [{ i, c }] };
      case "j": return { o: [{ i, c }], j: [cell] };
      case "out": return { [joined]: [rowIn], wo: [{ i: 0, c, n: C }], out: [cell] };
      default: return { [m]: [cell] };
    }
  }

  function draw() {
    me.frame = 0;
    const d = me.data, at = current(), h = headNow();
    if (!d) return;
    if (me.filled !== h) fill();
    [...heads.children].forEach((button, n) => button.setAttribute("aria-pressed", String(n === h)));
    const marks = at ? marksOf(at) : {};
    for (const [key, part] of Object.entries(all)) {
      const own = (marks[key] ?? []), square = SQUARE.includes(key);
      part.mark(own, key[0] === "w" ? [] : own.filter((mark) => !mark.n).map((mark) => mark.i), square ? own.filter((mark) => !mark.m).map((mark) => mark.c) : []);
    }
    root.classList.toggle("locked", Boolean(me.look));
    letGo.hidden = !me.look || Boolean(me.over);
    const by = root.getRootNode().activeElement?.dataset?.by; // a button that is pressed again and again keeps the focus
    body.replaceChildren(...(at
      ? arithmetic(d, at, !me.over || JSON.stringify(me.over) === JSON.stringify(me.look))
      : [say("Point at a number for its arithmetic, at a word for where it looks. A click holds it.")]));
    if (by) body.querySelector(`[data-by="${by}"]`)?.focus();
  }
  const soon = () => (me.frame ||= requestAnimationFrame(draw));

  me.update = (bytes) => {
    const data = unpack(bytes), dark = isDark(root), fresh = data.sig !== me.sig, pushed = data.rev !== me.rev;
    root.classList.toggle("dark", dark);
    root.classList.toggle("paper", data.paper);
    const repaint = fresh || dark !== me.dark;
    Object.assign(me, { sig: data.sig, rev: data.rev, dark });
    if (!me.data || fresh || repaint) {
      me.data = Object.assign(data, { D: data.C / data.H, get, plain, change, name: (t) => visible(data.tokens[t]) });
      if (me.laid !== `${data.paper},${data.H > 1},${data.H}`) layout();
      me.over = me.overHead = null;
    }
    if (pushed) {
      me.look = data.look.m ? { ...data.look } : null;
      me.head = data.look.h;
    }
    if (me.head >= data.H) me.head = 0;
    if (!fits(me.look)) me.look = null;
    if (repaint) {
      me.filled = null;
      thumbnails();
    }
    draw();
  };
  me.destroy = () => {
    for (const part of Object.values(all)) part.destroy();
  };
  return me;
}

export default mount(make);
