// The temperature bench: the distribution of the next token, recomputed over the whole vocabulary while one drags.
// The arithmetic is in temperature_distribution.js, what its sliders and boxes mean in temperature_slider.js.

const ROW = 34; // height of a row in pixels, as in the CSS
const TOP = 60; // rows in the DOM; all the others are one row and one canvas

function make(root, on) {
  const me = { settings: { temperature: 1, top_k: 0, top_p: 1, min_p: 0 }, sent: "", rows: [], n: 0 };

  // ---- the picture -------------------------------------------------------------------------------------------
  const big = el("strong", "big"), dot = el("span", "dot", " · "), said = el("span", "said"), reading = el("p", "reading");
  reading.append(big, dot, said);
  const live = el("p", "unseen", "", { "aria-live": "polite" });

  const slider = el("input", "slider", null, { type: "range", min: 0, max: 1000, step: 1, "aria-label": "Temperature" });
  const box = el("input", "box", null, {
    type: "text", inputmode: "decimal", "aria-label": "Temperature as a number, or inf", autocomplete: "off", size: 5,
  });
  const ticks = el("div", "ticks"), marks = [];
  const tick = (T, text, says) => {
    const node = says ? el("button", "tick", null, { type: "button" }) : el("span", "tick minor", text);
    if (says) {
      node.append(el("b", "", text), el("small", "", says));
      on(node, "click", () => { set({ temperature: T }, true); commit(0); });
    }
    node.style.setProperty("--at", placeOf(T) / 1000);
    node.T = T;
    marks.push(node);
    ticks.append(node);
  };
  tick(0, "0", "top one only");
  tick(0.5, "0.5");
  tick(1, "1", "as learnt");
  tick(2, "2");
  tick(5, "5");
  tick(Infinity, "∞", "all alike");
  const lever = el("div", "lever");
  lever.append(slider, ticks);
  const control = el("div", "control");
  const limit = limitLine(), cutLimit = limitLine();
  control.append(lever, box, limit);

  const axis = el("div", "row axis quiet", null, { "aria-hidden": "true" });
  const axisLine = el("span", "ends"), axisEnd = el("span");
  const ghostNote = el("span", "ghost-note");
  ghostNote.append(el("i", "ghost-key"), el("span", "", "outline: T = 1"), el("span", "more", ", nothing cut"));
  axisLine.append(el("span", "", "0"), ghostNote, axisEnd);
  axis.append(el("span"), axisLine, el("span"));
  const list = el("div", "rows", null, { role: "listbox", "aria-label": "Most likely next tokens. Enter takes one." });
  const others = el("div", "row others"), othersName = el("span", "name"), othersBar = bar(), othersNum = el("span", "num");
  others.append(othersName, othersBar.track, othersNum);
  const canvas = el("canvas", "tail", null, { role: "img" });
  const canvasNote = el("span", "ends quiet", null, { "aria-hidden": "true" });
  const noteLeft = el("span", "", "rank 1"), noteMiddle = el("span", "", "all tokens by rank, log–log"), noteRight = el("span");
  canvasNote.append(noteLeft, noteMiddle, noteRight);
  const curveBox = el("span", "curve"), curveRow = el("div", "row shape"), tail = el("div", "tailbox");
  const swatch = el("i", "swatch");
  curveBox.append(canvas, canvasNote, swatch);
  curveRow.append(el("span"), curveBox, el("span"));
  tail.append(others, curveRow);

  const draw = el("button", "main draw", "Draw a token", { type: "button" });
  const drawn = el("span", "drawn-line", null, { role: "status" });
  const acts = el("div", "acts");
  acts.append(draw, drawn);

  const cuts = el("details", "cuts"), cutTitle = el("summary"), cutState = el("span", "quiet"), kept = el("p", "kept quiet");
  cutTitle.append(el("b", "", "Cut the tail"), cutState);
  const knob = (name, label, says, places) => {
    const line = el("label", "knob"), value = el("output", "value");
    const input = el("input", "slider", null, { type: "range", min: 0, max: places, step: 1 });
    const number = el("input", "box", null, { type: "text", inputmode: "decimal", "aria-label": `${label} as a number`, size: 5 });
    input.dataset.knob = name;
    const words = el("span", "words");
    words.append(el("b", "", label), el("small", "quiet", says));
    line.append(words, input, number, value);
    cuts.append(line);
    return { line, input, value, number };
  };
  cuts.append(cutTitle);
  const topK = knob("top_k", "top-k", "keep the k most likely", KS.length);
  const topP = knob("top_p", "top-p", "keep the fewest that hold this much", 100);
  const minP = knob("min_p", "min-p", "keep those at least this share of the top one", 100);
  const whole_ = el("button", "uncut", "Cut nothing", { type: "button" });
  const keptLine = el("div", "kept-line");
  keptLine.append(kept, whole_);
  cuts.append(cutLimit, keptLine);

  root.append(reading, live, control, acts, axis, list, tail, cuts);

  function bar() {
    const track = el("span", "track"), fill = el("span", "fill"), ghost = el("span", "ghost");
    track.append(fill, ghost);
    return { track, fill, ghost };
  }

  // ---- computing and painting --------------------------------------------------------------------------------
  /** Recompute everything, draw what is in sight; rows scrolled out of sight follow when the drag rests. */
  function paint(inSight = false) {
    const { settings: s, rows, n, weights, base } = me;
    if (!n) return;
    const d = (me.now = distribution(me.sorted, weights, s));
    const scale = Math.max(me.scale, weights[0] / d.sum);
    if (scale !== me.scaleNow) {
      me.scaleNow = scale;
      axisEnd.textContent = `${Number((100 * scale).toPrecision(3))}%`;
      for (let i = 0; i < rows.length; i++) rows[i].ghost.style.width = (100 * base[i]) / scale + "%";
    }
    let top = 0;
    const from = inSight ? me.from : 0, to = inSight ? me.to : rows.length;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i], cut = i >= d.kept, p = cut ? 0 : weights[i] / d.sum;
      top += p;
      if (i < from || i >= to) continue;
      // A cut bar keeps, in grey, the length that it would have had.
      const length = (cut ? weights[i] / d.all : p) / scale;
      row.fill.style.transform = `scaleX(${length < 1e-5 ? 0 : Math.min(1, length)})`;
      const text = cut && s.temperature !== 0 ? "cut" : percent(p);
      if (text !== row.text) row.num.data = row.text = text;
      const grey = cut && s.temperature !== 0;
      if (grey !== row.cut) row.node.classList.toggle("cut", (row.cut = grey));
    }
    if (n > TOP) {
      const rest = d.kept > TOP ? Math.max(0, 1 - top) : 0;
      othersBar.fill.style.transform = `scaleX(${rest})`;
      const grey = d.kept <= TOP && s.temperature !== 0;
      othersNum.textContent = grey ? "cut" : percent(rest);
      others.classList.toggle("cut", grey);
      paintTail(d);
    }
    big.textContent = `T = ${shownT(s.temperature)}`;
    said.textContent =
      `entropy ${digits(d.entropy)} nats (${digits(d.entropy / Math.LN2)} bits)` +
      ` · like choosing among ${digits(Math.exp(d.entropy))} token${Math.exp(d.entropy) < 1.005 ? "" : "s"}`;
    slider.setAttribute("aria-valuetext", `T = ${s.temperature === Infinity ? "infinity" : shownT(s.temperature)}`);
    if (cuts.open) paintCuts(d);
  }

  /** Where the curve of all n probabilities by rank has its points: computed once for a width, not for each event. */
  function plot() {
    const { n, width: W } = me, logN = Math.log(n);
    me.ranks = [];
    me.xs = [];
    if (!W || n <= TOP) return;
    for (let x = 0, last = -1; x <= W; x += 2.5) {
      const rank = Math.min(n - 1, Math.floor(Math.exp((x / W) * logN)) - 1);
      if (rank === last) continue;
      me.ranks.push((last = rank));
      me.xs.push((Math.log(rank + 1) / logN) * W);
    }
    if (me.ranks[me.ranks.length - 1] < n - 1) {
      me.ranks.push(n - 1);
      me.xs.push(W);
    }
    me.floor = -logN - Math.log(300); // ln p at the lower edge
    const line = (me.baseLine = new Path2D()), logZ = Math.log(me.baseSum);
    me.ranks.forEach((r, i) => line.lineTo(me.xs[i], high(me.sorted[r] - me.sorted[0] - logZ)));
  }

  const high = (logP) => 3 + (me.height - 3) * Math.min(1, Math.max(0, logP / me.floor));

  /** Both axes logarithmic: T = 1 as an outline, now as an area, what is cut in grey. */
  function paintTail(d) {
    const { n, sorted, ranks, xs, height: H, ratio } = me, T = me.settings.temperature;
    if (!me.baseLine) return;
    const c = canvas.getContext("2d"), beta = T === Infinity ? 0 : 1 / T;
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.clearRect(0, 0, me.width, H);
    // ln p = (z - z_1) / T - ln Z: no logarithm for each point
    const area = (logZ, until, colour) => {
      c.beginPath();
      c.moveTo(0, H);
      let x = 0;
      for (let i = 0; i < ranks.length && ranks[i] < until; i++) {
        const z = sorted[ranks[i]] - sorted[0];
        c.lineTo((x = xs[i]), high((T === 0 ? (z === 0 && ranks[i] === 0 ? 0 : -Infinity) : beta ? z * beta : 0) - logZ));
      }
      c.lineTo(x, H);
      c.fillStyle = colour;
      c.fill();
    };
    if (d.kept < n) area(Math.log(d.all), n, me.grey);
    area(Math.log(d.sum), d.kept, me.accent);
    c.strokeStyle = me.line;
    c.lineWidth = 1.5;
    c.stroke(me.baseLine);
  }

  function paintCuts(d) {
    const s = me.settings;
    topK.value.textContent = s.top_k ? `${whole(s.top_k)} token${s.top_k === 1 ? "" : "s"}` : "off";
    topP.value.textContent = s.top_p < 1 ? percent(s.top_p) : "off";
    minP.value.textContent = s.min_p > 0 ? percent(s.min_p) : "off";
    const mass = d.all ? d.sum / d.all : 1;
    kept.textContent = `${whole(d.kept)} of ${whole(me.n)} tokens kept; before the cut they held ${percent(mass)}.`;
  }

  function cutWords() {
    const { top_k, top_p, min_p } = me.settings;
    const words = [];
    if (top_k) words.push(`top-k ${top_k}`);
    if (top_p < 1) words.push(`top-p ${digits(top_p)}`);
    if (min_p > 0) words.push(`min-p ${digits(min_p)}`);
    cutState.textContent = words.length ? ` · ${words.join(" · ")}` : " · off";
    cuts.classList.toggle("active", words.length > 0);
    whole_.disabled = !words.length;
  }

  /** Put the settings into the controls, leaving alone the one that is being used. */
  function show(except) {
    const s = me.settings;
    showTemperature(except);
    const k = KS.findIndex((value) => s.top_k && value >= s.top_k);
    if (except !== topK.input) topK.input.value = k < 0 ? KS.length : k;
    if (except !== topP.input) topP.input.value = Math.round(s.top_p * 100);
    if (except !== minP.input) minP.input.value = Math.round(s.min_p * 100);
    topK.number.value = s.top_k || "off";
    topP.number.value = s.top_p < 1 ? s.top_p : "off";
    minP.number.value = s.min_p || "off";
    cutWords();
  }

  function showTemperature(except) {
    const T = me.settings.temperature;
    if (except !== slider) slider.value = placeOf(T);
    box.value = T === Infinity ? "∞" : String(T);
    for (const node of marks) node.classList.toggle("here", node.T === T);
  }

  let gliding = 0;
  function glide(yes) {
    if (!yes && !gliding) return;
    clearTimeout(gliding);
    gliding = 0;
    root.classList.toggle("glide", yes && !reducedMotion());
    if (yes) gliding = setTimeout(() => glide(false), 320);
  }

  function set(change, moves, except) {
    glide(moves);
    Object.assign(me.settings, change);
    limit.textContent = cutLimit.textContent = "";
    show(except);
    paint();
  }

  let resting = 0;
  function rest() {
    clearTimeout(resting);
    resting = setTimeout(paint, 150);
  }
  function sight() {
    me.from = Math.floor(list.scrollTop / ROW) - 1;
    me.to = Math.ceil((list.scrollTop + me.listHeight) / ROW) + 1;
  }
  on(list, "scroll", () => { sight(); rest(); });

  /** One drag event: recompute, and leave the time it took on the root, where the bench reads it. */
  const ports = new MessageChannel();
  let since = 0, events = 0;
  ports.port1.onmessage = () => {
    root.dataset.frameMs = (performance.now() - since).toFixed(3);
    since = 0;
  };
  function dragged(event, change, except) {
    const start = performance.now();
    glide(false);
    Object.assign(me.settings, change);
    if ("temperature" in change) showTemperature(except);
    else show(except);
    paint(true);
    rest();
    root.dataset.scriptMs = (performance.now() - start).toFixed(3);
    root.dataset.events = ++events;
    if (!since) {
      since = Math.min(start, event.timeStamp || start);
      requestAnimationFrame(() => ports.port2.postMessage(0)); // delivered after the frame is painted
    }
  }

  // ---- telling Python: on release, never during the drag ------------------------------------------------------
  let waiting = 0;
  const json = () => ({ ...me.settings, temperature: me.settings.temperature === Infinity ? "inf" : me.settings.temperature });
  function commit(delay) {
    clearTimeout(waiting);
    waiting = delay ? setTimeout(send, delay) : (send(), 0);
  }
  function send() {
    waiting = 0;
    speak();
    const now = JSON.stringify(json());
    if (now === me.sent) return;
    me.sent = now;
    me.component.setStateValue("settings", { ...json(), seq: Date.now() });
  }
  function flush() {
    if (waiting) commit(0);
  }
  function trigger(name, value) {
    flush();
    me.component.setTriggerValue(name, value);
  }
  function speak() {
    if (!me.n) return;
    const s = me.settings, d = me.now;
    live.textContent =
      `Temperature ${s.temperature === Infinity ? "infinity" : shownT(s.temperature)}. Entropy ${digits(d.entropy)} nats. ` +
      `Like choosing among ${digits(Math.exp(d.entropy))} tokens. Most likely: ${visible(me.tokens[me.order[0]])}, ` +
      `${percent(me.weights[0] / d.sum)}.`;
  }

  let keyed = false; // keyboard changes are told after a pause, pointer changes at once
  const released = () => commit(keyed ? 350 : 0);
  on(root, "pointerdown", () => { keyed = false; });

  on(slider, "input", (event) => {
    const T = temperatureAt(Number(slider.value));
    if (T === Infinity && slider.value !== "1000") slider.value = 1000; // the last notch
    dragged(event, { temperature: T }, slider);
  });
  on(slider, "change", released);
  on(slider, "keydown", (event) => {
    const next = temperatureAfter(me.settings.temperature, event);
    if (next === undefined) return;
    event.preventDefault();
    keyed = true;
    dragged(event, { temperature: next });
    released();
  });
  on(slider, "blur", flush);

  const typed = (input, name, parse, note) => {
    on(input, "change", () => {
      const value = parse(input.value), says = limitNote(name, input.value, value);
      if (value === null) show();
      else {
        set({ [name]: value }, true);
        commit(0);
      }
      note.textContent = says;
    });
    on(input, "keydown", (event) => {
      if (event.key === "Escape") show();
    });
    on(input, "focus", () => input.select());
  };
  typed(box, "temperature", parseTemperature, limit);
  typed(topK.number, "top_k", parseCount, cutLimit);
  typed(topP.number, "top_p", parseTopP, cutLimit);
  typed(minP.number, "min_p", (text) => parseShare(text, 0), cutLimit);
  const slid = (knob_, change) => {
    on(knob_.input, "input", (event) => dragged(event, change(Number(knob_.input.value)), knob_.input));
    on(knob_.input, "keydown", () => { keyed = true; });
    on(knob_.input, "change", released);
    on(knob_.input, "blur", flush);
  };
  slid(topK, (x) => ({ top_k: x >= KS.length ? 0 : KS[x] }));
  slid(topP, (x) => ({ top_p: Math.max(0.001, x / 100) }));
  slid(minP, (x) => ({ min_p: x / 100 }));
  on(whole_, "click", () => { set({ top_k: 0, top_p: 1, min_p: 0 }, true); commit(0); });
  on(cuts, "toggle", () => { if (cuts.open) paint(); });

  on(draw, "click", () => trigger("draw", { seq: Date.now() }));
  const take = (row) => row && trigger("take", { token: Number(row.dataset.id), seq: Date.now() });
  on(list, "click", (event) => take(event.target.closest(".row")));
  on(list, "keydown", (event) => {
    const at = me.rows.findIndex((row) => row.node === event.target);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: me.rows.length - 1, PageDown: at + 10, PageUp: at - 10 }[event.key];
    if (event.key === "Enter" || event.key === " ") take(event.target.closest(".row"));
    else if (to === undefined) return;
    else rove(Math.max(0, Math.min(me.rows.length - 1, to)), true);
    event.preventDefault();
  });
  function rove(i, focus) {
    for (let j = 0; j < me.rows.length; j++) me.rows[j].node.tabIndex = j === i ? 0 : -1;
    if (focus && me.rows[i]) me.rows[i].node.focus();
  }

  // ---- new data from Python -----------------------------------------------------------------------------------
  function load(data) {
    const { log_probs, tokens, excluded } = data;
    const out = new Set(excluded), order = [];
    for (let i = 0; i < log_probs.length; i++) if (!out.has(i)) order.push(i);
    order.sort((a, b) => log_probs[b] - log_probs[a] || a - b); // -inf minus -inf is NaN: then by index
    const n = order.length;
    Object.assign(me, { n, order, tokens, sorted: Float64Array.from(order, (i) => log_probs[i]), weights: new Float64Array(n) });
    me.baseAll = new Float64Array(n);
    me.baseSum = distribution(me.sorted, me.baseAll, { temperature: 1, top_k: 0, top_p: 1, min_p: 0 }).sum;
    me.base = Array.from(me.baseAll.subarray(0, TOP), (w) => w / me.baseSum);
    me.baseOthers = Math.max(0, 1 - me.base.reduce((a, b) => a + b, 0));
    othersBar.ghost.style.width = 100 * me.baseOthers + "%";
    // Wide enough to see T = 1 well, with room for bars to grow; a bar that outgrows it carries the scale along.
    me.scale = [0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8].find((edge) => 1.7 * me.base[0] <= edge) ?? 1;
    me.scaleNow = 0;

    while (me.rows.length > Math.min(n, TOP)) me.rows.pop().node.remove();
    while (me.rows.length < Math.min(n, TOP)) {
      const node = el("div", "row", null, { role: "option", "aria-selected": "false", tabindex: -1 });
      const name = el("span", "name"), token = el("span", "chip"), b = bar(), num = el("span", "num"), text = document.createTextNode("");
      name.append(token);
      num.append(text);
      node.append(name, b.track, num);
      list.append(node);
      me.rows.push({ node, token, fill: b.fill, ghost: b.ghost, num: text, text: null, cut: false });
    }
    me.rows.forEach((row, i) => {
      row.node.dataset.id = order[i];
      row.token.textContent = visible(tokens[order[i]]);
      row.token.title = "";
    });
    rove(0, false);
    list.scrollTop = 0;
    tail.hidden = n <= TOP;
    othersName.textContent = `${whole(Math.max(0, n - TOP))} others`;
    noteRight.textContent = `rank ${whole(n)}`;
    canvas.setAttribute("aria-label", `The probabilities of all ${whole(n)} tokens by rank, on logarithmic axes`);
  }

  function mark(id) {
    const place = id === null ? -1 : me.order.indexOf(id);
    me.rows.forEach((row, i) => {
      row.node.classList.toggle("drawn", i === place);
      row.node.setAttribute("aria-selected", String(i === place));
    });
    drawn.replaceChildren();
    if (place < 0) return;
    drawn.append("drawn: ", el("span", "chip", visible(me.tokens[id])), el("span", "quiet", ` rank ${whole(place + 1)}`));
    const node = me.rows[place]?.node;
    if (!node) return;
    if (node.offsetTop < list.scrollTop) list.scrollTop = node.offsetTop - 8;
    else if (node.offsetTop + node.offsetHeight > list.scrollTop + list.clientHeight)
      list.scrollTop = node.offsetTop + node.offsetHeight - list.clientHeight + 8;
  }

  function measure() {
    me.width = canvas.clientWidth;
    me.height = canvas.clientHeight;
    me.ratio = Math.min(2, devicePixelRatio || 1);
    canvas.width = Math.round(me.width * me.ratio);
    canvas.height = Math.round(me.height * me.ratio);
    plot();
  }
  const sized = new ResizeObserver(() => {
    if (canvas.clientWidth === me.width) return;
    measure();
    paint();
  });
  sized.observe(canvas);

  me.update = (bytes) => {
    const data = unpack(bytes);
    const fresh = data.sig !== me.sig, pushed = data.rev !== me.rev;
    me.sig = data.sig;
    me.rev = data.rev;
    if (pushed) {
      const s = data.settings;
      me.settings = { ...s, temperature: s.temperature === "inf" ? Infinity : s.temperature };
      me.sent = JSON.stringify(json());
      clearTimeout(waiting);
      waiting = 0;
    }
    if (fresh) load(data);
    list.style.maxHeight = `${(me.listHeight = data.height)}px`;
    sight();
    // The canvas knows no CSS variables: its colours are read again whenever Streamlit runs us (also on a new theme).
    me.accent = getComputedStyle(swatch).color; // a lighter accent: the bars are the bright thing
    me.line = getComputedStyle(swatch).outlineColor;
    me.grey = css(root, "--st-border-color") || "#cccccc";
    measure();
    if (fresh || pushed) {
      glide(me.seen === true);
      show();
    }
    me.seen = true;
    paint();
    if (fresh || data.drawn !== me.drawnId) mark((me.drawnId = data.drawn));
  };
  me.destroy = () => {
    sized.disconnect();
    clearTimeout(waiting);
    clearTimeout(gliding);
    clearTimeout(resting);
    ports.port1.close();
  };
  return me;
}

export default mount(make);
