// How attention is drawn: one head as a matrix (rows look at columns) or as arcs over the text, and all heads small.
// A large head is two canvases: what the head is, drawn once, and above it what the pointer points at.

const MAX_SIDE = 560, LABELLED = 17, FAINTEST = 0.03, LETTER = 16;

/** 256 colours from no weight to all of it, as canvas pixels (little-endian ABGR) and as [r, g, b]. */
function attentionColours(dark, hue) {
  const stops = (dark ? ["#1c212a", hue, "#f3e9ff"] : ["#f2f0e9", hue, "#34104f"]).map(rgb), colours = [];
  for (let i = 0; i < 256; i++) {
    const x = i / 255, half = x < 0.75 ? 0 : 1, f = half ? (x - 0.75) / 0.25 : x / 0.75, a = stops[half], b = stops[half + 1];
    colours.push(a.map((c, j) => Math.round(c + (b[j] - c) * f)));
  }
  return { colours, pixels: Uint32Array.from(colours, ([r, g, b]) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0) };
}

/** `me` has data, codes, pixels, layer, head and dark; `token(side, i)` is a token's text, side "rows" or "columns". */
function makeAttentionPicture(me, canvas, over, token) {
  const offscreen = document.createElement("canvas");
  const perHead = () => (me.data.causal ? (me.data.R * (me.data.R + 1)) / 2 : me.data.R * me.data.K);
  const start = (l, h) => (l * me.data.H + h) * perHead();
  const index = (r, c) => (me.data.causal ? (r * (r + 1)) / 2 + c : r * me.data.K + c);
  const last = (r) => (me.data.causal ? r : me.data.K - 1); // the last column that a row sees

  /** The code (0 to 255) of a weight; 0 where the row cannot look. */
  function code(l, h, r, c) {
    return c > last(r) ? 0 : me.codes[start(l, h) + index(r, c)];
  }
  const isExact = (l, h) => me.data.exactOf[0] === l && me.data.exactOf[1] === h;
  /** A weight: exact for the head whose numbers have come, else what its code stands for. */
  function weight(l, h, r, c) {
    if (c > last(r)) return 0;
    return isExact(l, h) ? me.data.exact[index(r, c)] : (me.codes[start(l, h) + index(r, c)] / 255) ** 2;
  }

  /** One pixel a weight; what is masked stays empty. */
  function pixels(target, l, h) {
    const { R, K } = me.data, image = new ImageData(K, R), out = new Uint32Array(image.data.buffer);
    let at = start(l, h);
    for (let r = 0; r < R; r++) for (let c = 0, end = last(r); c <= end; c++) out[r * K + c] = me.pixels[me.codes[at++]];
    target.width = K;
    target.height = R;
    target.getContext("2d").putImageData(image, 0, 0);
  }

  /** All heads on one canvas of w × h, each in its frame [x, y, w, h]. */
  function drawSmall(target, w, h, frames) {
    const ink = sized(target, w, h);
    ink.imageSmoothingQuality = "high";
    frames.forEach(([x, y, width, height], i) => {
      pixels(offscreen, Math.floor(i / me.data.H), i % me.data.H);
      ink.imageSmoothingEnabled = width < me.data.K;
      ink.drawImage(offscreen, x, y, width, height);
    });
  }
  /** A row in each of them. */
  function drawLines(target, frames, row, colour) {
    const ink = target.getContext("2d"), { R } = me.data;
    ink.clearRect(0, 0, target.width, target.height);
    ink.strokeStyle = colour;
    for (const [x, y, width, height] of frames) ink.strokeRect(x + 0.5, y + (row / R) * height, width - 1, Math.max(2, height / R));
  }

  // ---- the large one -------------------------------------------------------------------------------------------
  /** A canvas of w × h CSS pixels, sharp on this screen; its context, ready to draw in CSS pixels. */
  function sized(target, w, h) {
    const scale = devicePixelRatio || 1;
    target.width = Math.round(w * scale);
    target.height = Math.round(h * scale);
    target.style.height = `${h}px`;
    target.style.width = `${w}px`;
    const ink = target.getContext("2d");
    ink.setTransform(scale, 0, 0, scale, 0, 0);
    ink.font = `${LETTER}px ${me.font}`;
    return ink;
  }
  const fitted = (ink, text, room) => {
    if (ink.measureText(text).width <= room) return text;
    let n = text.length;
    while (n > 1 && ink.measureText(`${text.slice(0, n)}…`).width > room) n--;
    return `${text.slice(0, n)}…`;
  };

  /** Where everything is, for this width; asked for again when width, data or mode change. */
  function measure(width) {
    const { R, K } = me.data, box = { width, mode: me.mode };
    if (me.mode === "matrix") {
      const labelled = (left, top) => Math.min((Math.min(width, MAX_SIDE + left) - left) / K, (MAX_SIDE + top - top) / R);
      const ink = canvas.getContext("2d");
      ink.font = `${LETTER}px ${me.font}`;
      const widest = (side, n) => Math.min(110, Math.max(...Array.from({ length: n }, (_, i) => ink.measureText(token(side, i)).width)) + 10);
      const left = R <= 40 ? widest("rows", R) : 0, top = K <= 40 ? widest("columns", K) : 0;
      box.names = R <= 40 && K <= 40 && labelled(left, top) >= LABELLED;
      box.left = box.names ? left : 0;
      box.top = box.names ? top : 0;
      box.cell = Math.max(1, Math.min(labelled(box.left, box.top), 44));
      box.w = box.left + box.cell * K;
      box.h = box.top + box.cell * R;
    } else {
      const n = Math.max(R, K), step = Math.min(width / n, 64);
      Object.assign(box, { step, names: step >= LABELLED, w: width, h: me.data.columns ? 420 : Math.min(400, 120 + width / 3) + 120 });
      box.x = (i, count) => (i + 0.5) * (width / count);
      box.base = box.h - 120; // below it stand the tokens
    }
    me.box = box;
    return box;
  }

  function drawHead(width) {
    const box = measure(width), ink = sized(canvas, box.w, box.h);
    sized(over, box.w, box.h);
    if (box.mode === "matrix") drawMatrix(ink, box);
    else drawArcs(ink, box);
  }

  function drawMatrix(ink, { left, top, cell, names }) {
    const { R, K } = me.data;
    pixels(offscreen, me.layer, me.head);
    ink.imageSmoothingEnabled = false;
    ink.drawImage(offscreen, left, top, K * cell, R * cell);
    if (me.data.causal) { // what no row may see: the edge of the mask
      ink.strokeStyle = me.line;
      ink.beginPath();
      ink.moveTo(left, top);
      for (let r = 0; r < R; r++) {
        ink.lineTo(left + (r + 1) * cell, top + r * cell);
        ink.lineTo(left + (r + 1) * cell, top + (r + 1) * cell);
      }
      ink.stroke();
    }
    if (!names) return;
    ink.fillStyle = me.ink;
    ink.textBaseline = "middle";
    ink.textAlign = "right";
    for (let r = 0; r < R; r++) ink.fillText(fitted(ink, token("rows", r), left - 8), left - 7, top + (r + 0.5) * cell);
    for (let c = 0; c < K; c++) upright(ink, fitted(ink, token("columns", c), top - 8), left + (c + 0.5) * cell, top - 6, "left");
  }
  /** Text that runs upwards. */
  function upright(ink, text, x, y, align) {
    ink.save();
    ink.translate(x, y);
    ink.rotate(-Math.PI / 2);
    ink.textAlign = align;
    ink.textBaseline = "middle";
    ink.fillText(text, 0, 0);
    ink.restore();
  }

  /** The line from a row to what it looks at: an arc over one text, a curve between two. */
  function arc(ink, box, r, c) {
    const { R, K } = me.data;
    ink.beginPath();
    if (me.data.columns) {
      const from = box.x(r, R), to = box.x(c, K), up = 120, down = box.h - 120;
      ink.moveTo(from, up);
      ink.bezierCurveTo(from, (up + down) / 2, to, (up + down) / 2, to, down);
    } else if (r === c) ink.arc(box.x(r, R), box.base - 7, 6, 0, 2 * Math.PI);
    else {
      const a = box.x(c, R), b = box.x(r, R), high = Math.min(box.base - 8, Math.abs(b - a) / 2 + 10);
      ink.ellipse((a + b) / 2, box.base - 1, Math.abs(b - a) / 2, high, 0, Math.PI, 2 * Math.PI);
    }
    ink.stroke();
  }
  function drawArcs(ink, box) {
    const { R, K } = me.data;
    ink.strokeStyle = me.hue;
    for (let r = 0; r < R; r++) {
      for (let c = 0, end = last(r); c <= end; c++) {
        const w = weight(me.layer, me.head, r, c);
        if (w < FAINTEST) continue;
        ink.globalAlpha = 0.5 * Math.sqrt(w);
        ink.lineWidth = 0.5 + 2.5 * w;
        arc(ink, box, r, c);
      }
    }
    ink.globalAlpha = 1;
    ink.fillStyle = me.ink;
    if (me.data.columns) {
      names(ink, box, "rows", R, 112, "left");
      names(ink, box, "columns", K, box.h - 112, "right");
    } else names(ink, box, "rows", R, box.base + 8, "right");
  }
  function names(ink, box, side, n, y, align) {
    if (box.width / n >= LABELLED) for (let i = 0; i < n; i++) upright(ink, fitted(ink, token(side, i), 108), box.x(i, n), y, align);
    else for (let i = 0; i < n; i++) ink.fillRect(box.x(i, n) - 0.5, align === "right" ? y - 6 : y, 1, 5);
  }

  // ---- what is pointed at --------------------------------------------------------------------------------------
  function drawPointed(row, column, colours) {
    const box = me.box, ink = over.getContext("2d");
    ink.clearRect(0, 0, box.w, box.h);
    if (box.mode === "matrix") pointedInMatrix(ink, box, row, column, colours);
    else pointedInArcs(ink, box, row, column, colours);
  }
  function pointedInMatrix(ink, { left, top, cell }, row, column, { query, key, paper }) {
    const outline = (x, y, w, h, colour) => {
      for (const [style, grow, width] of [[paper, 2.5, 2], [colour, 1, 2]]) {
        ink.strokeStyle = style;
        ink.lineWidth = width;
        ink.strokeRect(Math.max(1, x - grow), y - grow, w + 2 * grow, h + 2 * grow);
      }
    };
    outline(left, top + row * cell, (last(row) + 1) * cell, cell, query);
    if (column === null) return;
    const first = me.data.causal ? column : 0;
    outline(left + column * cell, top + first * cell, cell, (me.data.R - first) * cell, key);
  }
  function pointedInArcs(ink, box, row, column, { query, key, paper }) {
    const { R, K } = me.data, two = Boolean(me.data.columns);
    ink.fillStyle = paper;
    ink.globalAlpha = 0.6; // the others step back
    ink.fillRect(0, two ? 120 : 0, box.w, two ? box.h - 240 : box.base + 4);
    ink.globalAlpha = 1;
    ink.strokeStyle = me.hue;
    for (let c = 0, end = last(row); c <= end; c++) {
      const w = weight(me.layer, me.head, row, c);
      if (w < 0.005) continue;
      ink.globalAlpha = c === column ? 1 : 0.25 + 0.75 * Math.sqrt(w);
      ink.lineWidth = 0.75 + 7 * w;
      arc(ink, box, row, c);
    }
    ink.globalAlpha = 1;
    const flag = (side, i, n, y, align, colour) => {
      const text = fitted(ink, token(side, i), 104), x = box.x(i, n), long = ink.measureText(text).width + 12;
      ink.fillStyle = colour;
      ink.beginPath();
      ink.roundRect(x - 12, align === "right" ? y - 4 : y - long + 4, 24, long, 5);
      ink.fill();
      ink.fillStyle = paper;
      upright(ink, text, x, align === "right" ? y + 2 : y - 2, align);
    };
    ink.font = `${LETTER}px ${me.font}`;
    if (two) flag("rows", row, R, 112, "left", query);
    else flag("rows", row, R, box.base + 8, "right", query);
    if (column !== null && (two || column !== row)) flag("columns", column, K, two ? box.h - 112 : box.base + 8, "right", key);
  }

  /** The row and the column under an event; column null where it is no cell. */
  function under(event) {
    const area = canvas.getBoundingClientRect(), box = me.box, { R, K } = me.data;
    if (!box || !area.width) return null;
    const x = event.clientX - area.left, y = event.clientY - area.top, within = (i, n) => Math.min(n - 1, Math.max(0, Math.floor(i)));
    if (box.mode === "matrix") {
      const row = within((y - box.top) / box.cell, R), column = within((x - box.left) / box.cell, K);
      return { row, column: column > last(row) || x < box.left || y < box.top ? null : column };
    }
    if (me.data.columns && y > box.h / 2) return { row: null, column: within((x / box.w) * K, K) };
    return { row: within((x / box.w) * R, R), column: null };
  }
  return { sized, drawSmall, drawLines, code, weight, isExact, pixels, drawHead, drawPointed, under, last };
}
