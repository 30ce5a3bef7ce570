// How a token looks and which colour its index has; shared by the components that cut a text into tokens.

const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const RTL = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** Bytes as {text, raw}: as lmcore.tokenizers.bpe.readable writes them. raw: not one of them is a character by itself. */
const READ = new Map();
function readable(bytes) {
  const key = bytes.join();
  let found = READ.get(key);
  if (found) return found;
  if (READ.size > 20000) READ.clear();
  let text = "", characters = 0;
  for (let i = 0; i < bytes.length; ) {
    const size = bytes[i] < 0x80 ? 1 : bytes[i] < 0xe0 ? 2 : bytes[i] < 0xf0 ? 3 : 4;
    try {
      text += STRICT.decode(bytes.subarray(i, i + size));
      characters++;
      i += size;
    } catch {
      text += `<${hex(bytes[i])}>`;
      i++;
    }
  }
  found = { text, raw: bytes.length > 0 && !characters };
  READ.set(key, found);
  return found;
}

function hex(byte) {
  return byte.toString(16).padStart(2, "0");
}

/** A token so that all of it can be seen: an accent alone gets a circle to stand on, what has no shape gets its name. */
function face(text) {
  const joined = /[\p{L}\p{N}\p{S}\p{P}]/u.test(text); // then joiners and variants do what they are there for
  const shown = joined
    ? text.split(/([\u200c\u200d]+)/).map((part, i) => (i % 2 ? part : visible(part))).join("")
    : visible(text).replace(/[\ufe00-\ufe0f\u{e0000}-\u{e01ef}]/gu, (c) => "U+" + c.codePointAt(0).toString(16).toUpperCase());
  return /^\p{M}/u.test(shown) ? "◌" + shown : shown;
}

/** A token above its index: one thing to point at. The colour is the index's: equal indices look alike. */
function pair(label, index, raw) {
  const node = el("span", `pair${raw ? " raw" : ""}`);
  node.append(el("span", "tok", label), el("span", "idx", String(index)));
  node.style.setProperty("--hue", ((index * 137.508) % 360).toFixed(1));
  return node;
}

/** Puts chips in a line so that it breaks where words begin; `starts(i)`: does chip i begin a word; `ends(i)`: a line. */
function groups(chips, starts, ends) {
  const out = document.createDocumentFragment();
  let group = null;
  chips.forEach((chip, i) => {
    if (!group || starts(i)) out.append((group = el("span", "group")));
    group.append(chip);
    if (ends(i)) {
      out.append(el("br"));
      group = null;
    }
  });
  return out;
}

/** The direction in which a text is read: that of its first letter. */
function direction(text) {
  const letter = text.match(/\p{L}/u);
  return letter && RTL.test(letter[0]) ? "rtl" : "ltr";
}
