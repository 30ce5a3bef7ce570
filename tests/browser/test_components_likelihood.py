"""The likelihood bench in a real Chromium: its numbers are those of lmcore, and a drag sends nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from lmcore.probes.likelihood import log_likelihood

SLIDER = 'input[type="range"]'


def says(page: Any, text: str) -> None:
    page.get_by_text(re.compile(text)).wait_for()


def set_p(page: Any, p: float) -> None:
    box = page.get_by_label("p as a number")
    box.fill(str(p))
    box.press("Enter")


@pytest.mark.parametrize(("seen", "tries"), [(7, 10), (0, 5), (5, 5), (52, 200)])
def test_its_numbers_are_those_of_lmcore(app: Callable[..., Any], seen: int, tries: int) -> None:
    page = app("likelihood", f"?h={seen}&n={tries}")
    for p in (0.0, 0.05, 0.5, 0.7, 1.0):
        set_p(page, p)
        expect(page.locator(".big")).to_have_text(f"p = {p:.3f}")
        log = float(log_likelihood(p, seen, tries))
        likelihood, nll = page.locator(".fact").all_inner_texts()
        if log == -math.inf:
            assert (likelihood, nll) == ("likelihood 0", "NLL ∞ nats")
            continue
        assert float(nll.split()[1].replace(",", "")) == pytest.approx(-log, rel=6e-3, abs=1e-9)
        mantissa, _, exponent = likelihood.split()[1].partition("·10")
        power = int(exponent.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")) or 0)
        assert math.log(float(mantissa)) + power * math.log(10) == pytest.approx(log, abs=6e-3)
        assert page.locator(".plot .mark").all_text_contents() == [likelihood.split()[1], nll.split()[1]]


def heights(page: Any) -> list[float]:
    return [float(dot.get_attribute("cy")) for dot in page.locator(".plot .dot").all()]


def test_both_points_are_best_at_the_same_place(app: Callable[..., Any]) -> None:
    """On a screen y grows downwards: the likelihood's point is highest where the NLL's is lowest."""
    page = app("likelihood")
    places = np.linspace(0.1, 0.95, 18).round(2)
    found = []
    for p in places:
        set_p(page, p)
        expect(page.locator(".big")).to_have_text(f"p = {p:.3f}")
        found.append(heights(page))
    likelihood, nll = zip(*found, strict=True)
    assert places[int(np.argmin(likelihood))] == places[int(np.argmax(nll))] == 0.7
    page.get_by_role("button", name="Go to the best").click()
    expect(page.locator(".big")).to_have_text("p = 0.700")
    expect(page.locator(".verdict")).to_contain_text("p = 7/10")
    says(page, r"p=0\.7 kept=0\.7")


def test_the_drag_sends_nothing_until_release(app: Callable[..., Any]) -> None:
    page = app("likelihood")
    box = page.locator(SLIDER).bounding_box()
    y = box["y"] + box["height"] / 2
    page.wait_for_timeout(500)
    before, seen = len(page.sent), set()
    page.mouse.move(box["x"] + 0.5 * box["width"], y)
    page.mouse.down()
    for i in range(30):
        page.mouse.move(box["x"] + (0.5 + 0.3 * math.sin(i / 5)) * box["width"], y)
        seen.add((page.locator(".big").inner_text(), *heights(page)))
    assert len(page.sent) == before, "the drag sent a websocket frame"
    assert len(seen) > 15
    page.mouse.move(box["x"] + 0.25 * box["width"], y)
    page.mouse.up()
    says(page, r"p=0\.2\d+ kept=0\.2")
    assert len(page.sent) == before + 1


def test_a_curve_can_be_dragged_too(app: Callable[..., Any]) -> None:
    page = app("likelihood")
    box = page.locator(".plot").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2)
    page.mouse.up()
    says(page, r"p=0\.8\d* kept=0\.8")


def test_the_program_and_the_person_take_turns(app: Callable[..., Any]) -> None:
    page = app("likelihood")
    page.get_by_role("button", name="Set 0.25").click()
    expect(page.locator(".big")).to_have_text("p = 0.250")
    set_p(page, 0.9)
    says(page, r"p=0\.9 kept=0\.9")
    page.get_by_role("button", name="Rerun").click()
    says(page, "runs=4")
    expect(page.locator(".big")).to_have_text("p = 0.900")
    page.get_by_role("button", name="Set 0.25").click()
    expect(page.locator(".big")).to_have_text("p = 0.250")
    page.get_by_role("button", name="Other data").click()
    expect(page.locator(".verdict")).to_contain_text("p = 1/4")


def test_keyboard_and_nonsense(app: Callable[..., Any]) -> None:
    page = app("likelihood")
    slider = page.locator(SLIDER)
    slider.focus()
    slider.press("ArrowRight")
    expect(page.locator(".big")).to_have_text("p = 0.501")
    assert slider.get_attribute("aria-valuetext") == "p = 0.501"
    for nonsense in ("1.5", "-1", "much", ""):
        set_p(page, nonsense)
        expect(page.get_by_label("p as a number")).to_have_value("0.501")


def test_names_stand_there_literally_and_nothing_doubles(app: Callable[..., Any]) -> None:
    page = app("likelihood", "?name=<b>x</b>")
    page.get_by_role("button", name="Go to the best").click()
    expect(page.locator(".verdict")).to_contain_text("<b>x</b>")
    page.get_by_role("button", name="Rerun").click()
    says(page, "runs=3")
    assert page.locator(".plot").count() == 2
    page.get_by_role("button", name="Away").click()
    page.locator(".plot").first.wait_for(state="detached")
    page.get_by_role("button", name="Rerun").click()
    page.locator(".plot").first.wait_for()
    assert page.locator(".plot").count() == 2


def test_a_phone_scrolls_only_downwards(app: Callable[..., Any]) -> None:
    page = app("likelihood", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".lm").evaluate("root => root.scrollWidth <= root.clientWidth")
