// Systems in time, or models by size: a row each, its dot where it belongs on the axis, its name beside the dot.
// Pointing at a row shows its card, a click or the arrow keys keep it; lines lead to what it stands on and what came
// of it. On a narrow screen the card stands under its row.

const NARROW = 680;

function make(root, on) {
  const me = { picked: 0, over: null, rows: [] };
  const picture = el("div", "picture"), axis = el("div", "axis", null, { "aria-hidden": "true" }), stage = el("div", "stage");
  const lines = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  lines.setAttribute("aria-hidden", "true");
  const list = el("div", "rows", null, { role: "radiogroup" });
  const card = el("section", "card", null, { "aria-live": "polite" });
  stage.append(lines, list);
  picture.append(axis, stage);
  root.append(picture, card);

  const shown = () => me.over ?? me.picked;
  const narrow = () => root.clientWidth < NARROW;

  function pick(at) {
    me.over = null;
    if (at !== me.picked) {
      me.picked = at;
      me.component.setStateValue("picked", { at, seq: Date.now() });
    }
    mark();
  }

  // ---- drawing -------------------------------------------------------------------------------------------------
  function drawRows() {
    list.setAttribute("aria-label", me.data.label);
    me.rows = me.data.rows.map((row, i) => {
      const node = el("div", `row ${row.here ? "here" : "elsewhere"} ${row.at < 0.5 ? "right" : "left"}`, null, { role: "radio" });
      node.style.setProperty("--at", row.at);
      node.dataset.i = i;
      const text = el("span", "text"), said = el("span", "unseen", row.here ? ", runs here" : "");
      text.append(el("span", "name", row.name), " ", el("span", "value quiet", row.value), said);
      node.append(el("span", "dot", null, { "aria-hidden": "true" }), text);
      return node;
    });
    list.replaceChildren(...me.rows);
    axis.replaceChildren(...me.data.ticks.map(([at, text]) => {
      const tick = el("span", "tick", text);
      tick.style.setProperty("--at", at);
      return tick;
    }));
  }

  function drawCard() {
    const { card: says } = me.data.rows[shown()];
    const parts = [el("h3", "", says.title)];
    for (const [label, text] of says.lines) {
      const line = el("p", label ? "" : "first");
      if (label) line.append(el("span", "label quiet", label));
      line.append(text);
      parts.push(line);
    }
    if (says.door) parts.push(door);
    door.textContent = says.door;
    card.replaceChildren(...parts);
    const under = narrow() ? me.rows[shown()] : null;
    if (under && under.nextSibling !== card) under.after(card);
    if (!under && card.parentElement !== root) root.append(card);
  }
  const door = el("button", "main door", "", { type: "button" });
  on(door, "click", () => me.component.setTriggerValue("door", { at: me.picked }));

  /** From each dot that the shown one stands on, and to each that stands on it. */
  function drawLines() {
    const box = stage.getBoundingClientRect();
    lines.setAttribute("viewBox", `0 0 ${box.width} ${box.height}`);
    const ends = (i) => {
      const dot = me.rows[i].firstChild.getBoundingClientRect(), text = me.rows[i].lastChild.getBoundingClientRect();
      return { from: Math.max(dot.right, text.right) + 5 - box.left, to: dot.right + 4 - box.left, y: dot.top + dot.height / 2 - box.top };
    };
    // Out to the right, down past all dots between (none lies further right), and back: no name is crossed.
    const path = (a, b, x, name) => {
      const above = ends(a), below = ends(b), node = document.createElementNS("http://www.w3.org/2000/svg", "path");
      node.setAttribute("d", `M${above.from} ${above.y} H${x - 8} q8 0 8 8 V${below.y - 8} q0 8 -8 8 H${below.to}`);
      node.setAttribute("class", name);
      return node;
    };
    const at = shown(), { after } = me.data.rows[at];
    const later = me.data.rows.flatMap((row, i) => (row.after.includes(at) ? [i] : []));
    const last = later.length ? ends(later[later.length - 1]).to + 26 : 0;
    const made = narrow() ? [] : [
      ...after.map((i) => path(i, at, ends(at).to + 13, "before")),
      ...later.map((i) => path(at, i, last, "later")),
    ];
    lines.replaceChildren(...made);
  }

  function mark() {
    root.classList.toggle("wide", !narrow());
    const at = shown(), before = me.data.rows[at].after;
    me.rows.forEach((node, i) => {
      node.classList.toggle("shown", i === at);
      node.classList.toggle("before", before.includes(i));
      node.classList.toggle("later", me.data.rows[i].after.includes(at));
      node.setAttribute("aria-checked", String(i === me.picked));
      node.tabIndex = i === me.picked ? 0 : -1;
    });
    drawCard();
    drawLines();
  }

  // ---- what the person does ------------------------------------------------------------------------------------
  const rowOf = (event) => {
    const node = event.target.closest?.(".row");
    return node ? Number(node.dataset.i) : null;
  };
  on(list, "click", (event) => {
    const at = rowOf(event);
    if (at !== null) pick(at);
  });
  on(list, "pointerover", (event) => {
    const at = rowOf(event);
    if (event.pointerType !== "mouse" || narrow() || at === null || at === shown()) return;
    me.over = at;
    mark();
  });
  on(list, "pointerleave", () => {
    if (me.over === null) return;
    me.over = null;
    mark();
  });
  on(list, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || rowOf(event) === null) return;
    const last = me.rows.length - 1;
    const to = { ArrowUp: me.picked - 1, ArrowLeft: me.picked - 1, ArrowDown: me.picked + 1, ArrowRight: me.picked + 1, Home: 0, End: last, " ": me.picked, Enter: me.picked }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    pick(Math.min(last, Math.max(0, to)));
    me.rows[me.picked].focus();
  });
  const resized = new ResizeObserver(() => me.data && mark());
  resized.observe(root);

  me.update = (bytes) => {
    const data = unpack(bytes), fresh = data.sig !== me.sig, pushed = data.rev !== me.rev;
    Object.assign(me, { data, sig: data.sig, rev: data.rev });
    if (fresh) me.over = null;
    if (fresh || pushed) me.picked = data.picked;
    if (fresh) drawRows();
    if (fresh || pushed) mark();
  };
  me.destroy = () => resized.disconnect();
  return me;
}

export default mount(make);
