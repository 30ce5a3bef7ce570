"""Take the README's pictures from the running app: python tests/browser/pictures.py http://127.0.0.1:8501"""

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


def main(url: str) -> None:
    """Temperature at 0.7, Inspect, the gates of an LSTM, the map of words, and a training that has just ended."""
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=installed(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
        page.goto(f"{url}/temperature?T=0.7")
        page.get_by_role("button", name="Draw a token").wait_for()
        page.wait_for_timeout(1000)
        save(page, "temperature")
        page.goto(f"{url}/inspect")
        page.locator(".token-strip .tok").first.wait_for()
        page.get_by_text("What you see").wait_for()
        page.wait_for_timeout(1500)
        save(page, "inspect")
        for slug, part in (
            ("lstm-gates", ".lstm-gates canvas"),
            ("embeddings", ".embedding-map canvas, .embedding-map svg"),
        ):
            page.goto(f"{url}/{slug}")
            page.locator(part).first.wait_for()
            page.get_by_text("What you see").wait_for()
            page.wait_for_timeout(1500)
            save(page, slug)
        page.goto(f"{url}/train?tokenizer=word")
        page.get_by_role("button", name="Train", exact=True).click()
        page.get_by_text("Done:").wait_for(timeout=300_000)
        page.wait_for_timeout(1500)
        save(page, "train")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
