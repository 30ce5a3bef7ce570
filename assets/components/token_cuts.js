// One text cut four ways. Pointing at a token (or at its index) shows the same place in every cut and every token with
// the same index; a click or Enter keeps it, Escape lets go. All of it happens here: nothing is sent.

function make(root, on) {
  const me = { cuts: [], locked: null, at: null, fed: null };

  const list = el("div", "cuts");
  const panel = el("section", "panel", null, { "aria-label": "The token pointed at" });
  const head = el("div", "head"), facts = el("p", "facts"), places = el("p", "facts quiet");
  panel.append(head, facts, places);
  const feed = el("section", "feed", null, { "aria-label": "What the model gets" });
  const choice = el("div", "choice", null, { role: "group", "aria-label": "Cut into" });
  const numbers = el("div", "numbers", null, { role: "listbox", "aria-label": "Indices. Arrows move, Enter keeps, Escape lets go." });
  feed.append(choice, numbers);
  const live = el("p", "unseen", "", { "aria-live": "polite" });
  const empty = el("p", "empty quiet", "No text, no tokens: type something above.");
  root.append(live, list, empty, panel, feed);

  // ---- drawing -----------------------------------------------------------------------------------------------
  function load(data) {
    me.data = data;
    me.bytes = new TextEncoder().encode(data.text);
    root.classList.toggle("nothing", !me.bytes.length);
    me.cuts = data.cuts.map((cut, c) => {
      const { name, size, total, special } = cut;
      const [ids, starts, ends, times] = ["ids", "starts", "ends", "times"].map((part) => data[`${part}${c}`]);
      const block = el("section", "cut"), title = el("h3", "name");
      const shown = ids.length < total ? `, the first ${whole(ids.length)} drawn` : "";
      title.append(el("b", "", name), el("span", "quiet", ` ${whole(total)} ${total === 1 ? "token" : "tokens"} out of a vocabulary of ${whole(size)}${shown}`));
      const line = el("div", "chips", null, {
        role: "listbox", dir: data.dir, "aria-label": `${name}. Arrows move, up and down to the other cuts, Enter keeps, Escape lets go.`,
      });
      const labels = [], texts = [], chips = [], byIndex = new Map();
      for (let i = 0; i < ids.length; i++) {
        const read = readable(me.bytes.subarray(starts[i], ends[i])), known = special[ids[i]];
        texts.push(read.text);
        labels.push(known !== undefined ? known : read.raw ? read.text.replace(/></g, " ").slice(1, -1) : face(read.text));
        const chip = pair(labels[i], ids[i], read.raw || known !== undefined);
        for (const [key, value] of [["role", "option"], ["tabindex", "-1"], ["aria-selected", "false"], ["aria-label", `${labels[i]}, index ${ids[i]}`]]) chip.setAttribute(key, value);
        chip.dataset.c = c;
        chip.dataset.i = i;
        chips.push(chip);
        if (byIndex.has(ids[i])) byIndex.get(ids[i]).push(i);
        else byIndex.set(ids[i], [i]);
      }
      if (chips[0]) chips[0].tabIndex = 0;
      line.append(groups(chips, (i) => cut.gaps || /^\s/.test(texts[i]), (i) => /\n$/.test(texts[i])));
      block.append(title, line);
      return { name, ids, starts, ends, times, labels, chips, byIndex, line, block, tab: 0 };
    });
    list.replaceChildren(...me.cuts.map((cut) => cut.block));
    choice.replaceChildren(el("span", "asks", "What the model gets:"), ...me.cuts.map((cut, c) => {
      const button = el("button", "", cut.name, { type: "button", "aria-pressed": "false" });
      on(button, "click", () => feedWith(c));
      return button;
    }));
    feedWith(Math.min(me.fed ?? me.cuts.length - 1, me.cuts.length - 1));
  }

  /** The row of bare indices: all that a model ever sees of a text. */
  function feedWith(c) {
    me.fed = c;
    const { ids, labels } = me.cuts[c];
    [...choice.querySelectorAll("button")].forEach((button, k) => button.setAttribute("aria-pressed", String(k === c)));
    me.numbers = Array.from(ids, (index, i) => {
      const node = el("span", "num", String(index), { role: "option", tabindex: i ? "-1" : "0", "aria-selected": "false", "aria-label": `index ${index}, ${labels[i]}` });
      node.dataset.c = c;
      node.dataset.i = i;
      node.style.setProperty("--hue", ((index * 137.508) % 360).toFixed(1));
      return node;
    });
    numbers.replaceChildren(...me.numbers.flatMap((node) => [node, document.createTextNode(" ")]));
    mark();
  }

  // ---- what is pointed at ------------------------------------------------------------------------------------
  const overlaps = (cut, j, from, to) => cut.starts[j] < to && cut.ends[j] > from;

  /** Draw the marks for `me.at` = [cut, token]: itself, the same place elsewhere, the same index in its cut. */
  function mark() {
    for (const node of root.querySelectorAll(".shown, .place, .same, .locked")) node.classList.remove("shown", "place", "same", "locked");
    for (const node of root.querySelectorAll('[aria-selected="true"]')) node.setAttribute("aria-selected", "false");
    root.classList.toggle("pointing", me.at !== null);
    head.replaceChildren();
    facts.replaceChildren();
    places.textContent = "";
    if (me.at === null) {
      head.append(el("span", "quiet", "Point at a token or an index: the same place lights up in every cut. A click keeps it."));
      return;
    }
    const [c, i] = me.at, own = me.cuts[c], index = own.ids[i], from = own.starts[i], to = own.ends[i], kept = me.locked !== null;
    const say = [];
    me.cuts.forEach((cut, k) => {
      let n = 0;
      cut.chips.forEach((chip, j) => {
        if (!overlaps(cut, j, from, to)) return;
        n++;
        chip.classList.add("place");
        if (k === me.fed) me.numbers[j].classList.add("place");
      });
      if (k !== c) say.push(`${n || "none"} in ${cut.name.toLowerCase()}`);
    });
    const twins = own.byIndex.get(index);
    for (const j of twins) {
      own.chips[j].classList.add("same");
      if (c === me.fed) me.numbers[j].classList.add("same");
    }
    for (const node of [own.chips[i], c === me.fed ? me.numbers[i] : null]) {
      node?.classList.add("shown");
      node?.classList.toggle("locked", kept);
      node?.setAttribute("aria-selected", String(kept));
    }
    const big = pair(own.labels[i], index, own.chips[i].classList.contains("raw"));
    const bytes = me.bytes.subarray(from, to);
    head.append(big.firstChild, el("span", "", `index ${whole(index)}`));
    head.firstChild.style.setProperty("--hue", ((index * 137.508) % 360).toFixed(1));
    head.append(el("span", "quiet", `in ${own.name.toLowerCase()}, token ${whole(i + 1)} of ${whole(me.data.cuts[c].total)}`));
    facts.append(
      document.createTextNode(`Bytes: ${Array.from(bytes.subarray(0, 16), hex).join(" ")}${bytes.length > 16 ? " …" : ""}. `),
      document.createTextNode(`${twins.length === 1 ? "Once" : `${whole(twins.length)} times`} here, ${whole(own.times[i])} times in the text it was learnt from.`),
    );
    const what = me.data.cuts[c].special[index];
    const real = readable(bytes).text;
    const lost = what === "<unk>" ? `“${face(real)}” is not in the vocabulary: the model sees only that some unknown word stands here. ` : what !== undefined ? "A character that was never seen is spelled as the hex halves of its bytes. " : "";
    places.textContent = `${lost}Tokens at the same place: ${say.join(", ")}.`;
  }

  function show(at) {
    if (at === me.at || (at && me.at && at[0] === me.at[0] && at[1] === me.at[1])) return;
    me.at = at;
    mark();
  }

  function lock(at) {
    me.locked = at;
    me.at = at;
    root.classList.toggle("has-lock", at !== null);
    if (at && me.fed !== at[0]) feedWith(at[0]);
    else mark();
    live.textContent = at ? `Kept. ${head.textContent}. ${facts.textContent} ${places.textContent}` : "Let go.";
  }

  // ---- what a person does ------------------------------------------------------------------------------------
  const found = (event) => {
    const node = event.target.closest?.(".cut .pair, .numbers .num");
    return node ? [Number(node.dataset.c), Number(node.dataset.i)] : null;
  };
  const same = (a, b) => a !== null && b !== null && a[0] === b[0] && a[1] === b[1];
  on(root, "pointerover", (event) => {
    const at = found(event);
    if (at && me.locked === null && event.pointerType !== "touch") show(at);
  });
  on(root, "pointerleave", () => me.locked === null && !root.querySelector(":focus-visible") && show(null));
  on(root, "click", (event) => {
    const at = found(event);
    if (at) lock(same(at, me.locked) ? null : at);
  });
  on(root, "focusin", (event) => {
    const at = found(event);
    if (!at) return;
    rove(event.target);
    if (me.locked === null && event.target.matches(":focus-visible")) show(at);
  });
  /** One stop for Tab a row: the token that was last on. */
  function rove(node) {
    for (const other of node.closest('[role="listbox"]').querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
    node.tabIndex = 0;
  }
  /** The first token of another cut that stands at this one's place, or after it. */
  function across(at, step) {
    const from = me.cuts[at[0]].starts[at[1]];
    for (let c = at[0] + step; c >= 0 && c < me.cuts.length; c += step) {
      const cut = me.cuts[c], i = Array.from(cut.ends).findIndex((end) => end > from);
      if (cut.chips.length) return cut.chips[i < 0 ? cut.chips.length - 1 : i];
    }
    return null;
  }
  on(root, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && me.locked !== null) {
      event.stopPropagation();
      lock(null);
      return;
    }
    const at = found(event);
    if (!at) return;
    const inFeed = event.target.classList.contains("num");
    const row = inFeed ? me.numbers : me.cuts[at[0]].chips;
    const forth = !inFeed && me.data.dir === "rtl" ? -1 : 1;
    let to = null;
    if (event.key === "ArrowRight") to = row[at[1] + forth];
    else if (event.key === "ArrowLeft") to = row[at[1] - forth];
    else if (event.key === "ArrowDown" && !inFeed) to = across(at, 1);
    else if (event.key === "ArrowUp" && !inFeed) to = across(at, -1);
    else if (event.key === "Home") to = row[0];
    else if (event.key === "End") to = row[row.length - 1];
    else if (event.key === "Enter" || event.key === " ") lock(same(at, me.locked) ? null : at);
    else return;
    event.preventDefault();
    to?.focus();
  });

  me.update = (bytes) => {
    root.classList.toggle("dark", isDark(root));
    const data = unpack(bytes);
    if (data.sig === me.sig) return;
    me.sig = data.sig;
    data.dir = direction(data.text);
    me.locked = me.at = null;
    root.classList.remove("has-lock");
    load(data);
  };
  return me;
}

export default mount(make);
