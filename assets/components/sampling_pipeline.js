// The pipeline from logits to a token: every stage as a small picture, the chosen one large, all live under the finger.
// The numbers come from sampling_stages.js, which uses temperature_distribution.js.

const ROWS = 12; // the same tokens at every stage: those with the largest logits
function make(root, on) {
  const me = { s: { ...OFF }, stage: "logits", last: {}, rows: [], cards: [], n: 0, sent: "" };

  // ---- the stages as cards ----------------------------------------------------------------------------------
  const strip = el("div", "stages", null, { role: "group", "aria-label": "The stages" });
  STAGE.forEach((stage, i) => {
    const card = el("div", "card"), open = el("button", "open", null, { type: "button", "aria-pressed": "false" });
    const mini = el("span", "mini", null, { "aria-hidden": "true" }), value = el("span", "setting");
    const bars = Array.from({ length: ROWS }, () => mini.appendChild(el("i")));
    open.append(el("b", "", stage.name), mini, value);
    card.append(open);
    on(open, "click", () => { choose(stage.id); commit(0); });
    on(open, "keydown", (event) => {
      const to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: STAGE.length - 1 }[event.key];
      if (to === undefined || !STAGE[to]) return;
      event.preventDefault();
      me.cards[to].open.focus();
      choose(STAGE[to].id);
      commit(350);
    });
    let power = null;
    if (stage.setting) {
      const label = el("label", "power");
      power = el("input", "", null, { type: "checkbox", role: "switch", "aria-label": `${stage.long} on` });
      label.append(power, el("span", "", ""));
      card.append(label);
      on(power, "change", () => {
        set({ [stage.setting]: power.checked ? (me.last[stage.setting] ?? stage.preset) : OFF[stage.setting] }, true);
        choose(stage.id);
        commit(0);
      });
    }
    strip.append(card);
    me.cards.push({ card, open, bars, value, power, label: power?.parentElement.lastChild });
  });

  // ---- the chosen stage, large ------------------------------------------------------------------------------
  const title = el("h3", "title"), says = el("p", "says"), control = el("div", "control");
  const list = el("div", "rows"), line = el("div", "line"), live = el("p", "unseen", "", { "aria-live": "polite" });
  const others = el("p", "others quiet"), sums = el("p", "sums");
  const headRow = el("div", "row head"), headBefore = el("span", "num"), headAfter = el("span", "num");
  const key = el("span", "key");
  key.append(el("i", "ghost-key"), "before", el("i", "fill-key"), "after");
  headRow.append(el("span"), key, headBefore, headAfter);
  const body = el("div", "body");
  body.append(headRow, list);
  const draw = el("button", "main", "Draw a token", { type: "button" });
  const take = el("button", "", "Write it, go on", { type: "button" });
  const drawn = el("span", "drawn-line", null, { role: "status" }), acts = el("div", "acts");
  acts.append(draw, take, drawn);
  const panel = el("section", "panel");
  panel.append(title, says, control, body, line, others, sums);
  root.append(strip, panel, acts, live);

  const knobs = pipelineKnobs(control, on, {
    keyed: (yes) => { me.keyed = yes; }, set, flush, commit: () => commit(0), released: () => commit(me.keyed ? 350 : 0),
    drag: () => glide(false), show: () => show(), temperature: () => me.s.temperature,
  });
  on(root, "pointerdown", () => { me.keyed = false; });

  const isOn = (name) => me.s[name] !== OFF[name], settingText = (name) => settingOf(me.s, name);

  // ---- computing and painting -------------------------------------------------------------------------------
  /** What a stage makes of a shown token: {v, cut}; v is a logit before softmax, a probability from there. */
  function after(i, token) {
    const run = me.run, at = run.place[token], z = me.logits[token];
    if (i === 0) return { v: z };
    const penalised = me.seen.has(token) ? penalise(z, me.s.penalty) : z;
    if (i === 1) return { v: penalised };
    if (i === 2) return { v: divided(penalised, me.s.temperature, at === 0) };
    const p = run.weights[at] / run.all;
    if (i === 3) return { v: p };
    const cut = at >= run.kept[Math.min(i, 6) - 3];
    if (i < 7) return { v: cut ? 0 : p, cut, was: p };
    return { v: cut ? 0 : run.weights[at] / run.sums[3], cut, was: p };
  }

  function paint() {
    if (!me.n) return;
    me.run = runStages(me.order, me.logits, me.seen, me.s);
    paintCards();
    paintPanel();
    paintDrawn();
  }

  function paintCards() {
    const table = STAGE.map((_, i) => me.shown.map((token) => after(i, token)));
    me.table = table;
    const z = table[0].map((x) => x.v).filter(Number.isFinite);
    const span = Math.max(1e-9, Math.max(...z) - Math.min(...z));
    const most = Math.max(...table[3].map((x) => x.v), ...table[7].map((x) => x.v));
    STAGE.forEach((stage, i) => {
      const { card, bars, value, power, label, open } = me.cards[i], top = Math.max(...table[i].map((x) => x.v));
      me.shown.forEach((_, r) => {
        const { v, cut, was } = table[i][r];
        const tall = i < 3 ? (v === -Infinity ? 0 : 0.15 + 0.85 * Math.max(0, 1 + (v - top) / span)) : (cut ? was : v) / most;
        bars[r].style.transform = `scaleY(${Math.min(1, Math.max(tall, 0.012)).toFixed(4)})`;
        bars[r].classList.toggle("cut", Boolean(cut));
      });
      for (let r = me.shown.length; r < ROWS; r++) bars[r].style.transform = "scaleY(0)";
      if (stage.setting) {
        const yes = isOn(stage.setting);
        power.checked = yes;
        label.textContent = yes ? "on" : "off";
        value.textContent = yes ? settingText(stage.setting) : "";
        card.classList.toggle("idle", !yes);
      } else if (stage.id === "draw") value.textContent = me.u === null ? "" : `u = ${me.u.toFixed(3)}`;
      else value.textContent = "";
      const chosen = me.stage === stage.id;
      card.classList.toggle("chosen", chosen);
      open.setAttribute("aria-pressed", String(chosen));
    });
  }

  function paintPanel() {
    const i = PLACE[me.stage], stage = STAGE[i], run = me.run, s = me.s;
    title.textContent = stage.long ?? (stage.id === "logits" ? "Logits" : "Softmax");
    if (stage.setting) {
      const state = el("span", isOn(stage.setting) ? "now" : "now quiet", ` ${settingText(stage.setting)}`);
      title.append(state);
    }
    says.textContent = stage.id === "logits" && me.are_log_probs
      ? "This model counts: it has no logits. ln p of each token stands in for them (never above 0)." : stage.says;
    for (const [name, k] of Object.entries(knobs)) k.lever.hidden = k.box.hidden = k.note.hidden = name !== stage.setting;
    control.hidden = !stage.setting;
    line.hidden = stage.id !== "draw";
    body.hidden = stage.id === "draw";
    headBefore.textContent = i ? "before" : "";
    headAfter.textContent = i ? "after" : "z";
    key.hidden = i === 0;
    if (stage.id === "draw") paintLine();
    else if (i < 3) paintLogits(i);
    else paintProbs(i);
    const n = me.n, shownCount = me.shown.length;
    if (i < 3) {
      const rest = n - shownCount;
      others.textContent = rest ? `${whole(rest)} more tokens have no larger logits.` : "";
    } else if (stage.id === "draw") others.textContent = "";
    else {
      const used = me.table[i].reduce((sum, x) => sum + x.v, 0), total = [1, run.sums[1] / run.all, run.sums[2] / run.all, run.sums[3] / run.all, 1][i - 3];
      others.textContent = n > shownCount ? `${whole(n - shownCount)} more tokens together: ${percent(Math.max(0, total - used))}` : "";
    }
    sums.textContent = sentenceOf(me, i);
  }

  const finite = (values) => values.filter(Number.isFinite);
  function paintLogits(i) {
    const now = me.table[i].map((x) => x.v), before = i ? me.table[i - 1].map((x) => x.v) : now;
    const low = Math.min(0, ...finite(now), ...finite(before)), high = Math.max(0, ...finite(now), ...finite(before), low + 1e-9);
    const at = (v) => (100 * (Math.max(low, v) - low)) / (high - low);
    me.rows.forEach((row, r) => {
      if (r >= me.shown.length) return;
      const v = now[r], w = before[r], zero = at(0);
      const put = (node, x) => {
        const [a, b] = x === -Infinity ? [0, 0] : [Math.min(zero, at(x)), Math.max(zero, at(x))];
        node.style.left = `${a}%`;
        node.style.width = `${b - a}%`;
      };
      put(row.fill, v);
      put(row.ghost, w);
      row.ghost.hidden = i === 0;
      row.zero.hidden = low === 0;
      row.zero.style.left = `${zero}%`;
      row.before.textContent = i ? signed(w) : "";
      row.after.textContent = signed(v);
      row.node.classList.toggle("cut", v === -Infinity);
      row.node.classList.toggle("hit", i === 1 && me.s.penalty !== 1 && me.seen.has(me.shown[r]));
    });
  }

  function paintProbs(i) {
    const now = me.table[i], before = i > 3 ? me.table[i - 1] : null;
    const most = Math.max(...me.table[3].map((x) => x.v), ...me.table[7].map((x) => x.v));
    me.rows.forEach((row, r) => {
      if (r >= me.shown.length) return;
      const { v, cut, was } = now[r], w = before ? before[r].v : null;
      row.fill.style.left = row.ghost.style.left = "0%";
      row.fill.style.width = `${(100 * (cut ? was : v)) / most}%`;
      row.ghost.style.width = w === null ? "0%" : `${(100 * w) / most}%`;
      row.ghost.hidden = !w;
      row.zero.hidden = true;
      row.before.textContent = w === null ? signed(me.table[2][r].v) : before[r].cut ? "cut" : percent(w);
      row.after.textContent = cut ? "cut" : percent(v);
      row.node.classList.toggle("cut", Boolean(cut));
      row.node.classList.remove("hit");
    });
    if (i === 3) headBefore.textContent = "z / T";
  }

  /** The line from 0 to 1: a part for each token in the order of the vocabulary, thin ones together. */
  function paintLine() {
    const run = me.run, kept = run.order.slice(0, run.kept[3]).sort((a, b) => a - b);
    line.replaceChildren();
    const width = line.clientWidth || 320;
    let thin = 0, count = 0, odd = 0;
    const part = (p, text, name) => {
      const node = el("span", `part${odd++ % 2 ? " odd" : ""}${name ? "" : " thin"}`, text, name ? { title: name } : {});
      node.style.flexGrow = p;
      if (visible(text).length * 10.5 + 8 > p * width) node.textContent = ""; // no room for its name
      line.append(node);
    };
    const flushThin = () => {
      if (count) part(thin, "", "");
      thin = count = 0;
    };
    for (const token of kept) {
      const p = run.weights[run.place[token]] / run.sums[3];
      if (p < 0.015) {
        thin += p;
        count++;
      } else {
        flushThin();
        part(p, visible(me.tokens[token]), `${visible(me.tokens[token])} ${percent(p)}`);
      }
    }
    flushThin();
    if (me.u !== null) {
      const pin = el("span", "pin", null);
      pin.append(el("b", "", `u = ${me.u.toFixed(3)}`));
      pin.style.left = `${100 * me.u}%`;
      pin.classList.toggle("left", me.u > 0.75);
      line.append(pin);
    }
  }

  function paintDrawn() {
    drawn.replaceChildren();
    take.hidden = me.u === null;
    if (me.u === null) return;
    const token = tokenAt(me.run, me.u);
    drawn.append(`u = ${me.u.toFixed(3)} points at `, el("span", "chip", visible(me.tokens[token])),
      el("span", "quiet", ` ${percent(me.run.weights[me.run.place[token]] / me.run.sums[3])}`));
  }

  // ---- acting ------------------------------------------------------------------------------------------------
  function show(except) {
    for (const [name, k] of Object.entries(knobs)) {
      if (except !== k.slider) k.slider.value = k.place(me.s[name]);
      k.box.value = k.text(me.s[name]);
      k.slider.setAttribute("aria-valuetext", settingText(name));
    }
  }
  let gliding = 0;
  function glide(yes) {
    clearTimeout(gliding);
    root.classList.toggle("glide", yes && !reducedMotion());
    if (yes) gliding = setTimeout(() => root.classList.remove("glide"), 320);
  }
  function set(change, moves, except) {
    if (moves) glide(true);
    Object.assign(me.s, change);
    for (const name of Object.keys(change)) knobs[name].note.textContent = "";
    for (const name of Object.keys(OFF)) if (isOn(name)) me.last[name] = me.s[name];
    show(except);
    const start = performance.now();
    paint();
    root.dataset.scriptMs = (performance.now() - start).toFixed(3);
  }
  function choose(id) {
    me.stage = id;
    glide(true);
    paintCards();
    paintPanel();
  }
  const json = () => ({ ...me.s, temperature: me.s.temperature === Infinity ? "inf" : me.s.temperature, stage: me.stage });
  let waiting = 0;
  function commit(delay) {
    clearTimeout(waiting);
    waiting = delay ? setTimeout(send, delay) : (send(), 0);
  }
  function flush() {
    if (waiting) commit(0);
  }
  function send() {
    waiting = 0;
    live.textContent = `${title.textContent}. ${sums.textContent}`;
    const now = JSON.stringify(json());
    if (now === me.sent) return;
    me.sent = now;
    me.component.setStateValue("settings", { ...json(), seq: Date.now() });
  }
  on(draw, "click", () => { flush(); me.component.setTriggerValue("draw", { seq: Date.now() }); });
  on(take, "click", () => { flush(); me.component.setTriggerValue("take", { seq: Date.now() }); });

  // ---- new data from Python ----------------------------------------------------------------------------------
  function load(data) {
    const out = new Set(data.excluded);
    me.tokens = data.tokens;
    me.logits = data.logits;
    me.seen = new Set(data.seen);
    me.are_log_probs = data.are_log_probs;
    me.order = sortedTokens(data.logits, out);
    me.n = me.order.length;
    me.shown = me.order.slice(0, ROWS);
    while (me.rows.length < me.shown.length) {
      const node = el("div", "row"), name = el("span", "name"), token = el("span", "chip"), track = el("span", "track");
      const fill = el("span", "fill"), ghost = el("span", "ghost"), zero = el("span", "zero");
      const before = el("span", "num quiet"), after_ = el("span", "num");
      name.append(token);
      track.append(zero, fill, ghost);
      node.append(name, track, before, after_);
      list.append(node);
      me.rows.push({ node, token, fill, ghost, zero, before, after: after_ });
    }
    while (me.rows.length > me.shown.length) me.rows.pop().node.remove();
    me.rows.forEach((row, r) => { row.token.textContent = visible(me.tokens[me.shown[r]]); });
  }

  me.update = (bytes) => {
    const data = unpack(bytes), fresh = data.sig !== me.sig, pushed = data.rev !== me.rev;
    me.sig = data.sig;
    me.rev = data.rev;
    me.u = data.u;
    if (pushed) {
      const { stage, ...s } = data.settings;
      me.s = { ...s, temperature: s.temperature === "inf" ? Infinity : s.temperature };
      me.stage = stage;
      me.sent = JSON.stringify(json());
      clearTimeout(waiting);
      waiting = 0;
      for (const name of Object.keys(OFF)) if (isOn(name)) me.last[name] = me.s[name];
    }
    if (fresh) load(data);
    if (me.opened) glide(true);
    me.opened = true;
    show();
    paint();
  };
  me.destroy = () => {
    clearTimeout(waiting);
    clearTimeout(gliding);
  };
  return me;
}

export default mount(make);
