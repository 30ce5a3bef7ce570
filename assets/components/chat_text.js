// A chat as the one text that it is to the model: tokens, with the special ones as marks, the bot's words coloured by
// probability, and what has fallen out of the context greyed. One of the bot's tokens is looked at: what was read for
// it stays, what came later fades, and below stands what else could have been written. Stepping sends nothing.

const OF_PERSON = 0, OF_BOT = 1, MARK = 2, UNKNOWN = 3;

function make(root, on) {
  const me = { chips: [], own: [], at: -1, over: null, sig: null };

  const legend = el("p", "legend quiet");
  const mark = (name, says) => legend.append(el("span", `tok ${name}`, says[0]), ` ${says[1]} `);
  mark("mark", ["<bot>", "a mark, not typed ·"]);
  mark("sample", ["word", "the bot's: the stronger, the surer"]);
  const strip = el("div", "strip", null, { role: "listbox", "aria-label": "The text that the model reads. Left and right step through what it wrote." });
  const bar = el("div", "bar");
  const back = el("button", "", "‹", { type: "button", "aria-label": "One token of the bot back" });
  const next = el("button", "", "›", { type: "button", "aria-label": "One token of the bot on" });
  const where = el("p", "where", "", { "aria-live": "polite" });
  bar.append(back, next, where);
  const list = el("div", "list");
  root.append(legend, strip, bar, list);

  const text = (i) => me.data.texts[me.data.text[i]];
  const current = () => me.over ?? me.at;

  function write() {
    const { data } = me, nodes = document.createDocumentFragment();
    me.chips = [];
    me.own = [];
    let line = null;
    if (data.hidden) nodes.append(el("p", "gone quiet", `${whole(data.hidden)} older tokens are not drawn.`));
    for (let i = 0; i < data.n; i++) {
      const kind = data.kind[i];
      if (i === data.n_out && i > 0) nodes.append(el("p", "seam", "Above: fallen out of the context. The model reads from here on:"));
      if (!line || data.line[i]) {
        line = el("div", i < data.n_out ? "line out" : "line");
        nodes.append(line);
      }
      const name = ["said", "own", "mark", "said unknown"][kind];
      const chip = el("span", `tok ${name}`, visible(text(i)));
      if (kind === UNKNOWN) chip.title = `Typed: ${data.typed[i] ?? ""}. The model does not have this word.`;
      if (data.prob[i] >= 0) {
        chip.dataset.i = i;
        chip.tabIndex = -1;
        chip.setAttribute("role", "option");
        me.own.push(i);
      }
      me.chips.push(chip);
      line.append(chip, " ");
    }
    strip.replaceChildren(nodes);
  }

  function row(j) {
    if (list.children[j]) return list.children[j].parts;
    const node = el("div", "alt"), name = el("span", "chip"), track = el("span", "track"), fill = el("span", "fill"), value = el("span", "value");
    track.append(fill);
    node.append(name, track, value);
    list.append(node);
    return (node.parts = { node, name, fill, value });
  }

  function paint() {
    const { data } = me, dark = isDark(root), at = current();
    me.chips.forEach((chip, i) => {
      const p = data.prob[i];
      if (p >= 0) [chip.style.background, chip.style.color] = colours(p, dark);
      chip.classList.toggle("now", i === at);
      chip.classList.toggle("later", at >= 0 && i > at);
      if (p >= 0) chip.setAttribute("aria-selected", String(i === at));
      if (p >= 0) chip.tabIndex = i === me.at ? 0 : -1;
    });
    const place = me.own.indexOf(at);
    back.disabled = place <= 0;
    next.disabled = place < 0 || place >= me.own.length - 1;
    where.replaceChildren();
    if (place < 0) {
      where.append("The bot has written nothing that it can still see.");
      list.replaceChildren();
      return;
    }
    where.append(el("span", "chip", visible(text(at))), ` had ${percent(data.prob[at])} at T = 1. Read for it: ${whole(at - data.n_out)} tokens.`);
    let rest = 1, used = 0;
    for (let j = 0; j < data.k; j++) {
      const p = data.alt_prob[at * data.k + j];
      if (p < 0) break;
      const { node, name, fill, value } = row(j), token = data.texts[data.alt_text[at * data.k + j]];
      rest -= p;
      used = j + 1;
      node.hidden = false;
      name.textContent = visible(token);
      fill.style.transform = `scaleX(${p})`;
      value.textContent = percent(p);
      node.classList.toggle("mine", data.alt_id[at * data.k + j] === data.id[at]);
    }
    for (let j = used; j < list.children.length; j++) list.children[j].hidden = true;
  }

  function go(i, focus = false) {
    if (i === undefined) return;
    me.at = i;
    me.over = null;
    paint();
    const chip = me.chips[i];
    if (focus) chip?.focus({ preventScroll: true });
    reveal(chip);
  }
  /** Scroll the text, and nothing else, to where this token is. */
  function reveal(chip) {
    if (!chip) return;
    const box = strip.getBoundingClientRect(), here = chip.getBoundingClientRect();
    if (here.top < box.top + 8) strip.scrollTop += here.top - box.top - 40;
    else if (here.bottom > box.bottom - 8) strip.scrollTop += here.bottom - box.bottom + 40;
  }
  const step = (by, focus) => go(me.own[Math.max(0, Math.min(me.own.length - 1, me.own.indexOf(me.at) + by))], focus);
  on(back, "click", () => step(-1));
  on(next, "click", () => step(1));
  const indexOf = (event) => {
    const i = event.target.closest?.(".tok")?.dataset.i;
    return i === undefined ? null : Number(i);
  };
  on(strip, "pointermove", (event) => {
    const i = event.pointerType === "touch" ? null : indexOf(event);
    if (i === me.over) return;
    me.over = i;
    paint();
  });
  on(strip, "pointerleave", () => {
    if (me.over === null) return;
    me.over = null;
    paint();
  });
  on(strip, "click", (event) => {
    const i = indexOf(event);
    if (i !== null) go(i, true);
  });
  on(strip, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1, Home: -Infinity, End: Infinity }[event.key];
    if (by === undefined || !me.own.length) return;
    event.preventDefault();
    step(by, true);
  });

  me.update = (bytes) => {
    const data = unpack(bytes);
    const fresh = data.sig !== me.sig;
    me.data = data;
    me.sig = data.sig;
    if (fresh) {
      me.over = null;
      write();
      me.at = me.own.includes(data.at) ? data.at : me.own.at(-1) ?? -1;
    }
    paint();
    if (fresh) strip.scrollTop = strip.scrollHeight;
  };
  return me;
}

export default mount(make);
