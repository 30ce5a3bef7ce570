"""The n-gram page counts what stands in the text."""

from __future__ import annotations

from collections import Counter

import pytest

from lmcore import corpora
from lmcore.tokenizers.word import split
from tests.pages.page import no_exception, open_page, run_script, shown_text


@pytest.mark.parametrize(("order", "context"), [(1, ""), (2, "the"), (3, "the mouse")])
def test_the_bars_are_counts_of_the_text(order: int, context: str):
    query = {"text": "mouse", "order": str(order), "context": context}
    at = open_page("n-grams", {"n-grams.numbers": True, "n-grams.code": True}, query)
    no_exception(at)
    words = split(corpora.load("mouse").text)
    before = context.split()
    after = Counter(
        words[i + len(before)] for i in range(len(words) - len(before)) if words[i : i + len(before)] == before
    )
    table = at.dataframe[0].value
    assert dict(zip(table["token"], table["count"], strict=True)) == dict(after)
    assert table["probability"].sum() == pytest.approx(1)
    for line in run_script(at.code[0].value).splitlines():
        token, count, _ = line.rsplit(maxsplit=2)
        assert after[token.strip().strip("'").replace("\\n", "\n")] == int(count)


def test_a_context_that_never_stood_there_is_said_so():
    at = open_page("n-grams", query={"text": "mouse", "order": "3", "context": "cheese cheese"})
    no_exception(at)
    assert "never stands in this text" in shown_text(at)


@pytest.mark.parametrize("kind", ["char", "word"])
@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_every_order_and_tokenizer_draws(kind: str, order: int):
    at = open_page("n-grams", query={"text": "mouse", "tokenizer": kind, "order": str(order), "context": "the"})
    no_exception(at)
    assert at.get("plotly_chart")
