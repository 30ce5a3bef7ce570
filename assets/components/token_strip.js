// The token strip: a text as tokens coloured by probability. Hover or focus previews what else could have come at a
// place, a click (or Enter) locks it, Escape lets go; a click on an alternative asks for a branch.

function make(root, on) {
  const me = { chips: [], locked: null, shown: null, at: 0, under: null }; // under: the token under the pointer

  const legend = el("div", "legend quiet", null, { "aria-hidden": "true" });
  const scale = el("span", "scale");
  const swatches = [0.001, 0.01, 0.1, 0.5, 1].map((p) => {
    const swatch = el("span", "swatch", p === 1 ? "100%" : `${p * 100}%`);
    scale.append(swatch);
    return [p, swatch];
  });
  const ranks = el("span", "ranks");
  for (const [kind, sample, says] of [["one", "top", "most likely"], ["some", "2–10", "dotted: rank 2 to 10"], ["far", ">10", "solid: less likely"]]) {
    const pair = el("span", "pair");
    pair.append(el("span", `tok ${kind}`, sample), document.createTextNode(` ${says}`));
    ranks.append(pair);
  }
  legend.append(scale, ranks);

  const strip = el("div", "strip", null, { role: "listbox", "aria-label": "Tokens. Arrows move, Enter locks, Escape lets go." });
  const panel = el("section", "panel", null, { "aria-label": "What else could have come" });
  const head = el("div", "head"), facts = el("p", "facts quiet"), list = el("div", "alts");
  panel.append(head, facts, list);
  const live = el("p", "unseen", "", { "aria-live": "polite" });
  root.append(legend, strip, panel, live);

  const text = (i) => me.data.texts[me.data.text[i]];
  const rankClass = (rank) => (rank <= 0 ? "none" : rank === 1 ? "one" : rank <= 10 ? "some" : "far");

  // ---- the strip ---------------------------------------------------------------------------------------------
  function load(data) {
    me.data = data;
    const nodes = document.createDocumentFragment();
    me.chips = [];
    // Where may a line break? Where the text has spaces; between any two words when tokens do not carry the spaces.
    let spaces = 0;
    for (let i = 0; i < data.n; i++) spaces += text(i).includes(" ");
    const bare = spaces < data.n / 25, closing = /^[.,;:!?)\]}'"’”]+$/;
    let open = true;
    for (let i = 0; i < data.n; i++) {
      const token = text(i);
      if (i === data.n_prompt && i > 0) nodes.append(el("span", "seam", "", { "aria-hidden": "true", title: "Here the prompt ends" }));
      if (open || /^\s/.test(token) || (bare && !closing.test(token))) nodes.append(el("wbr"));
      const chip = el("span", `tok ${rankClass(data.rank[i])}${i < data.n_prompt ? " given" : ""}`, visible(token), {
        role: "option", tabindex: -1, "aria-selected": "false",
      });
      chip.dataset.i = i;
      me.chips.push(chip);
      nodes.append(chip);
      if (/[\n\r]$/.test(token)) nodes.append(el("br"));
      open = /\s$/.test(token);
    }
    strip.replaceChildren(nodes);
    me.under = null; // the browser tells anew what lies under the pointer
    me.at = Math.min(me.at, Math.max(0, data.n - 1));
    if (me.chips[me.at]) me.chips[me.at].tabIndex = 0;
  }

  function paint() {
    const dark = isDark(root), { prob } = me.data, known = new Map();
    for (const [p, swatch] of swatches) [swatch.style.background, swatch.style.color] = colours(p, dark);
    me.chips.forEach((chip, i) => {
      if (prob[i] < 0) return chip.classList.add("unscored");
      const step = Math.round(shade(prob[i]) * 64); // 65 colours are enough, and each is computed once
      if (!known.has(step)) known.set(step, colours(Math.pow(step / 64, 2.5), dark));
      [chip.style.background, chip.style.color] = known.get(step);
    });
  }

  // ---- the panel ---------------------------------------------------------------------------------------------
  /** One line of alternatives. Lines are kept and refilled, so that their bars glide. */
  function line(j) {
    if (list.children[j]) return list.children[j].parts;
    const node = el("button", "alt", null, { type: "button" });
    const name = el("span", "name"), chip = el("span", "chip"), track = el("span", "track"), fill = el("span", "fill");
    const num = el("span", "num"), note = el("span", "note");
    name.append(chip);
    track.append(fill);
    node.append(name, track, num, note);
    list.append(node);
    return (node.parts = { node, chip, fill, num, note });
  }

  function show(i) {
    if (i === me.shown) return;
    if (me.shown !== null) me.chips[me.shown]?.classList.remove("shown");
    me.shown = i;
    head.replaceChildren();
    panel.classList.toggle("empty", i === null);
    if (i === null) {
      head.append(el("span", "quiet", me.data.n ? "Point at a token to see what else could have come; a click keeps it." : "No tokens yet."));
      facts.textContent = "";
      list.replaceChildren();
      return;
    }
    me.chips[i].classList.add("shown");
    const { data } = me, p = data.prob[i], rank = data.rank[i], H = data.entropy[i];
    head.append(el("span", "chip actual", visible(text(i))));
    head.append(el("span", "", p < 0 ? "not scored" : percent(p)));
    if (rank > 0) head.append(el("span", "", rank === 1 ? "the most likely" : `rank ${whole(rank)}`));
    head.append(el("span", "quiet place", `token ${whole(i + 1)} of ${whole(data.n)}${i < data.n_prompt ? ", in the prompt" : ""}`));
    facts.textContent = H < 0 ? "" : `Before it, the model hesitated as among ${digits(Math.exp(H))} tokens (entropy ${digits(H)} nats).`;
    const own = text(i), rows = [];
    let found = false;
    for (let j = 0; j < data.k; j++) {
      const at = i * data.k + j;
      if (data.alt_prob[at] < 0) break;
      // The token itself: by its id where it is known, else by its text.
      const same = !found && (data.id[i] >= 0 ? data.alt_id[at] === data.id[i] : data.texts[data.alt_text[at]] === own);
      found ||= same;
      rows.push({ text: data.texts[data.alt_text[at]], p: data.alt_prob[at], id: data.alt_id[at], same });
    }
    if (!found && p >= 0 && rows.length) rows.push({ text: own, p, id: -1, same: true, apart: true });
    const most = Math.max(0.02, ...rows.map((row) => row.p));
    list.querySelector("p")?.remove();
    while (list.children.length > rows.length) list.lastChild.remove();
    rows.forEach((row, j) => {
      const { node, chip, fill, num, note } = line(j);
      chip.textContent = visible(row.text);
      fill.style.transform = `scaleX(${row.p / most})`;
      num.textContent = percent(row.p);
      note.textContent = row.same ? (row.apart ? `this text, rank ${whole(rank)}` : "this text") : "";
      node.className = `alt${row.same ? " same" : ""}${row.apart ? " apart" : ""}`;
      node.dataset.id = row.id;
      node.disabled = row.same || !data.can_branch || row.id < 0;
      if (node.disabled) node.removeAttribute("title");
      else node.title = "Go on from here with this token";
    });
    if (!rows.length) list.replaceChildren(el("p", "quiet", "Nothing is known about this place."));
  }

  // ---- what a person does ------------------------------------------------------------------------------------
  function lock(i, tell) {
    if (me.locked !== null) {
      me.chips[me.locked]?.classList.remove("locked");
      me.chips[me.locked]?.setAttribute("aria-selected", "false");
    }
    me.locked = i;
    root.classList.toggle("has-lock", i !== null);
    if (i !== null) {
      me.chips[i].classList.add("locked");
      me.chips[i].setAttribute("aria-selected", "true");
      focusable(i);
    }
    show(i ?? (tell ? me.under : null)); // let go, a resting pointer previews again
    if (!tell) return;
    live.textContent = i === null ? "Let go." : `Locked token ${i + 1}: ${visible(text(i))}, ${head.textContent}`;
    me.component.setStateValue("locked", { at: i, seq: Date.now() });
  }

  function focusable(i) {
    if (me.chips[me.at]) me.chips[me.at].tabIndex = -1;
    me.at = i;
    me.chips[i].tabIndex = 0;
  }

  const indexOf = (event) => {
    const chip = event.target.closest?.(".strip .tok");
    return chip ? Number(chip.dataset.i) : null;
  };
  on(strip, "pointerover", (event) => {
    if (event.pointerType === "touch") return;
    me.under = indexOf(event);
    if (me.under !== null && me.locked === null) show(me.under);
  });
  on(strip, "pointerleave", () => { me.under = null; });
  on(strip, "click", (event) => {
    const i = indexOf(event);
    if (i !== null) lock(i === me.locked ? null : i, true);
  });
  on(strip, "focusin", (event) => {
    const i = indexOf(event);
    if (i === null) return;
    focusable(i);
    if (me.locked === null && event.target.matches(":focus-visible")) show(i);
  });
  /** The token nearest to this one in the line above or below. */
  function neighbour(from, step) {
    const here = me.chips[from].getBoundingClientRect(), x = here.left + here.width / 2;
    let best = from, line = null, gap = Infinity;
    for (let i = from + step; i >= 0 && i < me.chips.length; i += step) {
      const box = me.chips[i].getClientRects()[0];
      if (!box || (step > 0 ? box.top <= here.top + 4 : box.top >= here.top - 4)) continue;
      line ??= box.top;
      if (Math.abs(box.top - line) > 4) break;
      const away = Math.abs(box.left + box.width / 2 - x);
      if (away < gap) [best, gap] = [i, away];
    }
    return best;
  }
  on(strip, "keydown", (event) => {
    const i = indexOf(event);
    if (i === null || event.ctrlKey || event.metaKey || event.altKey) return;
    let to;
    if (event.key === "ArrowRight") to = i + 1;
    else if (event.key === "ArrowLeft") to = i - 1;
    else if (event.key === "ArrowDown") to = neighbour(i, 1);
    else if (event.key === "ArrowUp") to = neighbour(i, -1);
    else if (event.key === "Home") to = 0;
    else if (event.key === "End") to = me.chips.length - 1;
    else if (event.key === "Enter" || event.key === " ") lock(i === me.locked ? null : i, true);
    else return;
    event.preventDefault();
    if (to === undefined) return;
    me.chips[Math.max(0, Math.min(me.chips.length - 1, to))].focus();
  });
  on(root, "keydown", (event) => {
    if (event.key !== "Escape" || me.locked === null) return;
    event.stopPropagation();
    const i = me.locked;
    me.chips[i].focus();
    lock(null, true);
    if (me.under === null) show(i);
  });
  on(list, "click", (event) => {
    const node = event.target.closest(".alt");
    if (!node || node.disabled || me.shown === null) return;
    me.component.setTriggerValue("branch", { position: me.shown, token_id: Number(node.dataset.id), seq: Date.now() });
  });

  me.update = (bytes) => {
    const data = unpack(bytes);
    const fresh = data.sig !== me.sig || data.n_prompt !== me.data.n_prompt || data.can_branch !== me.data.can_branch;
    const pushed = data.rev !== me.rev;
    me.sig = data.sig;
    me.rev = data.rev;
    strip.style.maxHeight = `${data.height}px`;
    if (fresh) {
      const held = document.activeElement && root.getRootNode().activeElement?.closest?.(".strip");
      const kept = me.locked !== null && me.locked < data.n ? me.locked : null;
      me.locked = me.shown = null;
      load(data);
      if (held) me.chips[me.at]?.focus({ preventScroll: true });
      me.shown = undefined; // so that the panel is drawn anew
      lock(pushed ? null : kept, false);
    }
    paint();
    if (pushed) lock(data.locked !== null && data.locked < data.n ? data.locked : null, false);
  };
  return me;
}

export default mount(make);
