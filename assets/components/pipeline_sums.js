// The arithmetic of one stage in full: where a number comes from, factor by factor.

const MOST_LISTED = 2048; // factors or products written out at once
const MOST_TERMS = 5; // strongest products named, of each sign

/** A line of text, chips and subscripts: strings and nodes one after the other. */
function line(...parts) {
  const node = el("p", "line");
  node.append(...parts);
  return node;
}

function chipOf(text) {
  return el("span", "chip", text === null ? "nothing" : visible(text));
}

function symbol(name, index = null) {
  const node = el("i", "symbol", name);
  if (index !== null) node.append(el("sub", "", String(index)));
  return node;
}

/** e to the power of something. */
function eTo(...exponent) {
  const node = el("span", "", "e"), power = el("sup", "power");
  power.append(...exponent);
  node.append(power);
  return node;
}

/** Two buttons that go to the one before and the next, and what is looked at between them. */
function stepper(on, what, move) {
  const node = el("div", "stepper"), said = el("span", "which");
  const back = el("button", "", "‹", { type: "button", "aria-label": `Previous ${what}` });
  const next = el("button", "", "›", { type: "button", "aria-label": `Next ${what}` });
  on(back, "click", () => move(-1));
  on(next, "click", () => move(1));
  node.append(back, said, next);
  return {
    node,
    set(parts, at, count) {
      said.replaceChildren(...parts);
      back.disabled = at <= 0;
      next.disabled = at >= count - 1;
    },
  };
}

/** Every product of a sum, written out when somebody opens it. */
function everyProduct(on) {
  const node = el("details", "every"), head = el("summary", ""), list = el("div", "list");
  node.append(head, list);
  let fill = () => {};
  const write = () => list.replaceChildren(...(node.open ? fill() : []));
  on(node, "toggle", write);
  return {
    node,
    set(weights, inputs, nameOf) {
      head.textContent = `All ${whole(weights.length)} products`;
      fill = () => Array.from(weights.slice(0, MOST_LISTED), (w, i) =>
        el("span", "", `${nameOf(i)}${num(w)} × ${num(inputs[i])} = ${num(w * inputs[i])}`));
      write();
    },
  };
}

function times(weights, inputs) {
  return Float64Array.from(weights, (w, i) => w * inputs[i]);
}

function sum(values) {
  let total = 0;
  for (const x of values) total += x;
  return total;
}

