// Speculative sampling round by round: what the small model guessed, what the large one accepted, refused and redrew.

/** A probability with three digits; a tiny one as a power of ten. */
function tiny(p) {
  if (p <= 0 || p >= 1e-3) return digits(p);
  const [mantissa, exponent] = p.toExponential(1).split("e-");
  return `${mantissa} · 10⁻${[...exponent].map((d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[d]).join("")}`;
}

function make(root, on) {
  const me = { chips: [], locked: 0, over: -1 };

  const list = el("ol", "rounds"), panel = el("section", "panel"), title = el("h3", "title"), why = el("p", "why");
  const head = el("div", "row head"), rows = el("div", "rows"), sums = el("p", "sums"), live = el("p", "unseen", "", { "aria-live": "polite" });
  const keyLine = el("p", "key quiet");
  keyLine.append(el("span", "mark yes", "✓ accepted"), el("span", "mark no", "✗ refused"), el("span", "mark new", "↻ redrawn"), el("span", "mark gift", "+ from the large model"), el("span", "mark lost", "not read"));
  const bars = el("span", "quiet keys");
  for (const [sign, text] of [["min", "min(p, q): accepted"], ["rest", "residual: redrawn"], ["ghost-key", "q, the draft"]]) {
    const one = el("span");
    one.append(el("i", sign), text);
    bars.append(one);
  }
  head.append(el("span"), bars, el("span", "num", "q"), el("span", "num", "p"));
  panel.append(title, why, head, rows, sums);
  const two = el("div", "two");
  two.append(list, panel);
  root.append(keyLine, two, live);

  function build() {
    const { rounds } = me.data;
    list.replaceChildren();
    me.chips = [];
    rounds.forEach((round, r) => {
      const line = el("li", "round"), chips = el("span", "chips");
      line.append(el("span", "n quiet", `${r + 1}`), chips);
      for (const [text, kind, guess] of round) {
        const sign = { yes: "✓", no: "✗", new: "↻", gift: "+", lost: "" }[kind];
        const clickable = guess >= 0;
        const chip = el(clickable ? "button" : "span", `token ${kind}`, null, clickable ? { type: "button" } : {});
        chip.append(el("span", "text", visible(text)), el("small", "", sign));
        if (clickable) {
          chip.dataset.guess = guess;
          chip.setAttribute("aria-label", `Round ${r + 1}: ${visible(text)}, ${kind === "yes" ? "accepted" : "refused"}`);
          me.chips[guess] = chip;
        }
        chips.append(chip);
      }
      list.append(line);
    });
  }

  const at = () => (me.over >= 0 ? me.over : me.locked);
  function paint() {
    const { p, q, u, accepted, top_p, top_q, top_text, K, accept } = me.data, g = at();
    me.chips.forEach((chip, i) => {
      chip.classList.toggle("here", i === g);
      chip.setAttribute("aria-pressed", String(i === me.locked));
      chip.tabIndex = i === g ? 0 : -1;
    });
    panel.hidden = !me.chips.length;
    if (panel.hidden) return;
    const ratio = Math.min(1, p[g] / q[g]);
    title.replaceChildren(el("span", "chip", visible(me.data.guesses[g])), accepted[g] ? " accepted" : " refused");
    why.textContent =
      `The small model gave it q = ${tiny(q[g])}, the large one p = ${tiny(p[g])}. ` +
      `Accept with min(1, p / q) = ${tiny(ratio)}; the random number was ${u[g].toFixed(3)}: ${accepted[g] ? "below, accepted." : "not below, refused; a token is redrawn from the residual."}`;
    let most = 1e-9;
    for (let i = 0; i < K; i++) most = Math.max(most, top_p[g * K + i], top_q[g * K + i]);
    rows.replaceChildren();
    for (let i = 0; i < K; i++) {
      const P = top_p[g * K + i], Q = top_q[g * K + i];
      if (P + Q <= 0) continue;
      const row = el("div", "row"), name = el("span", "name"), track = el("span", "track");
      const text = me.data.texts[top_text[g * K + i]];
      name.append(el("span", "chip", visible(text)));
      const both = el("i", "min"), rest = el("i", "rest"), ghost = el("i", "ghost");
      both.style.width = `${(100 * Math.min(P, Q)) / most}%`;
      rest.style.left = both.style.width;
      rest.style.width = `${(100 * Math.max(0, P - Q)) / most}%`;
      ghost.style.width = `${(100 * Q) / most}%`;
      track.append(both, rest, ghost);
      row.append(name, track, el("span", "num", percent(Q)), el("span", "num", percent(P)));
      row.classList.toggle("guess", text === me.data.guesses[g]);
      rows.append(row);
    }
    sums.textContent =
      `Σ min(p, q) = ${digits(accept[g])}: so often a guess is accepted here. The other ${digits(1 - accept[g])} is drawn from the residual. ` +
      "Solid and hatched together are p for every token: the text is distributed as if the large model had drawn it alone.";
  }

  function lock(g) {
    me.locked = g;
    me.over = -1;
    paint();
    live.textContent = `${title.textContent}. ${why.textContent}`;
    me.component.setStateValue("locked", { guess: g, seq: Date.now() });
  }
  const guessOf = (event) => Number(event.target.closest?.("[data-guess]")?.dataset.guess ?? -1);
  on(list, "pointerover", (event) => {
    if (event.pointerType !== "mouse") return;
    const g = guessOf(event);
    if (g !== me.over) { me.over = g; paint(); }
  });
  on(list, "pointerleave", () => { me.over = -1; paint(); });
  on(list, "click", (event) => { const g = guessOf(event); if (g >= 0) lock(g); });
  on(list, "keydown", (event) => {
    const g = guessOf(event), n = me.chips.length;
    const to = { ArrowRight: g + 1, ArrowLeft: g - 1, ArrowDown: g + 1, ArrowUp: g - 1, Home: 0, End: n - 1 }[event.key];
    if (g < 0 || to === undefined) return;
    event.preventDefault();
    me.over = Math.max(0, Math.min(n - 1, to));
    paint();
    me.chips[me.over].focus();
  });
  on(list, "focusout", (event) => { if (!list.contains(event.relatedTarget)) { me.over = -1; paint(); } });

  me.update = (bytes) => {
    const data = unpack(bytes), fresh = data.sig !== me.sig, pushed = data.rev !== me.rev;
    me.sig = data.sig;
    me.rev = data.rev;
    if (pushed || fresh) me.locked = data.locked;
    root.style.setProperty("--other", isDark(root) ? "#f0a070" : "#b4531f");
    if (fresh) {
      me.data = data;
      me.over = -1;
      build();
    }
    paint();
  };
  return me;
}

export default mount(make);
