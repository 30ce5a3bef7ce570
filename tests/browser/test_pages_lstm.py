"""The page on LSTM gates: what is locked in the picture is what the rest of the page speaks of."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.browser.person import HOSTILE, button, nothing_came_of_it, settled, type_in


def test_a_lock_moves_the_page_and_any_text_is_read(lesson: Callable[..., Any]) -> None:
    page = lesson("lstm-gates")
    strip = page.locator(".lstm-gates .strip")
    strip.locator(".tok").nth(5).click()
    expect(page).to_have_url(re.compile(r"place=5&?"))
    expect(page.get_by_text(re.compile("At E it moves by"))).to_be_visible()
    button(page, "Follow the unit that knows capitals").click()
    settled(page)
    expect(page.locator(".lstm-gates .said")).to_contain_text("r with “uppercase”")
    expect(page.get_by_label("Sort units by")).to_have_value("uppercase")
    type_in(page, "Text", HOSTILE)
    settled(page)
    expect(strip).to_contain_text("script<3><e>alert<2><8>")  # Shakespeare has no such characters: their bytes in hex
    nothing_came_of_it(page)
    type_in(page, "Text", "")
    settled(page)
    expect(strip.locator(".tok")).to_have_count(1)  # the start token alone
    button(page, "Start over").click()
    settled(page)
    expect(strip).to_contain_text("HAMLET:")
