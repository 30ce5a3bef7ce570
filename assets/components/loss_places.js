// A batch as a picture: B windows of L places, each with its true next token and what it costs, −ln p. One slider goes
// through the steps of training; a place that is pointed at tells its sum, and its way through the training as bars.

function make(root, on) {
  const me = { step: 0, at: 0, over: null, cells: [], bars: [] };

  const lever = el("label", "lever"), title = el("span", "title", "Training step: "), now = el("output", "value");
  const slider = el("input", "slider", null, { type: "range", min: 0, step: 1, "aria-label": "Training step" });
  title.append(now);
  lever.append(title, slider);
  const said = el("p", "said");
  const grid = el("div", "batch", null, { role: "group", tabindex: "0", "aria-label": "The batch, a window in each row. Arrows move." });
  const detail = el("p", "detail"), bars = el("div", "bars", null, { "aria-hidden": "true" }), live = el("p", "unseen", "", { "aria-live": "polite" });
  root.append(lever, said, grid, detail, bars, live);

  const nats = (x) => (x < 0.001 ? "<0.001" : digits(x));
  const text = (i) => visible(me.data.tokens[i]);
  const loss = (step, place) => me.data.losses[step * me.data.M * me.data.L + place];
  const mean = (step) => me.data.means[step];
  const current = () => me.over ?? me.at;
  function tell() {
    me.component.setStateValue("look", { step: me.step, at: me.at, seq: Date.now() });
  }
  function inWords() {
    const { L, tokens } = me.data, at = current(), row = Math.floor(at / L);
    const context = Array.from({ length: (at % L) + 1 }, (_, j) => (me.data.given[row * L + j] === "" ? "start" : visible(me.data.given[row * L + j])));
    return [context, visible(tokens[at])];
  }

  function build() {
    const { M, L, steps, tokens } = me.data;
    const across = Math.min(L, 6); // on a narrow screen
    for (const [name, value] of [["--n", L], ["--across", across], ["--down", Math.ceil(L / across)]]) root.style.setProperty(name, value);
    root.style.setProperty("--steps", steps.length);
    me.cells = tokens.map((_, place) => {
      const node = el("span", "cell"), word = el("span", "word", text(place)), value = el("span", "value");
      node.append(word, value);
      node.dataset.at = place;
      node.title = text(place);
      return { node, value };
    });
    grid.replaceChildren(...Array.from({ length: M }, (_, m) => {
      const row = el("div", "window");
      row.append(el("span", "name quiet", String(me.data.first + m + 1)), ...me.cells.slice(m * L, (m + 1) * L).map(({ node }) => node));
      return row;
    }));
    const line = el("div", "guess");
    me.bars = steps.map((step) => {
      const bar = el("div", "bar"), track = el("div", "stand"), fill = el("div", "up"), ghost = el("div", "average"), value = el("span", "value");
      track.append(fill, ghost);
      bar.append(value, track, el("span", "step", whole(step)));
      return { bar, fill, ghost, value };
    });
    const scene = el("div", "scene");
    scene.append(...me.bars.map(({ bar }) => bar), line);
    bars.replaceChildren(el("p", "quiet", `This place through the training, in nats. The line on each bar is the mean of all places; dotted is guessing, ln ${whole(me.data.V)} = ${digits(me.data.guess)}.`), scene);
    lever.hidden = bars.hidden = steps.length < 2;
    me.line = line;
  }

  function draw() {
    if (!me.data) return;
    const { M, L, steps, guess } = me.data, at = current(), n = M * L;
    slider.max = steps.length - 1;
    slider.value = me.step;
    slider.setAttribute("aria-valuetext", `step ${steps[me.step]}`);
    now.textContent = whole(steps[me.step]);
    said.replaceChildren("The loss, the mean of ", `${n} ${n === 1 ? "place" : "places"}: `, el("strong", "big", `${digits(mean(me.step))} nats`), ` · guessing among ${whole(me.data.V)} tokens would cost ln ${whole(me.data.V)} = ${digits(guess)}`);
    me.cells.forEach(({ node, value }, place) => {
      const x = loss(me.step, place), [background, ink] = colours(Math.exp(-x), me.dark);
      node.style.background = background;
      node.style.color = ink;
      value.textContent = nats(x);
      node.classList.toggle("here", place === at);
      node.classList.toggle("held", place === me.at);
    });
    const [context, next] = inWords(), x = loss(me.step, at);
    const shown = context.slice(-6);
    detail.replaceChildren(
      "After ", ...(shown.length < context.length ? ["… "] : []), ...shown.flatMap((word) => [el("span", "chip", word), " "]), "comes ", el("span", "chip target", next),
      `: p = ${percent(Math.exp(-x))}, and −ln p = `, el("strong", "", `${nats(x)} nats`), ".",
    );
    const top = Math.max(guess, ...steps.map((_, s) => Math.max(loss(s, at), mean(s)))) * 1.04;
    me.bars.forEach(({ bar, fill, ghost, value }, s) => {
      fill.style.transform = `scaleY(${loss(s, at) / top})`;
      ghost.style.bottom = `${(100 * mean(s)) / top}%`;
      value.textContent = nats(loss(s, at));
      bar.classList.toggle("now", s === me.step);
    });
    if (me.line) me.line.style.setProperty("--level", guess / top);
  }

  on(slider, "input", () => {
    me.step = Number(slider.value);
    draw();
  });
  on(slider, "change", tell);
  on(bars, "click", (event) => {
    const bar = event.target.closest?.(".bar"), s = me.bars.findIndex((one) => one.bar === bar);
    if (s < 0) return;
    me.step = s;
    draw();
    tell();
  });
  const under = (event) => {
    const node = event.target.closest?.(".cell");
    return node ? Number(node.dataset.at) : null;
  };
  on(grid, "pointermove", (event) => {
    const at = event.pointerType === "touch" ? null : under(event);
    if (at !== null && at !== me.over) {
      me.over = at;
      draw();
    }
  });
  on(grid, "pointerleave", () => {
    me.over = null;
    draw();
  });
  function take(at) {
    Object.assign(me, { at, over: null });
    draw();
    tell();
    live.textContent = detail.textContent;
  }
  on(grid, "click", (event) => {
    const at = under(event);
    if (at !== null) take(at);
  });
  on(grid, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { M, L } = me.data, last = M * L - 1, at = me.at;
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - L, ArrowDown: at + L, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (to >= 0 && to <= last) take(to);
  });

  me.update = (bytes) => {
    const data = unpack(bytes), fresh = data.sig !== me.sig, pushed = data.rev !== me.rev;
    const dark = isDark(root);
    root.classList.toggle("dark", dark);
    Object.assign(me, { data, sig: data.sig, rev: data.rev, dark });
    if (pushed) Object.assign(me, { step: data.step, at: data.at });
    me.step = Math.min(me.step, data.steps.length - 1);
    me.at = Math.min(me.at, data.M * data.L - 1);
    if (fresh) {
      me.over = null;
      build();
    }
    draw();
  };
  return me;
}

export default mount(make);
