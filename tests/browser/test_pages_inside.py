"""Inside a GPT as a person meets it: a door by keyboard, a head switched off, the blocks at a token, its learning."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.browser.person import HOSTILE, choose, idle, nothing_came_of_it, painted, settled, type_in


def test_through_the_doors(lesson: Callable[..., Any]) -> None:
    page = lesson("inside-gpt", viewport={"width": 1200, "height": 1400})
    idle(page)
    page.get_by_role("button", name="Block 2 · attention").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".attention-explorer .head-name")).to_contain_text("block 2, head 1")
    expect(page).to_have_url(re.compile("block=1"))
    settled(page)
    page.get_by_role("button", name="Switch off block 2 head 1").click()
    expect(page.get_by_text("With block 2 head 1 switched off the next token moves by")).to_be_visible()
    expect(page).to_have_url(re.compile("off=b1h0"))
    page.get_by_role("radio", name="Block by block").click()
    said = page.locator(".logit-lens .said")
    expect(said).to_contain_text("After the (place 22)")
    page.locator(".logit-lens .tok").nth(5).hover()
    expect(said).to_contain_text("After girl (place 5)")
    page.locator(".logit-lens .tok").nth(5).click()
    expect(page).to_have_url(re.compile("place=5"))
    expect(said).to_contain_text("Locked")
    page.locator(".logit-lens .strip").focus()
    page.keyboard.press("ArrowRight")
    expect(said).to_contain_text("(place 6)")
    trained = page.locator(".logit-lens .grid").inner_text()
    settled(page)
    page.get_by_text("Before it had learnt anything").click()
    expect(page).to_have_url(re.compile("step=0"))
    settled(page)
    expect(said).to_contain_text("Locked: after named (place 6)")
    assert page.locator(".logit-lens .grid").inner_text() != trained
    page.get_by_role("combobox", name="Model").scroll_into_view_if_needed()  # a scroll would close its list
    painted(page)
    choose(page, "Model", "GPT on Shakespeare, letter by letter")  # runs of other steps: the slider follows
    step = page.get_by_test_id("stSlider").filter(has_text="Training step")
    expect(page).to_have_url(re.compile("gpt-shakespeare-char(?!.*step=)"))
    settled(page)
    choose(page, "Model", "GPT on little tales, word by word")
    expect(page).not_to_have_url(re.compile("shakespeare"))
    settled(page)
    assert "step=" not in page.url
    now, _, last = (part for part in step.inner_text().split("\n\n")[1:])
    assert now == last
    # an empty text and another one: the place that is shown is the last one, in picture and words
    page.locator(".logit-lens .strip").press("Escape")
    for text in ("", "Once there was a girl"):
        type_in(page, "Text", text)
        settled(page)
    expect(said).to_contain_text("After girl (place 5)")
    type_in(page, "Text", HOSTILE)
    settled(page)
    nothing_came_of_it(page)
