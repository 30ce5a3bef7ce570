"""How long after /readyz Home is usable: its living sentence on the screen, in a Chromium that runs already.

usage: python tests/load/home.py URL
Prints "waiting" when the browser is there, then polls URL/readyz, opens URL, and prints {"alive": …, "taken_over": …}:
seconds until the first light's sentence moves under a person's hand, and until Streamlit's own page stands there.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.error
import urllib.request

from chromium import page

PATIENCE = 120
STEP = """async () => {
  const root = document.querySelector("#first-light [data-component=living_sentence]").shadowRoot.querySelector(".lm");
  const before = root.dataset.step;
  root.querySelector(".next").click();
  if (root.dataset.step === before) throw new Error("one step was asked for, none was made");
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""  # what was asked for has been drawn


def ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def main(url: str) -> None:
    with page() as home:
        home.set_default_timeout(PATIENCE * 1000)
        print("waiting", flush=True)
        end = time.monotonic() + PATIENCE
        while not ready(url):
            if time.monotonic() > end:
                sys.exit("the server was never ready")
            time.sleep(0.01)
        began = time.perf_counter()
        home.goto(url, wait_until="commit")
        home.locator("#first-light .living-sentence .row").first.wait_for()  # a bar of the first distribution, visible
        home.evaluate(STEP)
        alive = time.perf_counter() - began
        home.locator("#first-light").wait_for(state="detached")
        home.locator("[data-testid=stMain] .living-sentence .row").first.wait_for()
        print(json.dumps({"alive": alive, "taken_over": time.perf_counter() - began}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
