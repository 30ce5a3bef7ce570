"""A short history, and the words that can be asked: by pointer, by keyboard alone, and by finger."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from pages.shared.glossary_terms import tip
from tests.browser.person import settled

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def test_a_system_is_picked_by_keyboard_and_its_door_opens(lesson: Callable[..., Any]) -> None:
    page = lesson("history")
    row, card = page.locator(".history-line .row"), page.locator(".history-line .card")
    expect(card.locator("h3")).to_have_text("2017: Transformer")
    expect(page.locator(".history-line path.before")).to_have_count(2)
    row.filter(has_text="LSTM").hover()  # pointing previews
    expect(card.locator("h3")).to_have_text("1997: LSTM")
    page.locator("h1").hover()
    expect(card.locator("h3")).to_have_text("2017: Transformer")
    page.locator(".history-line .row[tabindex='0']").focus()
    for key in ("Home", "ArrowDown", "End", "ArrowUp", "Home", "ArrowDown"):
        page.keyboard.press(key)
    expect(card.locator("h3")).to_have_text("1948: N-grams")
    expect(row.nth(1)).to_have_attribute("aria-checked", "true")
    expect(page.get_by_text("N-grams, 1948: 35 years after Markov’s count.")).to_be_visible()
    expect(page).to_have_url(re.compile("system=ngram"))  # each key was a rerun; the first N-grams is not the last
    page.locator(".history-line .row:focus").press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("N-grams")
    settled(page)

    term, box = page.locator("a[href='glossary?find=language%20model']"), page.locator(".glossary-tips .tip")
    term.hover()
    expect(box).to_be_visible()
    expect(box.locator("p")).to_have_text(tip("language model"))
    page.locator("h1").hover()
    expect(box).to_be_hidden()
    page.locator("body").press("Tab")
    term.focus()
    expect(box.locator("p")).to_have_text(tip("language model"))  # by keyboard, too
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()


def test_on_a_phone_the_card_stands_under_its_row_and_a_tap_asks_a_word(lesson: Callable[..., Any]) -> None:
    page = lesson("history", "?part=size", **PHONE)
    page.locator(".history-line .row").filter(has_text="GPT-3").tap()
    card = page.locator(".history-line .rows .card")
    expect(card.locator("h3")).to_have_text("GPT-3, 2020")
    above = page.locator(".history-line .row.shown").bounding_box()
    assert 0 <= card.bounding_box()["y"] - above["y"] - above["height"] < 12
    page.locator("a[href='glossary?find=token']").first.tap()
    box = page.locator(".glossary-tips .tip")
    expect(box.locator("p")).to_have_text(tip("token"))
    place = box.bounding_box()
    assert place["x"] >= 0
    assert place["x"] + place["width"] <= 390
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    page.locator("h1").tap()
    expect(box).to_be_hidden()
