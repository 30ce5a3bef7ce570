// Rotary positions: a query and a key of a few pairs of dimensions, both turned by where they stand. Moving both turns
// both alike and changes no product; the distance between them does. Nothing is sent to the page.

function make(root, on) {
  const me = {};
  const NS = "http://www.w3.org/2000/svg";

  const sliders = el("div", "sliders");
  const [place, distance] = [["Where the key stands", "63"], ["How much later the query stands", "31"]].map(([name, most]) => {
    const label = el("label", "setting"), words = el("span", "", name), value = el("b", "value");
    const input = el("input", "slider", null, { type: "range", min: "0", max: most, step: "1", "aria-label": name });
    words.append(" ", value);
    label.append(words, input);
    sliders.append(label);
    on(input, "input", () => (me.frame ||= requestAnimationFrame(draw)));
    return { input, value };
  });
  const faces = el("div", "faces"), total = el("p", "total");
  root.append(sliders, faces, total);

  function hand(svg, className) {
    const line = document.createElementNS(NS, "line");
    for (const [name, value] of [["class", className], ["x1", 0], ["y1", 0]]) line.setAttribute(name, value);
    svg.append(line);
    return line;
  }
  function build() {
    const pairs = me.data.frequencies.length;
    let longest = 0;
    for (let i = 0; i < pairs; i++) {
      for (const v of [me.data.q, me.data.k]) longest = Math.max(longest, Math.hypot(v[2 * i], v[2 * i + 1]));
    }
    me.scale = 44 / longest;
    me.faces = Array.from({ length: pairs }, (_, i) => {
      const box = el("div", "face-box"), svg = document.createElementNS(NS, "svg"), rim = document.createElementNS(NS, "circle");
      svg.setAttribute("viewBox", "-50 -50 100 100");
      svg.setAttribute("aria-hidden", "true");
      rim.setAttribute("r", "47");
      svg.append(rim);
      const product = el("b", "product");
      const said = el("p", "said");
      said.append(el("span", "quiet", `dims ${2 * i}, ${2 * i + 1}: `), product);
      box.append(svg, said);
      return { box, query: hand(svg, "query"), key: hand(svg, "key"), product };
    });
    faces.replaceChildren(...me.faces.map(({ box }) => box));
  }
  /** A pair of dimensions of x, turned by where it stands: (a, b) -> (a cos θ − b sin θ, a sin θ + b cos θ). */
  function turned(x, i, p) {
    const a = x[2 * i], b = x[2 * i + 1], angle = p * me.data.frequencies[i];
    return [a * Math.cos(angle) - b * Math.sin(angle), a * Math.sin(angle) + b * Math.cos(angle)];
  }
  const signed = (v) => (v < 0 ? "−" : "") + Math.abs(v).toFixed(2);
  function draw() {
    me.frame = 0;
    if (!me.data) return;
    const n = Number(place.input.value), d = Number(distance.input.value);
    let sum = 0;
    me.faces.forEach(({ query, key, product }, i) => {
      const q = turned(me.data.q, i, n + d), k = turned(me.data.k, i, n);
      for (const [line, [x, y]] of [[query, q], [key, k]]) {
        line.setAttribute("x2", (x * me.scale).toFixed(2));
        line.setAttribute("y2", (-y * me.scale).toFixed(2));
      }
      const dot = q[0] * k[0] + q[1] * k[1];
      sum += dot;
      product.textContent = signed(dot);
    });
    place.value.textContent = `position ${n}`;
    distance.value.textContent = `${d}, at position ${n + d}`;
    total.replaceChildren(
      el("span", "name query", "query"), " · ", el("span", "name key", "key"), ", summed over all pairs: ", el("b", "sum", signed(sum)),
    );
  }

  me.update = (bytes) => {
    const data = unpack(bytes), fresh = data.sig !== me.sig;
    Object.assign(me, { data, sig: data.sig });
    root.classList.toggle("dark", isDark(root));
    for (const name of ["query", "key"]) root.style.setProperty(`--${name}`, data.themes[isDark(root) ? "dark" : "light"][name]);
    if (fresh) {
      place.input.value = "7";
      distance.input.value = "3";
      build();
    }
    draw();
  };
  return me;
}

export default mount(make);
