// A translation as it is written: the source above, the words below, lines for where the network looks, and beside them
// what else each word could have been. Everything was computed before; pointing and stepping send nothing.

const STEP_MS = 900;
const THIN = 0.02; // weights below this draw no line
const LOUD = 0.2; // and from here on they are said at their word

function make(root, on) {
  const me = { at: 0, over: null, shown: Infinity, rev: 0, sources: [], words: [], rows: [] };

  // ---- the furniture ---------------------------------------------------------------------------------------------
  const bar = el("div", "bar"), play = el("button", "main", "Write", { type: "button" });
  const back = el("button", "", "‹", { type: "button", "aria-label": "One word back" });
  const next = el("button", "", "›", { type: "button", "aria-label": "One word on" });
  const where = el("output", "where");
  bar.append(play, back, next, where);
  const scene = el("div", "scene"), SVG = "http://www.w3.org/2000/svg", lines = document.createElementNS(SVG, "svg");
  lines.setAttribute("aria-hidden", "true");
  const about = { source: el("p", "about quiet", "It reads"), words: el("p", "about quiet", "It writes") };
  const source = el("div", "words source", null, { dir: "auto" });
  const words = el("div", "words target", null, { dir: "auto", role: "group", tabindex: "0", "aria-label": "The translation. Left and right step through its words." });
  scene.append(lines, about.source, source, about.words, words);
  const head = el("p", "head"), list = el("div", "list"), note = el("p", "note quiet"), live = el("p", "unseen", "", { "aria-live": "polite" });
  const hint = el("p", "hint quiet", "Tap a row to have that word instead."); // on a phone, where "take it" has no room
  root.append(bar, scene, head, hint, list, note, live);

  const last = () => me.words.length - 1;
  const current = () => Math.min(me.over ?? me.at, last());
  const weight = (t, s) => me.data.weights[t * me.sources.length + s];
  const said = (t) => (me.data.ended && t === last() ? "end" : visible(me.data.words[t]));

  // ---- drawing ---------------------------------------------------------------------------------------------------
  function paint() {
    if (!me.data || !me.words.length) return;
    const at = current(), attention = me.data.attention[isDark(root) ? 1 : 0];
    root.style.setProperty("--attention", attention);
    me.words.forEach((node, t) => {
      node.classList.toggle("now", t === at);
      node.classList.toggle("later", t > at);
      node.classList.toggle("away", t > me.shown);
      if (t === at) node.setAttribute("aria-current", "step");
      else node.removeAttribute("aria-current");
    });
    me.sources.forEach(({ node, value }, s) => {
      const w = weight(at, s);
      node.style.setProperty("--w", `${Math.round(100 * Math.sqrt(w) * 0.62)}%`);
      value.textContent = w >= LOUD ? `${Math.round(100 * w)}%` : "";
    });
    where.textContent = `word ${at + 1} of ${me.words.length}`;
    back.disabled = at <= 0;
    next.disabled = at >= last();
    drawLines(at);
    drawList(at);
  }
  function drawLines(at) {
    const box = scene.getBoundingClientRect(), to = me.words[at].getBoundingClientRect();
    lines.replaceChildren();
    if (!box.width) return;
    const x1 = to.left + to.width / 2 - box.left, y1 = to.top - box.top - 2;
    me.sources.forEach(({ node }, s) => {
      const w = weight(at, s);
      if (w < THIN) return;
      const from = node.getBoundingClientRect(), x0 = from.left + from.width / 2 - box.left, y0 = from.bottom - box.top + 2;
      const path = document.createElementNS(SVG, "path"), middle = (y0 + y1) / 2;
      path.setAttribute("d", `M${x0},${y0}C${x0},${middle} ${x1},${middle} ${x1},${y1}`);
      path.setAttribute("stroke-width", (1 + 11 * w).toFixed(2));
      path.setAttribute("opacity", (0.25 + 0.75 * w).toFixed(2));
      lines.append(path);
    });
  }
  function drawList(at) {
    const K = me.data.k, before = me.data.words.slice(0, at).length, chosen = me.data.ids[at];
    head.replaceChildren(before ? "After " : "At the very beginning, ");
    if (before) head.append(el("span", "chip", (before > 4 ? "… " : "") + me.data.words.slice(Math.max(0, at - 4), at).join(" ")), " ");
    head.append(before ? "the next word is chosen from:" : "the first word is chosen from:");
    let rest = 1;
    me.rows.forEach(({ button, name, fill, value, take }, j) => {
      const id = j < K ? me.data.alt_id[at * K + j] : -1;
      button.hidden = id < 0;
      if (id < 0) return;
      const p = me.data.alt_prob[at * K + j], text = me.data.table[me.data.alt_text[at * K + j]], mine = id === chosen;
      rest -= p;
      name.textContent = id === me.data.end ? "end" : visible(text);
      name.classList.toggle("stop", id === me.data.end);
      fill.style.transform = `scaleX(${p})`;
      value.textContent = percent(p);
      take.textContent = mine ? "written" : "take it";
      button.classList.toggle("mine", mine);
      button.setAttribute("aria-label", `${name.textContent}, ${value.textContent}, ${mine ? "written" : "take it instead"}`);
      button.setAttribute("aria-disabled", String(mine));
      button.dataset.id = id;
    });
    note.textContent = `All other ${whole(Math.max(0, me.data.vocab - K))} words together: ${percent(Math.max(0, rest))}.`;
  }

  // ---- what a person does ------------------------------------------------------------------------------------------
  let timer = 0;
  function stop() {
    if (!timer) return;
    clearInterval(timer);
    timer = 0;
    me.shown = Infinity;
    play.textContent = "Write";
    paint();
  }
  function go(to, send = true) {
    me.over = null;
    me.at = Math.max(0, Math.min(last(), to));
    paint();
    live.textContent = `${said(me.at)}, ${where.textContent}`;
    if (send) {
      clearTimeout(me.sending);
      me.sending = setTimeout(() => me.component.setStateValue("at", { at: me.at, seq: Date.now() }), 250); // steps come fast
    }
  }
  on(play, "click", () => {
    if (timer) return stop();
    me.shown = 0;
    go(0, false);
    play.textContent = "Stop";
    timer = setInterval(() => {
      if (me.at >= last()) {
        stop();
        return go(me.at);
      }
      me.shown = me.at + 1;
      go(me.at + 1, false);
    }, STEP_MS);
  });
  on(back, "click", () => { stop(); go(me.at - 1); });
  on(next, "click", () => { stop(); go(me.at + 1); });
  const wordOf = (event) => {
    const node = event.target.closest?.(".word");
    return node ? Number(node.dataset.t) : null;
  };
  on(words, "pointermove", (event) => {
    const t = event.pointerType === "touch" || timer ? null : wordOf(event);
    if (t !== null && t !== me.over) {
      me.over = t;
      paint();
    }
  });
  on(words, "pointerleave", () => {
    if (me.over === null) return;
    me.over = null;
    paint();
  });
  on(words, "click", (event) => {
    const t = wordOf(event);
    if (t === null) return;
    stop();
    go(t);
  });
  on(words, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const to = { ArrowLeft: me.at - 1, ArrowRight: me.at + 1, Home: 0, End: last() }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    stop();
    go(to);
  });
  on(list, "click", (event) => {
    const node = event.target.closest(".alt"), at = me.at;
    if (!node || node.getAttribute("aria-disabled") === "true") return;
    stop();
    me.component.setTriggerValue("take", { position: at, token_id: Number(node.dataset.id), seq: Date.now() });
  });

  // ---- new data ------------------------------------------------------------------------------------------------------
  function write() {
    about.source.textContent = ["It reads", me.data.lines, me.data.unknown.length ? "dashed: a word it does not know" : ""].filter(Boolean).join(" · ");
    me.sources = me.data.source.map((text, s) => {
      const box = el("span", "one"), node = el("span", "read", visible(text)), value = el("span", "value", "");
      if (me.data.unknown.includes(s)) {
        node.classList.add("strange");
        node.title = "It does not know this word.";
      }
      box.append(value, node);
      source.append(box);
      return { node, value };
    });
    me.words = me.data.words.map((text, t) => {
      const ends = me.data.ended && t === last2();
      const node = el("span", ends ? "word stop" : "word", ends ? "end" : visible(text));
      node.dataset.t = t;
      if (t < me.data.given) node.classList.add("given");
      words.append(node);
      return node;
    });
    me.rows = Array.from({ length: me.data.k }, () => {
      const button = el("button", "alt", null, { type: "button" }), name = el("span", "chip"), track = el("span", "track");
      const fill = el("span", "fill"), value = el("span", "value"), take = el("span", "take");
      track.append(fill);
      button.append(name, track, value, take);
      list.append(button);
      return { button, name, fill, value, take };
    });
  }
  const last2 = () => me.data.words.length - 1;
  const sized = new ResizeObserver(() => paint());
  sized.observe(scene);
  on(matchMedia("(prefers-color-scheme: dark)"), "change", () => paint());

  me.update = (bytes) => {
    const data = unpack(bytes), fresh = data.sig !== me.sig, pushed = data.rev !== me.rev;
    Object.assign(me, { sig: data.sig, rev: data.rev });
    if (fresh) {
      if (timer) {
        clearInterval(timer);
        timer = 0;
        play.textContent = "Write";
      }
      me.shown = Infinity;
      me.data = data;
      me.over = null;
      for (const node of [source, words, list]) node.replaceChildren();
      write();
    }
    if (fresh || pushed) me.at = data.at;
    paint();
  };
  me.destroy = () => {
    sized.disconnect();
    clearInterval(timer);
    clearTimeout(me.sending);
  };
  return me;
}

export default mount(make);
