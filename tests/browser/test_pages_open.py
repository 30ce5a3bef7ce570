"""Every page of the real app by its own address: it opens, is quiet, keeps to itself, and fits the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from pages.shared.lessons import CHAPTERS, LESSONS
from tests.browser.person import go, settled

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
STAGES = {  # what must be drawn before a page counts as open
    "home": ".living-sentence .bars .row",
    "train": ".js-plotly-plot .main-svg",
    "probability": ".js-plotly-plot .main-svg",
    "tokens": ".token-cuts",
    "history": ".history-line .row.shown",
    "glossary": "h1",
    "markov-chains": ".markov-chain",
    "n-grams": ".js-plotly-plot .main-svg",
    "neural-lm": ".pipeline .softmax .row",
    "embeddings": ".embedding-map canvas",
    "rnn": ".rnn-cell .strip .tok",
    "lstm-gates": ".lstm-gates .strip .tok",
    "positions": ".positions-clock .clock",
    "attention": ".attention-by-hand .matrix canvas",
    "inside-gpt": ".model-map .door",
    "context": ".js-plotly-plot .main-svg",
    "temperature": ".temperature-bench .rows .row",
    "sampling": ".sampling-pipeline .rows .row",
    "inspect": ".token-strip .strip .tok",
    "pre-training": ".training-pairs .strip .tok",
    "fine-tuning": ".js-plotly-plot .main-svg",
    "translator": ".lm.translation .word",
    "fill-in-the-blanks": ".lm.fill-blanks .tok.blank",
    "chatbot": ".chat-text .strip .tok",
    "classifier": ".word-votes .word",
    "library": "h3",
}
FIRST = [lessons[0].slug for lessons in list(CHAPTERS.values())[1:]]


def is_open(page: Any, slug: str) -> None:
    """The stage is drawn and nothing is refused."""
    expect(page.locator(STAGES[slug]).first).to_be_visible()
    expect(page.get_by_test_id("stAlertContentError")).to_have_count(0)


@pytest.mark.parametrize("slug", LESSONS)
def test_a_deep_link_opens_by_day_and_by_night(lesson: Callable[..., Any], slug: str) -> None:
    page = lesson(slug, color_scheme="light")
    is_open(page, slug)
    app = page.get_by_test_id("stApp")
    expect(app).to_have_css("background-color", "rgb(251, 250, 247)")
    page.emulate_media(color_scheme="dark")
    expect(app).to_have_css("background-color", "rgb(18, 21, 27)")
    is_open(page, slug)
    if slug in FIRST:  # one of each chapter: what stands in them is the page tests' business
        the_code_and_the_numbers_open(page)


def the_code_and_the_numbers_open(page: Any) -> None:
    page.get_by_test_id("stExpander").get_by_text("The code", exact=True).click()
    expect(page.get_by_text("A script that computes what you see now.")).to_be_visible()
    expect(page.get_by_test_id("stCode").first).to_contain_text("from lmcore")
    page.get_by_test_id("stExpander").get_by_text("The numbers", exact=True).click()
    expect(page.get_by_test_id("stDataFrame").locator("canvas").first).to_be_visible()
    expect(page.get_by_text("Download as CSV")).to_be_visible()
    settled(page)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_sidebar_leads_everywhere_and_a_phone_scrolls_only_downwards(
    lesson: Callable[..., Any], chapter: str
) -> None:
    page = lesson("home", **PHONE)
    for slug in [one.slug for one in CHAPTERS[chapter]]:
        if slug != "home":
            page.get_by_test_id("stExpandSidebarButton").click()
            expect(page.get_by_test_id("stSidebarNav").get_by_role("link")).to_have_count(len(LESSONS))
            go(page, slug)
            expect(page.get_by_test_id("stSidebarNav")).not_to_be_in_viewport()  # it lay over the page, and is done
            assert page.url.split("?")[0].endswith("/" + slug)
        is_open(page, slug)
        widest = page.evaluate(
            "[document.scrollingElement, document.querySelector('[data-testid=stMain]')].map(e => e.scrollWidth)"
        )
        assert max(widest) <= 390, f"{slug} scrolls sideways"


def test_a_link_of_the_sidebar_says_what_its_lesson_is_about(lesson: Callable[..., Any]) -> None:
    page = lesson("glossary")
    for slug in ("home", "temperature", "n-grams"):
        link = page.get_by_test_id("stSidebarNav").get_by_role("link", name=LESSONS[slug].title, exact=True)
        link.hover()
        expect(link).to_have_attribute("title", LESSONS[slug].says)
    link = page.get_by_test_id("stSidebarNav").get_by_role("link", name=LESSONS["inspect"].title, exact=True)
    link.focus()
    expect(link).to_have_attribute("title", LESSONS["inspect"].says)
    expect(link).to_have_accessible_name(LESSONS["inspect"].title)


def test_the_cards_of_home_lead_to_the_lessons(lesson: Callable[..., Any]) -> None:
    page = lesson("home")
    page.evaluate("window.before = true")
    link = page.get_by_test_id("stMain").get_by_role("link", name="Temperature")
    expect(link).to_have_attribute("href", "temperature")  # for a tab of its own
    link.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Temperature")
    assert page.evaluate("window.before"), "the page was loaded anew, and the session lost"
