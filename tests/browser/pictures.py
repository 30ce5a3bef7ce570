"""Take the README's pictures from the running app: python tests/browser/pictures.py http://127.0.0.1:8501 [NAME ...]"""

from __future__ import annotations

import io
import sys

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from lmcore.paths import IMAGES
from tests.load.chromium import FLAGS, installed


def save(page: Page, name: str) -> None:
    """The window as a PNG of 128 colours."""
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(128)
    picture.save(IMAGES / f"{name}.png", optimize=True)


STAGES = {  # name: the page, and what must be drawn on it
    "temperature": ("temperature?T=0.7", ".temperature-bench .rows .row"),
    "inspect": ("inspect", ".token-strip .tok"),
    "lstm-gates": ("lstm-gates", ".lstm-gates canvas"),
    "embeddings": ("embeddings", ".embedding-map canvas, .embedding-map svg"),
    "attention": ("attention", ".attention-by-hand .matrix canvas"),
    "translator": ("translator", ".lm.translation .word"),
    "history": ("history", ".history-line .row.shown"),
}


def main(url: str, names: list[str]) -> None:
    """The stages above, and a training that has just ended; only `names` of them where some are given."""
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=installed(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
        page.set_default_timeout(120_000)
        for name, (address, part) in STAGES.items():
            if name in (names or STAGES):
                page.goto(f"{url}/{address}")
                page.locator(part).first.wait_for()
                page.get_by_text("What you see.").wait_for()
                page.wait_for_timeout(3000)
                save(page, name)
        if "train" in (names or ["train"]):
            page.goto(f"{url}/train?tokenizer=word")
            page.get_by_role("button", name="Train", exact=True).click()
            page.get_by_text("Done:").wait_for(timeout=300_000)
            page.wait_for_timeout(1500)
            save(page, "train")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), sys.argv[2:])
