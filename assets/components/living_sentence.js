// The living sentence: generations computed before, played token by token. Timers only; nothing is sent to Python.
// One step: the bars glide to the next distribution, the chosen token lights up, then it joins the sentence.

const BARS = 8;
const REST_MS = 3200; // at the end of a sentence, before the next begins

function make(root, on) {
  const me = { run_: 0, step: 0, lit: false, playing: false, hovered: false, timer: 0, visible: true };

  const stage = el("div", "stage");
  const sizer = el("p", "sentence sizer", "", { "aria-hidden": "true" });
  const sentence = el("p", "sentence"), prompt = el("span", "prompt"), grown = el("span", "grown"), fresh = el("span", "fresh");
  const caret = el("span", "caret", "", { "aria-hidden": "true" });
  sentence.append(prompt, grown, fresh, caret);
  stage.append(sizer, sentence);
  const bars = el("div", "bars", null, { role: "img" });
  const lines = [];
  for (let j = 0; j <= BARS; j++) {
    const node = el("div", j < BARS ? "row" : "row rest"), name = el("span", "name"), chip = el("span", j < BARS ? "chip" : "");
    const track = el("span", "track"), fill = el("span", "fill"), num = el("span", "num");
    name.append(chip);
    track.append(fill);
    // What all others hold together is a sum, no token's bar: beside it the bars would shrink to nothing.
    node.append(name, j < BARS ? track : el("span", "", "together"), num);
    bars.append(node);
    lines.push({ node, chip, fill, num });
  }
  const controls = el("div", "controls");
  const play = el("button", "play", "Pause", { type: "button" });
  const next = el("button", "next", "One step", { type: "button" });
  const again = el("button", "again", "From the start", { type: "button" });
  const place = el("span", "quiet place");
  controls.append(play, next, again, place);
  root.append(stage, el("p", "ask quiet", "What comes next? Every token has a probability:"), bars, controls);

  const run = () => me.data.runs[me.run_];
  const still = () => reducedMotion();

  /** Draw the moment: `step` tokens have joined; the next one is lit or not. */
  function paint() {
    const { prompt: start, steps } = run(), done = me.step >= steps.length;
    prompt.textContent = start;
    grown.textContent = steps.slice(0, Math.max(0, me.step - 1)).map((step) => step[0]).join("");
    fresh.textContent = me.step > 0 ? steps[me.step - 1][0] : "";
    const at = Math.min(me.step, steps.length - 1);
    const [text, , alternatives, other, chosen] = steps[at];
    const lit = me.lit || done;
    for (let j = 0; j < BARS; j++) {
      const pair = alternatives[j], { node, chip, fill, num } = lines[j];
      node.classList.toggle("absent", !pair);
      chip.textContent = pair ? visible(pair[0]) : "";
      num.textContent = pair ? percent(pair[1]) : "";
      fill.style.transform = `scaleX(${pair ? pair[1] / me.most : 0})`;
      node.classList.toggle("chosen", lit && j === chosen);
    }
    const rest = lines[BARS], outside = chosen < 0;
    rest.num.textContent = percent(other);
    rest.chip.replaceChildren("all others");
    if (lit && outside) rest.chip.replaceChildren("others: ", el("span", "chip", visible(text)));
    rest.node.classList.toggle("chosen", lit && outside);
    caret.classList.toggle("gone", done);
    place.textContent = `token ${Math.min(me.step + (done ? 0 : 1), steps.length)} of ${steps.length}`;
    bars.setAttribute(
      "aria-label",
      "What could come next: " + alternatives.slice(0, 3).map((pair) => `${visible(pair[0])} ${percent(pair[1])}`).join(", "),
    );
    root.dataset.step = me.step;
    root.dataset.run = me.run_;
  }

  /** The next phase: light the chosen token, or let it join; at the end, the next generation. */
  function advance() {
    const { steps } = run();
    if (me.step >= steps.length) {
      me.run_ = (me.run_ + 1) % me.data.runs.length;
      me.step = 0;
      me.lit = false;
    } else if (!me.lit) {
      me.lit = true;
    } else {
      me.step += 1;
      me.lit = false;
    }
    paint();
  }

  function tick() {
    clearTimeout(me.timer);
    me.timer = 0;
    if (!me.playing || me.hovered || !me.visible || document.hidden) return;
    const done = me.step >= run().steps.length, ms = me.data.step_ms;
    me.timer = setTimeout(() => { advance(); tick(); }, done ? REST_MS : me.lit ? 0.4 * ms : 0.6 * ms);
  }

  function setPlaying(yes) {
    me.playing = yes;
    play.textContent = yes ? "Pause" : "Play";
    root.dataset.playing = yes;
    // A reader is told of a sentence when it stands still, not at every token.
    sentence.setAttribute("aria-live", yes ? "off" : "polite");
    tick();
  }

  on(play, "click", () => {
    me.hovered = false; // the person said so
    setPlaying(!me.playing);
  });
  on(next, "click", () => {
    setPlaying(false);
    const end = me.step >= run().steps.length;
    advance();
    if (!end && me.lit) advance(); // a whole step: it joins, and the next distribution stands there
  });
  on(again, "click", () => {
    me.step = 0;
    me.lit = false;
    paint();
    tick();
  });
  for (const node of [stage, bars]) {
    on(node, "pointerenter", (event) => {
      if (event.pointerType !== "mouse") return;
      me.hovered = true;
      root.classList.add("held");
      tick();
    });
    on(node, "pointerleave", () => {
      me.hovered = false;
      root.classList.remove("held");
      tick();
    });
  }
  on(document, "visibilitychange", tick);
  const motion = matchMedia("(prefers-reduced-motion: reduce)");
  on(motion, "change", () => { if (motion.matches) setPlaying(false); });
  const seen = new IntersectionObserver(([entry]) => {
    me.visible = entry.isIntersecting;
    tick();
  });
  seen.observe(root);

  me.update = (bytes) => {
    const data = unpack(bytes);
    if (data.sig === me.sig) return;
    me.sig = data.sig;
    me.data = data;
    me.lit = false;
    // One scale for all steps, so that a bar twice as long is a token twice as likely, now and a moment ago.
    me.most = Math.max(...data.runs.flatMap(({ steps }) => steps.flatMap((step) => step[2].map((pair) => pair[1]))));
    const whole_ = data.runs.map(({ prompt: start, steps }) => start + steps.map((step) => step[0]).join(""));
    // Room for the tallest sentence from the start: the page below never jumps.
    sizer.replaceChildren(...whole_.map((text) => el("span", "", text)));
    // On Home this stood before Streamlit did (assets/shell/first_light.js): go on where it is.
    const { run: run_ = 0, step, playing } = globalThis.firstLight?.hand("living_sentence", root).dataset ?? {};
    me.run_ = Number(run_);
    me.step = Number(step ?? (still() ? run().steps.length : 0));
    paint();
    setPlaying(playing ? playing === "true" : !still());
  };
  me.destroy = () => {
    seen.disconnect();
    clearTimeout(me.timer);
    me.playing = false;
  };
  return me;
}

export default mount(make);
