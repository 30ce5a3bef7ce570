"""The lesson A neural language model as a person meets it: hostile text, a link that reopens what was open, a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.browser.person import HOSTILE, nothing_came_of_it, settled, type_in


def test_what_was_opened_is_kept_in_the_address_and_text_is_only_text(lesson: Callable[..., Any]) -> None:
    page = lesson("neural-lm", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.get_by_role("button", name="Hidden layer").click()
    expect(page).to_have_url(re.compile("stage=hidden"))
    page.get_by_role("button", name="Next unit").click()
    expect(page).to_have_url(re.compile("unit=1"))
    shown = page.locator(".stepper .which").inner_text()
    page.get_by_role("slider", name="Training step").press("Home")
    expect(page.locator(".stepper .which")).not_to_have_text(shown)  # the weights of step 0
    expect(page.get_by_text("before any training")).to_be_visible()
    page.reload()
    settled(page)
    expect(page.locator(".stepper .which")).to_contain_text("unit 1 of 0 to 191")
    type_in(page, "Prompt", HOSTILE)
    settled(page)
    expect(page.locator(".word .chip").first).to_be_visible()
    nothing_came_of_it(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
