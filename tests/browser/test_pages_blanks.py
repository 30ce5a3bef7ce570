"""Fill in the blanks as a person meets it: words are hidden and given back, by pointer and by keys; text stays text."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.browser.person import HOSTILE, idle, nothing_came_of_it, settled, type_in

STAGE = ".lm.fill-blanks"


def test_words_are_hidden_looked_at_and_given_back(lesson: Callable[..., Any]) -> None:
    page = lesson("fill-in-the-blanks", viewport={"width": 1300, "height": 1800})
    word, blank = page.locator(f"{STAGE} .tok"), page.locator(f"{STAGE} .tok.blank")
    columns = page.locator(f"{STAGE} .column")
    expect(blank).to_have_count(1)
    expect(columns).to_have_count(3)
    expect(columns.nth(1).locator(".sees")).to_have_text("It sees 1 word before, nothing after.")
    expect(columns.nth(0).locator(".truth .chip")).to_have_text("borrowed")

    # pointing at the model that reads from the left greys out what follows
    expect(page.locator(f"{STAGE} .tok.away")).to_have_count(0)
    columns.nth(1).hover()
    n = word.count()
    expect(page.locator(f"{STAGE} .tok.away")).to_have_count(n - 2)
    columns.nth(0).hover()
    expect(page.locator(f"{STAGE} .tok.away")).to_have_count(0)

    # a click hides a word and looks at it; the first blank stays; once more gives it back
    word.nth(0).click()
    expect(blank).to_have_count(2)
    expect(columns.nth(0).locator(".truth .chip")).to_have_text("Finn")
    expect(columns.nth(1).locator(".sees")).to_have_text("It sees 0 words before, nothing after.")
    settled(page)
    expect(page).to_have_url(re.compile(r"blanks=0\.1"))
    word.nth(1).click()
    expect(columns.nth(0).locator(".truth .chip")).to_have_text("borrowed")
    idle(page)
    word.nth(0).click()
    expect(columns.nth(0).locator(".truth .chip")).to_have_text("Finn")
    idle(page)  # the answer to the first click has come
    word.nth(0).click()
    expect(blank).to_have_count(1)
    expect(word.nth(0)).to_have_text("Finn")
    settled(page)

    # the same by keys alone
    word.nth(2).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(blank).to_have_count(2)
    expect(columns.nth(0).locator(".truth .chip")).to_have_text("silver")
    settled(page)
    page.keyboard.press("Enter")
    expect(blank).to_have_count(1)
    settled(page)

    # three masks: a row is chosen for all of them
    masks = page.locator(".lm.three-masks")
    expect(masks.locator("canvas")).to_have_count(5)
    masks.locator(".panels").focus()
    page.keyboard.press("Home")
    expect(masks.locator(".word.here")).to_have_text(["Finn"] * 4)
    expect(masks.locator(".said .line").nth(1)).to_contain_text("Finn is moved by 1 of 10 words")

    # text that would be code is text, and can be hidden
    type_in(page, "Passage", HOSTILE)
    expect(word.first).to_have_text("<")
    settled(page)
    word.nth(3).click()
    expect(blank).to_have_count(2)  # the first stays where it was
    idle(page)
    nothing_came_of_it(page)
