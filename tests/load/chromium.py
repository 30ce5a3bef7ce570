"""Which Chromium drives the app: one that is installed, else playwright's own. For the browser tests too."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# The one without windows first: the same engine, which opens a page with less of the processor.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def installed() -> str | None:
    """The path of a Chromium on this machine; None where there is only playwright's own, or none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def page(width: int = 1200, height: int = 1000) -> Iterator[Any]:
    """An empty page in a browser that was never used."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed(), args=FLAGS)
        try:
            yield browser.new_context(viewport={"width": width, "height": height}).new_page()
        finally:
            browser.close()


def counted(view: Any) -> list[Any]:
    """The websocket frames of a page in both directions, added to as they come; to be asked for before it opens."""
    frames: list[Any] = []

    def note(socket: Any) -> None:
        socket.on("framesent", lambda frame: frames.append(frame))
        socket.on("framereceived", lambda frame: frames.append(frame))

    view.on("websocket", note)
    return frames
