"""Pre-training as a person meets it: from door to door, and a text that would be code."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.browser.person import HOSTILE, idle, nothing_came_of_it, settled, type_in

OPENING = (
    "Once there was a girl named Ada who had a golden acorn. "
    "But one evening, a cold wind carried the golden acorn away."
)


def test_from_a_text_to_a_step(lesson: Callable[..., Any]) -> None:
    page = lesson("pre-training", viewport={"width": 1200, "height": 1600})
    idle(page)
    page.get_by_role("button", name="Forward").click()
    expect(page).to_have_url(re.compile("window=2"))
    page.get_by_role("radio", name="One mask gives all").click()
    expect(page.locator(".training-pairs .said")).to_contain_text("Window 3 of 4")
    losses = page.locator(".training-pairs .mean .loss")
    expect(losses).to_have_count(2)
    assert losses.nth(0).inner_text() == losses.nth(1).inner_text()
    page.get_by_role("radio", name="What it costs").click()
    page.locator(".loss-places").get_by_role("slider").focus()
    page.keyboard.press("Home")
    expect(page).to_have_url(re.compile("step=0"))
    settled(page)
    page.get_by_role("radio", name="One step").click()
    step = page.locator(".one-step")
    expect(step.locator(".card").nth(3)).to_contain_text("lower by")  # of the untrained model
    before = step.locator(".plot canvas").bounding_box()
    page.mouse.click(before["x"] + before["width"] / 2, before["y"] + before["height"] / 2)
    expect(page).to_have_url(re.compile(r"weight=\d+\.\d+"))
    settled(page)
    step.get_by_role("button", name="2 Backward").click()
    expect(step.locator(".lines")).to_contain_text("Checked without calculus")
    expect(page).to_have_url(re.compile("phase=1"))
    settled(page)
    type_in(page, "Text", HOSTILE)
    settled(page)
    page.get_by_role("radio", name="Windows").click()
    expect(page.locator(".training-pairs .strip .tok").first).to_have_text("start")
    settled(page)
    nothing_came_of_it(page)

    # on a phone the opening text is whole, and of a long one it is said that it goes on
    page.set_viewport_size({"width": 390, "height": 844})
    strip, more = page.locator(".training-pairs .strip"), page.get_by_text("The text goes on below")
    type_in(page, "Text", "Mia saw the moon. " * 20)
    settled(page)
    expect(strip).to_have_class(re.compile("more"))
    expect(more).to_be_visible()
    strip.evaluate("(node) => { node.scrollTop = node.scrollHeight; }")
    expect(strip).not_to_have_class(re.compile("more"))
    type_in(page, "Text", OPENING)
    settled(page)
    expect(strip.locator(".tok").last).to_have_text(".")
    expect(more).to_be_hidden()
