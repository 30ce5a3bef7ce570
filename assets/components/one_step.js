// One step of training in slow motion: four phases, one matrix. It shows the weights, then their gradients, then the
// moves, then the new weights; the chosen weight's arithmetic stands below in full. Pointing previews, a click holds.

const PHASES = ["Forward", "Backward", "Update", "Forward again"];
const SHOWS = ["the weights w", "their gradients g", "the moves, w′ − w", "the new weights w′"];

/** Five significant digits, small numbers with a power of ten, a true minus sign. */
function fine(x) {
  if (!Number.isFinite(x)) return digits(x);
  const size = Math.abs(x), sign = x < 0 ? "−" : "";
  if (size === 0) return "0";
  if (size >= 0.001) return sign + (size >= 10000 ? size.toExponential(3) : size.toPrecision(5));
  const power = Math.floor(Math.log10(size)), raised = String(power).replace("-", "⁻").replace(/\d/g, (d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[d]);
  return `${sign}${(size / 10 ** power).toFixed(3)} · 10${raised}`;
}
const bracket = (x) => (x < 0 ? `(${fine(x)})` : fine(x));

function make(root, on) {
  const me = { phase: 0, at: 0, over: null };

  const cards = el("div", "cards", null, { role: "group", "aria-label": "The four phases of a step" });
  const buttons = PHASES.map((name, i) => {
    const node = el("button", "card", null, { type: "button" }), value = el("span", "value"), note = el("span", "note quiet");
    node.append(el("span", "name", `${i + 1}  ${name}`), value, note);
    cards.append(node);
    on(node, "click", () => go(i, me.at));
    return { node, value, note };
  });
  const caption = el("p", "caption"), plot = el("div", "plot", null, { tabindex: "0", role: "group", "aria-label": "The matrix. Arrows move from weight to weight." });
  const canvas = el("canvas"), frame = el("div", "frame"), hold = el("div", "frame held");
  plot.append(canvas, hold, frame);
  const ramp = el("span", "ramp", null, { "aria-hidden": "true" }), low = el("span"), high = el("span"), bar = el("span", "colours");
  ramp.append(low, bar, high);
  const lines = el("div", "lines"), live = el("p", "unseen", "", { "aria-live": "polite" });
  root.append(cards, caption, plot, ramp, lines, live);

  const current = () => me.over ?? me.at;
  function go(phase, at) {
    Object.assign(me, { phase, at, over: null });
    draw();
    me.component.setStateValue("look", { phase, at, seq: Date.now() });
    live.textContent = `${PHASES[phase]}. ${lines.textContent}`;
  }

  // ---- the step, for any weight --------------------------------------------------------------------------------
  function direction(at) {
    const d = me.data, g = d.grads[at];
    return d.rule === "sgd" ? g : g / (Math.abs(g) + d.eps) + d.decay * d.weights[at];
  }
  const moved = (at) => me.data.weights[at] - me.data.rate * direction(at);
  const shows = [(at) => me.data.weights[at], (at) => me.data.grads[at], (at) => -me.data.rate * direction(at), moved];

  // ---- drawing -------------------------------------------------------------------------------------------------
  function paint() {
    const { R, C } = me.data, value = shows[me.phase], stops = me.data.signed[me.dark ? "dark" : "light"].map(rgb);
    const all = Float64Array.from({ length: R * C }, (_, at) => value(at));
    const reach = me.phase === 3 ? me.reach0 : Float64Array.from(all, Math.abs).sort()[Math.floor(0.99 * (R * C - 1))] || 1e-12;
    if (me.phase === 0) me.reach0 = reach;
    const image = new ImageData(C, R);
    for (let at = 0; at < R * C; at++) {
      const x = Math.max(-1, Math.min(1, all[at] / reach)), end = stops[x < 0 ? 0 : 2], share = Math.abs(x) ** 0.7;
      image.data.set([...stops[1].map((c, k) => Math.round(c + (end[k] - c) * share)), 255], 4 * at);
    }
    canvas.width = C;
    canvas.height = R;
    canvas.getContext("2d").putImageData(image, 0, 0);
    low.textContent = fine(-reach);
    high.textContent = fine(reach);
    bar.style.background = `linear-gradient(90deg, rgb(${stops[0].join(" ")}), rgb(${stops[1].join(" ")}), rgb(${stops[2].join(" ")}))`;
    me.painted = `${me.sig} ${me.phase} ${me.dark}`;
  }
  function line(...parts) {
    const node = el("p", "line");
    node.append(...parts);
    return node;
  }
  const strong = (text) => el("strong", "", text);

  function write(at) {
    const d = me.data, w = d.weights[at], g = d.grads[at], to = moved(at), r = Math.floor(at / d.C), c = at % d.C;
    const row = d.rowNames[r], who = row ? [el("span", "chip", visible(row)), ` (row ${d.rows[r]})`] : [`row ${d.rows[r]}`];
    const out = [line("The weight at ", ...who, `, column ${d.columns[c]}: `, strong(`w = ${fine(w)}`))];
    if (me.phase === 0) out.push(line(`With all weights as they are, the ${d.n} places cost ${fine(d.loss)} nats each.`));
    if (me.phase >= 1) {
      out.push(line(`g = ∂ loss / ∂ w = `, strong(fine(g)), g === 0 ? ": it did nothing for this loss." : `: a little ${g > 0 ? "more" : "less"} of it would raise the loss, so it goes ${g > 0 ? "down" : "up"}.`));
    }
    if (me.phase === 1) {
      const of = d.checked;
      out.push(of && of.at === at
        ? line(`Checked without calculus: w − ${of.nudge} gives ${of.low}, w + ${of.nudge} gives ${of.high}; (high − low) / ${of.twice} = `, strong(of.measured))
        : line(el("span", "quiet", "A click checks this gradient without calculus: the weight is moved a little down and up.")));
    }
    if (me.phase >= 2) {
      if (d.rule === "sgd") out.push(line(`w′ = w − η · g = ${fine(w)} − ${d.rate} · ${bracket(g)} = `, strong(fine(to))));
      else {
        const ratio = g / (Math.abs(g) + d.eps);
        out.push(
          line(`m̂ = g = ${fine(g)} and √v̂ = |g| = ${fine(Math.abs(g))}, so m̂ / (√v̂ + ε) = ${fine(ratio)}`),
          line(`w′ = w − η · (${bracket(ratio)} + λ w) = ${fine(w)} − ${d.rate} · (${bracket(ratio)} + ${d.decay} · ${bracket(w)}) = `, strong(fine(to))),
        );
      }
    }
    if (me.phase === 3) out.push(line(`All ${whole(d.nWeights)} weights moved at once: the loss goes from ${fine(d.loss)} to `, strong(`${d.after} nats`), ` (${d.change}).`));
    lines.replaceChildren(...out);
  }
  function place(node, at) {
    const { R, C } = me.data;
    Object.assign(node.style, { left: `${(100 * (at % C)) / C}%`, top: `${(100 * Math.floor(at / C)) / R}%`, width: `${100 / C}%`, height: `${100 / R}%` });
  }
  function draw() {
    const d = me.data;
    if (!d) return;
    const at = current(), value = ["loss", "g", "w′ − w", "loss"], numbers = [d.loss, d.grads[at], -d.rate * direction(at)];
    buttons.forEach(({ node, value: box, note }, i) => {
      node.setAttribute("aria-pressed", String(i === me.phase));
      box.textContent = `${value[i]} = ${i === 3 ? d.after : fine(numbers[i])}`;
      note.textContent = ["nats, before", "of the chosen weight", "of the chosen weight", `nats, ${d.change}`][i];
    });
    const whole_ = d.R === d.allRows && d.C === d.allColumns;
    caption.replaceChildren(strong(d.title), `: ${SHOWS[me.phase]}. ${d.allRows} × ${d.allColumns}${whole_ ? "" : `, drawn are the ${d.R} rows and ${d.C} columns with the largest gradients`}.`);
    if (me.reach0 === undefined || me.sig !== me.reachOf) {
      const phase = me.phase;
      me.phase = 0;
      paint();
      me.phase = phase;
      me.reachOf = me.sig;
    }
    if (me.painted !== `${me.sig} ${me.phase} ${me.dark}`) paint();
    plot.style.aspectRatio = `${d.C} / ${d.R}`;
    place(hold, me.at);
    place(frame, at);
    write(at);
  }

  // ---- what a person does --------------------------------------------------------------------------------------
  const under = (event) => {
    const box = canvas.getBoundingClientRect(), { R, C } = me.data;
    const c = Math.floor(((event.clientX - box.left) / box.width) * C), r = Math.floor(((event.clientY - box.top) / box.height) * R);
    return r >= 0 && r < R && c >= 0 && c < C ? r * C + c : null;
  };
  on(plot, "pointermove", (event) => {
    const at = event.pointerType === "touch" ? null : under(event);
    if (at === null || at === me.over) return;
    me.over = at;
    me.frame ||= requestAnimationFrame(() => {
      me.frame = 0;
      draw();
    });
  });
  on(plot, "pointerleave", () => {
    me.over = null;
    draw();
  });
  on(plot, "click", (event) => {
    const at = under(event);
    if (at !== null) go(me.phase, at);
  });
  on(plot, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { R, C } = me.data, r = Math.floor(me.at / C), c = me.at % C;
    const to = { ArrowLeft: [r, c - 1], ArrowRight: [r, c + 1], ArrowUp: [r - 1, c], ArrowDown: [r + 1, c], Home: [r, 0], End: [r, C - 1] }[event.key];
    if (!to) return;
    event.preventDefault();
    if (to[0] >= 0 && to[0] < R && to[1] >= 0 && to[1] < C) go(me.phase, to[0] * C + to[1]);
  });

  me.update = (bytes) => {
    const data = unpack(bytes), dark = isDark(root), fresh = data.sig !== me.sig, pushed = data.rev !== me.rev;
    root.classList.toggle("dark", dark);
    Object.assign(me, { data, sig: data.sig, rev: data.rev, dark });
    if (fresh) me.over = null;
    if (pushed) Object.assign(me, { phase: data.phase, at: data.at });
    if (me.at >= data.R * data.C) me.at = data.at;
    draw();
  };
  return me;
}

export default mount(make);
