// Home, alive while Streamlit is still being fetched and compiled, by the components' own code. When Streamlit's Home
// has drawn the same two components, each takes over what stands here (`hand`), and this layer goes.

// DRAW = {living_sentence, chapter_cards}: what their files export, put in front by pages/shared/first_light.py.
const layer = document.getElementById("first-light");
const hosts = [...layer.querySelectorAll("[data-component]")];
const taken = new Map(); // a host here: the root in Streamlit's page that took it over

// Who chose a theme in Streamlit's menu gets it here too.
const chosen = localStorage.getItem("stActiveTheme-/-v2") ?? "";
if (/Light|Dark/.test(chosen)) layer.style.colorScheme = /Dark/.test(chosen) ? "dark" : "light";

const stops = hosts.map((host) => DRAW[host.dataset.component]({
  parentElement: host.shadowRoot,
  data: Uint8Array.from(atob(host.dataset.payload), (character) => character.charCodeAt(0)),
  setTriggerValue: (name, { slug }) => location.assign(slug), // no session yet to go there in
}));

const ways = (root) => [...root.querySelectorAll("a, button")];

/** Away with the layer: the page is as far down, and the keyboard where it was. */
function leave() {
  if (!layer.isConnected) return;
  clearInterval(watch);
  const main = document.querySelector("[data-testid=stMain]"), focused = layer.contains(document.activeElement);
  if (main) main.scrollTop = layer.scrollTop;
  for (const [host, root] of taken) {
    const at = focused ? ways(host.shadowRoot).indexOf(host.shadowRoot.activeElement) : -1;
    if (at >= 0) ways(root)[at]?.focus({ preventScroll: true });
  }
  for (const stop of stops) stop();
  layer.remove();
  delete globalThis.firstLight;
}

// Where Streamlit shows something else than Home, that is what must be seen: another page, a dialog, a trouble.
const home = location.pathname;
const watch = setInterval(() => {
  const other = '[role="dialog"], [data-testid="stAlert"], [data-testid="stException"]';
  if (location.pathname !== home || document.querySelector(other)) leave();
}, 200);

/** Streamlit's `name` has drawn itself in `root`. Returns what it stands for, whose dataset says how far it is. */
function hand(name, root) {
  const host = hosts.find((one) => one.dataset.component === name);
  taken.set(host, root);
  // Two frames: what was drawn now is on the screen then.
  if (taken.size === hosts.length) requestAnimationFrame(() => requestAnimationFrame(leave));
  return host.shadowRoot.querySelector(".lm");
}

globalThis.firstLight = { hand };
