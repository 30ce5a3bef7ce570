"""The attention explorer in a real Chromium: its numbers are lmcore's, pointing sends nothing, keys do it all."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
from playwright.sync_api import expect

from tests.browser.person import idle, painted

L, H, R = 3, 4, 9


def weights(L: int, H: int, R: int, K: int, causal: bool) -> Any:
    """What the harness shows."""
    scores = np.random.default_rng(0).normal(0, 2, (L, H, R, K))
    if causal:
        scores = np.where(np.tril(np.ones((R, K), bool)), scores, -np.inf)
    found = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return found / found.sum(axis=-1, keepdims=True)


def three(x: float) -> str:
    """Three digits, as the browser writes them."""
    return f"{x:.2f}" if x >= 0.9995 else f"{x:.{2 - int(np.floor(np.log10(x)))}f}"


def said(page: Any) -> str:
    return page.locator(".said").inner_text()


def cell(page: Any, row: int, column: int) -> tuple[float, float]:
    """Where a cell of the matrix is: the names of rows and columns stand left of and above it."""
    box = page.locator(".plot > canvas").first.bounding_box()
    size = 44.0  # the most that a cell takes
    return box["x"] + box["width"] - (R - column - 0.5) * size, box["y"] + box["height"] - (R - row - 0.5) * size


def test_pointing_previews_a_click_locks_and_the_numbers_are_exact(app: Callable[..., Any]) -> None:
    page, found = app("attention"), weights(L, H, R, R, causal=True)
    idle(page)
    expect(page.locator(".strips b")).to_have_count(0)  # <b>cat</b> is text
    sent = len(page.sent)
    for row, column in ((5, 2), (8, 8), (3, 0)):
        page.mouse.move(*cell(page, row, column))
        painted(page)
        assert f"gives {three(found[0, 0, row, column])} of its attention to" in said(page)
        assert f"(place {row})" in said(page)
        assert f"(place {column})" in said(page)
        values = [item.inner_text() for item in page.locator(".looks li:visible .value").all()]
        expected = np.sort(found[0, 0, row, : row + 1])[::-1][:6]
        assert values == [three(x) for x in expected]
        assert page.locator(".tok.by").get_attribute("data-t") == str(row)
        assert page.locator(".tok.at, .tok.by").last.get_attribute("data-t") == str(row)
    page.mouse.move(*cell(page, 2, 7))  # masked: no weight, only who looks
    painted(page)
    assert "Point at a cell for one weight" in said(page)
    page.locator(".tok").nth(6).hover()
    painted(page)
    assert "(place 6) looks" in said(page)
    assert len(page.sent) == sent, "pointing sent a websocket frame"
    page.locator(".tok").nth(6).click()
    page.get_by_text("layer=0 head=0 row=6 mode=matrix runs=2").wait_for()
    page.locator(".tok").nth(4).hover()  # who looks is locked: now it is about whom
    painted(page)
    assert f"gives {three(found[0, 0, 6, 4])} of its attention to" in said(page)
    # another head: about two digits at once, the exact ones when they have come
    page.locator(".one").nth(2 * H + 1).click()
    page.get_by_text("layer=2 head=1 row=6").wait_for()
    page.locator(".tok").nth(4).hover()
    expect(page.locator(".said strong")).to_have_text(three(found[2, 1, 6, 4]))
    expect(page.locator(".head-name")).to_have_text("block 3, head 2: previous token, 0.9 of its weight")
    page.get_by_role("button", name="Arcs").click()
    page.get_by_text("row=6 mode=arcs").wait_for()
    box = page.locator(".plot > canvas").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 3.5 / R, box["y"] + box["height"] * 0.7)
    expect(page.locator(".said strong")).to_have_text(three(found[2, 1, 6, 3]))
    page.keyboard.press("Tab")
    page.locator(".plot").focus()
    page.keyboard.press("Escape")
    page.get_by_text("row=None mode=arcs").wait_for()
    page.get_by_role("button", name="Look at the last head").click()
    page.get_by_text(f"layer={L - 1} head={H - 1} row=5 mode=arcs").wait_for()
    expect(page.locator(".said")).to_contain_text("Locked: the (place 5)")

    # and the same by keys alone
    page.locator(".small").focus()
    for key in ("ArrowUp", "Home", "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp"):
        page.keyboard.press(key)
    page.get_by_text("layer=1 head=1 row=5").wait_for()
    live = page.locator("[aria-live]")
    expect(live).to_have_text("block 2, head 2: previous token, 0.9 of its weight")
    page.locator(".plot").focus()
    for key in ("Escape", "ArrowDown", "End", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
    expect(live).to_have_text(f"mat, place 6, to on, place 4: {three(found[1, 1, 6, 4])}.")
    page.keyboard.press("Enter")
    page.get_by_text("layer=1 head=1 row=6").wait_for()
    page.keyboard.press("Home")
    expect(page.locator(".said strong")).to_have_text(three(found[1, 1, 6, 0]))
    page.locator(".strip").first.focus()
    page.keyboard.press("ArrowLeft")
    page.get_by_text("layer=1 head=1 row=5").wait_for()
    page.get_by_role("button", name="Rerun").click()
    page.get_by_text(re.compile("row=5 mode=arcs")).wait_for()
    expect(page.locator(".said")).to_contain_text("Locked: the (place 5)")


def test_two_texts_and_twelve_times_twelve_heads(app: Callable[..., Any]) -> None:
    """Cross-attention: rows look at the columns of another text, all of them; and every pixel is its weight."""
    page = app("attention", "?cross=1&layers=2&heads=12&tokens=20", viewport={"width": 390, "height": 900})
    found = weights(2, 12, 20, 23, causal=False)
    expect(page.locator(".one")).to_have_count(24)
    expect(page.locator(".about:visible")).to_have_text(["writes", "reads"])
    page.locator(".strip").nth(1).locator(".tok").nth(22).hover()
    expect(page.locator(".said strong")).to_have_text(three(found[0, 0, 19, 22]))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    pixels = page.locator(".plot > canvas").first.evaluate(
        """c => Array.from({length: 20}, (_, r) => Array.from({length: 23}, (_, k) => {
            const d = c.getContext('2d').getImageData((k + 0.5) * c.width / 23, (r + 0.5) * c.height / 20, 1, 1).data;
            return d[0] + d[1] + d[2];
        }))"""
    )
    order = np.argsort(np.argsort(-np.array(pixels).ravel())), np.argsort(np.argsort(found[0, 0].ravel()))
    assert np.corrcoef(*order)[0, 1] > 0.98  # the darker, the more weight
