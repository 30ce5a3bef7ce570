"""The components of Pre-training in a real Chromium: levers under the finger, keys, and numbers that are the page's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from playwright.sync_api import expect

from tests.browser.person import idle, painted


def test_levers_pairs_places_and_phases(app: Callable[..., Any]) -> None:
    page = app("pretraining", viewport={"width": 1200, "height": 2400})
    rng = np.random.default_rng(0)
    weights, grads = rng.normal(0, 0.1, (4, 6)), rng.normal(0, 0.01, (4, 6))
    idle(page)
    expect(page.locator(".lm b")).to_have_count(0)  # <b>cat</b> is text

    # windows: the second of two is [on the mat 😀] -> [the mat 😀 and]
    pairs = page.locator(".training-pairs").first
    line = pairs.locator(".column .chip:not(.target)"), pairs.locator(".column .chip.target")
    expect(line[0]).to_have_text(["on", "the", "mat", "😀"])
    expect(line[1]).to_have_text(["the", "mat", "😀", "and"])
    row = pairs.locator(".pairs .row")
    expect(row.nth(1).locator(".chip")).to_have_text(["on", "the", "*", "*", "mat"])
    sent = len(page.sent)
    row.nth(2).hover()
    painted(page)
    expect(pairs.locator(".tok.asked")).to_have_text("😀")
    lever = pairs.get_by_role("slider", name="Stride")
    lever.evaluate("(node) => { node.value = 2; node.dispatchEvent(new Event('input')); }")
    expect(pairs.locator(".said")).to_contain_text("Window 2 of 4")
    expect(line[0]).to_have_text(["<b>cat</b>", "sat", "on", "the"])
    assert len(page.sent) == sent, "a drag sent something before it was let go"
    lever.focus()
    page.keyboard.press("ArrowRight")
    page.get_by_text("length=4 stride=3 at=1 ").wait_for()
    pairs.locator(".tables").focus()
    page.keyboard.press("End")
    expect(pairs.locator("[aria-live]")).to_have_text("sat on the mat, then 😀")
    pairs.get_by_role("button", name="Forward").click()
    page.get_by_text("length=4 stride=3 at=2 ").wait_for()
    expect(line[0]).to_have_text(["mat", "😀", "and", "slept"])
    page.get_by_role("button", name="The first window").click()
    page.get_by_text("length=4 stride=4 at=0 ").wait_for()
    expect(line[0].first).to_have_text("start")

    # the mask: the same triangle of tokens, losses side by side
    mask = page.locator(".training-pairs").nth(1)
    expect(mask.locator(".seen")).to_have_count(10)
    expect(mask.locator(".hidden")).to_have_count(6)
    alone = mask.locator(".pairs:not(.mask) .row .loss").all_inner_texts()
    assert alone == mask.locator(".pairs.mask .row .loss").all_inner_texts()
    assert len(alone) == 5

    # the batch: three steps of training under the finger
    places = page.locator(".loss-places")
    expect(places.locator(".cell .value").first).to_have_text("<0.001")
    places.locator(".cell").nth(6).hover()
    expect(places.locator(".detail")).to_contain_text("After on the mat comes 😀")
    places.get_by_role("slider").focus()
    page.keyboard.press("Home")
    page.get_by_text("step=0 place=0 ").wait_for()
    places.locator(".batch").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowUp", "ArrowDown"):
        page.keyboard.press(key)
    page.get_by_text("step=0 place=5 ").wait_for()
    places.locator(".bar").nth(1).click()
    page.get_by_text("step=1 place=5 ").wait_for()

    # one step: the arithmetic of any weight, in four phases
    step = page.locator(".one-step")
    expect(step.locator(".lines")).to_contain_text("<b>a</b>")
    w, g = weights[1, 1], grads[1, 1]
    step.get_by_role("button", name="2 Backward").click()
    page.get_by_text("phase=1 weight=7 ").wait_for()
    five = f"{abs(g):#.5g}"
    expect(step.locator(".lines strong").last).to_have_text(("−" if g < 0 else "") + five)  # by difference, the same
    step.get_by_role("button", name="3 Update").focus()
    page.keyboard.press("Enter")
    moved = f"{w - 0.1 * g:#.5g}".replace("-", "−")
    expect(step.locator(".lines strong").last).to_have_text(moved)
    step.get_by_role("button", name="4 Forward again").click()
    expect(step.locator(".lines strong").last).to_have_text("1.875 nats")
    step.locator(".plot").focus()
    for key in ("ArrowRight", "ArrowDown", "End"):
        page.keyboard.press(key)
    page.get_by_text("phase=3 weight=17 ").wait_for()
    box = step.locator("canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5 / 6, box["y"] + box["height"] * 0.5 / 4)
    expect(step.locator(".lines")).to_contain_text("row 0, column 0")
