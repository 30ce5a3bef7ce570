"""The Probability page as a person meets it: hostile text, a phone, and a link that brings p back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.browser.person import HOSTILE, nothing_came_of_it, settled, type_in


def test_hostile_text_is_only_text(lesson: Callable[..., Any]) -> None:
    page = lesson("probability")
    for label, field in (("A sentence", "prompt"), ("The first", "first"), ("The second", "second")):
        type_in(page, label, HOSTILE)
        expect(page).to_have_url(re.compile(rf"[?&]{field}=%3Cscript"))  # the server has read it
        settled(page)
    expect(page.get_by_text("Both sentences are the same tokens to this model")).to_be_visible()
    nothing_came_of_it(page)


def test_letting_p_go_is_kept_in_the_address(lesson: Callable[..., Any]) -> None:
    page = lesson("probability")
    page.get_by_role("button", name="Go to the best").click()
    expect(page.get_by_text("At p = 0.7 the likelihood is 0.00222")).to_be_visible()
    expect(page).to_have_url(re.compile(r"[?&]p=0\.7"))
    page.reload()
    settled(page)
    expect(page.locator(".reading .big")).to_have_text("p = 0.700")


def test_a_phone_scrolls_only_downwards(lesson: Callable[..., Any]) -> None:
    page = lesson(
        "probability", "?world=mouse&length=11", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    expect(page.get_by_text("the mouse ate the cheese ↵").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
