// The chapters as cards, each lesson a link. Real links, so that a middle click opens a tab and a keyboard finds them;
// a plain click goes there inside this session.

function make(root, on) {
  const me = {};

  /** One lesson: its icon, its title, and what it says to whoever rests on it. */
  function way(lesson) {
    const link = el("a", "way", null, { href: lesson.slug, title: lesson.says });
    link.append(el("span", "icon", lesson.icon, { "aria-hidden": "true", translate: "no" }), el("span", "", lesson.title));
    on(link, "click", (event) => {
      if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      me.component.setTriggerValue("go", { slug: lesson.slug });
    });
    return link;
  }

  me.update = (bytes) => {
    const { chapters, sig } = unpack(bytes);
    if (sig === me.sig) return;
    me.sig = sig;
    root.replaceChildren(
      ...chapters.map(({ name, says, lessons }) => {
        const card = el("section", "card"), list = el("ul");
        for (const lesson of lessons) list.append(el("li")), list.lastChild.append(way(lesson));
        card.append(el("h3", "", name), el("p", "", says), list);
        return card;
      }),
    );
    globalThis.firstLight?.hand("chapter_cards", root);
  };
  return me;
}

export default mount(make);
