"""The living sentence in a real Chromium: it plays by itself, pauses, steps, and never talks to Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def step(page: Any) -> int:
    return int(page.locator(".lm").get_attribute("data-step"))


def reach(page: Any, condition: str) -> None:
    """Wait until the component's data-* attributes meet a condition on `d`."""
    page.wait_for_function(
        "condition => { const hosts = [...document.querySelectorAll('*')].map(h => h.shadowRoot).filter(Boolean);"
        "const d = hosts.map(r => r.querySelector('.lm')).find(Boolean).dataset;"
        "return {run: d.run === '1', later: Number(d.step) > 3, end: Number(d.step) === 19}[condition]; }",
        arg=condition,
    )


def test_it_plays_and_sends_nothing(app: Callable[..., Any]) -> None:
    page = app("sentence", "?ms=100")
    page.wait_for_timeout(300)
    before = len(page.sent)
    reach(page, "later")
    page.locator(".row.chosen:not(.rest)").first.wait_for()
    assert page.locator(".sentence:not(.sizer)").inner_text().startswith("Once upon a time, there")
    assert len(page.sent) == before
    reach(page, "run")  # after the end it waits, then the next generation begins
    assert page.locator(".prompt").inner_text() == "The king"


def test_what_all_others_hold_is_told_and_not_drawn(app: Callable[..., Any]) -> None:
    page = app("sentence", reduced_motion="reduce")
    assert page.locator(".row.rest .fill").count() == 0
    assert page.locator(".row.rest").inner_text().split()[:3] == ["all", "others", "together"]
    scales = page.locator(".row .fill").evaluate_all("all => all.map(e => new DOMMatrix(e.style.transform).a)")
    assert max(scales) <= 1


def test_pause_step_and_restart(app: Callable[..., Any]) -> None:
    page = app("sentence", "?ms=200")
    reach(page, "later")
    page.get_by_role("button", name="Pause").click()
    at = step(page)
    page.wait_for_timeout(500)
    assert step(page) == at
    page.get_by_role("button", name="One step").click()
    assert step(page) == at + 1
    page.get_by_role("button", name="From the start").click()
    assert step(page) == 0
    assert page.locator(".grown").inner_text() == ""
    assert page.locator(".fresh").inner_text() == ""
    page.wait_for_timeout(300)
    assert step(page) == 0  # still paused
    page.get_by_role("button", name="Play").click()
    reach(page, "later")


def test_hovering_pauses(app: Callable[..., Any]) -> None:
    page = app("sentence", "?ms=100")
    page.locator(".bars").hover()
    page.wait_for_timeout(150)
    at = step(page)
    page.wait_for_timeout(500)
    assert step(page) == at
    page.mouse.move(5, 900)
    reach(page, "later")


def test_with_reduced_motion_it_stands_finished_and_can_be_stepped(app: Callable[..., Any]) -> None:
    page = app("sentence", "?ms=50", reduced_motion="reduce")
    page.wait_for_timeout(400)
    assert step(page) == 19
    assert page.locator(".sentence:not(.sizer)").inner_text().endswith("lost his ball.")
    page.get_by_role("button", name="One step").click()
    assert step(page) == 0
    assert page.locator(".prompt").inner_text() == "The king"
    for _ in range(4):
        page.get_by_role("button", name="One step").click()
    # its text is data: a tag is six letters and two brackets
    assert page.locator(".sentence:not(.sizer)").inner_text().endswith("said:\n<script>")
    assert page.locator(".lm script").count() == 0
    assert page.get_by_role("button", name="Play").count() == 1


def test_running_again_neither_doubles_nor_restarts_it(app: Callable[..., Any]) -> None:
    page = app("sentence", "?ms=100")
    reach(page, "later")
    page.get_by_role("button", name="Rerun").click()
    page.wait_for_timeout(300)
    assert step(page) > 3
    for part, count in ((".stage", 1), (".row", 9), (".controls button", 3)):
        assert page.locator(part).count() == count


def test_on_a_phone_in_the_dark(app: Callable[..., Any]) -> None:
    page = app("sentence", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, color_scheme="dark")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Pause").tap()
    assert page.get_by_role("button", name="Play").count() == 1


def test_the_page_below_never_moves(app: Callable[..., Any]) -> None:
    page = app("sentence", "?ms=60")
    tops = {page.locator(".bars").bounding_box()["y"] for _ in range(20)}
    reach(page, "end")
    assert tops | {page.locator(".bars").bounding_box()["y"]} == tops
