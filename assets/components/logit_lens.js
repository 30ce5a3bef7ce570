// The logit lens: at every token, what a model would say next if it stopped after each block, and how much each block
// adds to the stream. Pointing at a token shows its guesses, a click locks it, arrows move.

function make(root, on) {
  const me = { at: 0, over: null, locked: false, chips: [], rows: [] };
  const strip = el("div", "strip", null, { role: "group", tabindex: "0", "aria-label": "The text. Left and right choose after which token, Enter locks, Escape lets go." });
  const said = el("p", "said"), grid = el("div", "grid"), live = el("p", "unseen", "", { "aria-live": "polite" });
  root.append(strip, said, grid, live);

  const current = () => (me.locked ? me.at : (me.over ?? me.at));
  const token = (t) => visible(me.data.tokens[t]);
  const guess = (row, at, j) => {
    const i = (row * me.data.P + at) * me.data.k + j;
    return [visible(me.data.texts[me.data.guesses[i]]), me.data.probs[i]];
  };

  function build() {
    const { L, k } = me.data;
    const head = el("div", "line head quiet");
    head.append(el("span", "name", "Read after"), el("span", "guesses", "What the head would say next"), el("span", "kl", "KL to the end"), el("span", "norms", "What is added to the stream"));
    me.rows = Array.from({ length: L + 1 }, (_, row) => {
      const line = el("div", "line"), guesses = el("span", "guesses"), kl = el("span", "kl"), norms = el("span", "norms");
      const cells = Array.from({ length: k }, () => {
        const cell = el("span", "cell"), text = el("span", "text"), value = el("span", "p");
        cell.append(text, value);
        return { cell, text, value };
      });
      guesses.append(...cells.map(({ cell }) => cell));
      const bars = (row ? ["attention", "mlp", "stream"] : ["stream"]).map((kind) => {
        const bar = el("span", `bar ${kind}`), track = el("span", "track"), fill = el("span", "fill"), value = el("span", "value");
        track.append(fill);
        bar.append(el("span", "of", { attention: "attention", mlp: "MLP", stream: "stream" }[kind]), track, value);
        norms.append(bar);
        return { kind, fill, value };
      });
      const value = el("span", "");
      kl.append(el("span", "unit", "KL to the end "), value);
      line.append(el("strong", "name", row ? `block ${row}` : "the embedding"), guesses, kl, norms);
      return { line, cells, kl: value, bars };
    });
    grid.replaceChildren(head, ...me.rows.map(({ line }) => line));
  }
  const norm = (kind, row, at) => (kind === "stream" ? me.data.stream[row * me.data.P + at] : me.data[kind][(row - 1) * me.data.P + at]);

  function draw() {
    me.frame = 0;
    if (!me.data) return;
    const at = current(), { L } = me.data, last = guess(L, at, 0)[0];
    let longest = 1e-9;
    for (let row = 0; row <= L; row++) for (const kind of row ? ["attention", "mlp", "stream"] : ["stream"]) longest = Math.max(longest, norm(kind, row, at));
    me.chips.forEach((node, t) => node.classList.toggle("here", t === at));
    root.classList.toggle("locked", me.locked);
    const decided = me.rows.findIndex((_, row) => me.rows.slice(row).every((_, i) => guess(row + i, at, 0)[0] === last));
    said.replaceChildren(
      me.locked ? "Locked: after " : "After ", el("span", "chip", token(at)), ` (place ${at}) the model says `, el("span", "chip", last), ` with ${percent(guess(L, at, 0)[1])}`,
      decided === 0 ? ": the embedding alone says the same." : decided === L ? ": only the last block made it the first choice." : `: the first choice from block ${decided} on.`,
    );
    me.rows.forEach(({ cells, kl, bars }, row) => {
      cells.forEach(({ cell, text, value }, j) => {
        const [name, p] = guess(row, at, j), [back, ink] = colours(p, me.dark);
        text.textContent = name;
        value.textContent = percent(p);
        cell.style.background = back;
        cell.style.color = ink;
        cell.classList.toggle("final", name === last);
        cell.title = name;
      });
      kl.textContent = `${digits(me.data.kl[row * me.data.P + at])} nats`;
      for (const { kind, fill, value } of bars) {
        const x = norm(kind, row, at);
        fill.style.transform = `scaleX(${x / longest})`;
        value.textContent = (kind === "stream" ? "" : "+") + digits(x);
      }
    });
  }
  function go(at, lock) {
    const was = me.locked;
    Object.assign(me, { at, over: null, locked: lock ?? me.locked });
    draw();
    if (me.locked || was) me.component.setStateValue("locked", { at: me.locked ? me.at : null, seq: Date.now() });
    live.textContent = `${said.textContent}`;
  }
  const under = (event) => {
    const node = event.target.closest?.(".tok");
    return node ? Number(node.dataset.t) : null;
  };
  function preview(at) {
    me.over = at;
    me.frame ||= requestAnimationFrame(draw);
  }
  on(strip, "pointermove", (event) => {
    const at = event.pointerType === "touch" || me.locked ? null : under(event);
    if (at !== null && at !== me.over) preview(at);
  });
  on(strip, "pointerleave", () => me.locked || preview(null));
  on(strip, "click", (event) => {
    const at = under(event);
    if (at !== null) go(at, !(me.locked && at === me.at));
  });
  on(strip, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = current(), last = me.data.P - 1;
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last, Enter: at, " ": at }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(Math.min(last, Math.max(0, to)), event.key === "Enter" || event.key === " " ? !me.locked : undefined);
  });
  on(root, "keydown", (event) => {
    if (event.key !== "Escape" || !me.locked) return;
    event.stopPropagation();
    go(me.at, false);
  });

  me.update = (bytes) => {
    const data = unpack(bytes), dark = isDark(root), fresh = data.sig !== me.sig, pushed = data.rev !== me.rev;
    const other = fresh && me.data?.tokens.join("\0") !== data.tokens.join("\0"); // another text: its end, unless a place is held
    root.classList.toggle("dark", dark);
    Object.assign(me, { data, sig: data.sig, rev: data.rev, dark });
    for (const [name, colour] of Object.entries(data.themes[dark ? "dark" : "light"])) root.style.setProperty(`--${name}`, colour);
    if (fresh) {
      me.over = null;
      build();
      const nodes = document.createDocumentFragment();
      me.chips = data.tokens.map((text, t) => {
        const node = el("span", t === 0 ? "tok start" : text === "\n" ? "tok end" : "tok", visible(text));
        node.dataset.t = t;
        if (t < 2 || data.apart || /^[^\S\n]/.test(text) || /\s$/.test(data.tokens[t - 1])) nodes.append(el("wbr"));
        nodes.append(node);
        if (text.endsWith("\n")) nodes.append(el("br"));
        return node;
      });
      strip.classList.toggle("apart", data.apart);
      strip.replaceChildren(nodes);
    }
    if (pushed || me.at >= data.P || (other && !me.locked)) Object.assign(me, { locked: data.at !== null, at: data.at ?? data.P - 1, over: null });
    draw();
  };
  return me;
}

export default mount(make);
