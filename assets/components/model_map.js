// A model as the way that a token takes through it: what adds to the stream, with its shape, its parameters and its
// multiplications. Every part is a door: a click opens the view of it.

function make(root, on) {
  const me = {};
  const head = el("div", "row head quiet", null, { "aria-hidden": "true" });
  head.append(el("span", "gutter"), el("span", "name", "Part"), el("span", "shape", "Shape"), el("span", "params", "Parameters"), el("span", "products", "Multiplications for one token"));
  const list = el("ol", "parts");
  root.append(head, list);

  me.update = (bytes) => {
    const data = unpack(bytes), dark = isDark(root), most = Math.max(1, ...data.parts.map((part) => part.products));
    root.classList.toggle("dark", dark);
    for (const [name, colour] of Object.entries(data.themes[dark ? "dark" : "light"])) root.style.setProperty(`--${name}`, colour);
    if (data.sig === me.sig) return;
    me.sig = data.sig;
    list.replaceChildren(
      ...data.parts.map((part, i) => {
        const item = el("li", `row ${part.kind}${part.first ? " first" : ""}`), gutter = el("span", "gutter", null, { "aria-hidden": "true" });
        gutter.append(el("span", "node", part.sign));
        const door = el("button", "door", null, { type: "button" });
        door.append(el("strong", "", part.title), el("span", "what quiet", part.what));
        on(door, "click", () => me.component.setTriggerValue("door", { at: i }));
        const name = el("span", "name"), params = el("span", "params"), products = el("span", "products");
        name.append(door);
        params.append(el("span", "unit", "parameters "), part.params ? whole(part.params) : part.paramsSay);
        const track = el("span", "track", null, { "aria-hidden": "true" }), fill = el("span", "fill");
        fill.style.transform = `scaleX(${part.products / most})`;
        track.append(fill);
        products.append(el("span", "unit", "multiplications "), track, el("span", "number", part.products ? whole(part.products) : "0"));
        item.append(gutter, name, el("span", "shape", part.shape), params, products);
        return item;
      }),
    );
  };
  return me;
}

export default mount(make);
