// Word vectors as a map, in two dimensions or in three, that moves through the snapshots of a training. Pointing at a
// word previews its nearest words, a click keeps it; the list beside the map is the same words as buttons.

const SEGMENT_MS = 520, GLIDE_MS = 240, NEAR_PX = 26;

function make(root, on) {
  const me = { t: 0, goal: 0, word: null, hover: null, deep: false, yaw: 0.6, pitch: 0.35, frame: 0, list: false, last: 0 };

  const stage = el("div", "stage"), picture = el("div", "picture"), side = el("section", "side", null, { "aria-label": "Words" });
  const canvas = el("canvas", "", null, { tabindex: 0, role: "img" });
  const under = el("div", "under"), kinds = el("div", "kinds"), share = el("span", "share quiet");
  picture.append(canvas);
  stage.append(picture, side);
  const play = el("button", "play", "Play", { type: "button" });
  const slider = el("input", "slider", null, { type: "range", min: 0, step: 1, "aria-label": "Training step" });
  const said = el("output", "said");
  const flat = el("button", "dims", "2-D", { type: "button" }), deep = el("button", "dims", "3-D", { type: "button" });
  const pair = el("span", "pair", null, { role: "group", "aria-label": "Dimensions of the map" });
  pair.append(flat, deep);
  under.append(play, slider, said, pair);
  const foot = el("div", "foot");
  foot.append(kinds, share);
  const live = el("p", "unseen", "", { "aria-live": "polite" });
  root.append(stage, under, foot, live);

  const S = () => me.data.steps.length, n = () => me.data.words.length;
  const name = (i) => me.data.names[i];
  const { draw, measure, sign, hue } = makePicture(me, root, canvas, neighboursOf);
  const snapshot = () => Math.round(me.t);

  // ---- time -----------------------------------------------------------------------------------------------------
  /** Move to the time `goal`, in `ms`; at once where less motion is wished for. */
  function travel(goal, ms, then = () => {}) {
    cancelAnimationFrame(me.frame);
    me.goal = goal;
    const from = me.t, began = performance.now();
    if (reducedMotion() || ms <= 0) {
      me.t = goal;
      show();
      then();
      return;
    }
    const turn = (now) => {
      const f = Math.min(1, (now - began) / ms);
      me.t = from + (goal - from) * f;
      show();
      if (f < 1) me.frame = requestAnimationFrame(turn);
      else then();
    };
    me.frame = requestAnimationFrame(turn);
  }

  function playing(start) {
    clearTimeout(me.timer);
    cancelAnimationFrame(me.frame);
    me.playing = start;
    play.textContent = start ? "Pause" : "Play";
    if (!start) return travel(snapshot(), 0);
    if (me.t >= S() - 1) me.t = 0;
    if (!reducedMotion()) return travel(S() - 1, (S() - 1 - me.t) * SEGMENT_MS, () => playing(false));
    const next = () => { // a picture at a time, without the way between them
      if (me.t >= S() - 1) return playing(false);
      travel(snapshot() + 1, 0);
      me.timer = setTimeout(next, 900);
    };
    show();
    me.timer = setTimeout(next, 900);
  }

  on(play, "click", () => playing(!me.playing));
  on(slider, "input", () => {
    const to = Number(slider.value);
    if (me.playing) playing(false);
    travel(to, GLIDE_MS);
  });
  on(slider, "change", () => { // arrow keys come fast; the page follows where they end
    clearTimeout(me.sending);
    me.sending = setTimeout(send, 220);
  });

  // ---- looking at a word ------------------------------------------------------------------------------------------
  /** [[index in names, cosine], …] of the i-th word of the map, as it is at this snapshot. */
  function neighboursOf(i) {
    if (i < 0 || i === null) return [];
    const { k, near, cosines } = me.data, at = (snapshot() * n() + i) * k;
    return Array.from({ length: k }, (_, j) => [near[at + j], cosines[at + j]]);
  }

  function send() {
    const at = Math.round(me.goal);
    me.component.setStateValue("look", { word: me.word, at: at >= S() - 1 ? null : at, seq: Date.now() });
  }

  function keep(word) {
    me.word = word;
    me.hover = null; // what was under the pointer may be gone
    me.list = word === null;
    me.panel = null;
    show();
    send();
  }

  function show() {
    draw();
    const at = snapshot();
    slider.value = me.playing ? at : Math.round(me.goal); // a thumb on its way is not pulled back
    said.textContent = `step ${whole(me.data.steps[at])}`;
    slider.setAttribute("aria-valuetext", said.textContent);
    const active = me.hover ?? me.data.words.indexOf(me.word), what = `${me.list && me.hover === null}/${active}/${at}/${me.word}`;
    if (what === me.panel) return;
    me.panel = what;
    if (me.list && me.hover === null) all();
    else nearest(active);
  }

  /** The word and those nearest to it. Rows are kept and refilled, so that their bars glide. */
  function nearest(i) {
    if (!me.rows) {
      side.replaceChildren();
      me.head = el("p", "head");
      me.rows = Array.from({ length: me.data.k }, () => {
        const row = el("button", "row", null, { type: "button" });
        const label = el("span", "name"), track = el("span", "track"), fill = el("span", "fill"), num = el("span", "num");
        track.append(fill);
        row.append(label, track, num);
        on(row, "click", () => row.word !== undefined && keep(row.word));
        return { row, label, fill, num };
      });
      me.more = el("button", "more", "All words", { type: "button" });
      on(me.more, "click", () => ((me.list = true), (me.panel = null), show()));
      side.append(me.head, ...me.rows.map((r) => r.row), me.more);
    }
    me.head.replaceChildren();
    const found = i >= 0 ? neighboursOf(i) : [];
    if (i < 0) me.head.append(el("span", "quiet", "Point at a word to see what is near it; a click keeps it."));
    else me.head.append(el("b", "", visible(name(me.data.words[i]))), el("span", "quiet", " is nearest to"));
    me.rows.forEach(({ row, label, fill, num }, j) => {
      row.hidden = !found[j];
      if (!found[j]) return;
      const [word, cosine] = found[j];
      row.word = word;
      label.textContent = visible(name(word));
      fill.style.transform = `scaleX(${Math.max(0, cosine)})`;
      num.textContent = cosine.toFixed(2).replace("-", "−");
    });
  }

  /** Every word of the map as a button, by kind. */
  function all() {
    me.rows = null;
    side.replaceChildren();
    const hues = me.data.palette[isDark(root) ? "dark" : "light"];
    const list = el("div", "list", null, { tabindex: -1 });
    me.data.kind_names.forEach((kind, k) => {
      const of = me.data.words.map((word, i) => [word, i]).filter(([, i]) => me.data.kinds[i] === k);
      if (!of.length) return;
      const head = el("p", "kind");
      const mark = el("span", "mark", sign(k), { "aria-hidden": "true" });
      mark.style.color = hue(k, hues);
      head.append(mark, document.createTextNode(` ${kind}`));
      const row = el("div", "words");
      for (const [word, i] of of) {
        const node = el("button", "word", visible(name(word)), { type: "button" });
        on(node, "pointerenter", () => ((me.hover = i), draw()));
        on(node, "pointerleave", () => ((me.hover = null), draw()));
        on(node, "click", () => keep(word));
        row.append(node);
      }
      list.append(head, row);
    });
    side.append(list);
  }

  // ---- the pointer and the keys ----------------------------------------------------------------------------------
  function under_(event) {
    const box = canvas.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
    let best = null, least = NEAR_PX;
    me.spots.forEach(([px, py], i) => {
      const d = Math.hypot(px - x, py - y);
      if (d < least) [best, least] = [i, d];
    });
    return best;
  }

  on(canvas, "pointerdown", (event) => {
    me.drag = { x: event.clientX, y: event.clientY, far: 0 };
    if (me.deep) canvas.setPointerCapture(event.pointerId);
  });
  on(canvas, "pointermove", (event) => {
    if (me.drag) me.drag.far += Math.hypot(event.clientX - me.drag.x, event.clientY - me.drag.y);
    if (me.drag && me.deep && event.buttons) {
      turn((event.clientX - me.drag.x) * 0.008, (event.clientY - me.drag.y) * 0.008);
    } else if (event.pointerType !== "touch") point(under_(event));
    if (me.drag) Object.assign(me.drag, { x: event.clientX, y: event.clientY });
  });
  on(canvas, "pointerup", (event) => {
    const still = me.drag && me.drag.far < 8;
    me.drag = null;
    const i = under_(event);
    if (still && i !== null) keep(me.data.words[i]);
  });
  on(canvas, "pointercancel", () => (me.drag = null));
  on(canvas, "pointerleave", () => point(null));
  on(canvas, "keydown", (event) => {
    const step = { ArrowLeft: [-0.12, 0], ArrowRight: [0.12, 0], ArrowUp: [0, -0.12], ArrowDown: [0, 0.12] }[event.key];
    if (event.key === "Escape" && me.word !== null) keep(null);
    if (!step) return;
    event.preventDefault();
    if (me.deep) return turn(...step);
    const at = me.data.words.indexOf(me.word), to = (at + (step[0] + step[1] > 0 ? 1 : -1) + n()) % n();
    keep(me.data.words[to]);
    live.textContent = `${name(me.word)} is nearest to ${neighboursOf(to).map(([word]) => name(word)).join(", ")}`;
  });

  function point(i) {
    canvas.style.cursor = i !== null ? "pointer" : me.deep ? "grab" : "default";
    if (i === me.hover) return;
    me.hover = i;
    show();
  }

  function turn(across, down) {
    me.yaw += across;
    me.pitch = Math.max(-1.5, Math.min(1.5, me.pitch + down));
    show();
  }

  function dimensions(three) {
    me.deep = three;
    flat.setAttribute("aria-pressed", !three);
    deep.setAttribute("aria-pressed", three);
    canvas.classList.toggle("deep", three);
    const share_ = me.data.share.slice(0, three ? 3 : 2).reduce((a, b) => a + b, 0);
    share.textContent = `${three ? "These three" : "These two"} directions hold ${Math.round(100 * share_)}% of the differences.`
      + (three ? " Drag or use the arrow keys to turn." : "");
    canvas.setAttribute("aria-label", `Map of ${n()} words in ${three ? "three" : "two"} dimensions. `
      + (three ? "Arrow keys turn it." : "Arrow keys go from word to word."));
    show();
  }
  on(flat, "click", () => dimensions(false));
  on(deep, "click", () => dimensions(true));

  // ---- what comes from outside -------------------------------------------------------------------------------------
  function size() {
    me.width = picture.clientWidth;
    me.height = me.width > 500 ? 500 : 350;
    me.dpr = Math.min(3, devicePixelRatio || 1);
    canvas.width = Math.round(me.width * me.dpr);
    canvas.height = Math.round(me.height * me.dpr);
    canvas.style.height = `${me.height}px`;
  }
  const resized = new ResizeObserver(() => {
    if (!me.data || picture.clientWidth === me.width) return;
    size();
    draw();
  });
  resized.observe(picture);

  function legend() {
    kinds.replaceChildren();
    const hues = me.data.palette[isDark(root) ? "dark" : "light"];
    me.data.kind_names.forEach((kind, k) => {
      if (!me.data.kinds.includes(k)) return;
      const item = el("span", "item"), mark = el("span", "mark", sign(k), { "aria-hidden": "true" });
      mark.style.color = hue(k, hues);
      item.append(mark, document.createTextNode(` ${kind}`));
      kinds.append(item);
    });
  }

  me.update = (bytes) => {
    const data = unpack(bytes), before = me.data, fresh = data.sig !== me.sig, pushed = data.rev !== me.rev;
    const last = before && me.goal >= before.steps.length - 1;
    me.data = data;
    [me.sig, me.rev] = [data.sig, data.rev];
    if (fresh) {
      me.panel = me.rows = null;
      me.hover = null;
      measure();
      slider.max = S() - 1;
      if (!before) [me.t, me.goal] = [S() - 1, S() - 1];
      me.t = Math.min(me.t, S() - 1);
    }
    if (pushed) {
      me.word = data.word;
      me.list = data.word === null;
      me.panel = null;
      me.goal = data.at ?? S() - 1;
    } else if (fresh && last) me.goal = S() - 1;
    me.goal = Math.min(me.goal, S() - 1);
    size();
    legend();
    dimensions(me.deep);
    if (data.play && data.play !== me.played) {
      me.t = 0;
      playing(true);
    } else if (!me.playing && me.t !== me.goal) travel(me.goal, before ? GLIDE_MS * (data.learning ? 1.6 : 1) : 0);
    me.played = data.play;
  };
  me.destroy = () => {
    clearTimeout(me.timer);
    clearTimeout(me.sending);
    resized.disconnect();
  };
  return me;
}

export default mount(make);
