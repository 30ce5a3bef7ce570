"""A pointer over the attention explorer, in Chromium: what each move cost, and how many websocket frames it made.

usage: python tests/load/attention.py URL MOVES
The page at URL shows one explorer. Prints {"matrix": {"script_ms": […], "frame_ms": […], "event_ms": […]},
"arcs": …, "strip": …, "frames", "heads", "tokens"}: frames in both directions, while the pointer moves.
"""

from __future__ import annotations

import json
import math
import sys
from typing import Any

from chromium import counted, page

WATCH = """root => {
  const log = root.bench = {script_ms: [], frame_ms: [], event_ms: []};
  root.watching?.disconnect();
  root.watching = new MutationObserver(changes => {
    for (const {attributeName} of changes) {
      log[attributeName.slice(5).replace("-", "_")].push(Number(root.getAttribute(attributeName)));
    }
  });
  const attributeFilter = ["data-script-ms", "data-frame-ms", "data-event-ms"];
  root.watching.observe(root, {attributes: true, attributeFilter});
}"""


def main(url: str, moves: int) -> None:
    with page(1400, 1200) as view:
        view.set_default_timeout(60_000)
        frames = counted(view)
        view.goto(url)
        root = view.locator(".lm.attention-explorer")
        root.locator(".strip .tok").first.wait_for()
        view.wait_for_timeout(2000)  # the first page has come to rest

        def over(selector: str) -> dict[str, Any]:
            box = root.locator(selector).first.bounding_box()
            root.evaluate(WATCH)
            for i in range(moves):
                x, y = 0.5 + 0.48 * math.sin(i / 7), 0.5 + 0.48 * math.sin(i / 11)
                view.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
                view.wait_for_timeout(20)  # a person's moves come a frame apart
            found: dict[str, Any] = root.evaluate("root => root.bench")
            return found

        before = len(frames)
        found: dict[str, Any] = {"matrix": over(".plot > canvas"), "strip": over(".strip")}
        found["frames"] = len(frames) - before
        root.get_by_role("button", name="Arcs").click()
        view.wait_for_timeout(1000)
        found["arcs"] = over(".plot > canvas")
        found |= {"heads": root.locator(".one").count(), "tokens": root.locator(".strip").first.locator(".tok").count()}
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
