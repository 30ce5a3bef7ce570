// A text before two classifiers: what each says of it, and how far each decision moves when a word is left out.
// Pointing at a word leaves it out, a click keeps it out, arrows go from word to word; a click on a label asks about it.

function make(root, on) {
  const me = { out: null, over: null, asked: null, chips: [], sides: [] };
  const words = el("div", "words", null, { role: "group", tabindex: "0", "aria-label": "The text. Left and right go from word to word, Enter leaves one out, Escape puts it back." });
  const legend = el("p", "legend quiet"), said = el("p", "said", "", { "aria-live": "polite" }), panels = el("div", "panels");
  root.append(words, legend, said, panels);

  const odds = (p) => {
    const q = Math.min(1 - 1e-9, Math.max(1e-9, p));
    return Math.log(q / (1 - q));
  };
  const current = () => me.over ?? me.out;
  const K = () => me.data.labels.length;
  const probs = (side, out) => {
    const all = me.data[`without${side}`];
    return out === null ? me.data[`probs${side}`] : all.subarray(out * K(), (out + 1) * K());
  };
  const best = (p) => p.reduce((top, x, k) => (x > p[top] ? k : top), 0);
  const label = () => Math.min(me.asked ?? best(probs(0, null)), K() - 1);
  const move = (side, t) => odds(probs(side, null)[label()]) - odds(probs(side, t)[label()]);

  function build() {
    const { tokens, names, labels } = me.data;
    me.chips = tokens.map((text, t) => {
      const node = el("span", "word"), chip = el("span", "tok", visible(text)), lanes = el("span", "lanes");
      node.dataset.t = t;
      chip.classList.toggle("unknown", me.data.unknown.includes(t));
      const bars = names.map((_, side) => {
        const lane = el("span", `lane side${side}`), fill = el("span", "bar");
        lane.append(fill);
        lanes.append(lane);
        return fill;
      });
      const value = el("span", "value");
      node.append(chip, lanes, value);
      return { node, bars, value };
    });
    words.replaceChildren(...me.chips.map(({ node }) => node));
    words.hidden = tokens.length === 0;
    const shown = labels.map((_, k) => k).sort((a, b) => probs(0, null)[b] - probs(0, null)[a]).slice(0, me.data.most).sort((a, b) => a - b);
    me.sides = names.map((name, side) => {
      const panel = el("section", `panel side${side}`), verdict = el("p", "verdict");
      const rows = shown.map((k) => {
        const row = el("button", "row", null, { type: "button" }), track = el("span", "track"), fill = el("span", "fill"), ghost = el("span", "ghost"), value = el("span", "p");
        track.append(fill, ghost);
        row.append(el("span", "name", labels[k]), track, value);
        row.onclick = () => {
          me.asked = k;
          draw();
        };
        return { k, row, fill, ghost, value };
      });
      const head = el("h4", "", name);
      panel.append(head, verdict, ...rows.map(({ row }) => row));
      if (shown.length < labels.length) panel.append(el("p", "quiet", `and ${labels.length - shown.length} labels that are less likely`));
      return { panel, verdict, rows };
    });
    panels.replaceChildren(...me.sides.map(({ panel }) => panel));
  }

  function draw() {
    me.frame = 0;
    if (!me.data) return;
    const { tokens, names, labels } = me.data, out = current(), of = label();
    const moves = names.map((_, side) => tokens.map((_, t) => move(side, t)));
    const most = Math.max(1, ...moves.flat().map(Math.abs));
    me.chips.forEach(({ node, bars, value }, t) => {
      node.classList.toggle("out", t === out);
      node.classList.toggle("kept", t === me.out);
      bars.forEach((bar, side) => {
        const x = moves[side][t];
        bar.className = x < 0 ? "bar against" : "bar for";
        bar.style.height = `${(50 * Math.abs(x)) / most}%`; // a share of the lane: scaled, its outline would thin out
      });
      const x = moves[0][t];
      value.textContent = Math.abs(x) < 0.05 ? "0" : (x > 0 ? "+" : "−") + Math.abs(x).toFixed(1);
      value.className = Math.abs(x) < 0.05 ? "value quiet" : x > 0 ? "value for" : "value against";
    });
    legend.replaceChildren(
      "What each word does for ", el("span", "chip", labels[of]), `: above the line it speaks for it (+), below against it (−). `,
      el("span", "key side0", "filled"), ` ${names[0].toLowerCase()}, `, el("span", "key side1", "outlined"), ` ${names[1].toLowerCase()}; the number is the network's, in nats.`,
    );
    me.sides.forEach(({ verdict, rows }, side) => {
      const p = probs(side, out), whole = probs(side, null), top = best(p);
      verdict.replaceChildren("says ", el("strong", "", labels[top]), ` with ${percent(p[top])}`);
      for (const { k, row, fill, ghost, value } of rows) {
        fill.style.transform = `scaleX(${p[k]})`;
        ghost.style.width = `${100 * whole[k]}%`;
        ghost.hidden = out === null;
        value.textContent = percent(p[k]);
        row.classList.toggle("asked", k === of);
        row.classList.toggle("top", k === top);
        row.setAttribute("aria-pressed", k === of);
      }
    });
    if (out === null) said.textContent = tokens.length ? me.data.hint : me.data.empty;
    else {
      const parts = names.map((name, side) => {
        const [a, b] = [best(probs(side, null)), best(probs(side, out))];
        const p = `${labels[of]} ${percent(probs(side, null)[of])} → ${percent(probs(side, out)[of])}`;
        return `${name}: ${p}${a === b ? "" : `, now it says ${labels[b]}`}`;
      });
      said.replaceChildren("Without ", el("span", "chip", visible(tokens[out])), `: ${parts.join(". ")}.`);
    }
    root.dataset.out = out ?? "";
  }

  const under = (event) => {
    const node = event.target.closest?.(".word");
    return node ? Number(node.dataset.t) : null;
  };
  on(words, "pointermove", (event) => {
    const at = event.pointerType === "touch" ? null : under(event);
    if (at === me.over) return;
    me.over = at;
    me.frame ||= requestAnimationFrame(draw);
  });
  on(words, "pointerleave", () => {
    me.over = null;
    draw();
  });
  on(words, "click", (event) => {
    const at = under(event);
    if (at === null) return;
    me.out = me.out === at ? null : at;
    me.over = null;
    draw();
  });
  on(words, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !me.data.tokens.length) return;
    const last = me.data.tokens.length - 1, at = me.out;
    const to = { ArrowLeft: at === null ? last : at - 1, ArrowRight: at === null ? 0 : at + 1, Home: 0, End: last }[event.key];
    if (event.key === "Escape") me.out = null;
    else if (event.key === "Enter" || event.key === " ") me.out = at === null ? 0 : null;
    else if (to === undefined) return;
    else me.out = Math.min(last, Math.max(0, to));
    event.preventDefault();
    me.over = null;
    draw();
  });

  me.update = (bytes) => {
    const data = unpack(bytes), dark = isDark(root), fresh = data.sig !== me.sig;
    Object.assign(me, { data, sig: data.sig });
    const [against, , speaks] = data.signed[dark ? "dark" : "light"];
    root.style.setProperty("--against", against);
    root.style.setProperty("--for", speaks);
    if (fresh) {
      Object.assign(me, { out: null, over: null, asked: null }); // another text: the bars speak of what it is taken for
      root.classList.remove("glide");
      build();
      requestAnimationFrame(() => root.classList.add("glide"));
    }
    draw();
  };
  return me;
}

export default mount(make);
