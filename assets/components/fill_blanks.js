// A passage with words hidden, and what three models say about each blank. A click (or Enter) hides a word; on a blank it
// looks at it, once more gives the word back. Pointing at a model greys out what it cannot see.

function make(root, on) {
  const me = { at: -1, cursor: 0, eye: null, chips: [], columns: [] };
  const strip = el("div", "strip", null, { role: "listbox", dir: "auto", "aria-multiselectable": "true", "aria-label": "The passage. Arrows move, Enter hides a word or gives it back." });
  const hint = el("p", "hint quiet"), columns = el("div", "columns"), live = el("p", "unseen", "", { "aria-live": "polite" });
  root.append(strip, hint, columns, live);

  const isBlank = (i) => me.data.places.includes(i);
  const guess = (place, m) => {
    const j = me.data.places.indexOf(place) * me.data.models.length + m;
    return { text: visible(me.data.table[me.data.top[j * me.data.k]]), p: me.data.probs[j * me.data.k], rank: me.data.rank[j] };
  };

  // ---- the passage ---------------------------------------------------------------------------------------------------
  function write() {
    const nodes = document.createDocumentFragment();
    me.chips = me.data.words.map((word, i) => {
      const chip = el("span", "tok", null, { role: "option", tabindex: -1, "aria-selected": "false" });
      chip.dataset.i = i;
      nodes.append(chip, " ");
      if (word === "\n") nodes.append(el("br"));
      return chip;
    });
    strip.replaceChildren(nodes);
  }
  function face(chip, i) {
    const word = me.data.words[i], blank = isBlank(i);
    chip.className = "tok";
    chip.classList.toggle("mark", /^[^\p{L}\p{N}]+$/u.test(word));
    chip.classList.toggle("blank", blank);
    chip.classList.toggle("now", blank && i === me.at);
    chip.classList.toggle("strange", !blank && me.data.unknown.includes(i));
    chip.tabIndex = i === me.cursor ? 0 : -1;
    chip.setAttribute("aria-selected", String(blank));
    chip.title = me.data.unknown.includes(i) && !blank ? "The models do not know this word." : "";
    if (!blank) return chip.replaceChildren(visible(word));
    const said = guess(i, 0);
    chip.replaceChildren(el("span", "guess", said.text), el("span", "sure", `${said.rank === 1 ? "✓ " : ""}${percent(said.p)}`));
    chip.setAttribute("aria-label", `Blank. The masked model says ${said.text}, ${percent(said.p)}`);
  }

  // ---- the three columns ---------------------------------------------------------------------------------------------
  function build() {
    me.columns = me.data.models.map((model, m) => {
      const node = el("section", "column", null, { tabindex: 0, "aria-label": model.name });
      const head = el("h3", "name", model.name), sees = el("p", "sees quiet"), list = el("div", "list"), truth = el("p", "truth");
      const rows = Array.from({ length: me.data.k }, () => {
        const row = el("div", "row"), name = el("span", "chip"), track = el("span", "track"), fill = el("span", "fill"), value = el("span", "value");
        track.append(fill);
        row.append(name, track, value);
        list.append(row);
        return { row, name, fill, value };
      });
      node.append(head, sees, list, truth);
      on(node, "pointerenter", (event) => event.pointerType !== "touch" && look(m));
      on(node, "pointerleave", () => look(null));
      on(node, "focus", () => look(m));
      on(node, "blur", () => look(null));
      on(node, "click", () => look(m));
      return { node, sees, rows, truth };
    });
    columns.replaceChildren(...me.columns.map(({ node }) => node));
  }
  function look(m) {
    me.eye = m;
    me.chips.forEach((chip, i) => chip.classList.toggle("away", m !== null && me.data.models[m].left && me.at >= 0 && i > me.at));
    me.columns.forEach(({ node }, j) => node.classList.toggle("eye", j === m));
  }
  const plural = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;
  function paint() {
    const { data } = me, M = data.models.length, b = data.places.indexOf(me.at);
    me.chips.forEach(face);
    columns.hidden = b < 0;
    hint.textContent = b < 0
      ? "Nothing is hidden. Click a word to hide it."
      : "Click a word to hide it. Click a blank to look at it, once more to give its word back.";
    if (b < 0) return;
    const before = me.at - data.places.filter((p) => p < me.at).length, hiddenAfter = data.places.filter((p) => p > me.at).length;
    const after = data.words.length - 1 - me.at - hiddenAfter;
    me.columns.forEach(({ sees, rows, truth }, m) => {
      const model = data.models[m], j = b * M + m, word = visible(data.words[me.at]);
      sees.textContent = model.left ? `It sees ${plural(before, "word")} before, nothing after.` : `It sees ${plural(before, "word")} before, ${after} after.`;
      rows.forEach(({ row, name, fill, value }, i) => {
        const text = visible(data.table[data.top[j * data.k + i]]), p = data.probs[j * data.k + i];
        name.textContent = text;
        name.title = text;
        fill.style.transform = `scaleX(${p})`;
        value.textContent = percent(p);
        row.classList.toggle("true", i + 1 === data.rank[j] && !data.unknown.includes(me.at));
      });
      truth.replaceChildren(
        data.unknown.includes(me.at) ? "It does not know the hidden word " : "Hidden: ", el("span", "chip", word),
        data.unknown.includes(me.at) ? "." : ` ${percent(data.truth[j])}${data.rank[j] > 1 ? `, rank ${whole(data.rank[j])}` : ", its first choice"}`,
      );
    });
    look(me.eye);
  }

  // ---- what a person does --------------------------------------------------------------------------------------------
  function send(places, at) {
    me.component.setStateValue("blanks", { places, at, seq: Date.now() });
  }
  function act(i) {
    me.cursor = i;
    if (!isBlank(i)) {
      const chip = me.chips[i];
      chip.className = "tok blank now";
      chip.replaceChildren(el("span", "guess", "…"), el("span", "sure", ""));
      return send([...me.data.places, i].sort((a, b) => a - b), i);
    }
    if (me.at !== i) {
      me.at = i;
      paint();
      const said = guess(i, 0);
      live.textContent = `The masked model says ${said.text}, ${percent(said.p)}`;
      return send(me.data.places, i);
    }
    const places = me.data.places.filter((p) => p !== i);
    me.chips[i].replaceChildren(visible(me.data.words[i]));
    me.chips[i].className = "tok";
    send(places, places.find((p) => p > i) ?? places.at(-1) ?? -1);
  }
  on(strip, "click", (event) => {
    const chip = event.target.closest?.(".tok");
    if (chip) act(Number(chip.dataset.i));
  });
  on(strip, "focusin", (event) => {
    const chip = event.target.closest?.(".tok");
    if (chip) me.cursor = Number(chip.dataset.i);
  });
  on(strip, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !me.chips.length) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      return act(me.cursor);
    }
    const last = me.chips.length - 1;
    const to = { ArrowLeft: me.cursor - 1, ArrowRight: me.cursor + 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    me.cursor = Math.min(last, Math.max(0, to));
    me.chips.forEach((chip, i) => (chip.tabIndex = i === me.cursor ? 0 : -1));
    me.chips[me.cursor].focus();
  });

  me.update = (bytes) => {
    const data = unpack(bytes), fresh = data.sig !== me.sig, pushed = data.rev !== me.rev, was = me.data;
    Object.assign(me, { data, sig: data.sig, rev: data.rev });
    root.style.setProperty("--attention", data.attention[isDark(root) ? 1 : 0]);
    if (!fresh && !pushed) return paint();
    const other = was?.words.join("\0") !== data.words.join("\0");
    if (other) {
      me.eye = null;
      write();
    }
    if (!me.columns.length) build();
    if (pushed || other || !isBlank(me.at) || !was || was.places.length !== data.places.length) me.at = data.at;
    if (other || pushed) me.cursor = Math.max(0, Math.min(me.at, data.words.length - 1));
    const focused = root.getRootNode().activeElement?.classList.contains("tok");
    paint();
    if (focused) me.chips[me.cursor]?.focus();
  };
  return me;
}

export default mount(make);
