"""What a person does on any page of the app, in words that the tests share."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, expect

from pages.shared.lessons import LESSONS

HOSTILE = r"<script>alert(1)</script> $\href{javascript:x}$ :red[x] ![](http://x.example/p.png) `a` <b>b</b>"
"""Text that would be code, a link, a colour, a picture or HTML if a page read it as anything but text."""

MINUTES = 240_000  # ms; some steps of a training, on a machine that does other things


def settled(page: Any) -> None:
    """Wait until the script of the page has run to its end, nothing in it raised, and every widget stands there."""
    expect(page.locator("#first-light")).to_have_count(0)  # Home's own, before Streamlit's
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()
    expect(page.locator("h1")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)


def painted(page: Any) -> None:
    """Wait until what was done has been drawn: the frame under way, and one more."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def idle(page: Any) -> None:
    """Wait until the script has run and the browser has nothing more to tell it."""
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()
    before = -1
    while before != len(page.sent):  # what a widget sends when it is first drawn is sent within a frame
        before = len(page.sent)
        painted(page)


def go(page: Any, slug: str) -> None:
    """Another page by the sidebar."""
    title = LESSONS[slug].title
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    settled(page)


def button(page: Any, name: str) -> Locator:
    """A button by exactly what stands on it (an icon's name comes before it for a screen reader)."""
    return page.get_by_role("button").filter(has=page.get_by_text(name, exact=True))


def choose(page: Any, label: str, option: str | re.Pattern[str]) -> None:
    """Pick an option of a select box."""
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()


def type_in(page: Any, label: str, text: str) -> None:
    """Fill a box and leave it."""
    box = page.get_by_label(label, exact=True)
    box.fill(text)
    box.press("Tab")


def nothing_came_of_it(page: Any) -> None:
    """No part of `HOSTILE` became an element."""
    for element in ("a[href^='javascript:']", "img[src*='x.example']", "script:text-is('alert(1)')", "b:text-is('b')"):
        expect(page.locator(element)).to_have_count(0)
