"""The component of LSTM gates in a real Chromium: its numbers are lmcore's, pointing sends nothing, keys do it all."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from lmcore import models, tokenizers
from lmcore.probes import gates
from tests.browser.person import idle, painted

TEXT = 'He said: "No <b>way</b>."\nSo 😀 it ended.'
H = 40
PANELS = ["forget gate", "input gate", "candidate", "output gate", "cell state", "hidden state"]


def inside() -> gates.Inside:
    """What the harness shows."""
    tokenizer = tokenizers.train("char", 'He said: "No <b>way</b>."\nSo it ended.')
    model = models.build("lstm", {"n_embd": 8, "hidden_size": H}, tokenizer.vocab_size)
    return gates.inside(model.trace(tokenizer.encode(TEXT)))


def number(text: str) -> float:
    return float(text.strip().replace("−", "-"))


def shown(page: Any) -> list[float]:
    """The numbers in the heads of the heatmaps, in the order of `gates.PARTS`."""
    heads = {
        panel.locator(".name").inner_text(): panel.locator(".value").inner_text()
        for panel in page.locator(".panel").all()
    }
    return [number(heads[name]) for name in PANELS]


def expected(found: gates.Inside, unit: int, position: int) -> Any:
    return pytest.approx([float(getattr(found, name)[position, unit]) for name in gates.PARTS], abs=6e-4)


def point(page: Any, panel: int, unit: int, position: int, P: int, rows: int = 32) -> None:
    box = page.locator(".plot canvas").nth(panel).bounding_box()
    x = box["x"] + (position + 0.5) / P * box["width"]
    page.mouse.move(x, box["y"] + (unit + 0.5) / rows * box["height"])
    painted(page)


def test_pointing_previews_everywhere_and_a_click_locks(app: Callable[..., Any]) -> None:
    page, found = app("gates"), inside()
    P = len(found.cell)
    idle(page)
    sent = len(page.sent)
    for panel, unit, position in ((0, 0, 0), (3, 7, 12), (5, 31, P - 1)):
        page.locator(".plot canvas").nth(panel).scroll_into_view_if_needed()
        point(page, panel, unit, position, P)
        assert shown(page) == expected(found, unit, position)
        expect(page.locator(".story-head strong")).to_have_text(f"Unit {unit}")
        assert int(page.locator(".tok.here").get_attribute("data-t")) == position
    assert len(page.sent) == sent, "pointing sent a websocket frame"
    # the equations, in these numbers: C_t = f C_{t-1} + i C~, h = o tanh C
    cell, hidden = (re.findall(r"−?\d+\.\d+", page.locator(".sum").nth(n).inner_text()) for n in (5, 6))
    f, before, i, candidate, now = map(number, cell)
    assert f * before + i * candidate == pytest.approx(now, abs=3e-3)
    assert (before, now) == pytest.approx(found.cell[-2:, 31].tolist(), abs=6e-4)
    o, squashed, h = map(number, hidden)
    assert o * squashed == pytest.approx(h, abs=3e-3)
    page.mouse.down()
    page.mouse.up()
    page.get_by_text(f"unit=31 position={P - 1} sort=number runs=2").wait_for()
    point(page, 5, 3, 4, P)
    assert shown(page) == expected(found, 31, P - 1)
    page.locator(".tok").nth(5).click()
    page.get_by_text("unit=31 position=5").wait_for()
    assert shown(page) == expected(found, 31, 5)
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    page.get_by_text("unit=None position=None").wait_for()


def test_keys_move_sort_and_lock(app: Callable[..., Any]) -> None:
    page, found = app("gates"), inside()
    order = gates.strongest_first(gates.mean_open(found.forget_gate))
    page.get_by_label("Sort units by").select_option("open")
    page.get_by_text("sort=open").wait_for()
    grid = page.locator(".grid")
    grid.focus()
    for key in ("Home", "ArrowRight", "ArrowRight", "ArrowDown", "ArrowDown", "ArrowUp"):
        page.keyboard.press(key)
    assert shown(page) == expected(found, int(order[1]), 2)
    page.keyboard.press("Enter")
    page.get_by_text(f"unit={order[1]} position=2 sort=open").wait_for()
    expect(page.locator("[aria-live]")).to_contain_text(f"Locked. Unit {order[1]}, token 2, e: forget gate 0.")
    page.keyboard.press("ArrowLeft")
    page.get_by_text(f"unit={order[1]} position=1").wait_for()
    rows = page.locator(".plot canvas").first.get_attribute("height")
    page.get_by_role("button", name="Show all 40 units").click()
    assert (rows, page.locator(".plot canvas").first.get_attribute("height")) == ("32", "40")
    page.locator(".strip").focus()
    page.keyboard.press("End")
    page.get_by_text(f"unit={order[1]} position={len(found.cell) - 1}").wait_for()
    page.get_by_role("button", name="forget gate").click()
    expect(page.locator(".story-head")).to_contain_text("its forget gate")


def test_the_program_and_the_person_take_turns_and_text_stays_text(app: Callable[..., Any]) -> None:
    page, found = app("gates"), inside()
    expect(page.locator(".strip b")).to_have_count(0)
    assert "<b>way</b>" in page.locator(".strip").inner_text().replace("\n", "")
    page.get_by_role("button", name="Hold unit 3").click()
    page.get_by_text("unit=3 position=5").wait_for()
    assert shown(page) == expected(found, 3, 5)
    page.locator(".tok").nth(9).click()
    page.get_by_text("unit=3 position=9").wait_for()
    page.get_by_role("button", name="Rerun").click()
    page.get_by_text("runs=4").wait_for()
    assert shown(page) == expected(found, 3, 9)
    # every pixel of a heatmap is the number: a gate has its hue when open, its paper when shut
    pixels = page.locator(".plot canvas").first.evaluate(
        "c => Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)"
    )
    image = np.array(pixels).reshape(32, len(found.cell), 4)
    paler = image[..., :3].sum(axis=2)
    r = np.corrcoef(paler.ravel(), found.forget_gate[:, :32].T.ravel())[0, 1]
    assert r < -0.95
