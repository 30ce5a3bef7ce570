"""The token strip in a real Chromium: hover previews, click locks, Escape lets go, an alternative branches."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

TOKENS = ".strip .tok"


def head(page: Any) -> str:
    return str(page.locator(".panel .head").inner_text())


def says(page: Any, text: str | re.Pattern[str]) -> None:
    page.get_by_text(text).wait_for()


def test_hover_previews_and_sends_nothing(app: Callable[..., Any]) -> None:
    page = app("strip")
    page.wait_for_timeout(500)
    before = len(page.sent)
    assert "Point at a token" in head(page)
    page.locator(TOKENS).nth(4).hover()
    assert "token 5 of 36, in the prompt" in head(page)
    page.locator(TOKENS).nth(11).hover()
    assert "token 12 of 36" in head(page)
    assert "prompt" not in head(page)
    assert page.locator(".alt").count() in (10, 11)
    assert page.locator(".alt.same").count() == 1
    assert len(page.sent) == before


def test_click_locks_and_escape_lets_go(app: Callable[..., Any]) -> None:
    page = app("strip")
    page.locator(TOKENS).nth(10).click()
    says(page, "locked=10 ")
    page.locator(TOKENS).nth(3).hover()
    assert "token 11 of 36" in head(page)  # the lock holds
    page.locator(TOKENS).nth(12).click()
    says(page, "locked=12 ")
    assert page.locator(".tok.locked").count() == 1
    page.keyboard.press("Escape")
    says(page, "locked=None ")
    assert page.locator(".tok.locked").count() == 0
    page.locator(TOKENS).nth(12).click()
    says(page, "locked=12 ")
    page.locator(TOKENS).nth(12).click()  # a second click lets go as well
    says(page, "locked=None ")


def test_keyboard_walks_locks_and_reaches_the_alternatives(app: Callable[..., Any]) -> None:
    page = app("strip")
    page.locator(TOKENS).first.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowRight"):
        page.keyboard.press(key)
    assert "token 3 of 36" in head(page)
    page.keyboard.press("ArrowDown")
    assert int(page.locator(".tok.shown").get_attribute("data-i")) > 13  # the second line begins with token 14
    page.keyboard.press("ArrowUp")
    page.keyboard.press("End")
    assert "token 36 of 36" in head(page)
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    says(page, "locked=1 ")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    says(page, re.compile(r"branch=\(1, 10\d\)"))
    page.keyboard.press("Escape")
    says(page, "locked=None ")


def test_an_alternative_branches(app: Callable[..., Any]) -> None:
    page = app("strip")
    page.locator(TOKENS).nth(20).click()
    other = page.locator(".alt:enabled").nth(2)
    token = other.get_attribute("data-id")
    other.click()
    says(page, f"branch=(20, {token})")
    assert page.locator(".alt.same").is_disabled()  # the token that stands there is no branch


def test_a_token_outside_the_ten_is_shown_too(app: Callable[..., Any]) -> None:
    page = app("strip")
    page.locator(".strip .tok.far").first.click()
    assert page.locator(".alt").count() == 11
    assert re.match(r"this text, rank (12|40)", page.locator(".alt.apart .note").inner_text())


def test_a_token_without_a_score(app: Callable[..., Any]) -> None:
    page = app("strip")
    page.locator(TOKENS).first.click()
    assert "not scored" in head(page)
    assert "Nothing is known" in page.locator(".alts").inner_text()
    says(page, "locked=0 ")


def test_rank_is_told_besides_colour(app: Callable[..., Any]) -> None:
    page = app("strip")
    styles = {
        kind: page.locator(f".strip .tok.{kind}").first.evaluate("node => getComputedStyle(node).borderBottom")
        for kind in ("one", "some", "far")
    }
    assert "dotted" in styles["some"]
    assert "solid" in styles["far"]
    assert styles["one"].endswith("rgba(0, 0, 0, 0)")
    assert "dotted: rank 2 to 10" in page.locator(".legend").inner_text()


def test_texts_stand_there_literally(app: Callable[..., Any]) -> None:
    page = app("strip")
    chips = page.locator(TOKENS).all_inner_texts()
    for text in ("·<script>alert(1)</script>", "·$\\href{javascript:x}$", "·:red[x]", "·![](http://x)", "→", "↵"):
        assert text in chips
    assert page.locator(".strip script, .strip img, .strip a").count() == 0
    assert page.locator(".strip br").count() == 3


def test_the_program_locks_and_lets_go(app: Callable[..., Any]) -> None:
    page = app("strip", "?locked=5")
    assert "token 6 of 36" in head(page)
    says(page, "locked=5 ")
    page.get_by_role("button", name="Let go").click()
    says(page, "locked=None ")
    assert page.locator(".tok.locked").count() == 0


def test_running_again_doubles_nothing(app: Callable[..., Any]) -> None:
    page = app("strip")
    page.locator(TOKENS).nth(7).click()
    says(page, "locked=7 ")
    for runs in (3, 4):
        page.get_by_role("button", name="Rerun").click()
        says(page, f"runs={runs}")
    for part, count in ((TOKENS, 36), (".panel", 1), (".legend", 1), (".tok.locked", 1), (".seam", 1)):
        assert page.locator(part).count() == count, part


def test_lines_break_between_words_only(app: Callable[..., Any]) -> None:
    for query in ("?n=200", "?n=200&bare=1"):
        page = app("strip", query, viewport={"width": 700, "height": 900})
        broken = page.eval_on_selector_all(
            TOKENS, "chips => chips.filter(c => c.getClientRects().length > 1).map(c => c.textContent)"
        )
        assert {text.strip("·") for text in broken} <= {"![](http://x)", "<script>alert(1)</script>"}


def test_a_thousand_tokens_on_a_phone_in_the_dark(app: Callable[..., Any]) -> None:
    page = app(
        "strip", "?n=1000", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True,
        color_scheme="dark", reduced_motion="reduce",
    )  # fmt: skip
    assert page.locator(TOKENS).count() == 1000
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".lm").evaluate("root => root.scrollWidth <= root.clientWidth")
    page.locator(TOKENS).nth(30).tap()
    says(page, "locked=30 ")
    assert "token 31 of 1,000" in head(page)
    assert page.locator(".alt .fill").first.evaluate("node => getComputedStyle(node).transitionDuration") == "0s"
