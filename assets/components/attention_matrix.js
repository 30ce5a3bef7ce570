// One matrix: its name, tokens beside its rows and above its columns, numbers as coloured cells. The cells are on one
// canvas, what is marked on another above it, so that pointing somewhere redraws a few lines only.

const EDGE = 3; // pixels around the cells, for the frames of marks
const NUMBERS = [17, 16, 15, 14, 13]; // pixels: the largest size in which every number fits its cell is taken
const ROOM_FOR_A_MINUS = 6;

/** A number as it is written in sums: whole and half ones exactly, others with three digits; a true minus. */
function num(x) {
  if (x === -Infinity) return "−∞";
  const near = Math.round(x * 2) / 2;
  const text = Math.abs(x - near) < 1e-6 && Math.abs(near) < 1e6 ? String(near === 0 ? 0 : near) : digits(x);
  return text.replace("-", "−");
}

function mixed(from, to, share) {
  return from.map((c, i) => Math.round(c + (to[i] - c) * share));
}

function inkOn(colour) {
  return (luminance(colour) + 0.05) ** 2 > 1.05 * 0.0544 ? "#0b0e14" : "#ffffff";
}

/** The size that all but a few numbers stay below: one outlier must not pale the others. */
function reachOf(values) {
  const sizes = Float32Array.from(values, (x) => (Number.isFinite(x) ? Math.abs(x) : 0)).sort();
  return (sizes.length > 64 ? sizes[Math.floor(0.985 * (sizes.length - 1))] : sizes[sizes.length - 1]) || 1;
}