/** The panel below the stages. `go(change)` asks for another place, unit or token. */
function makeSums(on, go) {
  const node = el("section", "sums", null, { "aria-label": "The arithmetic of this stage" });
  const head = el("h4", "head"), body = el("div", "body"), readout = el("p", "readout quiet");
  node.append(head, body, readout);
  let data = null, look = null;
  const wordAt = (place) => (data.ids[place] === data.nothing ? null : data.tokens[data.ids[place]]);

  const panels = {
    words() {
      const rows = data.ids.map((id, place) => line(chipOf(wordAt(place)), ` → ${id === data.nothing ? "no index: the text had not begun" : whole(id)}`));
      const unseen = data.n_before ? [line(`${whole(data.n_before)} earlier ${data.n_before === 1 ? "token is" : "tokens are"} not seen: `, ...data.before.flatMap((text) => [chipOf(text), " "]))] : [];
      body.replaceChildren(line(`The vocabulary is a numbered list of ${whole(data.tokens.length)} tokens. The network gets the last ${data.n} as numbers, nothing else.`), ...rows, ...unseen);
    },
    embeddings() {
      const { E, n } = data, place = look.place, id = data.ids[place];
      const row = data.embedding.subarray(place * E, (place + 1) * E);
      places.set([chipOf(wordAt(place)), ` word ${place + 1} of ${n}`], place, n);
      const said = id === data.nothing
        ? line("Before the text began there is no token: ", `${E} zeros stand in its place.`)
        : line("Looked up, not computed: ", symbol("C", id), `, row ${whole(id)} of the table of ${whole(data.tokens.length)} × ${E} numbers. Training moves them.`);
      const grid = el("div", "numbers");
      const most = largest(data.embedding), signed = data.signed[data.dark ? "dark" : "light"];
      grid.append(...Array.from(row.slice(0, MOST_LISTED), (x) => {
        const cell = el("span", "", num(x)), colour = signedColour(x, most, signed);
        cell.style.background = `rgb(${colour.join(" ")})`;
        cell.style.color = (luminance(colour) + 0.05) ** 2 > 1.05 * 0.0544 ? "#0b0e14" : "#ffffff";
        return cell;
      }));
      body.replaceChildren(places.node, said, grid, line(`Side by side, the ${n} rows of ${E} are the input `, symbol("x"), ` of ${whole(n * E)} numbers.`));
    },
    hidden() {
      const { E, n } = data, j = look.unit, known = data.unit === j;
      units.set([symbol("h", j), ` = ${num(data.hidden[j])}`, el("span", "quiet", ` unit ${j} of 0 to ${data.hidden.length - 1}`)], j, data.hidden.length);
      const products = known ? times(data.unit_weights, data.embedding) : new Float64Array(n * E);
      const parts = Array.from({ length: n }, (_, place) => sum(products.subarray(place * E, (place + 1) * E)));
      unitCells.set(products, { columns: E, height: n * 34, pitch: 8, most: largest(products), signed: data.signed[data.dark ? "dark" : "light"] });
      unitWords.replaceChildren(...parts.map((_, place) => { const cell = el("span", "row"); cell.append(chipOf(wordAt(place))); return cell; }));
      unitParts.replaceChildren(...parts.map((part) => el("span", "row", known ? num(part) : "…")));
      every.set(known ? data.unit_weights : [], data.embedding, () => "");
      const joined = parts.map((part) => num(part)).join(" + ").replaceAll("+ −", "− ");
      body.replaceChildren(
        units.node,
        line(symbol("a", j), " = Σ ", symbol("H", `${j},i`), " · ", symbol("x", "i"), " + ", symbol("d", j), `: ${whole(n * E)} products, one a cell, summed word by word.`),
        unitTable,
        line(symbol("a", j), ` = ${known ? joined : "…"} + bias ${num(data.unit_bias)} = `, el("b", "", num(data.sum[j]))),
        line(symbol("h", j), ` = tanh(${num(data.sum[j])}) = `, el("b", "", num(data.hidden[j]))),
        every.node,
      );
    },
    logits() {
      const w = look.token, known = data.token === w, rank = data.order.indexOf(w);
      words.set([chipOf(data.tokens[w]), ` rank ${whole(rank + 1)} of ${whole(data.order.length)}`], rank, data.order.length);
      const products = known ? times(data.logit_weights, data.hidden) : new Float64Array(data.hidden.length);
      logitCells.set(products, { ...shapeOf(products.length, 96), most: largest(products), signed: data.signed[data.dark ? "dark" : "light"] });
      every.set(known ? data.logit_weights : [], data.hidden, () => "");
      const sorted = [...products.keys()].sort((a, b) => products[b] - products[a]);
      const term = (j) => el("span", "term", `unit ${j}: ${num(data.logit_weights[j])} × ${num(data.hidden[j])} = ${num(products[j])}`);
      const up = sorted.slice(0, MOST_TERMS).filter((j) => products[j] > 0), down = sorted.slice(-MOST_TERMS).reverse().filter((j) => products[j] < 0);
      const lists = el("div", "terms"), forIt = el("div", "", "Most for it:"), against = el("div", "", "Most against it:");
      forIt.append(...(known ? up.map(term) : []));
      against.append(...(known ? down.map(term) : []));
      lists.append(forIt, against);
      const plus = sum(products.filter((x) => x > 0)), minus = sum(products.filter((x) => x < 0));
      body.replaceChildren(
        words.node,
        line(symbol("y", w), " = ", symbol("u", w), " · ", symbol("h"), " + ", symbol("b", w), `: ${whole(products.length)} products, one for each hidden unit.`),
        logitCells.node, lists,
        line(symbol("y", w), known ? ` = ${num(plus)} for it − ${num(-minus)} against it + bias ${num(data.logit_bias)} = ` : " = … = ", el("b", "", num(data.logits[w]))),
        every.node,
      );
    },
    softmax() {
      const w = look.token, rank = data.order.indexOf(w), top = data.logits[data.order[0]];
      const shift = Math.abs(top) > 80 ? top : 0; // e to the power of a large number is more than a float can hold
      const power = (y) => Math.exp(y - shift), total = data.logits.reduce((so_far, y) => so_far + power(y), 0);
      words.set([chipOf(data.tokens[w]), ` rank ${whole(rank + 1)} of ${whole(data.order.length)}`], rank, data.order.length);
      const table = el("div", "powers");
      const first = [...data.order.slice(0, data.likeliest)], shown = first.includes(w) ? first : [...first, w];
      for (const token of shown) {
        const row = el("div", token === w ? "row here" : "row");
        const says = el("span", "");
        says.append(eTo(num(data.logits[token] - shift)), ` = ${num(power(data.logits[token]))}`);
        row.append(chipOf(data.tokens[token]), says);
        table.append(row);
      }
      body.replaceChildren(
        words.node,
        line(symbol("p", w), " = ", eTo(symbol("y", w)), " / Σ ", eTo(symbol("y")), ": every logit becomes positive, and a share of the whole.", shift ? ` Each logit less the largest, ${num(top)}: the shares stay.` : ""),
        table,
        line(`Σ over all ${whole(data.logits.length)} tokens = ${num(total)}`),
        line(symbol("p", w), ` = ${num(power(data.logits[w]))} / ${num(total)} = `, el("b", "", percent(data.probs[w]))),
      );
    },
  };

  const places = stepper(on, "word", (by) => go({ place: look.place + by }));
  const units = stepper(on, "unit", (by) => go({ unit: look.unit + by }));
  const words = stepper(on, "token", (by) => go({ token: data.order[data.order.indexOf(look.token) + by] }));
  const every = everyProduct(on);
  const product = (weights, inputs, nameOf) => (i) =>
    (readout.textContent = i === null || i >= weights().length ? "" : `${nameOf(i)}weight ${num(weights()[i])} × input ${num(inputs()[i])} = ${num(weights()[i] * inputs()[i])}`);
  const unitCells = cells(on, {
    name: "Products of this unit",
    tell: product(() => data.unit_weights, () => data.embedding, (i) => `${visible(wordAt(Math.floor(i / data.E)) ?? "nothing")}, number ${i % data.E}: `),
  });
  const unitTable = el("div", "products"), unitWords = el("div", "column"), unitParts = el("div", "column right");
  unitTable.append(unitWords, unitCells.node, unitParts);
  const logitCells = cells(on, { name: "Products of this token", tell: product(() => data.logit_weights, () => data.hidden, (j) => `unit ${j}: `) });

  const TITLES = { words: "Words become indices", embeddings: "An index becomes a vector", hidden: "One hidden unit", logits: "One logit", softmax: "Logits become probabilities" };
  return {
    node,
    show(now, what) {
      [data, look] = [now, what];
      node.hidden = !look.stage;
      readout.textContent = "";
      if (!look.stage) return;
      head.textContent = TITLES[look.stage];
      panels[look.stage]();
    },
    destroy() {
      unitCells.destroy();
      logitCells.destroy();
    },
  };
}

/** Columns and height of a block of N cells about `height` pixels high, wider than high. */
function shapeOf(N, height, widest = 64) {
  const columns = Math.max(1, Math.min(widest, N, Math.ceil(Math.sqrt(N * 2.2))));
  const rows = Math.ceil(N / columns);
  return { columns, height: Math.max(height, rows) };
}
