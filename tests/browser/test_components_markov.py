"""The Markov chain in a real Chromium: matrix and graph light each other up, and the walk takes edges only."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.browser.person import HOSTILE, nothing_came_of_it

TEXT = "the mouse ate the cheese . the cat chased the mouse . the cat slept . the cat saw the dog . "
DEFAULT = TEXT.split() * 3
PAIRS = set(pairwise(DEFAULT))
STILL = {"reduced_motion": "reduce"}


def says(page: Any, text: str) -> None:
    page.get_by_text(re.compile(text)).wait_for()


def names(page: Any) -> list[str]:
    return page.locator(".node").all_inner_texts()


def lit_edges(page: Any) -> set[tuple[int, int]]:
    found = page.locator(".edge.on").evaluate_all("all => all.map(e => [Number(e.dataset.i), Number(e.dataset.j)])")
    return {tuple(edge) for edge in found}


def walked(page: Any) -> list[str]:
    return page.locator(".walked .word").all_inner_texts()


def focused(page: Any) -> list[str | None]:
    """Row and column of what has the focus."""
    found = "const { i, j } = root.getRootNode().activeElement.dataset; return [i ?? null, j ?? null]"
    return page.locator(".lm").evaluate(f"root => {{ {found} }}")


def out_of(page: Any, state: int) -> set[tuple[int, int]]:
    """The edges of a state, from the default text itself."""
    words = names(page)
    return {(state, words.index(after)) for before, after in PAIRS if before == words[state]}


def test_the_matrix_and_the_graph_light_each_other_up(app: Callable[..., Any]) -> None:
    page = app("markov")
    assert set(names(page)) == set(DEFAULT)
    cat = names(page).index("cat")
    page.locator(f'th.row[data-i="{cat}"]').hover()
    expect(page.locator(f'.node[data-i="{cat}"]')).to_have_class(re.compile(r"\bfrom\b"))
    assert lit_edges(page) == out_of(page, cat)
    assert len(out_of(page, cat)) == 3
    the = names(page).index("the")
    page.locator(f'.node[data-i="{the}"]').hover()
    expect(page.locator(f'th.row[data-i="{the}"]')).to_have_class(re.compile(r"\bon\b"))
    lit = page.locator("td.on").evaluate_all("all => all.map(e => Number(e.dataset.i))")
    assert set(lit) == {the}
    assert lit_edges(page) == out_of(page, the)
    says(page, r"After\s*the")
    page.locator(f'td[data-i="{the}"][data-j="{cat}"]').hover()
    assert lit_edges(page) == {(the, cat)}
    says(page, r"9 of the 21 times that something followed")
    page.locator(f'th.col[data-j="{the}"]').hover()
    assert lit_edges(page) == {(names(page).index(a), the) for a, b in PAIRS if b == "the"}
    page.mouse.move(2, 2)
    expect(page.locator(".lm.lit")).to_have_count(0)
    assert lit_edges(page) == set()


def test_a_click_locks_and_the_program_takes_turns(app: Callable[..., Any]) -> None:
    page = app("markov")
    the, cat = names(page).index("the"), names(page).index("cat")
    page.locator(f'td[data-i="{the}"][data-j="{cat}"]').click()
    says(page, rf"now=\({the}, {cat}\) kept=\({the}, {cat}\)")
    page.mouse.move(2, 2)
    assert lit_edges(page) == {(the, cat)}
    page.locator(f'.node[data-i="{cat}"]').hover()  # a preview, while the lock stays
    assert lit_edges(page) == out_of(page, cat)
    page.mouse.move(2, 2)
    assert lit_edges(page) == {(the, cat)}
    page.get_by_role("button", name="Lock row 0").click()
    says(page, r"now=\(0, -1\)")
    assert lit_edges(page) == out_of(page, 0)
    page.locator('.node[data-i="0"]').click()
    says(page, "now=None kept=None")
    page.mouse.move(2, 2)
    assert lit_edges(page) == set()


def test_steps_take_edges_and_name_their_probability(app: Callable[..., Any]) -> None:
    page = app("markov", **STILL)
    assert walked(page) == ["the"]
    for _ in range(30):
        page.get_by_role("button", name="Step", exact=True).click()
    words = walked(page)
    assert len(words) == 31
    assert set(pairwise(words)) <= PAIRS
    assert len(set(words)) > 4
    shares = page.locator(".walked .num").all_inner_texts()
    for (before, after), share in zip(pairwise(words), shares[1:], strict=True):
        follow = [b for a, b in pairwise(DEFAULT) if a == before]
        assert float(share.removesuffix("%")) == pytest.approx(100 * follow.count(after) / len(follow), abs=0.051)
    expect(page.locator(".node.here")).to_have_text(words[-1])
    page.get_by_role("button", name="From the start").click()
    assert walked(page) == ["the"]
    for _ in range(30):
        page.get_by_role("button", name="Step", exact=True).click()
    assert walked(page) == words  # the same seed
    page.get_by_role("button", name="Rerun").click()
    says(page, "runs=2")
    assert walked(page) == words  # a rerun of the page is no new walk
    page.get_by_role("button", name="Other seed").click()
    expect(page.locator(".walked")).to_have_count(1)
    for _ in range(30):
        page.get_by_role("button", name="Step", exact=True).click()
    assert walked(page) != words


def test_the_dot_glides_along_the_edge(app: Callable[..., Any]) -> None:
    page = app("markov")
    places = page.locator(".lm").evaluate(
        """async (root) => {
            const dot = root.querySelector('.dot'), found = [];
            root.querySelector('button.step').click();
            for (let i = 0; i < 200 && root.querySelectorAll('.walked').length < 2; i++) {
                await new Promise(requestAnimationFrame);
                found.push([Number(dot.getAttribute('cx')), Number(dot.getAttribute('cy'))]);
            }
            return found;
        }"""
    )
    centre = page.locator(".node").evaluate_all(
        "all => all.map(n => [parseFloat(n.style.left), parseFloat(n.style.top)])"
    )
    start, end = (centre[names(page).index(word)] for word in walked(page))
    assert len({tuple(place) for place in places}) > 5
    assert places[0] == pytest.approx(start, abs=30)
    assert places[-1] == pytest.approx(end, abs=1)
    assert any(place != pytest.approx(start, abs=20) and place != pytest.approx(end, abs=20) for place in places)


def test_with_reduced_motion_it_jumps(app: Callable[..., Any]) -> None:
    page = app("markov", **STILL)
    moved = page.locator(".lm").evaluate(
        """(root) => {
            const before = root.querySelectorAll('.walked').length;
            root.querySelector('button.step').click();
            return [root.querySelectorAll('.walked').length - before, !!root.querySelector('.dot.moving')];
        }"""
    )
    assert moved == [1, False]  # at once


def test_walk_goes_on_until_it_is_stopped(app: Callable[..., Any]) -> None:
    page = app("markov", **STILL)
    sent = len(page.sent)
    page.get_by_role("button", name="Walk").click()
    expect(page.locator(".walked").nth(4)).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    words = walked(page)
    expect(page.get_by_role("button", name="Walk")).to_be_visible()
    page.wait_for_timeout(700)
    assert walked(page) == words
    assert set(pairwise(words)) <= PAIRS
    assert len(page.sent) == sent, "the walk is the browser's own affair"


def test_it_may_begin_by_itself_but_not_with_reduced_motion(app: Callable[..., Any]) -> None:
    page = app("markov", "?opening=2")
    expect(page.locator(".walked")).to_have_count(3)
    expect(page.get_by_role("button", name="Walk")).to_be_visible()
    page.get_by_role("button", name="Rerun").click()
    says(page, "runs=2")
    page.wait_for_timeout(1000)
    assert len(walked(page)) == 3
    still = app("markov", "?opening=2", **STILL)
    still.wait_for_timeout(1000)
    assert len(walked(still)) == 1


def test_the_keyboard_does_it_all(app: Callable[..., Any]) -> None:
    page = app("markov")
    the = names(page).index("the")
    page.locator(".table [tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert focused(page) == ["1", "0"]
    assert page.locator("td.on").evaluate_all("all => all.map(e => [e.dataset.i, e.dataset.j])") == [["1", "0"]]
    page.keyboard.press("Enter")
    says(page, r"now=\(1, 0\)")
    page.keyboard.press("Escape")
    says(page, "now=None")
    node = page.locator(f'.node[data-i="{the}"]')
    page.keyboard.press("Shift+Tab")  # back from the matrix into the graph: its last word
    assert focused(page) == [str(len(names(page)) - 1), None]
    node.focus()
    page.keyboard.press("Enter")
    says(page, rf"now=\({the}, -1\)")
    expect(node).to_have_attribute("aria-pressed", "true")
    assert "times in the text, most often followed by" in node.get_attribute("aria-label")


def test_other_words_are_a_state_and_weak_edges_are_not_drawn(app: Callable[..., Any]) -> None:
    page = app("markov", "?n=3&least=0.3", **STILL)
    shown = names(page)
    assert len(shown) == 4
    assert shown[-1] == "other words"
    lumped = [word if word in shown else "other words" for word in DEFAULT]
    rows = {before: [b for a, b in pairwise(lumped) if a == before] for before in shown}
    expected = {
        (i, j) for i, a in enumerate(shown) for j, b in enumerate(shown) if rows[a].count(b) >= 0.3 * len(rows[a])
    }  # fmt: skip
    drawn = page.locator(".edge").evaluate_all("all => all.map(e => [Number(e.dataset.i), Number(e.dataset.j)])")
    assert {tuple(edge) for edge in drawn} == expected
    for i, a in enumerate(shown):
        for j, b in enumerate(shown):
            label = page.locator(f'td[data-i="{i}"][data-j="{j}"]').get_attribute("aria-label")
            share = float(label.rsplit(": ")[1].removesuffix("%"))
            assert share == pytest.approx(100 * rows[a].count(b) / len(rows[a]), abs=0.06)
    for _ in range(20):
        page.get_by_role("button", name="Step", exact=True).click()
    assert set(pairwise(walked(page))) <= set(pairwise(lumped))


def test_a_hostile_text_stands_there_literally(app: Callable[..., Any]) -> None:
    page = app("markov", f"?text={quote((HOSTILE + ' ') * 4)}", **STILL)
    assert "<" in names(page)
    for _ in range(8):
        page.get_by_role("button", name="Step", exact=True).click()
    page.locator(".node").first.hover()
    nothing_came_of_it(page)


def test_it_goes_and_comes_again(app: Callable[..., Any]) -> None:
    page = app("markov")
    page.get_by_role("button", name="Walk").click()
    page.get_by_role("button", name="Away").click()
    page.locator(".node").first.wait_for(state="detached")
    page.get_by_role("button", name="Rerun").click()
    page.locator(".node").first.wait_for()
    assert page.locator(".matrix").count() == 1
    assert page.locator(".graph").count() == 1


@pytest.mark.parametrize("width", [360, 390, 820, 1300])
def test_nothing_overlaps_or_scrolls_sideways(app: Callable[..., Any], width: int) -> None:
    text = "alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november oscar papa quebec "
    page = app("markov", f"?text={quote(text * 3 + 'alpha')}", viewport={"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".lm").evaluate("root => root.scrollWidth <= root.clientWidth")
    boxes = [node.bounding_box() for node in page.locator(".node").all()]
    assert len(boxes) == 17
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            apart = (
                a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"]
                or a["y"] + a["height"] <= b["y"] or b["y"] + b["height"] <= a["y"]
            )  # fmt: skip
            assert apart, (a, b)
    graph, table = (page.locator(part).bounding_box() for part in (".graph", ".table"))
    if width < 700:
        assert graph["y"] + graph["height"] <= table["y"]
    else:
        assert graph["x"] < table["x"]
    sizes = page.locator(".lm").evaluate(
        """root => [...root.querySelectorAll('*')].filter(e => e.childNodes.length && [...e.childNodes].some(
            n => n.nodeType === 3 && n.data.trim())).map(e => parseFloat(getComputedStyle(e).fontSize))"""
    )
    assert min(size for size in sizes if size > 0) >= 16
