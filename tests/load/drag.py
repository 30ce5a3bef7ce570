"""A drag of the temperature slider, in Chromium: what each event cost, and how many websocket frames it made.

usage: python tests/load/drag.py URL MOVES
The page at URL shows one temperature bench. Prints {"script_ms": […], "frame_ms": […], "events", "shown", "tokens",
"frames"}: frames in both directions, from the press of the button to just before its release.
"""

from __future__ import annotations

import json
import math
import sys

from chromium import counted, page

SLIDER = '.lever input[type="range"]'
# The component writes what an event cost on its root; whatever is written there is noted down.
WATCH = """root => {
  const log = root.bench = {scriptMs: [], frameMs: [], shown: new Set()};
  new MutationObserver(changes => {
    for (const {attributeName} of changes) {
      const name = {"data-script-ms": "scriptMs", "data-frame-ms": "frameMs"}[attributeName];
      if (name) log[name].push(Number(root.dataset[name]));
    }
    log.shown.add(root.querySelector(".big").textContent);
  }).observe(root, {attributes: true, attributeFilter: ["data-script-ms", "data-frame-ms"]});
}"""
READ = "root => ({script_ms: root.bench.scriptMs, frame_ms: root.bench.frameMs, shown: root.bench.shown.size})"


def main(url: str, moves: int) -> None:
    with page() as view:
        view.set_default_timeout(60_000)
        frames = counted(view)
        view.goto(url)
        root = view.locator(".lm.temperature-bench")
        root.locator(".rows .row").first.wait_for()
        view.wait_for_timeout(1500)  # the first page has come to rest
        box = root.locator(SLIDER).bounding_box()
        y = box["y"] + box["height"] / 2
        view.mouse.move(box["x"] + 0.5 * box["width"], y)
        view.mouse.down()
        view.wait_for_timeout(300)
        root.evaluate(WATCH)
        before = len(frames)
        for i in range(moves):
            view.mouse.move(box["x"] + (0.5 + 0.45 * math.sin(i / 15)) * box["width"], y)
        view.wait_for_timeout(200)
        during = len(frames) - before
        view.mouse.up()
        found = root.evaluate(READ)
        tokens = root.locator("canvas").get_attribute("aria-label") or ""
        digits = "".join(c for c in tokens if c.isdigit())
        found |= {"events": len(found["script_ms"]), "frames": during, "tokens": int(digits or 0)}
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
