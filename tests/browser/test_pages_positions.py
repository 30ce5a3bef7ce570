"""The page on positions under a person's hand: everything follows the slider, nothing is sent before it is let go."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from lmcore.models.positions import angles, frequencies, rotate, sinusoidal
from lmcore.probes.positions import content
from pages.shared.positions_rotary import SEEDS
from tests.browser.person import HOSTILE, button, idle, nothing_came_of_it, painted, settled, type_in

STAGE = ".positions-clock"


def shown(page: Any) -> tuple[float, float]:
    """Sine and cosine of the marked hand, as they stand there."""
    sine, cosine = (page.locator(f"{STAGE} .waves .said b").nth(i).inner_text() for i in (0, 1))
    return float(sine.replace("−", "-")), float(cosine.replace("−", "-"))


def hands(page: Any) -> list[float]:
    """The angle of every hand from the top, clockwise, in radians, -π to π, as the browser has turned it."""
    return page.locator(f"{STAGE} .hand").evaluate_all(
        "(all) => all.map((one) => { const t = parseFloat(getComputedStyle(one).rotate) * Math.PI / 180;"
        " return Math.atan2(Math.sin(t), Math.cos(t)); })"
    )


def stands_at(page: Any, place: int, pair: int = 0, width: int = 16) -> None:
    """Every picture agrees with lmcore's table at this position."""
    expect(page.locator(f"{STAGE} .where")).to_have_text(f"Position {place:,}")
    row = sinusoidal(place + 1, width)[place]
    assert shown(page) == pytest.approx((row[2 * pair], row[2 * pair + 1]), abs=0.0051)
    turned = frequencies(width) * place
    expected = [math.atan2(math.sin(angle), math.cos(angle)) for angle in turned]
    apart = [abs(math.remainder(a - b, 2 * math.pi)) for a, b in zip(hands(page), expected, strict=True)]
    assert max(apart) < 1e-3
    digits = page.locator(f"{STAGE} .digit").all_inner_texts()
    assert int("".join(reversed(digits))) == place  # the ones stand first


def test_everything_follows_the_slider_and_nothing_is_sent_before_the_end(lesson: Callable[..., Any]) -> None:
    page = lesson("positions", viewport={"width": 1280, "height": 1500})
    slider = page.locator(f"{STAGE} .slider")
    expect(slider).to_be_visible()
    idle(page)
    stands_at(page, 12)
    sent = len(page.sent)
    box = slider.bounding_box()
    page.mouse.move(box["x"] + 11 + (box["width"] - 22) * 12 / 63, box["y"] + 20)
    page.mouse.down()
    for place in (20, 33, 50):
        page.mouse.move(box["x"] + 11 + (box["width"] - 22) * place / 63, box["y"] + 20)
        painted(page)
        stands_at(page, place)
        thumb = box["x"] + 11 + (box["width"] - 22) * place / 63
        cursor = page.locator(f"{STAGE} .heat .cursor").bounding_box()
        assert cursor["x"] + cursor["width"] / 2 == pytest.approx(thumb, abs=2)  # the column stands under the thumb
    assert len(page.sent) == sent, "dragging sent a websocket frame"
    page.mouse.up()
    expect(page).to_have_url(re.compile("place=50"))
    expect(page.get_by_text("At position 50 the first hand has gone round 8.0 times")).to_be_visible()
    # the same by the keyboard
    slider.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "Home", "ArrowRight"):
        page.keyboard.press(key)
    stands_at(page, 1)
    expect(page).to_have_url(re.compile("place=1(&|$)"))
    expect(slider).to_have_attribute("aria-valuetext", "position 1")
    third = page.locator(f"{STAGE} .clock").nth(2)
    third.focus()
    page.keyboard.press("Enter")
    stands_at(page, 1, pair=2)
    expect(third).to_have_attribute("aria-pressed", "true")
    expect(page).to_have_url(re.compile("pair=2"))
    # a press on the heatmap goes there; what is drawn in it is the table
    heat = page.locator(f"{STAGE} .heat canvas")
    box = heat.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 40.5 / 64, box["y"] + 30)
    stands_at(page, 40, pair=2)
    expect(page).to_have_url(re.compile("place=40"))
    pixels = heat.evaluate(
        "(canvas) => Array.from(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data)"
    )
    image = np.array(pixels, float).reshape(16, 64, 4)
    blue = image[..., 2] > image[..., 0]
    table = sinusoidal(64, 16).T
    sure = np.abs(table) > 0.2
    assert (blue == (table > 0))[sure].all()
    button(page, "Start over").click()
    stands_at(page, 12)


def product_of(place: int, distance: int) -> float:
    """The product of the page's query and key, turned by lmcore."""
    q, k = (
        rotate(content(8, seed)[None], angles(128, 8)[at : at + 1])[0]
        for seed, at in zip(SEEDS, (place + distance, place), strict=True)
    )
    return float(q @ k)


def summed(page: Any) -> float:
    return float(page.locator(".positions-rotary .sum").inner_text().replace("−", "-"))


def test_dimensions_texts_and_shuffles(lesson: Callable[..., Any]) -> None:
    page = lesson("positions", viewport={"width": 1280, "height": 1500})
    button(page, "More room: 64 dimensions, 1,024 positions").click()
    expect(page.locator(f"{STAGE} .where")).to_have_text("Position 600")
    expect(page.locator(f"{STAGE} .clock")).to_have_count(8)
    expect(page.locator(f"{STAGE} .clock").last).to_contain_text("dims 62, 63")
    settled(page)
    place, distance = (page.locator(".positions-rotary .slider").nth(i) for i in (0, 1))
    assert summed(page) == pytest.approx(product_of(7, 3), abs=0.0051)
    place.focus()
    page.keyboard.press("End")
    painted(page)
    expect(page.locator(".positions-rotary .value").first).to_have_text("position 63")
    assert summed(page) == pytest.approx(product_of(7, 3), abs=0.0051)
    distance.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    painted(page)
    assert summed(page) == pytest.approx(product_of(63, 7), abs=0.0051) != product_of(7, 3)
    type_in(page, "Text", HOSTILE)
    expect(page.get_by_text("Not in this model's vocabulary")).to_be_visible()
    settled(page)
    nothing_came_of_it(page)
    said = page.get_by_text("Without positions, the first block's attention moves by exactly 0 but for rounding.")
    expect(said).to_be_visible()
    type_in(page, "Text", "")
    expect(page.get_by_text("This text has no other order")).to_be_visible()
    settled(page)


def test_a_second_suggestion_at_once_does_not_undo_the_first(lesson: Callable[..., Any]) -> None:
    page = lesson("positions")
    idle(page)
    page.evaluate(
        """async (names) => {
          for (const name of names) {
            [...document.querySelectorAll('button')].find((node) => node.innerText.includes(name)).click();
            await new Promise((done) => setTimeout(done, 30)); // its run has not come to its end
          }
        }""",
        ["More room", "Shuffle the words"],
    )
    expect(page).to_have_url(re.compile("seed="))
    idle(page)
    for part in ("dims=64", "n=1024", "place=600"):
        expect(page).to_have_url(re.compile(part))
