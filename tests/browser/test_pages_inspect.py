"""The Inspect page: what else could have come, by mouse and by keyboard, and another way from any place."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, expect

from tests.browser.person import HOSTILE, button, go, nothing_came_of_it, settled, type_in


def tokens(page: Any) -> Locator:
    return page.locator(".strip .tok")


def place(page: Any, says: str) -> None:
    """Which token the panel explains."""
    expect(page.locator(".panel .head .place")).to_have_text(re.compile(says))


def opened(lesson: Callable[..., Any], **options: Any) -> Any:
    """The page with the text that the model has written for the opening: ten tokens given, 32 drawn."""
    page = lesson("inspect", **options)
    expect(tokens(page)).to_have_count(42)
    place(page, "^token 11 of 42$")  # the opening lock: the first token that the model wrote
    expect(page).to_have_url(re.compile(r"/inspect$"))  # nobody asked for those 32 yet
    return page


def test_hover_previews_click_locks_escape_lets_go(lesson: Callable[..., Any]) -> None:
    page = opened(lesson)
    tokens(page).nth(10).click()
    tokens(page).nth(20).hover()
    place(page, "^token 21 of 42")
    tokens(page).nth(4).hover()
    place(page, "^token 5 of 42, in the prompt")
    expect(page.locator(".alt")).to_have_count(10 + page.locator(".alt.apart").count())
    tokens(page).nth(15).click()
    expect(page.locator(".tok.locked")).to_have_count(1)
    tokens(page).nth(3).hover()
    place(page, "^token 16 of 42")
    page.keyboard.press("Escape")
    expect(page.locator(".tok.locked")).to_have_count(0)
    place(page, "^token 4 of 42")  # the one under the resting pointer
    tokens(page).nth(6).hover()
    place(page, "^token 7 of 42")


def test_an_alternative_branches_and_go_back_restores(lesson: Callable[..., Any]) -> None:
    page = opened(lesson)
    before = tokens(page).all_inner_texts()
    expect(button(page, "Go back")).to_be_disabled()
    tokens(page).nth(15).click()
    place(page, "^token 16 of 42")
    other = page.locator(".alt:enabled").nth(1)
    taken = other.locator(".chip").inner_text()
    other.click()
    expect(tokens(page).nth(15)).to_have_text(taken)
    expect(tokens(page)).to_have_count(42)
    assert tokens(page).all_inner_texts()[:15] == before[:15]
    button(page, "Go back").click()
    expect(tokens(page).nth(15)).to_have_text(before[15])
    assert tokens(page).all_inner_texts() == before


def test_a_branch_inside_the_prompt(lesson: Callable[..., Any]) -> None:
    page = opened(lesson)
    before = tokens(page).all_inner_texts()
    tokens(page).nth(3).click()
    page.locator(".alt:enabled").first.click()
    expect(tokens(page).nth(3)).not_to_have_text(before[3])
    expect(page.locator(".tok.given")).to_have_count(3)
    expect(page).to_have_url(re.compile(r"keep=3"))
    page.reload()
    settled(page)
    expect(page.locator(".tok.given")).to_have_count(3)


def test_by_keyboard_alone(lesson: Callable[..., Any]) -> None:
    page = opened(lesson)
    tokens(page).nth(10).focus()
    page.keyboard.press("Escape")
    expect(page.locator(".tok.locked")).to_have_count(0)
    page.keyboard.press("ArrowRight")
    place(page, "^token 12 of 42")
    page.keyboard.press("End")
    place(page, "^token 42 of 42")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    place(page, "^token 2 of 42")
    page.keyboard.press("Enter")
    expect(page.locator(".tok.locked")).to_have_count(1)
    before = tokens(page).nth(1).inner_text()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(tokens(page).nth(1)).not_to_have_text(before)


def test_it_writes_on_and_the_address_keeps_it(lesson: Callable[..., Any]) -> None:
    page = opened(lesson)
    button(page, "Write one token").click()
    expect(tokens(page)).to_have_count(43)
    button(page, "Write 20").click()
    expect(tokens(page)).to_have_count(63)
    text = tokens(page).all_inner_texts()
    page.reload()
    settled(page)
    expect(tokens(page)).to_have_count(63)
    go(page, "temperature")
    go(page, "inspect")
    expect(tokens(page)).to_have_count(63)
    assert tokens(page).all_inner_texts() == text
    button(page, "Start over").click()
    expect(tokens(page)).to_have_count(42)


def test_a_phone_can_tap_a_branch(lesson: Callable[..., Any]) -> None:
    page = opened(lesson, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    tokens(page).nth(12).tap()
    place(page, "^token 13 of 42")
    other = page.locator(".alt:enabled").first
    taken = other.locator(".chip").inner_text()
    other.tap()
    expect(tokens(page).nth(12)).to_have_text(taken)


def test_any_text_is_scored_and_stands_there_literally(lesson: Callable[..., Any]) -> None:
    page = opened(lesson)
    type_in(page, "Text", HOSTILE)
    expect(page.get_by_text("Not in this model's vocabulary").locator("code", has_text="script")).to_be_visible()
    expect(tokens(page).last).to_be_visible()
    expect(page.get_by_test_id("stMetric").first).to_contain_text("nats")
    settled(page)
    nothing_came_of_it(page)


def test_what_is_typed_and_at_once_written_on_goes_on_from_what_was_typed(lesson: Callable[..., Any]) -> None:
    texts = []
    for at_once in (False, True):
        page = opened(lesson)
        box = page.get_by_label("Text", exact=True)
        box.fill("One rainy evening, Priya")
        if not at_once:
            box.press("Tab")
            expect(tokens(page)).to_have_count(5)
        button(page, "Write 20").click()
        expect(tokens(page)).to_have_count(25)
        texts.append(tokens(page).all_inner_texts())
    assert texts[0] == texts[1]


def test_the_model_writes_the_first_token_of_an_empty_text(lesson: Callable[..., Any]) -> None:
    page = lesson("inspect", "?prompt=")
    expect(page.get_by_text("let the model write the first token")).to_be_visible()
    button(page, "Write one token").click()
    expect(page.get_by_text("What you see.")).to_be_visible()
    settled(page)
    expect(page.get_by_text("Bits per character")).to_be_visible()
