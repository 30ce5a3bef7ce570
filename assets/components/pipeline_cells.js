// Numbers as coloured cells on a canvas: orange below 0, blue above. Pointing at a cell tells its number, arrows move
// from cell to cell, a click or Enter takes it. Drawn on one canvas: a layer may have thousands of cells.

const CELL_GAP = 1; // pixels between cells, where they are wide enough

/** A number with three digits and a true minus. */
function num(x) {
  return digits(x).replace("-", "−");
}

/** [r, g, b] of a number on the scale negative, zero, positive; `most` is where it is full. */
function signedColour(x, most, signed) {
  const share = Math.max(-1, Math.min(1, x / (most || 1)));
  const [from, to] = [rgb(signed[1]), rgb(share < 0 ? signed[0] : signed[2])];
  const way = Math.pow(Math.abs(share), 0.7); // small numbers keep a hue
  return from.map((c, i) => Math.round(c + (to[i] - c) * way));
}

function largest(values) {
  let most = 0;
  for (const x of values) most = Math.max(most, Math.abs(x));
  return most;
}

/** `tell(i)` hears where the pointer or the focus is (null when it has left), `take(i)` hears of a click or Enter. */
function cells(on, { name, tell, take = null }) {
  const me = { values: [], at: 0, shown: null, mark: null };
  const node = el("canvas", `cells${take ? " live" : ""}`, null, {
    tabindex: 0, role: "slider", "aria-label": name, "aria-valuemin": 0, "aria-orientation": "horizontal",
  });
  const pen = node.getContext("2d");

  function box(i) {
    const { columns, rows } = me, w = node.clientWidth / columns, h = me.height / rows;
    const gap = w >= 5 ? CELL_GAP : 0;
    return [(i % columns) * w, Math.floor(i / columns) * h, w - gap, h - (me.pitch ? me.pitch : h >= 5 ? CELL_GAP : 0)];
  }

  function draw() {
    const width = node.clientWidth;
    if (!width || !me.values.length) return;
    const scale = devicePixelRatio || 1;
    node.width = Math.round(width * scale);
    node.height = Math.round(me.height * scale);
    pen.scale(scale, scale);
    for (let i = 0; i < me.values.length; i++) {
      pen.fillStyle = `rgb(${signedColour(me.values[i], me.most, me.signed).join(" ")})`;
      pen.fillRect(...box(i));
    }
    for (const [i, colour] of [[me.mark, css(node, "--accent")], [me.shown, css(node, "--ink")]]) {
      if (i === null || i >= me.values.length) continue;
      const [x, y, w, h] = box(i);
      pen.strokeStyle = colour;
      pen.lineWidth = 2;
      pen.strokeRect(x - 1, y - 1, Math.max(3, w + 2), Math.max(3, h + 2));
    }
  }

  function show(i) {
    if (i === me.shown) return;
    me.shown = i;
    if (i !== null) {
      me.at = i;
      node.setAttribute("aria-valuenow", i);
    }
    const said = tell(i);
    if (i !== null) node.setAttribute("aria-valuetext", said || "");
    draw();
  }

  function under(event) {
    const place = node.getBoundingClientRect();
    const column = Math.floor(((event.clientX - place.left) / place.width) * me.columns);
    const row = Math.floor(((event.clientY - place.top) / place.height) * me.rows);
    const i = row * me.columns + column;
    return column >= 0 && column < me.columns && i >= 0 && i < me.values.length ? i : null;
  }

  on(node, "pointermove", (event) => show(under(event)));
  on(node, "pointerleave", () => show(null));
  on(node, "focus", () => { if (node.matches(":focus-visible")) show(me.at); });
  on(node, "blur", () => show(null));
  on(node, "click", (event) => {
    const i = under(event);
    if (i !== null) show(i);
    if (i !== null && take) take(i);
  });
  on(node, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -me.columns, ArrowDown: me.columns }[event.key];
    if (step) show(Math.max(0, Math.min(me.values.length - 1, me.at + step)));
    else if (event.key === "Home") show(0);
    else if (event.key === "End") show(me.values.length - 1);
    else if ((event.key === "Enter" || event.key === " ") && take) take(me.at);
    else return;
    event.preventDefault();
  });
  const watch = new ResizeObserver(draw);
  watch.observe(node);

  /** values as rows of `columns`, `height` pixels in all; `pitch` of each row's pixels stay empty below it. */
  function set(values, { columns, height, most, signed, pitch = 0, mark = null }) {
    Object.assign(me, { values, columns, height, most, signed, pitch, mark, rows: Math.ceil(values.length / columns) });
    me.at = Math.min(me.at, Math.max(0, values.length - 1));
    if (me.shown !== null && me.shown >= values.length) me.shown = null;
    node.style.height = `${height}px`;
    node.setAttribute("aria-valuemax", Math.max(0, values.length - 1));
    node.setAttribute("aria-valuenow", me.at);
    if (me.shown !== null) tell(me.shown);
    draw();
  }
  return { node, set, destroy: () => watch.disconnect() };
}
