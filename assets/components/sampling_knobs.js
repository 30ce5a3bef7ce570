// A slider and a box for each setting of the pipeline: all are kept, the one of the chosen stage is shown.
// What their places and texts mean is in temperature_slider.js.

/** The knobs by setting: {lever, slider, box, note, place, text}. `act` says what happens when one is moved. */
function pipelineKnobs(control, on, act) {
  const knobs = {};
  function knob(name, label, max, valueAt, placeOfValue, parse, text) {
    const lever = el("div", "lever");
    const slider = el("input", "slider", null, { type: "range", min: 0, max, step: 1, "aria-label": label });
    const box = el("input", "box", null, { type: "text", inputmode: "decimal", "aria-label": `${label} as a number`, autocomplete: "off" });
    const note = limitLine();
    lever.append(slider);
    control.append(lever, box, note);
    on(slider, "input", () => { act.drag(); act.set({ [name]: valueAt(Number(slider.value)) }, false, slider); });
    on(slider, "change", act.released);
    on(slider, "keydown", () => act.keyed(true));
    on(slider, "blur", act.flush);
    on(box, "focus", () => box.select());
    on(box, "keydown", (event) => { if (event.key === "Escape") act.show(); });
    on(box, "change", () => {
      const value = parse(box.value), says = limitNote(name, box.value, value);
      if (value === null) act.show();
      else {
        act.set({ [name]: value }, true);
        act.commit();
      }
      note.textContent = says;
    });
    knobs[name] = { lever, slider, box, note, place: placeOfValue, text };
    return lever;
  }
  knob("penalty", "Repetition penalty", 100, (x) => 1 + x / 100, (v) => Math.round((v - 1) * 100), (text) => {
    const value = ["off", ""].includes(text.trim().toLowerCase()) ? 1 : Number(text.trim().replace(",", "."));
    return value > 0 ? Math.min(10, Math.max(0.1, value)) : null;
  }, (v) => (v === 1 ? "off" : exactly(v)));
  const heat = knob("temperature", "Temperature", 1000, temperatureAt, placeOf, parseTemperature, (v) => (v === Infinity ? "∞" : exactly(v)));
  on(heat.firstChild, "keydown", (event) => {
    const next = temperatureAfter(act.temperature(), event);
    if (next === undefined) return;
    event.preventDefault();
    act.set({ temperature: next }, true);
    act.released();
  });
  const ticks = el("div", "ticks");
  for (const [T, name, says_] of [[0, "0", "top one only"], [1, "1", "as learnt"], [2, "2"], [5, "5"], [Infinity, "∞", "all alike"]]) {
    const node = says_ ? el("button", "tick", null, { type: "button" }) : el("span", "tick minor", name);
    if (says_) {
      node.append(el("b", "", name), el("small", "", says_));
      on(node, "click", () => { act.set({ temperature: T }, true); act.commit(); });
    }
    node.style.setProperty("--at", placeOf(T) / 1000);
    ticks.append(node);
  }
  heat.append(ticks);
  knob("top_k", "Top-k", KS.length, (x) => (x >= KS.length ? 0 : KS[x]), (v) => {
    const k = KS.findIndex((value) => v && value >= v);
    return k < 0 ? KS.length : k;
  }, parseCount, (v) => v || "off");
  knob("top_p", "Top-p", 100, (x) => Math.max(0.001, x / 100), (v) => Math.round(v * 100), parseTopP, (v) => (v < 1 ? exactly(v) : "off"));
  knob("min_p", "Min-p", 100, (x) => x / 100, (v) => Math.round(v * 100), (text) => parseShare(text, 0), (v) => (v ? exactly(v) : "off"));
  return knobs;
}
