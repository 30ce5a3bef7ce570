// A Markov chain twice: the matrix of its probabilities and the graph of the same states. Pointing at one lights up the
// other, a click locks. A random walk moves along the edges; it is drawn here, seeded, from the same probabilities.

const SVG = "http://www.w3.org/2000/svg";
const GLIDE_MS = 480, REST_MS = 260;
const MOST_STEPS = 500; // a walk that nobody stops ends here
const SIDE_BY_SIDE = 780; // px of room from which the matrix stands beside the graph
const NEXT = 6; // of a row, so many are named below

function shape(tag, className, attributes = {}) {
  const node = document.createElementNS(SVG, tag);
  if (className) node.setAttribute("class", className);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function random(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A probability as percent with one digit after the point; 100% is only what is certain. */
function short(p) {
  if (p > 0 && p < 0.0005) return "<0.1%";
  return p < 1 && p >= 0.9995 ? ">99.9%" : `${(100 * p).toFixed(1).replace(/\.0$/, "")}%`;
}

function make(root, on) {
  const me = { locked: null, pointed: null, walked: [], timer: 0, frame: 0, focus: [0, 0], sent: "" };

  const stage = el("div", "stage");
  const graph = el("div", "graph", null, { role: "group", "aria-label": "The chain as a graph" });
  const svg = shape("svg", "wires", { "aria-hidden": "true" });
  const edges = shape("g", "edges"), taken = shape("path", "taken"), numbers = shape("g", "numbers"), dot = shape("circle", "dot", { r: 9 });
  svg.append(edges, taken);
  const over = shape("svg", "wires over", { "aria-hidden": "true" });
  over.append(numbers, dot);
  const names = el("div", "names");
  graph.append(svg, names, over);
  const table = el("div", "table");
  stage.append(graph, table);
  const reading = el("p", "reading");
  const buttons = el("div", "buttons");
  const button = (className, text) => {
    const node = el("button", className, text, { type: "button" });
    buttons.append(node);
    return node;
  };
  const step = button("step", "Step"), go = button("main go", "Walk"), again = button("again", "From the start");
  const said = el("span", "said quiet", "", { "aria-live": "polite" });
  buttons.append(said);
  const sentence = el("div", "sentence", null, { role: "group", "aria-label": "The words walked so far", tabindex: "0" });
  root.append(stage, reading, buttons, sentence);

  const K = () => me.data.names.length;
  const p = (i, j) => me.data.probs[i * K() + j];
  const isOther = (i) => me.data.others && i === K() - 1;
  const label = (i) => (isOther(i) ? me.data.other_name : visible(me.data.names[i]));
  const chip = (i) => el("span", isOther(i) ? "other-chip" : "chip", label(i), { dir: "auto" });

  // ---- the matrix ------------------------------------------------------------------------------------------------
  function drawTable() {
    const n = K(), dark = me.dark;
    const grid = el("table", "matrix"), head = el("thead"), body = el("tbody");
    grid.setAttribute("aria-label", "Transition matrix: the row is the word now, the column the next word, the numbers are percent");
    const top = el("tr");
    top.append(el("td", "corner"));
    for (let j = 0; j < n; j++) {
      const th = el("th", "col", null, { scope: "col", tabindex: "-1" });
      const text = isOther(j) ? "other" : label(j);
      th.append(el("span", `${isOther(j) ? "plain" : ""} ${[...text].length === 1 ? "upright" : ""}`, text, { dir: "auto" }));
      mark(th, -1, j);
      top.append(th);
    }
    head.append(top);
    me.cells = [];
    for (let i = 0; i < n; i++) {
      const tr = el("tr"), th = el("th", "row", null, { scope: "row", tabindex: "-1" });
      th.append(el("span", isOther(i) ? "plain" : "", isOther(i) ? "other" : label(i), { dir: "auto" }));
      mark(th, i, -1);
      tr.append(th);
      const row = [];
      for (let j = 0; j < n; j++) {
        const q = p(i, j), rounded = q < 1 ? Math.min(99, Math.round(100 * q)) : 100;
        const td = el("td", q > 0 ? "cell" : "cell zero", rounded >= 1 ? String(rounded) : "", { tabindex: "-1", "aria-label": `${label(i)}, then ${label(j)}: ${percent(q)}` });
        const [background, ink] = colours(q, dark);
        td.style.background = background;
        td.style.color = ink;
        mark(td, i, j);
        tr.append(td);
        row.push(td);
      }
      me.cells.push(row);
      body.append(tr);
    }
    grid.append(head, body);
    table.replaceChildren(grid);
    roam(0, -1, false);
  }
  function mark(node, i, j) {
    node.dataset.i = i;
    node.dataset.j = j;
  }
  const at = (i, j) => table.querySelector(`[data-i="${i}"][data-j="${j}"]`);

  /** One place of the matrix is in the tab order; the arrows move it. */
  function roam(i, j, focus) {
    at(...me.focus)?.setAttribute("tabindex", "-1");
    me.focus = [i, j];
    const node = at(i, j);
    node?.setAttribute("tabindex", "0");
    if (focus) node?.focus({ preventScroll: false });
  }

  // ---- the graph -------------------------------------------------------------------------------------------------
  function drawGraph() {
    const n = K();
    me.nodes = [];
    names.replaceChildren();
    for (let i = 0; i < n; i++) {
      const node = el("button", isOther(i) ? "node plain" : "node", label(i), { type: "button", dir: "auto", title: label(i) });
      node.dataset.i = i;
      const best = Array.from({ length: n }, (_, j) => j).sort((a, b) => p(i, b) - p(i, a))[0];
      node.setAttribute("aria-label", `${label(i)}: ${whole(me.data.counts[i])} times in the text, most often followed by ${label(best)}, ${percent(p(i, best))}`);
      names.append(node);
      me.nodes.push(node);
    }
    place();
  }

  /** Put the names where the layout says, stretched to the room there is, and draw the edges between them. */
  function place() {
    const wide = root.clientWidth >= SIDE_BY_SIDE;
    root.classList.toggle("wide", wide);
    const room = graph.clientWidth;
    if (!room || !me.data) return;
    const { layouts } = me.data;
    const layout = layouts.filter((each) => each.width <= room).at(-1) ?? layouts[0];
    const stretch = room / layout.width, n = K();
    me.room = room;
    me.height = layout.height;
    graph.style.height = `${layout.height}px`;
    for (const each of [svg, over]) each.setAttribute("viewBox", `0 0 ${room} ${layout.height}`);
    me.at = [];
    for (let i = 0; i < n; i++) {
      const ringed = !isOther(i), slot = me.data.slots[i];
      const x = ringed ? layout.x[slot] * stretch : room / 2, y = ringed ? layout.y[slot] : layout.height / 2;
      const node = me.nodes[i];
      node.style.left = `${x}px`;
      node.style.top = `${y}px`;
      node.style.maxWidth = `${ringed ? layout.name_width * Math.min(1, stretch) : 140}px`;
      me.at.push({ x, y });
    }
    me.nodes.forEach((node, i) => Object.assign(me.at[i], { w: node.offsetWidth / 2, h: node.offsetHeight / 2 }));
    drawEdges();
    fitCells();
    if (me.walked.length) putDot(me.at[me.walked.at(-1).state]);
  }

  /** The way from state i to state j, a cubic curve. Around the ring it bows inwards, the two directions unequally, so
   * that both can be seen and no third name stands in the way; to and from the centre it bows to its right. */
  function curve(i, j) {
    const a = me.at[i], b = me.at[j];
    if (i === j) {
      const up = a.y <= me.height / 2 ? -1 : 1, w = Math.min(18, a.w);
      return [{ x: a.x - w, y: a.y + up * a.h }, { x: a.x - w - 6, y: a.y + up * (a.h + 30) }, { x: a.x + w + 6, y: a.y + up * (a.h + 30) }, { x: a.x + w, y: a.y + up * (a.h + 3) }];
    }
    const dx = b.x - a.x, dy = b.y - a.y;
    const side = dx * (me.height / 2 - a.y) - dy * (me.room / 2 - a.x); // above 0: the centre lies to the right
    const bow = isOther(i) || isOther(j) ? 0.2 : side > 0 ? 0.15 : -0.3;
    const m1 = { x: a.x + dx * 0.33 - dy * bow, y: a.y + dy * 0.33 + dx * bow };
    const m2 = { x: a.x + dx * 0.67 - dy * bow, y: a.y + dy * 0.67 + dx * bow };
    return [a, m1, m2, b];
  }
  function along([a, b, c, d], t) {
    const s = 1 - t;
    const mix = (k) => s * s * s * a[k] + 3 * s * s * t * b[k] + 3 * s * t * t * c[k] + t * t * t * d[k];
    return { x: mix("x"), y: mix("y") };
  }
  const inside = (point, box, gap) => Math.abs(point.x - box.x) < box.w + gap && Math.abs(point.y - box.y) < box.h + gap;

  /** The part of a curve that lies outside of both names, as points; at its end is room for the arrow. */
  function visiblePart(i, j) {
    const way = curve(i, j), points = [];
    for (let k = 0; k <= 60; k++) points.push(along(way, k / 60));
    if (i === j) return points;
    let from = 0, to = points.length - 1;
    while (from < to && inside(points[from], me.at[i], 1)) from++;
    while (to > from && inside(points[to], me.at[j], 3)) to--;
    return points.slice(from, to + 1);
  }
  const path = (points) => points.map((q, k) => `${k ? "L" : "M"}${q.x.toFixed(1)} ${q.y.toFixed(1)}`).join("");

  function drawEdges() {
    const n = K();
    edges.replaceChildren();
    numbers.replaceChildren();
    me.edges = [];
    const wanted = [];
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) if (p(i, j) > 0 && p(i, j) >= me.data.least) wanted.push([i, j, p(i, j)]);
    wanted.sort((a, b) => a[2] - b[2]); // the strong ones on top
    for (const [i, j, q] of wanted) {
      const points = visiblePart(i, j);
      if (points.length < 2) continue;
      const width = 1.2 + 7 * q, size = 7 + 6 * q;
      const tip = points.at(-1), left = size;
      let cut = points.length - 1;
      while (cut > 0 && Math.hypot(points[cut].x - tip.x, points[cut].y - tip.y) < left) cut--;
      const base = points[cut], length = Math.hypot(tip.x - base.x, tip.y - base.y) || 1;
      const [ux, uy] = [(tip.x - base.x) / length, (tip.y - base.y) / length];
      const half = size * 0.55, foot = { x: tip.x - ux * size, y: tip.y - uy * size };
      const group = shape("g", "edge");
      mark(group, i, j);
      const line = shape("path", "line", { d: path([...points.slice(0, cut + 1), foot]), "stroke-width": width.toFixed(2) });
      const arrow = shape("path", "arrow", { d: `M${tip.x} ${tip.y}L${foot.x - uy * half} ${foot.y + ux * half}L${foot.x + uy * half} ${foot.y - ux * half}Z` });
      group.append(line, arrow);
      group.style.setProperty("--p", colours(Math.max(q, 0.03), me.dark)[0]);
      edges.append(group);
      me.edges.push({ i, j, group, points });
    }
    light();
  }

  /** Cells as large as there is room for; numbers in them where they fit. */
  function fitCells() {
    const n = K(), room = table.clientWidth;
    if (!room) return;
    const widest = Math.max(...Array.from(table.querySelectorAll("th.row span"), (node) => node.scrollWidth));
    const names = Math.min(widest + 10, room * 0.21, 130);
    const size = Math.max(13, Math.min(38, Math.floor((room - names - 4) / n) - 2));
    table.style.setProperty("--cell", `${size}px`);
    table.style.setProperty("--names", `${names}px`);
    table.classList.toggle("bare", size < 20);
    table.classList.toggle("tight", size < 24);
  }

  // ---- what is pointed at, and what is locked ---------------------------------------------------------------------
  const same = (a, b) => a === b || (a && b && a.i === b.i && a.j === b.j);

  /** Light up a row and its edges, a column and its edges, or one cell and its edge. */
  function light() {
    if (!me.data) return;
    const now = me.pointed ?? me.locked;
    root.classList.toggle("lit", !!now);
    const hit = (i, j) => !!now && (now.i < 0 || now.i === i) && (now.j < 0 || now.j === j);
    numbers.replaceChildren();
    const taken_up = [];
    for (const { i, j, group, points } of [...me.edges].reverse()) {
      const lit = hit(i, j);
      group.classList.toggle("on", lit);
      if (lit) {
        edges.append(group); // on top
        const text = shape("text", "share");
        text.textContent = short(p(i, j));
        const q = i === j ? { x: points[30].x, y: points[30].y + (points[30].y < me.height / 2 ? -10 : 12) } : free(points, now.i < 0, taken_up);
        taken_up.push(q);
        text.setAttribute("x", q.x.toFixed(1));
        text.setAttribute("y", (q.y + 5).toFixed(1));
        numbers.append(text);
      }
    }
    me.nodes.forEach((node, i) => {
      const from = !!now && (now.i >= 0 ? now.i === i : p(i, now.j) > 0);
      const to = !!now && (now.j >= 0 ? now.j === i : p(now.i, i) > 0);
      node.classList.toggle("from", from);
      node.classList.toggle("to", to);
      node.setAttribute("aria-pressed", String(!!me.locked && me.locked.i === i && me.locked.j < 0));
    });
    me.cells.forEach((row, i) => row.forEach((cell, j) => cell.classList.toggle("on", hit(i, j))));
    for (const th of table.querySelectorAll("th")) {
      th.classList.toggle("on", !!now && ((th.dataset.j < 0 && Number(th.dataset.i) === now.i) || (th.dataset.i < 0 && Number(th.dataset.j) === now.j)));
      th.classList.toggle("held", same(me.locked, { i: Number(th.dataset.i), j: Number(th.dataset.j) }));
    }
    table.querySelector("td.held")?.classList.remove("held");
    if (me.locked && me.locked.i >= 0 && me.locked.j >= 0) at(me.locked.i, me.locked.j)?.classList.add("held");
    read(now);
  }

  /** A place on a curve where a number hides no name and no other number. */
  function free(points, early, others) {
    const hits = (q) => me.at.some((box) => Math.abs(q.x - box.x) < box.w + 28 && Math.abs(q.y - box.y) < box.h + 10) || others.some((o) => Math.abs(q.x - o.x) < 58 && Math.abs(q.y - o.y) < 20);
    const wanted = [0.68, 0.6, 0.75, 0.52, 0.82, 0.44, 0.36, 0.88].map((t) => points[Math.floor((points.length - 1) * (early ? 1 - t : t))]);
    return wanted.find((q) => !hits(q)) ?? wanted[0];
  }

  function read(now) {
    reading.replaceChildren();
    if (!now) {
      reading.append("Point at a word, or at a number in the matrix. A click locks it.");
      return;
    }
    const n = K();
    if (now.i >= 0 && now.j >= 0) {
      const times = me.data.pairs[now.i * n + now.j], total = me.data.totals[now.i];
      reading.append(chip(now.i), " → ", chip(now.j), `: ${percent(p(now.i, now.j))}, ${whole(times)} of the ${whole(total)} times that something followed.`);
      return;
    }
    const row = now.i >= 0, k = row ? now.i : now.j;
    const all = Array.from({ length: n }, (_, m) => [m, row ? p(k, m) : p(m, k)]).filter(([, q]) => q > 0).sort((a, b) => b[1] - a[1]);
    reading.append(row ? "After " : "Before ", chip(k), row ? " comes " : ", as the share of their own rows: ");
    if (!all.length) reading.append("nothing");
    all.slice(0, NEXT).forEach(([m, q], index) => reading.append(index ? ", " : "", chip(m), ` ${percent(q)}`));
    const rest = all.slice(NEXT);
    if (rest.length) reading.append(row ? `, ${rest.length} more with ${percent(rest.reduce((sum, [, q]) => sum + q, 0))} together.` : `, and ${rest.length} more.`);
    else reading.append(".");
  }

  function point(now) {
    if (same(now, me.pointed)) return;
    me.pointed = now;
    light();
  }
  function lock(now) {
    me.locked = same(now, me.locked) ? null : now;
    light();
    const sent = me.locked ? [me.locked.i, me.locked.j] : null;
    me.component.setStateValue("locked", { at: sent, seq: Date.now() });
  }
  const target = (event) => {
    const node = event.target.closest?.("[data-i]");
    return node ? { i: Number(node.dataset.i), j: Number(node.dataset.j ?? -1) } : null;
  };
  for (const box of [table, names]) {
    on(box, "pointerover", (event) => event.pointerType !== "touch" && point(target(event)));
    on(box, "pointerleave", () => point(null));
    on(box, "focusin", (event) => {
      if (!event.target.matches(":focus-visible")) return;
      const now = target(event);
      point(now);
      if (now && box === table) roam(now.i, now.j, false);
    });
    on(box, "focusout", () => point(null));
    on(box, "click", (event) => {
      const now = target(event);
      if (!now) return;
      if (box === table) roam(now.i, now.j, false);
      lock(now);
    });
  }
  on(table, "keydown", (event) => {
    const now = target(event), moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    if (!now) return;
    if (event.key in moves) {
      const [di, dj] = moves[event.key], n = K();
      const i = Math.max(-1, Math.min(n - 1, now.i + di)), j = Math.max(-1, Math.min(n - 1, now.j + dj));
      if (i >= 0 || j >= 0) roam(i, j, true);
    } else if (event.key === "Enter" || event.key === " ") lock(now);
    else return;
    event.preventDefault();
  });
  on(stage, "keydown", (event) => {
    if (event.key === "Escape" && me.locked) lock(me.locked);
  });

  // ---- the walk --------------------------------------------------------------------------------------------------
  function draw(weight) {
    let left = me.draw(), last = 0;
    for (let j = 0; j < K(); j++) {
      if (weight(j) <= 0) continue;
      last = j;
      left -= weight(j);
      if (left < 0) break;
    }
    return last;
  }
  function putDot({ x, y }) {
    dot.setAttribute("cx", x.toFixed(1));
    dot.setAttribute("cy", y.toFixed(1));
  }
  function write() {
    sentence.replaceChildren();
    me.walked.forEach(append);
    tell();
  }
  function append({ state, prob }) {
    const step = el("span", "walked"), token = el("span", isOther(state) ? "word plain" : "word", label(state), { dir: "auto" });
    const [background, ink] = colours(prob, me.dark);
    token.style.background = background;
    token.style.color = ink;
    step.append(token, el("span", "quiet num", short(prob)));
    step.dataset.state = state;
    sentence.append(step);
    if (!isOther(state) && me.data.names[state] === "\n") sentence.append(el("span", "break"));
    sentence.scrollTop = sentence.scrollHeight;
  }
  function tell() {
    const { length } = me.walked, last = me.walked.at(-1), before = me.walked.at(-2);
    me.nodes.forEach((node, i) => node.classList.toggle("here", i === last.state));
    said.textContent = before
      ? `Step ${length - 1}: ${label(before.state)} → ${label(last.state)}, ${percent(last.prob)}`
      : `Begins with ${label(last.state)}, ${percent(last.prob)}`;
  }
  function begin() {
    rest();
    dot.classList.remove("moving");
    me.draw = random(me.data.seed);
    const first = draw((j) => me.data.begins[j]);
    me.walked = [{ state: first, prob: me.data.begins[first] }];
    taken.setAttribute("d", "");
    putDot(me.at[first]);
    write();
  }
  /** One step: the dot glides along its edge, then the word is written; `then` is called when it has arrived. */
  function move(then) {
    finish();
    const from = me.walked.at(-1).state, to = draw((j) => p(from, j)), now = { state: to, prob: p(from, to) };
    me.walked.push(now);
    const way = curve(from, to), arrive = () => {
      me.finish = null;
      cancelAnimationFrame(me.frame);
      dot.classList.remove("moving"); // the name it has reached is coloured instead
      putDot(me.at[to]);
      append(now);
      tell();
      then?.();
    };
    taken.setAttribute("d", path(visiblePart(from, to)));
    taken.style.strokeWidth = `${(2.5 + 7 * now.prob).toFixed(1)}px`;
    if (reducedMotion()) return arrive();
    me.finish = arrive;
    me.nodes[from].classList.remove("here");
    dot.classList.add("moving");
    const start = performance.now();
    const frame = (time) => {
      const t = Math.min(1, Math.max(0, (time - start) / GLIDE_MS)), eased = t * t * (3 - 2 * t);
      putDot(along(way, eased));
      if (t < 1) me.frame = requestAnimationFrame(frame);
      else arrive();
    };
    me.frame = requestAnimationFrame(frame);
  }
  /** A step that is under way is brought to its end. */
  function finish() {
    me.finish?.();
  }
  function rest() {
    me.walking = false;
    clearTimeout(me.timer);
    finish();
    go.textContent = "Walk";
    said.setAttribute("aria-live", "polite");
  }
  function onward() {
    if (!me.walking) return;
    if (me.walked.length > Math.min(me.until, MOST_STEPS)) return rest();
    move(() => {
      if (me.walking) me.timer = setTimeout(onward, REST_MS);
    });
  }
  function setOut(steps) {
    me.until = steps;
    me.walking = true;
    go.textContent = "Stop";
    said.setAttribute("aria-live", "off"); // a step every second is too much to listen to
    onward();
  }
  on(step, "click", () => {
    rest();
    move();
  });
  on(go, "click", (event) => {
    if (event.detail > 1) return; // the second half of a double click would stop what the first began
    if (me.walking) return rest();
    setOut(MOST_STEPS);
  });
  on(again, "click", begin);

  const resized = new ResizeObserver(() => {
    if (!me.data || (graph.clientWidth === me.room && table.clientWidth === me.tableRoom)) return;
    finish();
    place();
    me.tableRoom = table.clientWidth;
  });
  resized.observe(root);
  resized.observe(graph);

  me.update = (bytes) => {
    const data = unpack(bytes), dark = isDark(root);
    root.classList.toggle("dark", dark);
    const fresh = data.sig !== me.sig, pushed = data.rev !== me.rev, repaint = fresh || dark !== me.dark || data.least !== me.data.least;
    Object.assign(me, { sig: data.sig, rev: data.rev, dark });
    if (repaint) finish();
    me.data = data;
    if (fresh || pushed) me.locked = data.locked ? { i: data.locked[0], j: data.locked[1] } : null;
    if (fresh) me.pointed = null;
    if (repaint) {
      drawTable();
      drawGraph();
      if (fresh) {
        begin();
        if (data.opening && !reducedMotion()) setOut(data.opening);
      }
      else write();
    } else light();
  };
  me.destroy = () => {
    me.walking = false;
    me.finish = null;
    clearTimeout(me.timer);
    resized.disconnect();
  };
  return me;
}

export default mount(make);
