"""The Embeddings lesson in a real Chromium: the map through time, in three dimensions, by hand and by key, and live."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.browser.person import HOSTILE, MINUTES, button, nothing_came_of_it, settled, type_in


def drawn(page: Any) -> str:
    """What is on the canvas, as one string."""
    return page.locator(".embedding-map canvas").evaluate("canvas => canvas.toDataURL()")


def nearest(page: Any) -> list[str]:
    return page.locator(".embedding-map .row:not([hidden]) .name").all_inner_texts()


def test_the_map_goes_through_the_training(lesson: Callable[..., Any]) -> None:
    page = lesson("embeddings")
    said, slider = page.locator(".embedding-map .said"), page.get_by_role("slider", name="Training step")
    expect(said).to_have_text("step 200")
    assert nearest(page)[0] == "king"
    end = drawn(page)
    slider.focus()
    for _ in range(4):
        slider.press("ArrowLeft")
    expect(said).to_have_text("step 24")
    expect(page.get_by_text(re.compile("At step 24 the word nearest"))).to_be_visible()  # the rest of the page follows
    expect(page).to_have_url(re.compile("step=24"))
    assert drawn(page) != end
    slider.press("Home")
    expect(said).to_have_text("step 0")
    settled(page)
    middle = len(page.sent)
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(said).to_have_text("step 200")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert len(page.sent) == middle  # it plays in the browser alone
    assert drawn(page) == end


def test_words_are_looked_at_by_hand_and_by_key(lesson: Callable[..., Any]) -> None:
    page = lesson("embeddings", reduced_motion="reduce")
    canvas, head = page.locator(".embedding-map canvas"), page.locator(".embedding-map .head")
    page.locator(".embedding-map .row").first.click()
    expect(head).to_contain_text("king is nearest to")
    expect(page.locator(".embedding-lookup .own")).to_contain_text("king")
    expect(page.get_by_role("combobox", name="Word")).to_have_value("king")
    row = page.locator(".embedding-lookup .vector .num").all_inner_texts()
    assert len(row) == 32
    assert page.locator(".embedding-lookup .own .hot").inner_text() == "1"
    button(page, "All words").click()
    page.locator(".embedding-map .word", has_text=re.compile("^mother$")).click()
    expect(head).to_contain_text("mother")
    canvas.focus()
    page.keyboard.press("ArrowRight")
    expect(head).not_to_contain_text("mother")
    page.keyboard.press("Escape")
    expect(page.locator(".embedding-map .list")).to_be_visible()
    page.get_by_role("button", name="3-D").click()
    expect(page.locator(".embedding-map .share")).to_contain_text("arrow keys to turn")
    pictures = [drawn(page)]
    canvas.press("ArrowRight")
    pictures.append(drawn(page))
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 140, box["y"] + 90, steps=4)
    page.mouse.up()
    pictures.append(drawn(page))
    assert len(set(pictures)) == 3
    type_in(page, "Ask with + and −", "Paris - France + Italy")
    expect(page.get_by_text("Rome").first).to_be_visible()
    type_in(page, "Ask with + and −", HOSTILE)
    expect(page.get_by_text("Not in this vocabulary")).to_be_visible()
    nothing_came_of_it(page)
    page.get_by_role("button", name="Play").click()  # a picture at a time: nothing glides
    expect(page.locator(".embedding-map .said")).to_have_text("step 0")
    expect(page.locator(".embedding-map .said")).to_have_text("step 1")
    page.get_by_role("button", name="Pause").click()


def test_it_learns_ones_own_text_live(lesson: Callable[..., Any]) -> None:
    page = lesson("embeddings")
    button(page, "Yours").click()
    page.get_by_label("Paste a text").fill(f"{HOSTILE} and 😀 once. " * 12)
    page.get_by_label("Its name").fill("Tiny")
    button(page, "Use this text").click()
    expect(
        page.get_by_text("of its words occur five times or more").or_(page.get_by_text("Trained")).first
    ).to_be_visible(timeout=60_000)
    nothing_came_of_it(page)
    settled(page)
    button(page, "Start over").click()
    expect(page.get_by_text("A replay:")).to_be_visible()
    button(page, "Train").click()
    expect(page.get_by_text(re.compile(r"in 200 steps\. ?$"))).to_be_visible(timeout=MINUTES)
    expect(page.locator(".embedding-map .said")).to_have_text("step 200")
    assert nearest(page)[0] == "king"
