"""Home's first light: it stands and works before Streamlit does, and Streamlit's Home takes over to the pixel."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.person import settled
from tests.live import Server

LAYER = "#first-light"
MAIN = "[data-testid=stMain]"
PLACES = """(inside) => {
  const wanted = (node) => node.matches?.("h1, h3, p, section, .row:first-child, .controls, a");
  const found = [], visit = (node) => {
    if (wanted(node)) {
      const { x, y, width, height } = node.getBoundingClientRect();
      if (width) found.push([node.tagName + " " + node.textContent.slice(0, 24).trim(), x, y, width, height]);
    }
    for (const child of [...node.children, ...(node.shadowRoot?.children ?? [])]) visit(child);
  };
  visit(document.querySelector(inside));
  return found.filter(([what]) => !what.includes("token "));  // it plays on meanwhile
}"""


@pytest.fixture
def early(visit: Callable[..., Any], server: Server) -> Callable[..., Any]:
    """Home while Streamlit waits for its server's first answer, which comes with `page.let()`."""

    def open_early(prepare: str = "", **options: Any) -> Any:
        page = visit("about:blank", **options)
        page.route("**/_stcore/health", lambda route: None)
        if prepare:
            page.goto(server.url + "/readyz")
            page.evaluate(prepare)
        page.goto(server.url + "/")
        expect(page.locator(f"{LAYER} .living-sentence .row").first).to_be_visible()

        page.let = lambda: page.unroute("**/_stcore/health")  # what waited goes on then
        return page

    return open_early


@pytest.mark.parametrize("size", [(1280, 900), (1000, 700), (390, 844)], ids=str)
def test_everything_stands_where_streamlit_will_put_it(early: Callable[..., Any], size: tuple[int, int]) -> None:
    page = early(viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce")
    page.evaluate("document.fonts.ready")
    before = page.evaluate(PLACES, LAYER)
    page.let()
    settled(page)
    after = page.evaluate(PLACES, MAIN)
    assert [place[0] for place in before] == [place[0] for place in after]
    assert len(before) > 40
    for (what, *here), (_, *there) in zip(before, after, strict=True):
        assert here == pytest.approx(there, abs=1), what


def test_the_sentence_goes_on_and_a_pause_stays(early: Callable[..., Any]) -> None:
    page = early()
    root = page.locator(f"{LAYER} .lm.living-sentence")
    expect(root).to_have_attribute("data-playing", "true")
    page.locator(f"{LAYER} .next").click()
    page.locator(f"{LAYER} .next").click()
    page.locator(f"{LAYER} .next").click()
    step, sentence = root.get_attribute("data-step"), page.locator(f"{LAYER} .sentence:not(.sizer)").inner_text()
    assert int(step) >= 3
    page.locator(LAYER).evaluate("(layer) => { layer.scrollTop = 120; }")
    page.let()
    settled(page)
    here = page.locator(f"{MAIN} .lm.living-sentence")
    expect(here).to_have_attribute("data-step", step)
    expect(here).to_have_attribute("data-playing", "false")
    assert page.locator(f"{MAIN} .sentence:not(.sizer)").inner_text() == sentence
    expect(page.locator(f"{MAIN} .next")).to_be_focused()
    assert page.locator(MAIN).evaluate("(main) => main.scrollTop") == pytest.approx(120, abs=1)


def test_a_card_leads_on_before_there_is_a_session(early: Callable[..., Any]) -> None:
    page = early()
    page.locator(LAYER).get_by_role("link", name="Temperature").press("Enter")
    expect(page).to_have_url(re.compile("/temperature"))
    page.let()
    settled(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Temperature")


def test_who_chose_the_dark_gets_it_at_once(early: Callable[..., Any]) -> None:
    page = early("localStorage.setItem('stActiveTheme-/-v2', '\"Dark\"')", color_scheme="light")
    expect(page.locator(LAYER)).to_have_css("background-color", "rgb(18, 21, 27)")
    page.let()
    settled(page)
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", "rgb(18, 21, 27)")


def test_another_page_is_not_hidden_under_it(early: Callable[..., Any]) -> None:
    page = early()
    page.evaluate("history.pushState({}, '', '/tokens')")  # as the sidebar does
    expect(page.locator(LAYER)).to_have_count(0)
