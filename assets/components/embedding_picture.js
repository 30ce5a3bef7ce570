// The picture of word vectors: where each word stands at a moment of the training, and how the canvas shows it.

const PAD = 34, LABEL = 16;
const SHAPES = ["●", "■", "▲", "◆", "▼", "✚", "○", "✖", "★", "□"];

/** Draws `me`: its data, the time `t`, the word that is looked at, and in 3-D from where. `near(i)` gives [word, cosine]s. */
function makePicture(me, root, canvas, near) {
  const S = () => me.data.steps.length, n = () => me.data.words.length;
  const name = (i) => me.data.names[i];
  const sign = (kind) => SHAPES[me.data.styles[kind] % SHAPES.length], hue = (kind, hues) => hues[me.data.styles[kind] % hues.length];

  // ---- where everything stands ---------------------------------------------------------------------------------
  /** (x, y, z) of word i at the time t, between two snapshots where t is. */
  function place(i, t) {
    const a = Math.floor(t), b = Math.min(S() - 1, a + 1), f = t - a, w = f * f * (3 - 2 * f), P = me.data.places;
    const at = (s, d) => P[(s * n() + i) * 3 + d];
    return [0, 1, 2].map((d) => at(a, d) * (1 - w) + at(b, d) * w);
  }

  /** What all snapshots need: the middle and half the width of each axis in 2-D, the radius in 3-D. */
  function measure() {
    const P = me.data.places, low = [0, 0], high = [0, 0];
    let radius = 1e-6;
    for (let i = 0; i < P.length; i += 3) {
      for (const d of [0, 1]) (low[d] = Math.min(low[d], P[i + d])), (high[d] = Math.max(high[d], P[i + d]));
      radius = Math.max(radius, Math.hypot(P[i], P[i + 1], P[i + 2]));
    }
    me.box = { low, high, radius };
  }

  /** Pixels of every word now: [x, y, nearness 0..1]. */
  function project() {
    const { width: W, height: H, box } = me, right = W > 500 ? 70 : 40;
    if (!me.deep) {
      const span = [0, 1].map((d) => Math.max(box.high[d] - box.low[d], 1e-6));
      const scale = Math.min((W - 2 * PAD - right) / span[0], (H - 2 * PAD) / span[1]);
      const left = (W - right - scale * span[0]) / 2, top = (H + scale * span[1]) / 2;
      me.spot = ([x, y]) => [left + (x - box.low[0]) * scale, top - (y - box.low[1]) * scale, 1];
    } else {
      const scale = (Math.min(W, H) / 2 - PAD) / box.radius * 1.15;
      const [cy, sy, cp, sp] = [Math.cos(me.yaw), Math.sin(me.yaw), Math.cos(me.pitch), Math.sin(me.pitch)];
      me.spot = ([x, y, z]) => {
        const u = cy * x + sy * z, v = -sy * x + cy * z, w = cp * y - sp * v, depth = (sp * y + cp * v) / box.radius;
        const near = 1 / (1 - 0.28 * depth); // nearer is larger
        return [W / 2 + u * scale * near - right / 2, H / 2 - w * scale * near, Math.max(0, Math.min(1, (depth + 1) / 2))];
      };
    }
    me.spots = Array.from({ length: n() }, (_, i) => me.spot(place(i, me.t)));
  }

  // ---- drawing --------------------------------------------------------------------------------------------------
  function shape(ink, kind, x, y, r) {
    ink.beginPath();
    const poly = (...points) => (points.forEach(([px, py], i) => ink[i ? "lineTo" : "moveTo"](x + px * r, y + py * r)), ink.closePath());
    const which = sign(kind);
    if (which === "■" || which === "□") ink.rect(x - r * 0.85, y - r * 0.85, r * 1.7, r * 1.7);
    else if (which === "▲") poly([0, -1.15], [1.1, 0.85], [-1.1, 0.85]);
    else if (which === "◆") poly([0, -1.3], [1.1, 0], [0, 1.3], [-1.1, 0]);
    else if (which === "▼") poly([0, 1.15], [1.1, -0.85], [-1.1, -0.85]);
    else if (which === "✚" || which === "✖") {
      const turn = which === "✖" ? Math.PI / 4 : 0, arm = [[-0.4, -1.2], [0.4, -1.2], [0.4, -0.4], [1.2, -0.4], [1.2, 0.4], [0.4, 0.4], [0.4, 1.2], [-0.4, 1.2], [-0.4, 0.4], [-1.2, 0.4], [-1.2, -0.4], [-0.4, -0.4]];
      poly(...arm.map(([a, b]) => [a * Math.cos(turn) - b * Math.sin(turn), a * Math.sin(turn) + b * Math.cos(turn)]));
    } else if (which === "★") {
      poly(...Array.from({ length: 10 }, (_, j) => [j % 2 ? 0.6 : 1.45, (j * Math.PI) / 5]).map(([far, at]) => [far * Math.sin(at), -far * Math.cos(at)]));
    } else ink.arc(x, y, r, 0, 2 * Math.PI);
    if (which === "○" || which === "□") ink.stroke();
    else ink.fill();
  }

  function draw() {
    const { width: W, height: H } = me, ink = canvas.getContext("2d"), look = getComputedStyle(root);
    const dark = isDark(root), hues = me.data.palette[dark ? "dark" : "light"], paper = css(root, "--st-background-color") || "#fff";
    project();
    ink.setTransform(me.dpr, 0, 0, me.dpr, 0, 0);
    ink.clearRect(0, 0, W, H);
    ink.lineJoin = "round";
    if (me.deep) axes(ink, look.color);
    const active = me.hover ?? me.data.words.indexOf(me.word), close = near(active).map(([word]) => me.data.words.indexOf(word));
    const held = active >= 0;
    if (held) {
      ink.strokeStyle = css(root, "--st-primary-color") || hues[0];
      ink.lineWidth = 1.5;
      ink.globalAlpha = 0.6;
      for (const j of close.filter((j) => j >= 0)) {
        ink.beginPath();
        ink.moveTo(me.spots[active][0], me.spots[active][1]);
        ink.lineTo(me.spots[j][0], me.spots[j][1]);
        ink.stroke();
      }
    }
    const order = [...me.spots.keys()].sort((a, b) => me.spots[a][2] - me.spots[b][2]);
    for (const i of order) {
      const [x, y, depth] = me.spots[i], lit = i === active || close.includes(i);
      ink.globalAlpha = held && !lit ? 0.45 : me.deep ? 0.4 + 0.6 * depth : 0.95;
      ink.fillStyle = ink.strokeStyle = hue(me.data.kinds[i], hues);
      ink.lineWidth = 2;
      shape(ink, me.data.kinds[i], x, y, (lit ? 6.5 : 5) * (me.deep ? 0.75 + 0.5 * depth : 1));
    }
    labels(ink, active, close, hues, paper);
    ink.globalAlpha = 1;
  }

  function axes(ink, colour) {
    ink.strokeStyle = ink.fillStyle = colour;
    ink.font = `${LABEL}px ${getComputedStyle(root).fontFamily}`;
    for (const d of [0, 1, 2]) {
      const end = [0, 0, 0];
      end[d] = me.box.radius;
      const [x0, y0] = me.spot([0, 0, 0]), [x, y] = me.spot(end);
      ink.globalAlpha = 0.3;
      ink.lineWidth = 1;
      ink.beginPath();
      ink.moveTo(x0, y0);
      ink.lineTo(x, y);
      ink.stroke();
      ink.globalAlpha = 0.6;
      ink.fillText(String(d + 1), x + 4, y + 4);
    }
  }

  /** Names beside their points: first the word that is looked at and those near it, then as many as find room. */
  function labels(ink, active, close, hues, paper) {
    const taken = me.spots.map(([x, y]) => [x - 4, y - 4, x + 4, y + 4]), first = [active, ...close].filter((i) => i >= 0);
    const rest = [...me.spots.keys()].filter((i) => !first.includes(i)).sort((a, b) => me.deep ? me.spots[b][2] - me.spots[a][2] : 0);
    ink.textBaseline = "middle";
    for (const i of [...first, ...rest]) {
      const [x, y, depth] = me.spots[i], text = visible(name(me.data.words[i])), lit = first.includes(i);
      ink.font = `${i === active ? 700 : lit ? 600 : 400} ${i === active ? LABEL + 2 : LABEL}px ${getComputedStyle(root).fontFamily}`;
      const wide = ink.measureText(text).width;
      const spot = [[x + 9, y], [x - 9 - wide, y], [x - wide / 2, y - 16], [x - wide / 2, y + 16]].find(([x0, y0]) => {
        const box = [x0 - 1, y0 - 9, x0 + wide + 1, y0 + 9];
        return box[0] >= 0 && box[2] <= me.width && !taken.some((b) => box[0] < b[2] && box[2] > b[0] && box[1] < b[3] && box[3] > b[1]);
      }) ?? (i === active ? [x + 9 + wide > me.width ? x - 9 - wide : x + 9, y] : null);
      if (!spot) continue;
      const [x0, y0] = spot, box = [x0 - 1, y0 - 9, x0 + wide + 1, y0 + 9];
      taken.push(box);
      ink.globalAlpha = lit ? 1 : first.length ? 0.7 : me.deep ? 0.45 + 0.55 * depth : 0.95;
      ink.strokeStyle = paper;
      ink.lineWidth = 4;
      ink.strokeText(text, x0, y0);
      ink.fillStyle = lit ? getComputedStyle(root).color : hue(me.data.kinds[i], hues);
      ink.fillText(text, x0, y0);
    }
  }

  return { draw, measure, sign, hue };
}
