"""The Markov page: what is said and drawn is what the text has."""

from __future__ import annotations

from tests.pages.page import no_exception, open_page


def test_it_opens():
    no_exception(open_page("markov-chains"))
