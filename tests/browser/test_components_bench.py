"""The temperature bench in a real Chromium: its numbers are those of lmcore.sampling, and a drag sends nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from lmcore import sampling

SLIDER = '.lever input[type="range"]'
NUMBERS = re.compile(r"entropy ([\d.]+) nats \(([\d.]+) bits\) · like choosing among ([\d.,]+) tokens?")


def logits(n: int, seed: int = 1) -> np.ndarray:
    """The same numbers as tests/browser/apps/bench.py."""
    rng = np.random.default_rng(seed)
    z = -1.1 * np.log(np.arange(1, n + 1)) + rng.normal(0, 0.4, n)
    rng.shuffle(z)
    z[[5, 17, 23]] = -np.inf
    z[0] = -1.0
    return (z - np.log(np.exp(z - z.max()).sum()) - z.max()).astype(np.float32)


def rows(page: Any) -> dict[int, str]:
    """Token index to what its row says."""
    return dict(
        page.eval_on_selector_all(
            ".rows .row", "rows => rows.map(row => [Number(row.dataset.id), row.querySelector('.num').textContent])"
        )
    )


def kept(page: Any) -> None:
    """Wait until the last settings have come back from Python: nothing is under way any more."""
    page.wait_for_timeout(500)


def says(page: Any, text: str | re.Pattern[str]) -> None:
    page.get_by_text(text).wait_for()


def type_into(page: Any, label: str, value: object) -> None:
    box = page.get_by_label(label)
    box.fill(str(value))
    box.press("Enter")


def reading(page: Any) -> tuple[float, float]:
    found = NUMBERS.search(page.locator(".said").inner_text())
    assert found
    return float(found[1]), float(found[3].replace(",", ""))


SHAPES = {  # (top-k, top-p, min-p): temperatures
    (0, 1, 0): (0, 0.07, 0.5, 1, 2.5, 5, math.inf),
    (5, 1, 0): (0.5, math.inf),
    (0, 0.8, 0): (0.07, 2.5),
    (0, 1, 0.2): (1, 5),
    (12, 0.6, 0.05): (0, 2.5, math.inf),
    (0, 0.3, 1): (0.5,),
    (38, 1, 0): (1, math.inf),  # down among the tokens of probability 0
}


def test_its_numbers_are_those_of_sampling(app: Callable[..., Any]) -> None:
    page = app("bench", "?n=40")
    z = logits(40)
    page.locator("summary").click()
    for (top_k, top_p, min_p), temperatures in SHAPES.items():
        type_into(page, "top-k as a number", top_k)
        type_into(page, "top-p as a number", top_p)
        type_into(page, "min-p as a number", min_p)
        for temperature in temperatures:
            type_into(page, "Temperature as a number", temperature)
            expected = sampling.distribution(
                z, temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p, banned=(0,)
            )
            shown = rows(page)
            assert sorted(shown) == list(range(1, 40))
            for token, text in shown.items():
                p = expected[token]
                where = f"token {token} at T = {temperature}, {(top_k, top_p, min_p)}"
                if text == "cut":
                    assert p == 0, where
                elif text == "<0.001%":
                    assert p < 1e-5, where
                elif text == ">99.9%":
                    assert p > 0.9995, where
                else:
                    assert float(text[:-1]) / 100 == pytest.approx(p, rel=6e-3, abs=1e-9), where
            nats, choices = reading(page)
            assert nats == pytest.approx(sampling.entropy(expected), rel=6e-3, abs=1e-5)
            assert choices == pytest.approx(sampling.effective_choices(expected), rel=6e-3)


def test_a_cut_token_is_grey_and_stays(app: Callable[..., Any]) -> None:
    page = app("bench", "?n=40")
    page.locator("summary").click()
    type_into(page, "top-k as a number", 4)
    assert page.locator(".rows .row").count() == 39
    assert page.locator(".rows .row.cut").count() == 35
    says(page, "4 of 39 tokens kept")
    page.get_by_role("button", name="Cut nothing").click()
    assert page.locator(".rows .row.cut").count() == 0
    says(page, "top_k=0")


def test_the_drag_sends_nothing_until_release(app: Callable[..., Any]) -> None:
    page = app("bench", "?n=5000")
    assert page.locator(".rows .row").count() == 60
    kept(page)
    box = page.locator(SLIDER).bounding_box()
    y = box["y"] + box["height"] / 2
    before, seen, script, frame = len(page.sent), set(), [], []
    page.mouse.move(box["x"] + 0.42 * box["width"], y)
    page.mouse.down()
    for i in range(60):
        page.mouse.move(box["x"] + (0.42 + 0.5 * math.sin(i / 9.5)) * box["width"], y)
        seen.add(page.locator(".big").inner_text())
        data = page.locator(".lm").evaluate("root => [root.dataset.scriptMs, root.dataset.frameMs, root.className]")
        assert "glide" not in data[2]
        script.append(float(data[0]))
        frame.append(float(data[1] or 0))
    assert len(page.sent) == before, "the drag sent a websocket frame"
    assert len(seen) > 20
    assert {"T = 0.00"} <= seen
    page.mouse.move(box["x"] + 0.62 * box["width"], y)
    page.mouse.up()
    assert page.locator(".big").inner_text().startswith("T = 2.0")
    says(page, re.compile(r"T=2(\.0\d)? "))
    assert len(page.sent) == before + 1
    assert int(page.locator(".lm").get_attribute("data-events")) > 20
    assert min(script) > 0
    assert max(frame) > 0


def test_after_a_drag_nothing_is_sent_down_anew_and_nothing_jumps(app: Callable[..., Any]) -> None:
    page = app("bench")
    type_into(page, "Temperature as a number", 3)
    says(page, "T=3 ")
    page.get_by_role("button", name="Rerun").click()
    says(page, "runs=3")
    assert page.locator(".big").inner_text() == "T = 3.00"


def test_the_program_and_the_person_take_turns(app: Callable[..., Any]) -> None:
    page = app("bench")
    page.get_by_role("button", name="Set two").click()
    says(page, "T=2 ")
    page.locator(".big", has_text="T = 2.00").wait_for()
    type_into(page, "Temperature as a number", 0)
    says(page, "T=0 ")
    page.get_by_role("button", name="Set two").click()
    page.locator(".big", has_text="T = 2.00").wait_for()
    says(page, "T=2 ")
    type_into(page, "Temperature as a number", 0)  # the same value as before: still news
    says(page, "T=0 ")
    page.get_by_role("button", name="Set two").click()
    page.locator(".big", has_text="T = 2.00").wait_for()


def test_keyboard(app: Callable[..., Any]) -> None:
    page = app("bench")
    slider = page.locator(SLIDER)
    slider.focus()
    for key, expected in [
        ("ArrowRight", "1.05"), ("ArrowUp", "1.10"), ("ArrowLeft", "1.05"), ("PageUp", "1.55"), ("PageDown", "1.05"),
        ("Home", "0.00"), ("ArrowLeft", "0.00"), ("End", "∞"), ("ArrowRight", "∞"), ("ArrowLeft", "5.00"),
        ("ArrowRight", "∞"),
    ]:  # fmt: skip
        slider.press(key)
        assert page.locator(".big").inner_text() == f"T = {expected}"
    assert slider.get_attribute("aria-valuetext") == "T = infinity"
    says(page, "T=inf ")
    says(page, "runs=2")  # eleven keys, one message: it waits for a pause
    assert "like choosing among" in page.locator("[aria-live]").first.inner_text().lower()


def test_typed_numbers(app: Callable[..., Any]) -> None:
    page = app("bench")
    limit = "T is a number from 0 to 5, or ∞ (type inf)."
    for text, expected, said in [
        ("0,7", "0.70", ""), ("∞", "∞", ""), ("nonsense", "∞", f"Not taken. {limit}"),
        ("-1", "∞", f"Not taken. {limit}"), ("1e9", "5.00", f"Set to 5. {limit}"),
        ("", "5.00", f"Not taken. {limit}"), ("inf", "∞", ""),
    ]:  # fmt: skip
        type_into(page, "Temperature as a number", text)
        assert page.locator(".big").inner_text() == f"T = {expected}"
        assert page.locator(".control .limit").inner_text() == said


def test_the_buttons_at_the_ends(app: Callable[..., Any]) -> None:
    page = app("bench")
    page.get_by_role("button", name="∞").click()
    says(page, "T=inf ")
    assert len(set(rows(page).values())) == 1
    page.get_by_role("button", name="0 top one only").click()
    says(page, "T=0 ")
    assert sorted(set(rows(page).values())) == ["0%", "100%"]
    page.get_by_role("button", name="1 as learnt").click()
    says(page, "T=1 ")


def test_touch(app: Callable[..., Any]) -> None:
    page = app("bench", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    kept(page)
    box = page.locator(SLIDER).bounding_box()
    touch = page.context.new_cdp_session(page)
    before = len(page.sent)

    def at(share: float) -> list[dict[str, float]]:
        return [{"x": box["x"] + share * box["width"], "y": box["y"] + box["height"] / 2}]

    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": at(0.42)})
    for share in (0.45, 0.5, 0.55, 0.6):
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": at(share)})
    page.locator(".big", has_text=re.compile(r"T = 1\.[89]")).wait_for()
    assert len(page.sent) == before
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    says(page, re.compile(r"T=1\.[89]"))
    page.get_by_role("button", name="Draw a token").tap()
    page.locator(".drawn-line .chip").wait_for()


def test_draw_and_its_mark(app: Callable[..., Any]) -> None:
    fortieth = int(np.argsort(-logits(100)[1:], kind="stable")[39]) + 1
    page = app("bench", f"?drawn={fortieth}")
    assert page.locator(".row.drawn").count() == 0
    page.get_by_role("button", name="Draw a token").click()
    page.locator(f'.row.drawn[data-id="{fortieth}"]').wait_for()
    assert page.locator(".row.drawn").evaluate(  # the list has scrolled to it
        "row => row.getBoundingClientRect().bottom <= row.parentNode.getBoundingClientRect().bottom"
    )
    assert page.locator(".drawn-line").inner_text().endswith("rank 40")
    assert page.locator(".row.drawn").get_attribute("aria-selected") == "true"


def test_a_draw_right_after_a_key_uses_that_temperature(app: Callable[..., Any]) -> None:
    page = app("bench")
    page.locator(SLIDER).press("Home")
    page.get_by_role("button", name="Draw a token").click()
    page.locator(".drawn-line .chip").wait_for()
    says(page, "T=0 ")


def test_take_by_click_and_by_enter(app: Callable[..., Any]) -> None:
    page = app("bench")
    first, third = (page.locator(".rows .row").nth(i).get_attribute("data-id") for i in (0, 2))
    page.locator(".rows .row").nth(2).click()
    says(page, f"taken={third}")
    page.locator(".rows .row").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    says(page, f"taken={first}")


def test_texts_stand_there_literally(app: Callable[..., Any]) -> None:
    page = app("bench", "?n=40")
    chips = page.locator(".rows .chip").all_inner_texts()
    for text in ("<script>", "$\\href{javascript:x}$", ":red[x]", "![](http://x)", "→", "↵", "·the"):
        assert text in chips


def test_running_again_doubles_nothing(app: Callable[..., Any]) -> None:
    page = app("bench")
    top = page.locator(".rows .row").first.get_attribute("data-id")
    for _ in range(3):
        page.get_by_role("button", name="Rerun").click()
        kept(page)
    for part, count in ((".reading", 1), (SLIDER, 1), (".rows .row", 60), ("canvas", 1), ("button.draw", 1)):
        assert page.locator(part).count() == count, part
    page.get_by_role("button", name="Other data").click()
    page.locator(f'.rows .row:first-child:not([data-id="{top}"])').wait_for()
    assert page.locator(".rows .row").count() == 60
    page.get_by_role("button", name="Away").click()
    page.locator(".reading").wait_for(state="detached")
    page.get_by_role("button", name="Rerun").click()
    page.locator(".rows .row").first.wait_for()
    type_into(page, "Temperature as a number", 2)
    says(page, "T=2 ")
    assert page.locator(".reading").count() == 1


def test_bars_glide_on_new_data_unless_motion_is_reduced(app: Callable[..., Any]) -> None:
    for motion, glides in (("no-preference", True), ("reduce", False)):
        page = app("bench", reduced_motion=motion)
        page.evaluate(
            "root => { window.glided = false; new MutationObserver(() => { window.glided ||= root.classList.contains("
            "'glide') }).observe(root, {attributes: true}) }",
            page.locator(".lm").element_handle(),
        )
        top = page.locator(".rows .row").first.get_attribute("data-id")
        page.get_by_role("button", name="Other data").click()
        page.locator(f'.rows .row:first-child:not([data-id="{top}"])').wait_for()
        page.wait_for_timeout(50)
        assert page.evaluate("window.glided") is glides


def test_dark_and_light(app: Callable[..., Any]) -> None:
    inks = {}
    for scheme in ("light", "dark"):
        page = app("bench", color_scheme=scheme)
        inks[scheme] = page.locator(".said").evaluate("node => getComputedStyle(node).color")
    assert inks["light"] != inks["dark"]


@pytest.mark.parametrize("query", ["?n=40", "?n=5000"])
def test_a_phone_scrolls_only_downwards(app: Callable[..., Any], query: str) -> None:
    page = app("bench", query, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.locator("summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".lm").evaluate("root => root.scrollWidth <= root.clientWidth")


def test_a_whole_gpt2_vocabulary(app: Callable[..., Any]) -> None:
    page = app("bench", "?n=50257&drawn=40000")
    z = logits(50257)
    assert page.locator(".rows .row").count() == 60
    says(page, "50,196 others")
    type_into(page, "Temperature as a number", 1.7)
    nats, choices = reading(page)
    expected = sampling.distribution(z, temperature=1.7, banned=(0,))
    assert nats == pytest.approx(sampling.entropy(expected), rel=6e-3)
    assert choices == pytest.approx(sampling.effective_choices(expected), rel=6e-3)
    top = np.sort(expected)[::-1][:60].sum()
    assert float(page.locator(".others .num").inner_text()[:-1]) / 100 == pytest.approx(1 - top, rel=6e-3)
    page.get_by_role("button", name="Draw a token").click()
    page.locator(".drawn-line .chip").wait_for()  # marked in words: it is not among the 60 rows
