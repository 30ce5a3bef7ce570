// What the places on a temperature slider mean, and what a person may type into the boxes beside the sliders.

const PLACES = [[0, 0], [420, 1], [620, 2], [900, 5]]; // where a temperature lies on the slider; beyond 950 is infinity
const KS = [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 300, 500, 1000];

function placeOf(T) {
  if (T === Infinity) return 1000;
  for (let i = 1; i < PLACES.length; i++) {
    const [x0, t0] = PLACES[i - 1], [x1, t1] = PLACES[i];
    if (T <= t1) return Math.round(x0 + ((T - t0) / (t1 - t0)) * (x1 - x0));
  }
  return 900;
}

function temperatureAt(x) {
  if (x > 950) return Infinity;
  for (let i = 1; i < PLACES.length; i++) {
    const [x0, t0] = PLACES[i - 1], [x1, t1] = PLACES[i];
    if (x <= x1) return Math.round((t0 + ((x - x0) / (x1 - x0)) * (t1 - t0)) * 100) / 100;
  }
  return 5;
}

function parseTemperature(text) {
  const clean = text.trim().toLowerCase().replace(",", ".");
  if (["inf", "infinity", "∞", "+inf"].includes(clean)) return Infinity;
  const value = Number(clean);
  return clean === "" || !(value >= 0) ? null : Math.min(5, value);
}

const shownT = (T) => (T === Infinity ? "∞" : T.toFixed(2));

/** The temperature after a key on its slider, in steps of 0.05 and 0.5; undefined for a key that moves nothing. */
function temperatureAfter(T, event) {
  if (event.key === "Home") return 0;
  if (event.key === "End") return Infinity;
  const up = { ArrowRight: 0.05, ArrowUp: 0.05, PageUp: 0.5, ArrowLeft: -0.05, ArrowDown: -0.05, PageDown: -0.5 }[event.key];
  if (!up || event.ctrlKey || event.metaKey || event.altKey) return undefined;
  if (T === Infinity) return up > 0 ? T : 5;
  return T >= 5 && up > 0 ? Infinity : Math.min(5, Math.max(0, Math.round((T + up) * 20) / 20));
}

/** A share as typed, 0 to 1, also in percent; `none` for "off" or nothing, null for what is no number. */
function parseShare(text, none) {
  const clean = text.trim().toLowerCase().replace(",", ".");
  if (clean === "off" || clean === "") return none;
  const value = clean.endsWith("%") ? Number(clean.slice(0, -1)) / 100 : Number(clean);
  return value >= 0 ? Math.min(1, value) : null;
}

/** The share of top-p as typed: above 0, so that at least one token stays. */
function parseTopP(text) {
  const value = parseShare(text, 1);
  return value === null ? null : Math.max(0.001, value);
}

/** A number of tokens as typed, 0 for "off" or nothing, null for what is no number. */
function parseCount(text) {
  const clean = text.trim().toLowerCase(), value = clean === "off" || clean === "" ? 0 : Math.round(Number(clean));
  return value >= 0 ? Math.min(1e6, value) : null;
}

const LIMITS = {
  temperature: "T is a number from 0 to 5, or ∞ (type inf).",
  penalty: "The penalty is a number from 0.1 to 10; 1 is off.",
  top_k: "k is a whole number from 1 to 1,000,000, or off.",
  top_p: "p is a share from 0.001 to 1; 1 is off.",
  min_p: "Min-p is a share from 0 to 1; 0 is off.",
};

/** What to say of a typed setting: nothing when it was taken as it stands. `value` is null when it was not taken. */
function limitNote(name, text, value) {
  if (value === null) return `Not taken. ${LIMITS[name]}`;
  const clean = text.trim().replace(",", "."), number = clean.endsWith("%") ? Number(clean.slice(0, -1)) / 100 : Number(clean);
  return clean === "" || Number.isNaN(number) || number === value ? "" : `Set to ${value}. ${LIMITS[name]}`;
}

const limitLine = () => el("p", "limit quiet", "", { role: "status" });
