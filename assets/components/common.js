// Shared by every component: pages/shared/components.py puts this file in front of each one.
// PROBABILITY = {light: [...], dark: [...]} comes from lmcore/figures/theme.py, put in by the same wrapper.

/** A DOM element. Text goes in through textContent only: it may be anything that a person typed. */
function el(tag, className = "", text = null, attributes = {}) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== null) node.textContent = text;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

const UNSEEN = /[\u0000-\u001f\u007f-\u00a0\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** A token as one can see it: · for a space, ↵ newline, → tab, and a name for what has no shape of its own. */
function visible(text) {
  if (text === "") return "∅";
  return text.replace(/ /g, "·").replace(/\n/g, "↵").replace(/\t/g, "→").replace(UNSEEN, (character) => {
    const code = character.charCodeAt(0);
    return code < 32 ? String.fromCharCode(0x2400 + code) : "U+" + code.toString(16).toUpperCase().padStart(4, "0");
  });
}

/** Three significant digits, without an exponent where one can do without. */
function digits(x) {
  if (x === 0) return "0";
  const size = Math.abs(x);
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  if (size >= 999.5) return Math.round(x).toLocaleString("en-US");
  if (size >= 99.95) return x.toFixed(0);
  if (size >= 9.995) return x.toFixed(1);
  if (size >= 0.9995) return x.toFixed(2);
  return x.toFixed(Math.min(6, 2 - Math.floor(Math.log10(size))));
}

/** A probability in percent, three digits. Called 60 times per drag event, so it is comparisons and one toFixed. */
function percent(p) {
  if (p <= 0) return "0%";
  if (p >= 0.9995) return p >= 0.99995 ? (p > 0.9999999 ? "100%" : ">99.9%") : (p * 100).toFixed(2) + "%";
  if (p >= 0.09995) return (p * 100).toFixed(1) + "%";
  if (p >= 0.009995) return (p * 100).toFixed(2) + "%";
  if (p >= 0.0009995) return (p * 100).toFixed(3) + "%";
  if (p >= 0.00009995) return (p * 100).toFixed(4) + "%";
  if (p >= 0.000009995) return (p * 100).toFixed(5) + "%";
  return "<0.001%";
}

function whole(n) {
  return n.toLocaleString("en-US");
}

/** Bytes as the wrapper packs them: uint32 length, JSON header padded to a multiple of 4, then the arrays it names. */
function unpack(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  let at = 4 + length;
  for (const [name, type, count] of header.arrays) {
    const Type = { f4: Float32Array, i4: Int32Array }[type];
    header[name] = new Type(bytes.slice(at, at + 4 * count).buffer);
    at += 4 * count;
  }
  return header;
}

/** Keep what the keyboard shows. A key may scroll the page under a mouse that lies still, and the browser then says that
 * the mouse has entered and left things: nobody did that. Must listen before the component does. */
function deafToStillMouse(root, signal) {
  const first = { capture: true, passive: true, signal };
  let keys = false, x = NaN, y = NaN;
  root.addEventListener("keydown", () => { keys = true; }, first);
  for (const type of ["pointermove", "pointerdown"])
    window.addEventListener(type, (event) => { keys = false; x = event.screenX; y = event.screenY; }, first);
  for (const type of ["pointerover", "pointerout", "pointerenter", "pointerleave"])
    root.addEventListener(type, (event) => { if (keys && event.screenX === x && event.screenY === y) event.stopImmediatePropagation(); }, first);
}

const MOUNTED = new WeakMap();

/**
 * What a component exports. `make(root, on)` is called once, however often Streamlit runs the module. It gives an object
 * with `update(bytes)`, and with `destroy()` if more must end than the listeners that it added by `on(node, type, act)`
 * and the animation frame that it asked for as its `frame`.
 */
function mount(make) {
  return (component) => {
    const root = component.parentElement.querySelector(".lm");
    if (!MOUNTED.has(root)) {
      const off = new AbortController();
      deafToStillMouse(root, off.signal);
      const on = (node, type, act, options) => node.addEventListener(type, act, { signal: off.signal, ...options });
      MOUNTED.set(root, { me: make(root, on), off, run: 0 });
    }
    const here = MOUNTED.get(root), { me, off } = here, run = ++here.run;
    me.component = component;
    me.update(component.data);
    return () => {
      if (here.run !== run) return; // a run that another one has overtaken
      MOUNTED.delete(root);
      off.abort();
      cancelAnimationFrame(me.frame);
      me.destroy?.();
      root.replaceChildren();
    };
  };
}

function reducedMotion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

function rgb(hex) {
  const n = parseInt(hex.slice(1), 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
}

function luminance([r, g, b]) {
  const [x, y, z] = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
}

function css(root, name) {
  return getComputedStyle(root).getPropertyValue(name).trim();
}

/** Is the page dark? Read from the background that the theme gives. */
function isDark(root) {
  const colour = css(root, "--st-background-color");
  return /^#[0-9a-f]{6}$/i.test(colour) && luminance(rgb(colour)) < 0.2;
}

/** Where a probability lies on the colour scale, 0 to 1: the power keeps 0.1% and 10% apart to the eye. */
function shade(p) {
  return Math.pow(p, 0.4);
}

/** [background, ink] for a probability: one sequential scale, ink chosen for the better contrast. */
function colours(p, dark) {
  const scale = dark ? PROBABILITY.dark : PROBABILITY.light;
  const at = Math.min(1, Math.max(0, shade(p))) * (scale.length - 1);
  const i = Math.min(scale.length - 2, Math.floor(at));
  const [a, b] = [rgb(scale[i]), rgb(scale[i + 1])];
  const mix = a.map((c, j) => Math.round(c + (b[j] - c) * (at - i)));
  const light = luminance(mix);
  const ink = (light + 0.05) / 0.0512 > 1.05 / (light + 0.05) ? "#0b0e14" : "#ffffff";
  return [`rgb(${mix.join(" ")})`, ink];
}
