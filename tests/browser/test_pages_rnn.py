"""The RNN page as a person meets it: hover previews, a click locks, arrows step, the numbers add up, a phone fits."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.browser.person import HOSTILE, idle, nothing_came_of_it, settled, type_in

STRIP, PLOT = ".rnn-cell .strip", ".rnn-cell .plot"


def numbers(page: Any) -> list[float]:
    """W_x x, W_h h, b, their sum, and h, as they stand there."""
    texts = page.locator(".rnn-cell .sum .num").all_inner_texts()
    return [float(text.replace("−", "-").replace(",", "")) for text in texts]


def adds_up(page: Any) -> None:
    from_x, from_h, b, a, h = numbers(page)
    assert abs(from_x + from_h + b - a) < 0.02 * (1 + abs(from_x) + abs(from_h))
    assert abs(math.tanh(a) - h) < 0.01
    for row, total in enumerate((from_x, from_h)):
        terms = page.locator(".rnn-cell .sum").nth(row).locator(".term").all_inner_texts()
        parts = [float(re.findall(r"-?[\d.]+", term.replace("−", "-"))[-1]) for term in terms]
        if len(parts) > 1:
            assert abs(sum(parts) - total) < 0.03 * (1 + abs(total))


def test_pointing_locking_and_stepping(lesson: Callable[..., Any]) -> None:
    page = lesson("rnn", viewport={"width": 1200, "height": 1600})
    idle(page)
    head, before = page.locator(".rnn-cell .head"), len(page.sent)
    expect(head).to_contain_text("token 57 of 57")
    adds_up(page)
    page.locator(f"{STRIP} .tok").nth(20).hover()
    expect(head).to_contain_text("token 20 of 57")
    adds_up(page)
    box = page.locator(PLOT).bounding_box()
    page.mouse.move(box["x"] + box["width"] * 10.5 / 58, box["y"] + box["height"] * 3.5 / 32)
    expect(head).to_contain_text("token 10 of 57")
    previewed = head.inner_text().split(" after")[0]
    assert len(page.sent) == before  # nothing was sent for a preview
    page.mouse.click(box["x"] + box["width"] * 10.5 / 58, box["y"] + box["height"] * 3.5 / 32)
    expect(head).to_contain_text("locked")
    expect(head).to_contain_text(previewed)
    expect(page).to_have_url(re.compile(r"place=10"))
    settled(page)
    expect(page.get_by_text("(place 10) the true next token is")).to_be_visible()
    page.locator(f"{STRIP} .tok").nth(3).hover()
    expect(head).to_contain_text("token 10 of 57")  # the lock holds
    page.locator(".rnn-cell .grid").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowDown"):
        page.keyboard.press(key)
    expect(head).to_contain_text("token 11 of 57")
    expect(head).not_to_contain_text(f"{previewed} ")
    adds_up(page)
    page.get_by_role("button", name="Back", exact=True).click()
    expect(head).to_contain_text("token 10 of 57")
    page.locator(".rnn-cell .box:visible .cell").first.click()
    expect(head).to_contain_text("token 8 of 57")
    expect(page).to_have_url(re.compile(r"place=8"))
    page.locator(STRIP).focus()
    page.keyboard.press("Home")
    expect(head).to_contain_text("at the start")
    expect(page.locator(".rnn-cell .sum").nth(1)).to_contain_text("there is no state before the first token")
    page.keyboard.press("Escape")
    expect(head).to_contain_text("a click locks")
    expect(page).not_to_have_url(re.compile(r"place="))
    page.get_by_role("button", name="Show all 192").click()
    expect(page.locator(f"{PLOT} canvas")).to_have_js_property("height", 192)


def test_a_link_and_the_learning(lesson: Callable[..., Any]) -> None:
    page = lesson("rnn", "?unit=5&place=4&prompt=But+soft", viewport={"width": 1200, "height": 1600})
    head = page.locator(".rnn-cell .head")
    expect(head).to_have_text("Unit 5 after · token 4 of 8, locked")
    expect(page.locator(f"{STRIP} .tok")).to_have_count(9)
    trained = numbers(page)
    page.get_by_text("Before it had learnt anything").click()
    settled(page)
    expect(page).to_have_url(re.compile(r"step=0"))
    expect(head).to_contain_text("Unit 5")  # what is locked stays locked while the learning is replayed
    assert numbers(page) != trained
    adds_up(page)


def test_hostile_text_on_a_phone(lesson: Callable[..., Any]) -> None:
    page = lesson("rnn", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    type_in(page, "Text", HOSTILE)
    settled(page)
    expect(page.locator(f"{STRIP} .tok").nth(1)).to_have_text("<3>")  # "<" is none of Shakespeare's letters
    nothing_came_of_it(page)
    page.locator(f"{STRIP} .tok").nth(6).tap()
    expect(page.locator(".rnn-cell .head")).to_contain_text("locked")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".rnn-cell").evaluate("root => root.scrollWidth <= root.clientWidth")
    sizes = page.locator(".rnn-cell").evaluate(
        """root => [...root.querySelectorAll("*")]
            .filter((node) => node.tagName !== "SUB" && !node.closest(".unseen"))
            .filter((node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim()))
            .map((node) => parseFloat(getComputedStyle(node).fontSize))"""
    )
    assert min(sizes) >= 16
