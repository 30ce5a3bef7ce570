"""A text above a page's limit is cut and the page says so, instead of leaving the old one without a word."""

from __future__ import annotations

import pytest

from tests.pages.page import no_exception, open_page, shown_text

BOXES = [("sampling", {}), ("temperature", {}), ("attention", {"with": "trained"})]


@pytest.mark.parametrize(("slug", "query"), BOXES, ids=[slug for slug, _ in BOXES])
def test_a_text_that_is_too_long_is_cut_aloud(slug: str, query: dict[str, str]) -> None:
    at = open_page(slug, query=query)
    box = at.text_input(key=f"{slug}.prompt")
    assert not box.proto.max_chars  # the browser would ignore all that is pasted above it
    box.set_value("Mia had a kite. " * 125).run()
    no_exception(at)
    assert "Only the first" not in shown_text(at)
    at.text_input(key=f"{slug}.prompt").set_value("Mia had a red kite. " * 250).run()
    no_exception(at)
    assert "Only the first 2,000 of these 5,000 characters are read here." in shown_text(at)
    link = at.query_params["prompt"]
    link = link if isinstance(link, str) else link[0]
    assert len(link) == 2000
