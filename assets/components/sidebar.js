// What the sidebar's links do beyond Streamlit's own. They are Streamlit's; one listener on the page serves them all.

const PHONE = "(max-width: 768px)"; // from here on Streamlit lays it over the page

const lessonLink = (event) => event.target.closest?.('[data-testid="stSidebarNavLink"]');

/** On a phone it lies over the page: once a page in it is chosen, it has done its work and closes. */
function closeSidebar(event) {
  if (!matchMedia(PHONE).matches || event.ctrlKey || event.metaKey || !lessonLink(event)) return;
  setTimeout(() => document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click());
}

/** Whoever rests on a link is told what its lesson is about, `lessons[slug]`: a tooltip of Streamlit's around each of
 * them would be a fifth of what opening any page takes the browser. */
function describeLink(event, lessons) {
  const link = lessonLink(event);
  if (link && !link.title) link.title = lessons[new URL(link.href).pathname.split("/").pop() || "home"] ?? "";
}
