"""A text above a box's limit is cut and the page says so, instead of leaving the old one without a word."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.page import no_exception, open_page, shown_text

BOXES = [
    ("sampling", "prompt", {}, 2000),
    ("temperature", "prompt", {}, 2000),
    ("attention", "prompt", {"with": "trained"}, 2000),
    ("inside-gpt", "other", {"door": "what-if", "patch": "True"}, 2000),
    ("probability", "prompt", {}, 2000),
    ("probability", "first", {}, 500),
    ("probability", "second", {}, 500),
    ("markov-chains", "one", {}, 200),
    ("markov-chains", "two", {}, 200),
    ("n-grams", "next", {}, 60),
    ("tokens", "word", {}, 60),
    ("embeddings", "ask", {}, 120),
    ("context", "word", {"part": "adapt", "mode": "word"}, 24),
    ("context", "frame", {"part": "adapt", "mode": "word"}, 400),
]


@pytest.mark.parametrize(("slug", "name", "query", "limit"), BOXES, ids=[f"{box[0]}-{box[1]}" for box in BOXES])
def test_a_text_that_is_too_long_is_cut_aloud(slug: str, name: str, query: dict[str, str], limit: int) -> None:
    at = open_page(slug, query=query)
    assert not _box(at, slug, name).proto.max_chars  # the browser would ignore all that is pasted above it
    _box(at, slug, name).set_value(("Mia had a kite. " * 125)[:limit]).run()
    no_exception(at)
    assert "characters are read here" not in shown_text(at)
    _box(at, slug, name).set_value("Mia had a red kite. " * 250).run()
    no_exception(at)
    assert f"Only the first {limit:,} of these 5,000 characters are read here." in shown_text(at)
    link = at.query_params[name]
    link = link if isinstance(link, str) else link[0]
    assert len(link) == limit


def _box(at: AppTest, slug: str, name: str) -> AppTest:
    return next(box for box in (*at.text_input, *at.text_area) if box.key == f"{slug}.{name}")


def test_after_a_long_text_the_counts_are_asked_for_its_end() -> None:
    at = open_page("n-grams", query={"tokenizer": "word", "order": "3"})
    at.text_input(key="n-grams.context").set_value("Mia had a red kite. " * 5000 + "who had a").run()
    no_exception(at)
    assert "**After `had·a`**" in shown_text(at)