/** `hear(where, act)` is told of a cell {m, i, c}, of a token {m: "t", i}, or of nothing (null); act: "over", "take". */
function matrix(on, { key, name, hear, tell }) {
  const me = { n: 0, m: 0, first: 0, at: [0, 0], marks: [] };
  const node = el("section", "matrix", null, { "data-matrix": key });
  const title = el("p", "title"), symbol = el("i", "symbol"), says = el("span", ""), shape = el("span", "shape quiet");
  title.append(symbol, says, shape);
  const tops = el("div", "tops"), body = el("div", "body"), sides = el("div", "sides"), plot = el("div", "plot");
  const base = el("canvas", "base"), over = el("canvas", "over", null, {
    tabindex: 0, role: "slider", "aria-label": name, "aria-valuemin": 0, "aria-orientation": "horizontal",
  });
  plot.append(base, over);
  body.append(sides, plot);
  node.append(title, tops, body);

  function labels(box, tokens, take) {
    box.replaceChildren(...tokens.map((text, i) => {
      const label = el("span", "tok", null, { "data-t": i, title: text });
      label.append(el("span", "", text));
      return label;
    }));
    box.classList.toggle("idle", !take);
  }
  for (const box of [sides, tops]) {
    const tokenAt = (event) => {
      const label = event.target.closest?.(".tok");
      return label && !box.classList.contains("idle") ? { m: "t", i: Number(label.dataset.t), c: 0 } : null;
    };
    on(box, "pointermove", (event) => { if (event.pointerType !== "touch") hear(tokenAt(event), "over"); });
    on(box, "pointerleave", () => hear(null, "over"));
    on(box, "click", (event) => { const found = tokenAt(event); if (found) hear(found, "take"); });
  }

  function cellAt(event) {
    const box = over.getBoundingClientRect();
    const j = Math.floor((event.clientX - box.left - EDGE) / me.w), i = Math.floor((event.clientY - box.top - EDGE) / me.h);
    if (!(event.clientX >= box.left && i >= -1 && j >= -1 && i <= me.n && j <= me.m)) return null;
    return { m: key, i: Math.max(0, Math.min(me.n - 1, i)), c: me.first + Math.max(0, Math.min(me.m - 1, j)) };
  }
  on(over, "pointermove", (event) => { if (event.pointerType !== "touch") hear(cellAt(event), "over"); });
  on(over, "pointerleave", () => hear(null, "over"));
  on(over, "click", (event) => {
    const found = cellAt(event);
    if (!found) return;
    me.at = [found.i, found.c - me.first];
    hear(found, "take");
  });
  const here = () => ({ m: key, i: me.at[0], c: me.first + me.at[1] });
  on(over, "focus", () => { if (over.matches(":focus-visible")) hear(here(), "over"); });
  on(over, "blur", () => hear(null, "over"));
  on(over, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [i, j] = me.at, step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (step) me.at = [Math.max(0, Math.min(me.n - 1, i + step[0])), Math.max(0, Math.min(me.m - 1, j + step[1]))];
    else if (event.key === "Home") me.at = [i, 0];
    else if (event.key === "End") me.at = [i, me.m - 1];
    else if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    hear(here(), event.key === "Enter" || event.key === " " ? "take" : "over");
    spoken();
  });
  function spoken() {
    over.setAttribute("aria-valuenow", me.at[0] * me.m + me.at[1]);
    over.setAttribute("aria-valuemax", Math.max(0, me.n * me.m - 1));
    over.setAttribute("aria-valuetext", tell(here()));
  }

  // ---- drawing -------------------------------------------------------------------------------------------------
  function measure() {
    const room = node.clientWidth - (sides.hidden ? 0 : sides.offsetWidth) - 2 * EDGE;
    me.h = me.high;
    me.w = Math.max(0.5, Math.min(me.wide, room / me.m));
    for (const canvas of [base, over]) {
      const [width, height] = [me.m * me.w + 2 * EDGE, me.n * me.h + 2 * EDGE], scale = devicePixelRatio || 1;
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    plot.style.width = base.style.width;
    plot.style.height = base.style.height;
    node.style.setProperty("--cell", `${me.w}px`);
    node.style.setProperty("--line-height", `${me.h}px`);
    node.style.setProperty("--side", sides.hidden ? "0px" : `${sides.offsetWidth}px`);
  }
  function ready(canvas) {
    const pen = canvas.getContext("2d"), scale = devicePixelRatio || 1;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.translate(EDGE, EDGE);
    return pen;
  }
  /** The size in which all numbers fit into their cells; 0 where there is none. */
  function sizeOf(pen, family) {
    if (!me.text || me.w < 18) return 0;
    const texts = Array.from({ length: me.n * me.m }, (_, k) => [Math.floor(k / me.m), me.first + (k % me.m)])
      .filter(([i, c]) => !me.hidden(i, c)).map(([i, c]) => num(me.value(i, c)));
    return NUMBERS.find((size) => {
      pen.font = `500 ${size}px ${family}`;
      return texts.every((text) => pen.measureText(text).width <= me.w - 4);
    }) ?? 0;
  }
  function draw() {
    if (!node.clientWidth || !me.n || !me.m) return;
    measure();
    const pen = ready(base), gap = me.w >= 5 ? 1 : 0;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    const family = getComputedStyle(node).fontFamily, letter = sizeOf(pen, family);
    node.dataset.number = letter; // for whoever asks whether they can be read
    const paper = rgb(me.paper);
    for (let i = 0; i < me.n; i++) {
      for (let j = 0; j < me.m; j++) {
        const c = me.first + j, x = me.value(i, c), hidden = me.hidden(i, c);
        const share = Number.isFinite(x) ? Math.min(1, Math.abs(x) / me.reach) ** 0.7 : 0;
        let colour = mixed(paper, rgb(x < 0 ? me.ends[0] : me.ends[1]), 0.9 * share);
        if (hidden) colour = mixed(paper, colour, 0.3);
        else if (me.faded(c)) colour = mixed(paper, colour, me.fade);
        const [left, top] = [j * me.w, i * me.h];
        pen.fillStyle = `rgb(${colour.join(" ")})`;
        pen.fillRect(left, top, me.w - gap, me.h - gap);
        if (hidden) {
          pen.strokeStyle = me.line;
          pen.lineWidth = 1;
          pen.beginPath();
          pen.moveTo(left + 2, top + me.h - gap - 2);
          pen.lineTo(left + me.w - gap - 2, top + 2);
          pen.stroke();
        }
        if (letter) {
          const text = num(x);
          pen.fillStyle = me.faded(c) || hidden ? me.quiet : inkOn(colour);
          pen.font = `${hidden ? "" : "500 "}${letter}px ${family}`;
          if (!hidden || x === -Infinity || x === 0) pen.fillText(text, left + (me.w - gap) / 2, top + (me.h - gap) / 2 + 1);
        } else if (x < 0 && !hidden && me.w >= ROOM_FOR_A_MINUS) { // never by colour alone
          pen.fillStyle = me.paper;
          pen.fillRect(left + me.w * 0.25, top + me.h / 2 - 1, me.w * 0.5 - gap, 1.5);
        }
      }
    }
    pen.fillStyle = me.ink;
    for (let c = me.every; me.every && c < me.m; c += me.every) pen.fillRect(c * me.w - 1.5, -EDGE, 2, me.n * me.h + 2 * EDGE);
    frames();
  }
  function frames() {
    if (!me.w) return;
    const pen = ready(over);
    for (const { i, c, n = 1, m = 1, strong } of me.marks) {
      const left = (c - me.first) * me.w, top = i * me.h;
      pen.lineWidth = strong ? 3 : 2;
      pen.strokeStyle = me.paper;
      pen.strokeRect(left - 2.5, top - 2.5, m * me.w + 4, n * me.h + 4);
      pen.strokeStyle = strong ? me.hold : me.ink;
      pen.strokeRect(left - 1, top - 1, Math.max(2, m * me.w + 1), n * me.h + 1);
    }
  }
  const watch = new ResizeObserver(draw);
  watch.observe(node);

  return {
    node,
    /** What is drawn: rows n, columns m from the column `first` on, and how (see attention_by_hand.js). */
    set(change) {
      Object.assign(me, change);
      const whole = change.value ? Array.from({ length: me.n * me.m }, (_, k) => me.value(Math.floor(k / me.m), me.first + (k % me.m))) : [];
      me.reach = me.most ?? reachOf(whole);
      symbol.textContent = me.symbol;
      says.textContent = me.says;
      shape.textContent = me.shape;
      labels(sides, me.sides, !me.blank);
      sides.classList.toggle("blank", Boolean(me.blank));
      labels(tops, me.tops ?? [], true);
      tops.hidden = !me.tops;
      tops.style.visibility = me.topsRoom ? "hidden" : "";
      tops.classList.toggle("upright", Boolean(me.upright));
      me.at = [Math.min(me.at[0], me.n - 1), Math.min(me.at[1], me.m - 1)];
      draw();
      spoken();
    },
    /** Frames around cells: {i, c, n rows, m columns, strong}; `token` is the row whose label is marked. */
    mark(marks, rows, columns) {
      me.marks = marks;
      [...sides.children].forEach((label, i) => label.classList.toggle("here", rows.includes(i)));
      [...tops.children].forEach((label, i) => label.classList.toggle("here", columns.includes(i)));
      frames();
    },
    destroy: () => watch.disconnect(),
  };
}
