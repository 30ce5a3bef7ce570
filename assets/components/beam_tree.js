// A search as a tree that grows: each step's candidates in a column, best on top; what was dropped stays, greyed.

const LINE = 56, WIDE = 118, GAP = 24, LEFT = 16; // height of a node, least width of a step, room for the root
const minus = (x, n = 2) => (x < 0 ? "−" : "") + Math.abs(x).toFixed(n);

/** A probability in as few signs as a small box has room for. */
function short(p) {
  if (p >= 0.995) return p === 1 ? "100%" : ">99%";
  return p >= 0.095 ? `${Math.round(100 * p)}%` : p >= 0.01 ? `${(100 * p).toFixed(1)}%` : "<1%";
}

function make(root, on) {
  const me = { nodes: [], shown: 0, locked: -1, over: -1, rev: 0 };

  const bar = el("div", "bar"), back = el("button", "", "‹", { type: "button", "aria-label": "One step back" });
  const next = el("button", "", "›", { type: "button", "aria-label": "One step on" });
  const play = el("button", "main", "Grow", { type: "button" });
  const slider = el("input", "slider", null, { type: "range", min: 1, step: 1, "aria-label": "Step of the search" });
  const where = el("output", "where");
  bar.append(play, back, slider, next, where);
  const scroller = el("div", "scroller", null, { tabindex: -1 }), tree = el("div", "tree", null, { role: "group", "aria-label": "The tree. Arrow keys move along it, Enter locks." });
  const SVG = "http://www.w3.org/2000/svg", lines = document.createElementNS(SVG, "svg");
  const said = el("p", "said"), rest = el("p", "rest quiet"), live = el("p", "unseen", "", { "aria-live": "polite" });
  const key = el("p", "key quiet");
  for (const [sign, text] of [["kept", "in the beam"], ["dropped", "looked at and dropped"], ["best", "the path in the sentence below"]]) {
    const one = el("span");
    one.append(el("i", sign), text);
    key.append(one);
  }
  lines.setAttribute("aria-hidden", "true");
  tree.append(lines);
  scroller.append(tree);
  const more = el("p", "more quiet", "The tree is wider than the page: scroll it sideways, or go step by step.");
  root.append(bar, more, scroller, key, said, rest, live);

  const pathOf = (i) => {
    const path = [];
    for (; i >= 0; i = me.data.parent[i]) path.unshift(i);
    return path;
  };
  const visibleNode = (i) => me.data.depth[i] <= me.shown;
  /** What is spoken of: under the pointer, else locked, else the best of what is there. */
  function current() {
    for (const i of [me.over, me.locked]) if (i >= 0 && visibleNode(i)) return i;
    if (me.shown === me.steps) return me.data.best;
    return me.nodes.findIndex((_, i) => me.data.depth[i] === me.shown && me.data.state[i] & 1);
  }

  function build() {
    const { depth, parent, state, texts, log_prob, total } = me.data;
    for (const node of me.nodes) node.node.remove();
    lines.replaceChildren();
    const rows = {}, wide = Math.max(WIDE, Math.floor((scroller.clientWidth - LEFT - 6) / Math.max(1, me.steps)));
    let most = 0;
    me.wide = wide;
    me.nodes = texts.map((text, i) => {
      const row = (rows[depth[i]] = (rows[depth[i]] ?? -1) + 1);
      most = Math.max(most, row + 1);
      const node = el("button", `node ${state[i] & 1 ? "kept" : "dropped"}${state[i] & 2 ? " ended" : ""}`, null, {
        type: "button", tabindex: -1,
        "aria-label": `Step ${depth[i]}: ${visible(text)}, ${percent(Math.exp(log_prob[i]))}, path ${minus(total[i])}${state[i] & 1 ? "" : ", dropped"}`,
      });
      node.append(el("span", "chip", visible(text)), el("span", "p", short(Math.exp(log_prob[i]))), el("span", "sum", minus(total[i])));
      const x = LEFT + (depth[i] - 1) * wide + GAP, y = row * LINE;
      node.style.cssText = `left:${x}px;top:${y}px;width:${wide - GAP - 4}px`;
      node.dataset.i = i;
      tree.append(node);
      return { node, x, y: y + 25, row };
    });
    tree.style.width = `${LEFT + me.steps * wide + 4}px`;
    more.hidden = LEFT + me.steps * wide + 4 <= scroller.clientWidth;
    scroller.classList.toggle("wide", !more.hidden);
    tree.style.height = `${most * LINE}px`;
    const start = { x: 4, y: 25 };
    for (let i = 0; i < texts.length; i++) {
      const from = parent[i] < 0 ? start : { x: me.nodes[parent[i]].x + wide - GAP - 4, y: me.nodes[parent[i]].y }, to = me.nodes[i];
      const line = document.createElementNS(SVG, "path"), middle = (from.x + to.x) / 2;
      line.setAttribute("d", `M${from.x},${from.y}C${middle},${from.y} ${middle},${to.y} ${to.x},${to.y}`);
      line.setAttribute("class", state[i] & 1 ? "kept" : "dropped");
      lines.append(line);
      me.nodes[i].line = line;
    }
    const dot = document.createElementNS(SVG, "circle");
    for (const [name, value] of [["cx", start.x + 1], ["cy", start.y], ["r", 5]]) dot.setAttribute(name, value);
    lines.append(dot);
  }

  function paint() {
    const { depth, state, total, score, log_prob, texts } = me.data, at = current(), path = new Set(at >= 0 ? pathOf(at) : []);
    me.nodes.forEach(({ node, line }, i) => {
      const there = depth[i] <= me.shown;
      node.classList.toggle("away", !there);
      line.classList.toggle("away", !there);
      node.classList.toggle("on", path.has(i));
      line.classList.toggle("on", path.has(i));
      node.classList.toggle("locked", i === me.locked);
      node.setAttribute("aria-pressed", String(i === me.locked));
      node.tabIndex = i === at ? 0 : -1;
    });
    where.textContent = `step ${me.shown} of ${me.steps}`;
    slider.value = me.shown;
    back.disabled = me.shown <= 1;
    next.disabled = me.shown >= me.steps;
    said.replaceChildren();
    if (at < 0) return;
    said.append(el("span", "quiet", visible(me.data.prompt)));
    for (const i of path) said.append(" ", el("span", "chip", visible(texts[i])));
    const many = path.size, factors = [...path].map((i) => digits(Math.exp(log_prob[i])));
    const shownFactors = factors.length > 6 ? [...factors.slice(0, 5), "…"] : factors;
    rest.textContent =
      `p = ${shownFactors.join(" · ")} = ${small(total[at])}; ln p = ${minus(total[at])}; ` +
      `score ${minus(total[at])} / ${many}${me.data.length_penalty === 1 ? "" : `^${me.data.length_penalty}`} = ${minus(score[at], 3)}` +
      (state[at] & 1 ? "" : ". Dropped: others were more probable at this step.");
  }
  const small = (logP) => (logP > -9 ? percent(Math.exp(logP)) : `10^${(logP / Math.LN10).toFixed(1)}`);

  function grow(to, follow = true) {
    me.shown = Math.max(1, Math.min(me.steps, to));
    paint();
    const edge = LEFT + me.shown * me.wide;
    if (follow && edge > scroller.scrollLeft + scroller.clientWidth) scroller.scrollLeft = edge - scroller.clientWidth;
    else if (follow && edge - me.wide < scroller.scrollLeft) scroller.scrollLeft = Math.max(0, edge - me.wide - LEFT);
  }
  let timer = 0;
  function stop() {
    clearInterval(timer);
    timer = 0;
    play.textContent = "Grow";
  }
  on(play, "click", () => {
    if (timer) return stop();
    me.over = -1;
    grow(1);
    play.textContent = "Stop";
    timer = setInterval(() => (me.shown >= me.steps ? stop() : grow(me.shown + 1)), 700);
  });
  on(back, "click", () => { stop(); grow(me.shown - 1); });
  on(next, "click", () => { stop(); grow(me.shown + 1); });
  on(slider, "input", () => { stop(); grow(Number(slider.value)); });

  function lock(i) {
    me.locked = me.locked === i ? -1 : i;
    me.over = -1;
    paint();
    live.textContent = me.locked < 0 ? "Let go." : `Locked. ${said.textContent} ${rest.textContent}`;
    me.component.setStateValue("locked", { node: me.locked, seq: Date.now() });
  }
  const nodeOf = (event) => {
    const found = event.target.closest?.(".node");
    return found ? Number(found.dataset.i) : -1;
  };
  on(tree, "pointerover", (event) => { if (event.pointerType === "mouse") { me.over = nodeOf(event); paint(); } });
  on(tree, "pointerleave", () => { me.over = -1; paint(); });
  on(tree, "click", (event) => { const i = nodeOf(event); if (i >= 0) lock(i); });
  on(tree, "keydown", (event) => {
    const i = nodeOf(event);
    if (i < 0) return;
    const { depth, parent } = me.data, same = me.nodes.map((_, j) => j).filter((j) => depth[j] === depth[i]);
    const children = me.nodes.map((_, j) => j).filter((j) => parent[j] === i && visibleNode(j));
    const to = {
      ArrowDown: same[same.indexOf(i) + 1], ArrowUp: same[same.indexOf(i) - 1], ArrowLeft: parent[i] < 0 ? undefined : parent[i],
      ArrowRight: children[0], Home: pathOf(i)[0],
    }[event.key];
    if (event.key === "Escape" && me.locked >= 0) return lock(me.locked);
    if (!["ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight", "Home"].includes(event.key)) return;
    event.preventDefault();
    if (to === undefined) return;
    me.over = to;
    paint();
    me.nodes[to].node.focus();
  });
  on(tree, "focusout", (event) => { if (!tree.contains(event.relatedTarget)) { me.over = -1; paint(); } });

  const sized = new ResizeObserver(() => {
    if (!me.data || scroller.clientWidth === me.width) return;
    me.width = scroller.clientWidth;
    build();
    paint();
  });
  sized.observe(scroller);

  me.update = (bytes) => {
    const data = unpack(bytes), fresh = data.sig !== me.sig, pushed = data.rev !== me.rev;
    me.sig = data.sig;
    me.rev = data.rev;
    if (pushed || fresh) me.locked = data.locked;
    if (fresh) {
      stop();
      me.data = data;
      me.steps = Math.max(...data.depth);
      slider.max = me.steps;
      me.over = -1;
      me.width = scroller.clientWidth;
      build();
      me.shown = me.steps;
    }
    paint();
  };
  me.destroy = () => {
    sized.disconnect();
    clearInterval(timer);
  };
  return me;
}

export default mount(make);
