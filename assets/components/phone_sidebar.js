// On a phone the sidebar lies over the page: once a page in it is chosen, it has done its work and closes.

const PHONE = "(max-width: 768px)"; // from here on Streamlit lays it over the page

function closeSidebar(event) {
  if (!matchMedia(PHONE).matches || event.ctrlKey || event.metaKey) return;
  if (!event.target.closest?.('[data-testid="stSidebarNavLink"]')) return;
  setTimeout(() => document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click());
}
