// Words → embeddings side by side → hidden layer → logits → probabilities, with the numbers of one prompt. A stage opens
// its arithmetic below (pipeline_sums.js); what is opened goes to Python, which sends the weights that belong to it.

const ROW = 34; // pixels of a word's row
const MOST_CELLS = 20000; // of the vocabulary
const WAIT = 90; // ms until Python hears of a step: arrows held down are one message

function make(root, on) {
  const me = { look: { stage: "", place: 0, unit: 0, token: 0 } };
  let timer = null;

  const flow = el("div", "flow"), readout = el("p", "readout over quiet"), legend = el("span", "legend");
  const hint = el("span", "", ""), bar = el("div", "bar");
  bar.append(readout, legend);
  const stages = {};
  for (const [group, names] of [["pair", ["words", "embeddings"]], ["single", ["hidden"]], ["pair", ["logits", "softmax"]]]) {
    const box = el("div", group);
    for (const name of names) box.append(stage(name));
    flow.append(box);
  }
  const sums = makeSums(on, (change) => open({ ...change }));
  root.append(flow, bar, sums.node);

  function stage(name) {
    const title = { words: "Words", embeddings: "Embeddings", hidden: "Hidden layer", logits: "Linear layer", softmax: "Softmax" }[name];
    const node = el("section", `stage ${name}`), head = el("button", "title", title, { type: "button", "aria-expanded": "false" });
    const body = el("div", "body"), shape = el("p", "shape"), trained = el("p", "trained quiet");
    node.append(head, body, shape, trained);
    on(head, "click", () => open({ stage: me.look.stage === name ? "" : name }));
    stages[name] = { node, head, body, shape, trained };
    return node;
  }

  const say = (text) => (readout.textContent = text ?? hint.textContent);
  const embedding = cells(on, {
    name: "Numbers of the embeddings",
    tell: (i) => say(i === null ? null : `${nameOf(Math.floor(i / me.data.E))}, number ${i % me.data.E}: ${num(me.data.embedding[i])}`),
    take: (i) => open({ stage: "embeddings", place: Math.floor(i / me.data.E) }),
  });
  const hidden = cells(on, {
    name: "Hidden units",
    tell: (j) => say(j === null ? null : `hidden unit ${j}: ${num(me.data.hidden[j])}`),
    take: (j) => open({ stage: "hidden", unit: j }),
  });
  const logits = cells(on, {
    name: "Logits of all tokens",
    tell: (w) => say(w === null ? null : `${visible(me.data.tokens[w])}: logit ${num(me.data.logits[w])}, probability ${percent(me.data.probs[w])}`),
    take: (w) => open({ stage: "logits", token: w }),
  });
  stages.embeddings.body.append(embedding.node);
  stages.hidden.body.append(hidden.node);
  const logitRows = el("div", "rows"), shareRows = el("div", "rows");
  stages.logits.body.append(logitRows, logits.node);
  const rest = el("p", "rest quiet");
  stages.softmax.body.append(shareRows, rest);

  const nameOf = (place) => (me.data.ids[place] === me.data.nothing ? "nothing" : visible(me.data.tokens[me.data.ids[place]]));

  // ---- what a person does --------------------------------------------------------------------------------------
  function open(change) {
    me.look = { ...me.look, ...change };
    paintLook();
    clearTimeout(timer);
    timer = setTimeout(() => me.component.setStateValue("look", { ...me.look, seq: Date.now() }), WAIT);
  }

  function paintLook() {
    for (const [name, { node, head }] of Object.entries(stages)) {
      node.classList.toggle("open", name === me.look.stage);
      head.setAttribute("aria-expanded", String(name === me.look.stage));
    }
    marks();
    sums.show(me.data, me.look);
  }

  // ---- the stages ----------------------------------------------------------------------------------------------
  function marks() {
    const { data, look } = me, signed = data.signed[data.dark ? "dark" : "light"], E = data.E, H = data.hidden.length;
    const columns = Math.max(1, Math.min(H, 16)), V = Math.min(data.logits.length, MOST_CELLS);
    embedding.set(data.embedding, { columns: E, height: data.n * ROW, pitch: 8, most: largest(data.embedding), signed });
    hidden.set(data.hidden, { columns, height: Math.min(420, Math.max(data.n * ROW - 8, Math.ceil(H / columns))), most: 1, signed, mark: look.stage === "hidden" ? look.unit : null });
    logits.set(data.logits.subarray(0, V), { ...shapeOf(V, 96), most: largest(data.logits), signed, mark: look.stage === "logits" ? look.token : null });
    [...stages.words.body.children].forEach((row, place) => row.classList.toggle("here", look.stage === "embeddings" && place === look.place));
    for (const rows of [logitRows, shareRows]) {
      for (const row of rows.children) row.classList.toggle("here", (look.stage === "logits" || look.stage === "softmax") && Number(row.dataset.token) === look.token);
    }
  }

  /** A row for each of the likeliest tokens. Rows are kept and refilled, so that their bars glide. */
  function row(rows, i, stageName) {
    if (rows.children[i]) return rows.children[i].parts;
    const node = el("button", "row", null, { type: "button" }), chip = el("span", "chip"), track = el("span", "track"), fill = el("span", "fill"), value = el("span", "value");
    track.append(fill);
    node.append(...(stageName === "logits" ? [chip, value] : [chip, track, value]));
    on(node, "click", () => open({ stage: stageName, token: Number(node.dataset.token) }));
    rows.append(node);
    return (node.parts = { node, chip, fill, value });
  }

  function paint() {
    const { data } = me, { n, E } = data, H = data.hidden.length, V = data.logits.length;
    const signed = data.signed[data.dark ? "dark" : "light"];
    root.classList.toggle("dark", data.dark);
    stages.words.body.replaceChildren(...data.ids.map((id, place) => {
      const node = el("div", `row word${id === data.nothing ? " none" : ""}`);
      node.append(el("span", "chip", nameOf(place)), el("span", "index quiet", id === data.nothing ? "" : whole(id)));
      return node;
    }));
    const k = Math.min(data.likeliest, V);
    let left = 1;
    for (let i = 0; i < k; i++) {
      const token = data.order[i], p = data.probs[token], a = row(logitRows, i, "logits"), b = row(shareRows, i, "softmax");
      left -= p;
      for (const part of [a, b]) {
        part.node.dataset.token = token;
        part.chip.textContent = visible(data.tokens[token]);
      }
      a.value.textContent = num(data.logits[token]);
      b.value.textContent = percent(p);
      b.node.setAttribute("aria-label", `${visible(data.tokens[token])} ${percent(p)}`);
      b.fill.style.transform = `scaleX(${p})`; // the whole track is 100%
    }
    for (const rows of [logitRows, shareRows]) while (rows.children.length > k) rows.lastChild.remove();
    rest.textContent = V > k ? `${whole(V - k)} others: ${percent(Math.max(0, left))}` : "";
    const says = {
      words: [n === 1 ? "the last one of the text" : `the last ${n} of the text`, "nothing is trained here"],
      embeddings: [`${n} × ${E} = ${whole(n * E)} numbers`, `table C: ${whole(V)} × ${E} = ${whole(data.parameters.embedding)} parameters`],
      hidden: [`tanh: ${whole(H)} numbers, −1 to 1`, `H and d: ${whole(H)} × ${whole(n * E)} + ${whole(H)} = ${whole(data.parameters.hidden)} parameters`],
      logits: [`${whole(V)} logits, the ${k} largest above`, `U and b: ${whole(V)} × ${whole(H)} + ${whole(V)} = ${whole(data.parameters.logits)} parameters`],
      softmax: [`P(* | words): ${whole(V)} numbers that sum to 1`, "nothing is trained here"],
    };
    for (const [name, [shape, trained]] of Object.entries(says)) {
      stages[name].shape.textContent = shape;
      stages[name].trained.textContent = trained;
    }
    hint.textContent = me.look.stage ? "Point at a cell for its number; a click takes it." : "Click a stage for its arithmetic; point at a cell for its number.";
    readout.textContent = hint.textContent;
    const ramp = el("span", "ramp");
    ramp.style.background = `linear-gradient(90deg, ${signed.join(", ")})`;
    legend.replaceChildren("below 0", ramp, "above 0");
    root.classList.toggle("glide", !reducedMotion());
  }

  me.update = (bytes) => {
    const data = unpack(bytes);
    me.data = data;
    data.dark = isDark(root);
    if (data.rev !== me.rev) {
      me.rev = data.rev;
      me.look = { ...data.look };
      clearTimeout(timer);
    }
    paint();
    paintLook();
  };
  me.destroy = () => {
    clearTimeout(timer);
    for (const part of [embedding, hidden, logits, sums]) part.destroy();
  };
  return me;
}

export default mount(make);
