// Three models as three masks: a cell is filled where changing the word of its column moved the vector of its row.
// Pointing at a row, or arrows, choose a word; the same word is marked in all of them.

function make(root, on) {
  const me = { at: 0, over: null, parts: [] };
  const said = el("div", "said"), panels = el("div", "panels", null, { role: "group", tabindex: "0", "aria-label": "Who may look at whom. Up and down choose a word." });
  const live = el("p", "unseen", "", { "aria-live": "polite" });
  root.append(panels, said, live);
  const current = () => me.over ?? me.at;

  function build() {
    const { data } = me;
    me.parts = data.panels.map((panel) => {
      const node = el("section", "panel"), grid = el("div", "grid");
      const wide = panel.parts[0].length;
      node.append(el("h3", "name", panel.name), el("p", "quiet about", panel.about));
      grid.style.setProperty("--wide", wide);
      const rows = [];
      panel.parts.forEach((line, half) => {
        const labels = el("div", "labels");
        const names = data.words.map((word, r) => {
          const name = el("span", "word", visible(word));
          name.dataset.r = r;
          labels.append(name);
          return name;
        });
        grid.append(labels);
        const canvases = line.map((part) => {
          const box = el("div", part ? "cells" : "cells none"), canvas = el("canvas", "", null, { "aria-hidden": "true" });
          if (part) box.append(canvas);
          else box.append(el("span", "quiet", "no way to look"));
          grid.append(box);
          return part ? { part, canvas, box } : null;
        });
        rows.push({ names, canvases, half });
      });
      const foot = [el("span", ""), ...panel.columns.map((text) => el("span", "foot quiet", text))];
      grid.append(...foot);
      node.append(grid);
      return { node, rows };
    });
    panels.replaceChildren(...me.parts.map(({ node }) => node));
  }

  function paint() {
    if (!me.data) return;
    const { data } = me, T = data.words.length, at = Math.min(current(), T - 1);
    const ink = css(root, "--ink") || "#1d2129", dark = isDark(root), [a, b, c] = rgb(data.attention[dark ? 1 : 0]);
    for (const { rows } of me.parts) {
      for (const { names, canvases } of rows) {
        names.forEach((node, r) => node.classList.toggle("here", r === at));
        for (const one of canvases) {
          if (!one) continue;
          const values = data[one.part], size = one.box.clientWidth, scale = devicePixelRatio || 1, cell = size / T;
          if (!size) continue;
          one.canvas.width = one.canvas.height = Math.round(size * scale);
          const g = one.canvas.getContext("2d");
          g.scale(scale, scale);
          for (let r = 0; r < T; r++) {
            for (let t = 0; t < T; t++) {
              const v = values[r * T + t], x = t * cell, y = r * cell;
              if (v === 0) {
                g.fillStyle = dark ? "rgb(255 255 255 / 10%)" : "rgb(0 0 0 / 10%)";
                g.fillRect(x + cell / 2 - 1, y + cell / 2 - 1, 2, 2); // a dot: not moved by a bit
                continue;
              }
              g.fillStyle = `rgb(${a} ${b} ${c} / ${0.28 + 0.72 * Math.min(1, Math.sqrt(v))})`;
              g.fillRect(x + 1, y + 1, cell - 2, cell - 2);
            }
          }
          g.strokeStyle = ink;
          g.lineWidth = 2;
          g.strokeRect(1, at * cell + 1, size - 2, cell - 2);
        }
      }
    }
    const word = visible(data.words[at]);
    said.replaceChildren(
      ...data.panels.map((panel) => {
        const line = el("p", "line"), parts = panel.parts.flat().filter(Boolean);
        const counts = parts.map((part) => `${data.words.filter((_, t) => data[part][at * T + t] !== 0).length} of ${T} ${data.says[part]}`);
        line.append(el("strong", "", `${panel.name}: `), el("span", "chip", word), ` is moved by ${counts.join("; ")}.`);
        return line;
      }),
    );
  }
  function rowOf(event) {
    const name = event.target.closest?.(".word");
    if (name) return Number(name.dataset.r);
    const box = event.target.closest?.(".cells:not(.none)");
    if (!box) return null;
    const place = box.getBoundingClientRect();
    return Math.min(me.data.words.length - 1, Math.max(0, Math.floor(((event.clientY - place.top) / place.height) * me.data.words.length)));
  }
  on(panels, "pointermove", (event) => {
    const r = event.pointerType === "touch" ? null : rowOf(event);
    if (r !== me.over) {
      me.over = r;
      paint();
    }
  });
  on(panels, "pointerleave", () => {
    me.over = null;
    paint();
  });
  on(panels, "click", (event) => {
    const r = rowOf(event);
    if (r === null) return;
    me.at = r;
    paint();
  });
  on(panels, "keydown", (event) => {
    const last = me.data.words.length - 1, to = { ArrowUp: me.at - 1, ArrowDown: me.at + 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    me.over = null;
    me.at = Math.min(last, Math.max(0, to));
    paint();
    live.textContent = said.textContent;
  });
  const sized = new ResizeObserver(() => paint());
  sized.observe(panels);

  me.update = (bytes) => {
    const data = unpack(bytes), fresh = data.sig !== me.sig;
    me.data = data;
    me.sig = data.sig;
    if (fresh) {
      me.at = Math.min(data.at, data.words.length - 1);
      me.over = null;
      build();
    }
    paint();
  };
  me.destroy = () => sized.disconnect();
  return me;
}

export default mount(make);
