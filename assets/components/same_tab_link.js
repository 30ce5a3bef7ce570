// A link that opens in the same tab: Streamlit's own open another and leave this one as it was.

function make(root) {
  const me = {};
  me.update = (bytes) => {
    const { text, href } = unpack(bytes);
    root.replaceChildren(el("a", "", text, { href }));
  };
  return me;
}

export default mount(make);
