// The glossary's text where a word is marked. The marks are links that Streamlit draws; nothing of the page is changed
// here: this listens, and shows one box above everything. Pointing or Tab previews, a click or a tap keeps, Escape ends.

function make(root, on) {
  const me = { link: "", says: {}, lessons: {}, at: null, kept: false, timer: 0 };
  const tip = el("div", "tip", null, { role: "tooltip", id: "glossary-tip", popover: "manual" });
  const says = el("p"), leads = el("a", "", "In the glossary", { target: "_blank", rel: "noopener" });
  tip.append(says, leads);
  root.append(tip);

  const marked = (event) => {
    const node = event.target.closest?.("a[href]"), href = node?.getAttribute("href") ?? "";
    return me.link && href.startsWith(me.link) ? node : null;
  };
  const name = (node) => decodeURIComponent(node.getAttribute("href").slice(me.link.length));

  function show(node, keep = false) {
    clearTimeout(me.timer);
    const text = me.says[name(node)];
    if (!text) return;
    if (me.at !== node) hide();
    Object.assign(me, { at: node, kept: keep });
    says.textContent = text;
    leads.href = node.href;
    node.setAttribute("aria-describedby", tip.id);
    if (!tip.matches(":popover-open")) tip.showPopover();
    const box = node.getClientRects()[0], width = tip.offsetWidth, height = tip.offsetHeight, edge = 8;
    const below = box.bottom + 6 + height <= innerHeight || box.top < height + 6;
    tip.style.left = `${Math.max(edge, Math.min(box.left, innerWidth - width - edge))}px`;
    tip.style.top = `${below ? box.bottom + 6 : box.top - height - 6}px`;
  }
  function hide() {
    clearTimeout(me.timer);
    me.at?.removeAttribute("aria-describedby");
    Object.assign(me, { at: null, kept: false });
    if (tip.matches(":popover-open")) tip.hidePopover();
  }
  function later(act, ms) {
    clearTimeout(me.timer);
    me.timer = setTimeout(act, ms);
  }

  on(document, "pointerover", (event) => {
    if (event.pointerType !== "mouse" || me.kept) return;
    const node = marked(event);
    if (node) later(() => show(node), 120);
    else if (me.at && !tip.contains(event.target)) later(hide, 250); // time to reach the box
    else if (tip.contains(event.target)) clearTimeout(me.timer);
    else clearTimeout(me.timer);
  });
  on(document, "focusin", (event) => {
    const node = marked(event);
    if (node && node.matches(":focus-visible")) show(node);
    else if (me.at && !tip.contains(event.target)) hide();
  });
  on(document, "click", (event) => {
    const node = marked(event);
    if (!node) {
      if (me.at && !tip.contains(event.target)) hide();
    } else if (event.detail > 0 && !event.ctrlKey && !event.metaKey && !tip.contains(node)) {
      event.preventDefault(); // by pointer: the text stays; by Enter the link is followed
      if (me.kept && me.at === node) hide();
      else show(node, true);
    }
  }, { capture: true });
  on(document, "keydown", (event) => event.key === "Escape" && hide());
  on(document, "scroll", hide, { capture: true, passive: true });
  on(window, "resize", hide);
  on(document, "click", closeSidebar); // what listens to the whole page is mounted once
  for (const type of ["pointerover", "focusin"]) on(document, type, (event) => describeLink(event, me.lessons));

  me.update = (bytes) => {
    const data = unpack(bytes);
    Object.assign(me, { link: data.link, says: data.says, lessons: data.lessons });
  };
  me.destroy = () => hide();
  return me;
}

export default mount(make);
