// From a word to its vector, with the numbers: its index, the one-hot column, the matrix, and the row that is left.

const AROUND = 2; // rows of the matrix above and below the word's own

function make(root) {
  const me = {};
  const scroll = el("div", "scroll"), table = el("table", "matrix"), label = el("p", "label"), row = el("div", "vector");
  scroll.append(table);
  root.append(scroll, label, row);

  /** [background, ink] of a number on the scale from orange (negative) over paper to blue. */
  function signed(x) {
    const [low, zero, high] = me.data.scales[isDark(root) ? "dark" : "light"].map(rgb), end = x < 0 ? low : high;
    const share = Math.min(1, Math.abs(x) / me.most), mix = zero.map((c, j) => Math.round(c + (end[j] - c) * share));
    const light = luminance(mix);
    return [`rgb(${mix.join(" ")})`, (light + 0.05) / 0.0512 > 1.05 / (light + 0.05) ? "#0b0e14" : "#ffffff"];
  }

  function number(tag, x) {
    const node = el(tag, "num", x.toFixed(2).replace("-", "−"));
    [node.style.background, node.style.color] = signed(x);
    return node;
  }

  function draw() {
    const { names, index, n_embd: E, matrix } = me.data, V = names.length;
    const columns = Math.max(2, Math.min(E, Math.floor((me.width - 250) / 62)));
    const head = el("tr");
    for (const [text, span] of [["index", 1], ["word", 1], ["one-hot", 1], [`the matrix W, ${whole(V)} × ${E}`, columns + 1]]) {
      head.append(el("th", "", text, { colspan: span, scope: "col" }));
    }
    const rows = [head];
    const gap = () => {
      const node = el("tr", "gap");
      for (let c = 0; c < columns + 4; c++) node.append(el("td", "", c < 4 ? "⋮" : ""));
      return node;
    };
    const first = Math.max(0, Math.min(index - AROUND, V - 2 * AROUND - 1)), last = Math.min(V - 1, first + 2 * AROUND);
    if (first > 0) rows.push(gap());
    for (let i = first; i <= last; i++) {
      const node = el("tr", i === index ? "own" : "");
      node.append(el("td", "", whole(i)), el("td", "name", visible(names[i])), el("td", "hot", i === index ? "1" : "0"));
      for (let c = 0; c < columns; c++) node.append(number("td", matrix[i * E + c]));
      node.append(el("td", "", columns < E ? "…" : ""));
      rows.push(node);
    }
    if (last < V - 1) rows.push(gap());
    table.replaceChildren(...rows);
    label.replaceChildren(
      document.createTextNode("The 1 picks one row, the zeros drop all others. What is left is the embedding of "),
      el("span", "chip", visible(me.data.word)), document.createTextNode(`, ${E} numbers:`),
    );
    row.replaceChildren(...Array.from({ length: E }, (_, c) => number("span", matrix[index * E + c])));
  }

  const resized = new ResizeObserver(() => {
    if (!me.data || root.clientWidth === me.width) return;
    me.width = root.clientWidth;
    draw();
  });
  resized.observe(root);

  me.update = (bytes) => {
    me.data = unpack(bytes);
    me.width = root.clientWidth;
    const { index, n_embd: E, matrix } = me.data;
    me.most = Math.max(1e-6, ...matrix.subarray(index * E, (index + 1) * E).map(Math.abs));
    draw();
  };
  me.destroy = () => resized.disconnect();
  return me;
}

export default mount(make);
