// A text as training pairs: windows of it, the same windows one token later, and each window as L pairs padded with *.
// In the second reading ("mask") the same pairs stand beside one pass under the causal mask, with their losses. Levers
// act under the finger and are sent on release; pointing at a pair marks it everywhere, arrows do the same.

const PADDING = "*";

function make(root, on) {
  const me = { length: 6, stride: 6, at: 0, row: null, chips: [] };

  // ---- the furniture -------------------------------------------------------------------------------------------
  const levers = el("div", "levers");
  const lever = (name, says) => {
    const label = el("label", "lever"), value = el("output", "value"), title = el("span", "title", says);
    const input = el("input", "slider", null, { type: "range", min: 1, max: 12, step: 1, "aria-label": says });
    title.append(" ", value);
    label.append(title, input);
    levers.append(label);
    on(input, "input", () => {
      me[name] = Number(input.value);
      me.at = Math.min(me.at, windows().length - 1);
      draw();
    });
    on(input, "change", tell);
    return { input, value };
  };
  const length = lever("length", "Window length L:"), stride = lever("stride", "Stride:");
  const strip = el("div", "strip", null, { role: "group", "aria-label": "The text. A click on a token goes to the window that begins there or before it." });
  const which = el("div", "which"), back = el("button", "", "Back", { type: "button" }), forth = el("button", "", "Forward", { type: "button" }), said = el("p", "said");
  which.append(back, forth, said);
  const shifted = el("div", "shifted", null, { role: "group", "aria-label": "The window above the same window one token later" });
  const tables = el("div", "tables", null, { role: "group", tabindex: "0", "aria-label": "The pairs. Up and down choose one." });
  const live = el("p", "unseen", "", { "aria-live": "polite" });
  const below = el("p", "quiet more-below", "The text goes on below: scroll in it.", { hidden: "", "aria-hidden": "true" });
  root.append(levers, strip, below, which, shifted, tables, live);

  // ---- the data ------------------------------------------------------------------------------------------------
  const L = () => Math.max(1, Math.min(me.length, me.data.tokens.length - 1));
  function windows() {
    const found = [];
    for (let first = 0; first + L() < me.data.tokens.length; first += me.stride) found.push(first);
    return found;
  }
  const text = (i) => (i === 0 ? "start" : visible(me.data.tokens[i]));
  function tell() {
    me.component.setStateValue("cut", { length: me.length, stride: me.stride, at: me.at, seq: Date.now() });
  }
  function go(at) {
    me.at = Math.min(windows().length - 1, Math.max(0, at));
    me.row = null;
    draw();
    tell();
    live.textContent = said.textContent;
  }
  on(back, "click", () => go(me.at - 1));
  on(forth, "click", () => go(me.at + 1));
  on(strip, "click", (event) => {
    const node = event.target.closest?.(".tok");
    if (node) go(Math.floor(Number(node.dataset.t) / me.stride));
  });

  // ---- drawing -------------------------------------------------------------------------------------------------
  function chip(i, kind = "") {
    const node = el("span", `chip ${kind} ${i === 0 ? "start" : ""}`, i === null ? PADDING : text(i));
    if (i !== null) node.title = text(i);
    return node;
  }
  function line(row, ...cells) {
    const node = el("div", "row");
    node.dataset.row = row;
    node.append(...cells);
    return node;
  }

  function drawWindow(first) {
    const names = el("div", "column names");
    names.append(el("span", "name", "x"), el("span", "arrow", "↓", { "aria-hidden": "true" }), el("span", "name", "y"));
    shifted.replaceChildren(names, ...Array.from({ length: L() }, (_, t) => {
      const column = el("div", "column");
      column.dataset.row = t;
      column.append(chip(first + t), el("span", "arrow", "↓", { "aria-hidden": "true" }), chip(first + t + 1, "target"));
      return column;
    }));
  }

  function drawTables(first) {
    const n = L(), { mode, alone, atOnce } = me.data, compared = mode === "mask" && alone.length === n;
    const pairs = el("div", "pairs"), head = el("p", "head", compared ? `${n} padded pairs: ${n === 1 ? "a pass" : `${n} passes`}` : `The same window as ${n === 1 ? "a pair" : `${n} pairs`}`);
    pairs.append(head);
    for (let t = 0; t < n; t++) {
      const context = Array.from({ length: n }, (_, j) => (j <= t ? chip(first + j) : chip(null, "pad")));
      const cells = el("span", "cells");
      cells.append(...context);
      pairs.append(line(t, cells, el("span", "arrow", "→", { "aria-hidden": "true" }), chip(first + t + 1, "target"), ...(compared ? [el("span", "loss", alone[t])] : [])));
    }
    tables.replaceChildren(pairs);
    if (!compared) return;
    const foot = (value) => {
      const node = el("div", "row mean");
      node.append(el("span", "", "mean"), el("strong", "loss", value));
      return node;
    };
    pairs.append(foot(me.data.meanAlone), el("p", "quiet cost", me.data.costAlone));
    const mask = el("div", "pairs mask");
    mask.append(el("p", "head", "One pass under the causal mask"));
    for (let t = 0; t < n; t++) {
      const cells = el("span", "cells");
      cells.append(...Array.from({ length: n }, (_, j) => el("span", j <= t ? "seen" : "hidden", "", { title: `${text(first + t)} ${j <= t ? "sees" : "does not see"} ${text(first + j)}` })));
      mask.append(line(t, chip(first + t, "who"), cells, el("span", "loss", atOnce[t])));
    }
    mask.append(foot(me.data.meanAtOnce), el("p", "quiet cost", me.data.costAtOnce));
    tables.append(mask);
  }

  function mark() {
    const all = windows(), first = all[me.at], n = L();
    for (const node of root.querySelectorAll("[data-row]")) node.classList.toggle("here", Number(node.dataset.row) === me.row);
    me.chips.forEach((node, i) => {
      const at = i - first;
      node.classList.toggle("in-x", at >= 0 && at < n);
      node.classList.toggle("in-y", at >= 1 && at <= n);
      node.classList.toggle("asked", me.row !== null && at === me.row + 1);
      node.classList.toggle("begins", i % me.stride === 0 && i / me.stride < all.length);
    });
  }

  /** Does the text go on below what is seen of it? A phone shows no scrollbar that would say so. */
  function hint() {
    const more = strip.scrollHeight - strip.scrollTop - strip.clientHeight > 8;
    strip.classList.toggle("more", more);
    below.hidden = strip.scrollHeight <= strip.clientHeight + 8; // it keeps its place while one scrolls
  }
  const resized = new ResizeObserver(hint);
  resized.observe(strip);
  on(strip, "scroll", hint);

  /** The window that is looked at stays in sight; the page itself does not scroll. */
  function follow(first, last) {
    const top = me.chips[first].offsetTop, bottom = me.chips[last].offsetTop + me.chips[last].offsetHeight;
    if (bottom > strip.scrollTop + strip.clientHeight - 24) strip.scrollTop = bottom - strip.clientHeight + 48;
    if (top < strip.scrollTop) strip.scrollTop = top - 8;
  }

  function draw() {
    if (!me.data) return;
    const all = windows(), first = all[me.at], n = L(), masked = me.data.mode === "mask";
    root.classList.toggle("masked", masked);
    levers.hidden = strip.hidden = shifted.hidden = masked;
    for (const [{ input, value }, number] of [[length, me.length], [stride, me.stride]]) {
      input.value = number;
      value.textContent = number;
    }
    root.style.setProperty("--n", n);
    said.replaceChildren(`Window ${me.at + 1} of ${all.length}: `, el("strong", "", n === 1 ? "one token" : `${n} tokens`), ` in, the same one later out.`);
    back.setAttribute("aria-disabled", String(me.at === 0)); // not disabled: the focus stays where it is
    forth.setAttribute("aria-disabled", String(me.at === all.length - 1));
    if (me.row !== null && me.row >= n) me.row = null;
    if (!masked) drawWindow(first);
    drawTables(first);
    mark();
    if (!masked && me.shown !== `${me.sig} ${first} ${n}`) {
      me.shown = `${me.sig} ${first} ${n}`;
      follow(first, first + n);
    }
    hint();
  }

  // ---- what follows the pointer --------------------------------------------------------------------------------
  function point(row) {
    if (row === me.row) return;
    me.row = row;
    mark();
  }
  for (const box of [shifted, tables]) {
    on(box, "pointermove", (event) => {
      const node = event.target.closest?.("[data-row]");
      if (node) point(Number(node.dataset.row));
    });
    on(box, "pointerleave", () => point(null));
  }
  on(tables, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const last = L() - 1, at = me.row ?? -1;
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    point(Math.min(last, Math.max(0, to)));
    const first = windows()[me.at], context = Array.from({ length: me.row + 1 }, (_, j) => text(first + j)).join(" ");
    live.textContent = `${context}, then ${text(first + me.row + 1)}${me.data.alone.length ? `: alone ${me.data.alone[me.row]}, at once ${me.data.atOnce[me.row]}` : ""}`;
  });

  me.update = (bytes) => {
    const data = unpack(bytes), fresh = data.sig !== me.sig, pushed = data.rev !== me.rev;
    root.classList.toggle("dark", isDark(root));
    Object.assign(me, { data, sig: data.sig, rev: data.rev });
    if (pushed) Object.assign(me, { length: data.length, stride: data.stride, at: data.at });
    length.input.max = stride.input.max = data.most;
    me.at = Math.min(me.at, windows().length - 1);
    if (fresh) {
      me.row = null;
      me.chips = data.tokens.map((_, i) => {
        const node = el("span", i === 0 ? "tok start" : "tok", text(i));
        node.dataset.t = i;
        return node;
      });
      const nodes = document.createDocumentFragment();
      me.chips.forEach((node, i) => nodes.append(...(i ? [el("wbr"), node] : [node])));
      strip.replaceChildren(nodes);
    }
    draw();
  };
  me.destroy = () => resized.disconnect();
  return me;
}

export default mount(make);
