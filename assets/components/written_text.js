// A text as it grows: the prompt, then a chip for each token that joined, then the place of the next one.

function make(root) {
  const me = {};
  me.update = (bytes) => {
    const { prompt, tokens, skipped } = unpack(bytes);
    const chips = tokens.map((token) => el("span", "chip", visible(token)));
    root.replaceChildren(el("span", "chip", visible(prompt)), ...(skipped ? ["…"] : []), ...chips, el("b", "next", "?"));
    root.scrollTop = root.scrollHeight; // the newest in sight
  };
  return me;
}

export default mount(make);
