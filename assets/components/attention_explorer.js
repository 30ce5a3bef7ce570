// Attention of all layers and heads: small ones to choose from, one large as a matrix or as arcs, the text beside it.
// Pointing at a token shows where it looks, in every head; a click locks it; arrows move. Rows and columns may be the
// tokens of two texts. Pictures come as one byte a weight, the chosen head's numbers as they were computed.

const MOST = 6; // places that are listed
const MANY_HEADS = 6; // with more in a layer no name stands below them

function make(root, on) {
  const me = { layer: 0, head: 0, row: 0, column: null, locked: false, over: null, mode: "matrix", cells: [], chips: { rows: [], columns: [] } };

  // ---- the furniture ---------------------------------------------------------------------------------------------
  const said = el("p", "said"), strips = el("div", "strips"), stage = el("div", "stage");
  const strip = { rows: el("div", "strip", null, { role: "group", tabindex: "0" }), columns: el("div", "strip", null, { role: "group" }) };
  const about = { rows: el("span", "about rows"), columns: el("span", "about columns") };
  strips.append(about.rows, strip.rows, about.columns, strip.columns);
  const small = el("div", "small", null, { role: "group", tabindex: "0", "aria-label": "All heads: a row for each block. Arrows choose the one that is shown large." });
  const sheet = el("canvas", "sheet"), lines = el("canvas", "sheet"); // all small heads: one picture, not one each
  const list = el("ol", "looks"), listHead = el("p", "looks-head");
  const most = el("div", "most");
  most.append(listHead, list);
  const large = el("div", "large"), bar = el("div", "bar"), headName = el("p", "head-name");
  const modes = ["matrix", "arcs"].map((mode) => {
    const button = el("button", "", mode === "matrix" ? "Matrix" : "Arcs", { type: "button" });
    on(button, "click", () => {
      me.mode = mode;
      redraw();
      send();
    });
    return [mode, button];
  });
  const pair = el("span", "pair", null, { role: "group", "aria-label": "How the large head is drawn" });
  pair.append(...modes.map(([, button]) => button));
  bar.append(headName, pair);
  const plot = el("div", "plot", null, { role: "group", tabindex: "0" });
  const canvas = el("canvas"), over = el("canvas", "over");
  plot.append(canvas, over);
  large.append(bar, plot);
  stage.append(small, large, most);
  const live = el("p", "unseen", "", { "aria-live": "polite" });
  root.append(strips, said, stage, live);
  const rows = Array.from({ length: MOST }, () => {
    const item = el("li"), name = el("span", "chip"), track = el("span", "track"), fill = el("span", "fill"), value = el("span", "value");
    track.append(fill);
    item.append(name, track, value);
    return { item, name, fill, value };
  });
  list.append(...rows.map(({ item }) => item));

  // ---- reading ---------------------------------------------------------------------------------------------------
  const texts = (side) => (side === "columns" && me.data.columns) || me.data.rows;
  const token = (side, i) => visible(texts(side)[i]);
  const picture = makeAttentionPicture(me, canvas, over, token);
  /** Who looks (row) and at whom (column, null for nobody in particular). */
  function current() {
    const row = me.locked ? me.row : (me.over?.row ?? me.row), column = me.over ? me.over.column : me.column;
    return { row, column: column !== null && column <= picture.last(row) ? column : null };
  }
  /** A weight in words: three digits, or about two until the chosen head's own numbers have come. */
  function say(r, c) {
    const w = picture.weight(me.layer, me.head, r, c);
    if (!picture.isExact(me.layer, me.head)) return `≈ ${digits(Number(w.toFixed(2)))}`;
    if (w >= 1e-4 || w === 0) return digits(w);
    const [a, power] = w.toExponential(2).split("e-");
    return `${a}·10⁻${[...power].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("")}`;
  }
  const called = (l, h) => me.data.labels?.[l * me.data.H + h] ?? ["", ""];
  const nth = (i) => i + me.data.first;
  const title = (l, h) => me.data.only || `${me.data.layerName} ${l + 1}, head ${h + 1}`;

  // ---- drawing ---------------------------------------------------------------------------------------------------
  /** Everything that does not follow the pointer. */
  function redraw() {
    if (!me.data) return;
    me.width = Math.floor(plot.clientWidth);
    if (me.width > 0) picture.drawHead(me.width);
    if (!me.data.only && me.sheetWidth !== small.clientWidth) drawSheet();
    for (const [mode, button] of modes) button.setAttribute("aria-pressed", String(mode === me.mode));
    const [name, more] = called(me.layer, me.head);
    headName.replaceChildren(el("strong", "", title(me.layer, me.head)), name ? `: ${more || name}` : "");
    me.cells.forEach((cell, i) => cell.box.classList.toggle("here", i === me.layer * me.data.H + me.head));
    draw();
  }
  function drawSheet() {
    me.sheetWidth = small.clientWidth;
    const frames = me.cells.map(({ frame }) => [frame.offsetLeft, frame.offsetTop, frame.offsetWidth, frame.offsetHeight]);
    me.frames = me.data.H > MANY_HEADS ? [] : frames; // in very small ones a line hides what it points at
    picture.sized(lines, small.clientWidth, small.clientHeight);
    picture.drawSmall(sheet, small.clientWidth, small.clientHeight, frames);
  }
  function draw() {
    me.frame = 0;
    if (!me.data) return;
    const { row, column } = current();
    root.classList.toggle("locked", me.locked);
    if (me.width > 0) picture.drawPointed(row, column, me.colour);
    if (me.frames?.length) picture.drawLines(lines, me.frames, row, me.colour.query);
    colourChips(row, column);
    tell(row, column);
    looks(row);
  }
  function tell(row, column) {
    const chip = (side, i) => el("span", `chip ${side}`, token(side, i));
    const who = [me.locked ? "Locked: " : "", chip("rows", row), ` (place ${nth(row)})`];
    const gives = column === null ? [] : [" gives ", el("strong", "", say(row, column)), " of its attention to ", chip("columns", column), ` (place ${nth(column)}).`];
    said.replaceChildren(...who, ...(gives.length ? gives : [me.mode === "arcs" ? " looks along these arcs." : " looks. Point at a cell for one weight."]));
  }
  /** The places that get most of the row's attention. */
  function looks(row) {
    const end = picture.last(row), best = [];
    for (let c = 0; c <= end; c++) {
      const w = picture.weight(me.layer, me.head, row, c);
      if (best.length < MOST || w > best[best.length - 1][0]) {
        let i = best.length < MOST ? best.length : MOST - 1;
        while (i > 0 && best[i - 1][0] < w) i--;
        best.splice(i, 0, [w, c]);
        if (best.length > MOST) best.pop();
      }
    }
    listHead.replaceChildren("Where ", el("span", "chip rows", token("rows", row)), " looks most:");
    rows.forEach(({ item, name, fill, value }, i) => {
      item.hidden = i >= best.length;
      if (item.hidden) return;
      const [w, c] = best[i];
      name.textContent = token("columns", c);
      name.title = `place ${nth(c)}`;
      fill.style.transform = `scaleX(${w})`;
      value.textContent = say(row, c);
    });
  }
  function colourChips(row, column) {
    const same = !me.data.columns, keys = me.chips[same ? "rows" : "columns"], end = picture.last(row);
    keys.forEach((chip, c) => {
      const step = c > end ? -1 : picture.code(me.layer, me.head, row, c);
      if (chip.step !== step) {
        chip.step = step;
        if (step < 0) chip.node.style.background = chip.node.style.color = "";
        else {
          const mixed = me.colours[step], light = luminance(mixed);
          chip.node.style.background = `rgb(${mixed.join(" ")})`;
          chip.node.style.color = (light + 0.05) / 0.0512 > 1.05 / (light + 0.05) ? "#0b0e14" : "#ffffff";
        }
        chip.node.classList.toggle("masked", step < 0);
      }
    });
    mark("rows", "by", row);
    mark(same ? "rows" : "columns", "at", column);
  }
  function mark(side, name, i) {
    const before = me.marked?.[name];
    if (before) before.classList.remove(name);
    const node = i === null ? null : me.chips[side][i]?.node;
    node?.classList.add(name);
    (me.marked ??= {})[name] = node;
  }

  // ---- what a pointer's move cost: read by the bench ---------------------------------------------------------------
  const ports = new MessageChannel();
  let since = 0, stamp = 0;
  ports.port1.onmessage = () => {
    root.dataset.frameMs = (performance.now() - since).toFixed(3);
    root.dataset.eventMs = (performance.now() - stamp).toFixed(3);
  };
  function preview(place, event) {
    const before = me.over;
    if (before?.row === place?.row && before?.column === place?.column) return;
    me.over = place;
    if (me.frame) return;
    since = performance.now();
    stamp = Math.min(since, event.timeStamp || since);
    me.frame = requestAnimationFrame(() => {
      const start = performance.now();
      draw();
      root.dataset.scriptMs = (performance.now() - start).toFixed(3);
      ports.port2.postMessage(0); // delivered after the frame is painted
    });
  }

  // ---- what a person does ------------------------------------------------------------------------------------------
  function send() {
    clearTimeout(me.sending);
    me.component.setStateValue("picked", { layer: me.layer, head: me.head, row: me.locked ? me.row : null, mode: me.mode, seq: Date.now() });
  }
  /** Go to a row (and a column); `lock` true or false holds the row or lets go, nothing leaves that as it is. */
  function go(row, column, lock) {
    const was = me.locked;
    Object.assign(me, { row, column, over: null, locked: lock ?? me.locked });
    draw();
    if (me.locked || was) send();
    const at = current().column;
    live.textContent = `${me.locked ? "Locked. " : ""}${token("rows", row)}, place ${nth(row)}` + (at === null ? "." : `, to ${token("columns", at)}, place ${nth(at)}: ${say(row, at)}.`);
  }
  function pick(layer, head, wait) {
    Object.assign(me, { layer, head });
    redraw();
    clearTimeout(me.sending);
    me.sending = setTimeout(send, wait); // arrow keys come fast; the page follows where they end
    live.textContent = `${title(layer, head)}${called(layer, head)[0] ? `: ${called(layer, head)[1] || called(layer, head)[0]}` : ""}`;
  }
  const chipAt = (event) => {
    const node = event.target.closest?.(".tok");
    return node ? Number(node.dataset.t) : null;
  };
  /** What an event on a strip or on the plot points at; a locked row stays who looks. */
  function pointed(event, where) {
    if (where === "plot") {
      const found = picture.under(event);
      if (!found) return null;
      if (me.locked) return { row: me.row, column: me.mode === "matrix" || found.row === null ? found.column : found.row };
      return { row: found.row ?? current().row, column: found.column };
    }
    const t = chipAt(event);
    if (t === null) return null;
    return where === "columns" || me.locked ? { row: me.locked ? me.row : current().row, column: t } : { row: t, column: null };
  }
  for (const [node, where] of [[strip.rows, "rows"], [strip.columns, "columns"], [plot, "plot"]]) {
    on(node, "pointermove", (event) => {
      // When the page beneath a resting pointer is laid out anew, the browser reports a move: keys may be at work then.
      if (event.clientX === me.x && event.clientY === me.y) return;
      [me.x, me.y] = [event.clientX, event.clientY];
      const place = event.pointerType === "touch" ? null : pointed(event, where);
      if (place) preview(place, event);
    });
    on(node, "pointerleave", (event) => {
      me.x = me.y = null;
      preview(null, event);
    });
    on(node, "click", (event) => {
      const found = where === "plot" ? picture.under(event) : { row: where === "rows" ? chipAt(event) : null, column: where === "columns" ? chipAt(event) : null };
      if (!found || (found.row === null && found.column === null)) return;
      const row = found.row ?? current().row;
      go(row, found.column, !(me.locked && row === me.row && (found.column === null || found.column === me.column)));
    });
  }
  function moved(event, across) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { row, column } = current(), { R } = me.data, end = picture.last(row), at = column ?? end;
    let to = { ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, at - 1], ArrowRight: [row, column === null ? at : at + 1], Home: [row, 0], End: [row, end] }[event.key];
    if (!across) to = { ArrowLeft: [row - 1, null], ArrowRight: [row + 1, null], Home: [0, null], End: [R - 1, null] }[event.key];
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      return go(row, column, !me.locked);
    }
    if (!to) return;
    event.preventDefault();
    const next = Math.min(R - 1, Math.max(0, to[0]));
    go(next, to[1] === null ? null : Math.min(picture.last(next), Math.max(0, to[1])));
  }
  on(plot, "keydown", (event) => event.target === plot && moved(event, true));
  on(strip.rows, "keydown", (event) => event.target === strip.rows && moved(event, false));
  on(small, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, -me.head], End: [0, me.data.H - 1 - me.head] }[event.key];
    if (!step) return;
    event.preventDefault();
    pick(Math.min(me.data.L - 1, Math.max(0, me.layer + step[0])), Math.min(me.data.H - 1, Math.max(0, me.head + step[1])), 250);
  });
  on(small, "click", (event) => {
    const box = event.target.closest(".one");
    if (box) pick(...box.dataset.at.split(" ").map(Number), 0);
  });
  on(root, "keydown", (event) => {
    if (event.key !== "Escape" || !me.locked) return;
    event.stopPropagation();
    go(me.row, me.column, false);
  });

  // ---- new data ------------------------------------------------------------------------------------------------------
  function write(side) {
    const found = side === "columns" ? me.data.columns : me.data.rows, nodes = document.createDocumentFragment();
    strip[side].hidden = about[side].hidden = !found;
    me.chips[side] = (found ?? []).map((text, t) => {
      const start = t === 0 && me.data.starts, node = el("span", start ? "tok start" : text === "\n" ? "tok end" : "tok", visible(text));
      node.dataset.t = t;
      if (t < 2 || me.data.apart || /^[^\S\n]/.test(text) || /\s$/.test(found[t - 1])) nodes.append(el("wbr"));
      nodes.append(node);
      if (text.endsWith("\n")) nodes.append(el("br"));
      return { node, step: -2 };
    });
    strip[side].classList.toggle("apart", me.data.apart);
    strip[side].replaceChildren(nodes);
    strip[side].setAttribute("aria-label", side === "rows" ? "The text. Left and right choose who looks, Enter locks." : "What is looked at.");
    about[side].textContent = me.data.columns ? me.data.sides[side === "rows" ? 0 : 1] : "";
    about[side].hidden ||= !me.data.columns;
  }
  function writeHeads() {
    const { L, H, K, R } = me.data, nodes = [el("span", "corner", me.data.layerName, { "aria-hidden": "true" })], named = H <= MANY_HEADS && me.data.labels;
    me.cells = [];
    small.hidden = Boolean(me.data.only); // nothing to choose from
    plot.setAttribute("aria-label", `${me.data.only || "One head"}. Up and down choose who looks, left and right at whom, Enter locks, Escape lets go.`);
    me.frames = [];
    if (me.data.only) return small.replaceChildren(sheet, lines);
    for (let h = 0; h < H; h++) nodes.push(el("span", "column-name", h || H > MANY_HEADS ? String(h + 1) : "head 1", { "aria-hidden": "true" }));
    for (let l = 0; l < L; l++) {
      nodes.push(el("span", "layer-name", String(l + 1), { "aria-hidden": "true" }));
      for (let h = 0; h < H; h++) {
        const [name, more] = called(l, h), box = el("div", "one", null, { title: `${title(l, h)}${name ? `: ${more || name}` : ""}` });
        const frame = el("div", "frame");
        box.dataset.at = `${l} ${h}`;
        box.append(frame);
        if (named) box.append(el("span", "label", name));
        nodes.push(box);
        me.cells.push({ box, frame });
      }
    }
    small.style.setProperty("--heads", H);
    small.style.setProperty("--shape", `${K} / ${R}`);
    small.classList.toggle("crowded", H > MANY_HEADS);
    small.replaceChildren(...nodes, sheet, lines);
  }
  me.update = (bytes) => {
    const data = unpack(bytes), dark = isDark(root), fresh = data.sig !== me.sig, pushed = data.rev !== me.rev, repaint = fresh || dark !== me.dark;
    const other = fresh && me.data?.rows.join("\0") !== data.rows.join("\0"); // another text: its end, unless a row is held
    root.classList.toggle("dark", dark);
    Object.assign(me, { data, sig: data.sig, rev: data.rev, dark });
    const theme = data.themes[dark ? "dark" : "light"];
    if (repaint) {
      me.codes = new Uint8Array(data.codes.buffer);
      Object.assign(me, attentionColours(dark, theme.attention), { hue: theme.attention, ink: theme.ink, line: css(root, "--line"), font: css(root, "--code") || "monospace" });
      me.colour = { query: theme.query, key: theme.key, paper: theme.paper };
      for (const [name, colour] of Object.entries(theme)) root.style.setProperty(`--${name}`, colour);
    }
    if (fresh) {
      me.over = me.column = null;
      me.marked = {};
      write("rows");
      write("columns");
      writeHeads();
    } else if (repaint) for (const side of ["rows", "columns"]) me.chips[side].forEach((chip) => (chip.step = -2));
    if (repaint) me.sheetWidth = -1;
    if (pushed || me.layer >= data.L || me.head >= data.H || me.row >= data.R) {
      Object.assign(me, { layer: data.layer, head: data.head, mode: data.mode, locked: data.row !== null, row: data.row ?? data.R - 1, over: null, column: null });
    } else if (other && !me.locked) Object.assign(me, { row: data.R - 1, over: null, column: null });
    redraw();
  };
  const watching = new ResizeObserver(() => {
    if (me.data && (Math.floor(plot.clientWidth) !== me.width || small.clientWidth !== me.sheetWidth)) redraw();
  });
  watching.observe(plot);
  watching.observe(small);
  me.destroy = () => {
    watching.disconnect();
    clearTimeout(me.sending);
  };
  return me;
}

export default mount(make);
