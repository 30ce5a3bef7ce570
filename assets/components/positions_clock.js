// Sinusoidal positions under one slider: the waves, the position × dimension heatmap, how alike other positions are, and
// each pair of dimensions as the hand of a clock. Everything moves with the finger; the page hears of it on release.

const LOW = 0, HIGH = 1; // rows of a pair: sine, cosine

function make(root, on) {
  const me = { at: 0, pair: 0 };

  // ---- the furniture -------------------------------------------------------------------------------------------
  const head = el("p", "head"), where = el("strong", "where"), counter = el("span", "counter");
  head.append(where, counter);
  const plots = el("div", "plots");
  const slider = el("input", "slider", null, { type: "range", min: "0", step: "1", "aria-label": "Position" });
  const waves = plot("waves", "Two waves, those of the marked hand: sine and cosine by position");
  const heat = plot("heat", "Every dimension at every position: a column is one position's vector");
  const same = plot("same", "How alike the other positions are to this one (cosine)");
  const canvas = el("canvas");
  const row = el("div", "pair-row");
  heat.body.append(canvas, row);
  const clocks = el("div", "clocks", null, { role: "group", "aria-label": "Hands, one for each pair of dimensions. Choose one to see its waves." });
  const live = el("p", "unseen", "", { "aria-live": "polite" });
  plots.append(waves.box, heat.box, same.box);
  const sliding = el("div", "sliding");
  sliding.append(slider);
  root.append(head, sliding, clocks, plots, live);

  function plot(name, title) {
    const box = el("section", `plot ${name}`), body = el("div", "body"), cursor = el("div", "cursor"), said = el("span", "said");
    const heading = el("p", "title");
    heading.append(el("span", "", title), said);
    body.append(cursor);
    box.append(heading, body);
    return { box, body, cursor, said };
  }

  // ---- the numbers ---------------------------------------------------------------------------------------------
  const angle = (p, i) => p * me.data.frequencies[i];
  const value = (p, i, which) => (which === LOW ? Math.sin(angle(p, i)) : Math.cos(angle(p, i)));
  /** The cosine of positions p and q: sin a sin b + cos a cos b = cos(a − b), and every position is equally long. */
  function alike(distance) {
    let sum = 0;
    for (const w of me.data.frequencies) sum += Math.cos(w * distance);
    return sum / me.data.frequencies.length;
  }

  // ---- pictures that only new data change ------------------------------------------------------------------------
  const NS = "http://www.w3.org/2000/svg";
  function svg(body) {
    const node = document.createElementNS(NS, "svg");
    node.setAttribute("viewBox", "0 0 1000 100");
    node.setAttribute("preserveAspectRatio", "none");
    node.setAttribute("aria-hidden", "true");
    body.prepend(node);
    return node;
  }
  function line(node, className) {
    const path = document.createElementNS(NS, "path");
    path.setAttribute("class", className);
    path.setAttribute("vector-effect", "non-scaling-stroke");
    node.append(path);
    return path;
  }
  const waveSvg = svg(waves.body), sameSvg = svg(same.body);
  const zeros = [waveSvg, sameSvg].map((node) => line(node, "zero"));
  for (const zero of zeros) zero.setAttribute("d", "M0 50H1000");
  for (const { body } of [waves, same]) {
    body.append(...[1, 0].map((v) => {
      const mark = el("span", "mark quiet", String(v), { "aria-hidden": "true" });
      mark.style.top = `${50 - 44 * v}%`;
      return mark;
    }));
  }
  const curves = { cos: line(waveSvg, "cos"), sin: line(waveSvg, "sin"), same: line(sameSvg, "same") };
  const dots = [el("span", "dot sin"), el("span", "dot cos"), el("span", "dot same")];
  waves.body.append(dots[0], dots[1]);
  same.body.append(dots[2]);
  const x = (p) => (1000 * (p + 0.5)) / me.data.n;
  const y = (v) => 50 - 44 * v;
  /** A curve of f over all positions; waves are drawn finer than the positions lie, so that the fast ones are round. */
  function curve(f, fine = 1) {
    const points = [], last = (me.data.n - 1) * fine;
    for (let k = 0; k <= last; k++) points.push(`${x(k / fine).toFixed(1)} ${y(f(k / fine)).toFixed(2)}`);
    return `M${points.join("L")}`;
  }
  function drawWaves() {
    const i = me.pair, fine = Math.max(1, Math.min(8, Math.round(800 / me.data.n)));
    curves.sin.setAttribute("d", curve((p) => value(p, i, LOW), fine));
    curves.cos.setAttribute("d", curve((p) => value(p, i, HIGH), fine));
    const rows = 2 * me.data.frequencies.length;
    row.style.top = `${(100 * 2 * i) / rows}%`;
    row.style.height = `${200 / rows}%`;
    clocks.querySelectorAll(".clock").forEach((node) => node.setAttribute("aria-pressed", String(Number(node.dataset.pair) === i)));
  }
  function paint() {
    const { n, frequencies, themes } = me.data, rows = 2 * frequencies.length, ends = themes[me.dark ? "dark" : "light"].map(rgb);
    canvas.width = n;
    canvas.height = rows;
    const image = new ImageData(n, rows);
    for (let r = 0, k = 0; r < rows; r++) {
      for (let p = 0; p < n; p++, k += 4) {
        const v = value(p, r >> 1, r & 1), [from, to] = v < 0 ? [ends[1], ends[0]] : [ends[1], ends[2]];
        for (let c = 0; c < 3; c++) image.data[k + c] = Math.round(from[c] + (to[c] - from[c]) * Math.abs(v));
        image.data[k + 3] = 255;
      }
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
    heat.body.style.setProperty("--rows", rows);
  }
  function build() {
    clocks.replaceChildren(...me.data.shown.map((i) => {
      const node = el("button", "clock", null, { type: "button", "data-pair": i });
      const face = el("span", "face"), hand = el("span", "hand"), turns = 2 * Math.PI / me.data.frequencies[i];
      face.append(hand);
      node.append(face, el("span", "dims", `dims ${2 * i}, ${2 * i + 1}`), el("span", "turn quiet", `a turn in ${turns < 100 ? turns.toFixed(1) : whole(Math.round(turns))}`));
      on(node, "click", () => choose(i));
      return node;
    }));
    slider.max = String(me.data.n - 1);
    sliding.style.setProperty("--n", me.data.n);
  }

  // ---- what follows the finger -----------------------------------------------------------------------------------
  function draw() {
    me.frame = 0;
    if (!me.data) return;
    const { at, pair } = me, { n } = me.data, left = `${(100 * (at + 0.5)) / n}%`;
    where.textContent = `Position ${whole(at)}`;
    for (const { cursor } of [waves, heat, same]) cursor.style.left = left;
    heat.cursor.style.width = `${100 / n}%`;
    for (const node of clocks.children) node.querySelector(".hand").style.rotate = `${angle(at, Number(node.dataset.pair))}rad`;
    const s = value(at, pair, LOW), c = value(at, pair, HIGH);
    [[dots[0], s], [dots[1], c], [dots[2], 1]].forEach(([dot, v]) => {
      dot.style.left = left;
      dot.style.top = `${y(v)}%`;
    });
    waves.said.replaceChildren(...named(`dim ${2 * pair} `, "sin", signed(s)), ...named(`dim ${2 * pair + 1} `, "cos", signed(c)));
    const next = at + 1 < n ? at + 1 : at - 1;
    same.said.textContent = `position ${next}: ${signed(alike(1))}`;
    curves.same.setAttribute("d", curve((p) => me.alike[Math.abs(p - at)]));
    // The digits of the position, the ones first: they too turn faster the earlier they stand.
    const digitsOf = String(at).padStart(String(n - 1).length, "0").split("").reverse();
    const names = ["ones", "tens", "hundreds", "thousands"];
    counter.replaceChildren(el("span", "as quiet", "as a counter, ones first:"), ...digitsOf.map((digit, k) => {
      const wheel = el("span", "wheel");
      wheel.append(el("span", "digit", digit), el("span", "quiet", names[k]));
      return wheel;
    }));
  }
  function named(before, className, text) {
    return [el("span", `key ${className}`), before, el("b", "", text), " "];
  }
  const signed = (v) => (v < 0 ? "−" : "") + Math.abs(v).toFixed(2);
  const soon = () => (me.frame ||= requestAnimationFrame(draw));

  function tell() {
    const i = me.pair;
    slider.setAttribute("aria-valuetext", `position ${me.at}`);
    live.textContent = `Position ${me.at}. Dimensions ${2 * i} and ${2 * i + 1}: sine ${signed(value(me.at, i, LOW))}, cosine ${signed(value(me.at, i, HIGH))}.`;
  }
  function send() {
    tell();
    me.component.setStateValue("moved", { position: me.at, pair: me.pair, seq: Date.now() });
  }
  function choose(i) {
    me.pair = i;
    drawWaves();
    draw();
    send();
  }
  on(slider, "input", () => {
    me.at = Number(slider.value);
    soon();
  });
  on(slider, "change", send);
  /** A press on a picture goes to that position; dragging on goes along. */
  function toPointer(event) {
    const box = heat.body.getBoundingClientRect();
    if (!box.width) return;
    me.at = Math.min(me.data.n - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * me.data.n)));
    slider.value = String(me.at);
    soon();
  }
  for (const { body } of [waves, heat, same]) {
    on(body, "pointerdown", (event) => {
      if (event.button !== 0) return;
      me.dragging = event.pointerId;
      if (event.pointerType !== "touch") body.setPointerCapture(event.pointerId);
      toPointer(event);
    });
    on(body, "pointermove", (event) => me.dragging === event.pointerId && toPointer(event));
    on(body, "pointerup", (event) => {
      if (me.dragging !== event.pointerId) return;
      me.dragging = null;
      draw();
      send();
    });
    on(body, "pointercancel", () => (me.dragging = null));
  }

  // ---- new data ----------------------------------------------------------------------------------------------------
  me.update = (bytes) => {
    const data = unpack(bytes), dark = isDark(root), fresh = data.sig !== me.sig, pushed = data.rev !== me.rev;
    const repaint = fresh || dark !== me.dark;
    Object.assign(me, { data, sig: data.sig, rev: data.rev, dark });
    root.classList.toggle("dark", dark);
    if (pushed || me.at >= data.n) me.at = data.position;
    if (pushed || !data.shown.includes(me.pair)) me.pair = data.pair;
    if (fresh) {
      me.alike = Array.from({ length: data.n }, (_, d) => alike(d));
      build();
    }
    slider.value = String(me.at);
    if (repaint) paint();
    drawWaves();
    draw();
    tell();
  };
  return me;
}

export default mount(make);
