// An LSTM reading a text: gates and states as linked heatmaps (units × tokens), one unit's story as coloured tokens, and
// the equations in this unit's numbers. Pointing previews a unit and a token everywhere, a click locks, arrows move.

function make(root, on) {
  const me = { unit: 0, at: 0, locked: false, over: null, part: CELL, all: false, rows: [] };

  // ---- the furniture -------------------------------------------------------------------------------------------
  const bar = el("div", "bar");
  const label = el("label", "sort", "Sort units by ");
  const sort = el("select", "", null, { "aria-label": "Sort units by" });
  label.append(sort);
  const more = el("button", "more", "", { type: "button" });
  const said = el("span", "said quiet");
  bar.append(label, more, said);

  const story = el("div", "story"), storyHead = el("p", "story-head");
  const strip = el("div", "strip", null, { role: "group", tabindex: "0", "aria-label": "The text, coloured by one unit. Left and right move, Enter locks." });
  const scale = el("span", "scale quiet", null, { "aria-hidden": "true" });
  story.append(storyHead, strip);

  const grid = el("div", "grid", null, { role: "group", tabindex: "0", "aria-label": "Heatmaps, units down and tokens across. Arrows move, Enter locks, Escape lets go." });
  const panels = PANELS.map((about, k) => {
    const box = el("section", "panel"), head = el("button", "title", null, { type: "button", title: "Colour the text by this" });
    const mark = el("span", "mark", about.symbol), name = el("span", "name", about.name), value = el("span", "value");
    head.append(mark, name, value);
    const plot = el("div", "plot"), canvas = el("canvas"), row = el("div", "cross row"), column = el("div", "cross column");
    plot.append(canvas, row, column);
    box.append(head, plot);
    on(head, "click", () => {
      me.part = k;
      draw();
    });
    return { ...about, box, head, mark, value, plot, canvas, row, column };
  });
  grid.append(...LAID.map((k) => panels[k].box));
  const sums = el("div", "sums");
  const live = el("p", "unseen", "", { "aria-live": "polite" });
  root.append(story, bar, grid, sums, live);

  // ---- numbers and colours ---------------------------------------------------------------------------------------
  const value = (k, t, u) => (t < 0 ? 0 : (me.values[(k * me.data.P + t) * me.data.H + u] / me.data.full) * (k === CELL ? me.data.most : 1));
  const token = (t) => (t === 0 ? "start" : visible(me.data.tokens[t]));
  const current = () => me.over ?? { unit: me.unit, at: me.at };

  /** 65 colours a part: a gate from paper to its hue, a state from orange over paper to blue. */
  function palette() {
    const { gates, signed: ends } = me.data.themes[me.dark ? "dark" : "light"];
    const paper = rgb(me.dark ? "#1c212a" : "#f2f0e9");
    me.palette = PANELS.map((about) => {
      const stops = about.open ? [paper, mix([paper, rgb(gates[about.gate])], 0.5), rgb(gates[about.gate])] : ends.map(rgb);
      return Array.from({ length: SHADES + 1 }, (_, i) => mix(stops, i / SHADES));
    });
    PANELS.forEach((about, k) => panels[k].box.style.setProperty("--hue", about.gate === null ? "var(--ink)" : gates[about.gate]));
    gates.forEach((hue, i) => root.style.setProperty(`--gate-${i}`, hue));
  }
  /** Where a number lies in its part's palette; a state of size `reach` has the full colour. */
  function shadeOf(k, x, reach) {
    if (PANELS[k].open) return Math.round(x * SHADES);
    return Math.round((0.5 + 0.5 * Math.sign(x) * Math.min(1, Math.abs(x) / reach)) * SHADES);
  }
  /** The size that all but a few of a part's numbers stay below: one cell that counts to 40 must not pale the others. */
  function reachOf(k, units, share) {
    const sizes = [];
    for (const u of units) for (let t = 0; t < me.data.P; t++) sizes.push(Math.abs(value(k, t, u)));
    sizes.sort((a, b) => a - b);
    return Math.max(1e-3, sizes[Math.floor(share * (sizes.length - 1))]);
  }

  // ---- the heatmaps ----------------------------------------------------------------------------------------------
  function chosen() {
    const { H, menu, orders } = me.data, which = Math.max(0, menu.findIndex(([name]) => name === me.sort));
    me.order = orders.subarray(which * H, (which + 1) * H);
    me.scores = me.data.scores.subarray(which * H, (which + 1) * H);
    me.rows = Array.from(me.order.subarray(0, me.all ? H : Math.min(FEW, H)));
    if (!me.rows.includes(me.unit)) me.rows[me.rows.length - 1] = me.unit; // what is locked stays in sight
    more.hidden = H <= FEW;
    more.textContent = me.all ? `Show the first ${FEW}` : `Show all ${H} units`;
    more.setAttribute("aria-pressed", String(me.all));
  }
  function paint() {
    const { P } = me.data, R = me.rows.length;
    for (const [k, { canvas, plot, open }] of panels.entries()) {
      const reach = open ? 1 : reachOf(k, me.rows, 0.95);
      canvas.width = P;
      canvas.height = R;
      const image = new ImageData(P, R), { data } = image;
      for (let r = 0, i = 0; r < R; r++) {
        for (let t = 0; t < P; t++, i += 4) {
          const [red, green, blue] = me.palette[k][shadeOf(k, value(k, t, me.rows[r]), reach)];
          data[i] = red;
          data[i + 1] = green;
          data[i + 2] = blue;
          data[i + 3] = 255;
        }
      }
      canvas.getContext("2d").putImageData(image, 0, 0);
      plot.style.setProperty("--rows", R);
    }
  }

  // ---- what follows the pointer ------------------------------------------------------------------------------------
  function draw() {
    me.frame = 0;
    if (!me.data) return;
    const { unit, at } = current(), { P } = me.data, r = me.rows.indexOf(unit), R = me.rows.length;
    me.reach = PANELS[me.part].open ? 1 : reachOf(me.part, [unit], 1); // the story has its own
    root.classList.toggle("locked", me.locked);
    for (const [k, panel] of panels.entries()) {
      panel.value.textContent = signed(value(k, at, unit));
      panel.head.setAttribute("aria-pressed", String(k === me.part));
      panel.row.hidden = r < 0;
      panel.row.style.top = `${(100 * r) / R}%`;
      panel.row.style.height = `${100 / R}%`;
      panel.column.style.left = `${(100 * at) / P}%`;
      panel.column.style.width = `${100 / P}%`;
    }
    tell(unit, at);
    colour(unit, at);
    sums.replaceChildren(...equations((k, t = at) => value(k, t, unit), unit, at, token(at), me.data.P - 1));
  }
  const soon = () => (me.frame ||= requestAnimationFrame(draw));

  function tell(unit, at) {
    const score = me.scores[unit], about = me.data.menu.find(([name]) => name === me.sort);
    said.textContent = about && about[2] ? `unit ${unit}: ${about[2]} ${signed(score)}` : "";
    storyHead.replaceChildren(
      el("strong", "", `Unit ${unit}`), ` along the text: its ${PANELS[me.part].name} `, el("span", "symbol", PANELS[me.part].symbol),
      me.locked ? ", locked at " : ", now at ", el("span", "chip", token(at)), ` ${signed(value(me.part, at, unit))} `, scale,
    );
    const stops = me.palette[me.part], ends = PANELS[me.part].open ? ["0", "1"] : [signed(-me.reach), signed(me.reach)];
    const ramp = el("span", "ramp");
    ramp.style.background = `linear-gradient(90deg, ${[0, 0.25, 0.5, 0.75, 1].map((s) => `rgb(${stops[Math.round(s * SHADES)].join(" ")})`).join(",")})`;
    scale.replaceChildren(ends[0], ramp, ends[1]);
  }
  function colour(unit, at) {
    me.chips.forEach((chip, t) => {
      const step = shadeOf(me.part, value(me.part, t, unit), me.reach);
      if (chip.step !== `${me.part},${step},${me.dark}`) {
        chip.step = `${me.part},${step},${me.dark}`;
        const mixed = me.palette[me.part][step], light = luminance(mixed);
        chip.node.style.background = `rgb(${mixed.join(" ")})`;
        chip.node.style.color = (light + 0.05) / 0.0512 > 1.05 / (light + 0.05) ? "#0b0e14" : "#ffffff";
      }
      chip.node.classList.toggle("here", t === at);
    });
  }

  // ---- what a person does ----------------------------------------------------------------------------------------
  function send() {
    me.component.setStateValue("locked", { unit: me.locked ? me.unit : null, position: me.locked ? me.at : null, sort: me.sort, seq: Date.now() });
  }
  /** Go to a unit and a token; `lock` true or false holds it or lets go, nothing leaves that as it is. */
  function go(unit, at, lock) {
    const was = me.locked;
    Object.assign(me, { unit, at, over: null, locked: lock ?? me.locked });
    draw();
    if (me.locked || was) send();
    live.textContent = `${me.locked ? "Locked. " : ""}Unit ${unit}, token ${at}, ${token(at)}: ${PANELS.map((about, k) => `${about.name} ${signed(value(k, at, unit))}`).join(", ")}.`;
  }
  function preview(place) {
    me.over = place;
    soon();
  }
  function place(event) {
    const panel = panels.find(({ plot }) => plot.contains(event.target));
    return panel ? unitAndToken(me, panel.canvas, event) : null;
  }
  movedByHand(root, me, { on, grid, strip, place, current, preview, go });
  on(sort, "change", () => {
    me.sort = sort.value;
    me.over = null;
    if (!me.locked) me.unit = me.data.orders[me.data.H * sort.selectedIndex];
    chosen();
    paint();
    draw();
    send();
  });
  on(more, "click", () => {
    me.all = !me.all;
    chosen();
    paint();
    draw();
  });

  // ---- new data ----------------------------------------------------------------------------------------------------
  function write() {
    const nodes = document.createDocumentFragment(), { tokens: texts, apart } = me.data;
    me.chips = texts.map((text, t) => {
      const node = el("span", t === 0 ? "tok start" : text === "\n" ? "tok end" : "tok", token(t));
      node.dataset.t = t;
      if (t < 2 || apart || /^[^\S\n]/.test(text) || /\s$/.test(texts[t - 1])) nodes.append(el("wbr"));
      nodes.append(node);
      if (text.endsWith("\n")) nodes.append(el("br"));
      return { node, step: "" };
    });
    strip.classList.toggle("apart", apart);
    strip.replaceChildren(nodes);
  }
  me.update = (bytes) => {
    const data = unpack(bytes), dark = isDark(root), fresh = data.sig !== me.sig, pushed = data.rev !== me.rev;
    const repaint = fresh || dark !== me.dark;
    root.classList.toggle("dark", dark);
    Object.assign(me, { data, sig: data.sig, rev: data.rev, dark });
    if (fresh) {
      me.values = new Int16Array(data.values.buffer);
      sort.replaceChildren(...data.menu.map(([name, title]) => el("option", "", title, { value: name })));
      write();
    }
    const gone = me.unit >= data.H || me.at >= data.P;
    if (pushed || gone || me.sort === undefined) {
      me.sort = data.sort;
      me.locked = data.unit !== null;
      const first = data.orders[data.H * Math.max(0, data.menu.findIndex(([name]) => name === data.sort))];
      me.unit = data.unit ?? first;
      me.at = data.position ?? data.P - 1;
    }
    if (!data.menu.some(([name]) => name === me.sort)) me.sort = data.menu[0][0];
    if (fresh) me.over = null;
    sort.value = me.sort;
    if (repaint) palette();
    chosen();
    if (repaint || pushed) paint();
    draw();
  };
  return me;
}

export default mount(make);
