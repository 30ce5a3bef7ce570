"""The n-gram page counts what stands in the text."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from lmcore import corpora
from lmcore.models.smoothing import SMOOTHINGS
from lmcore.tokenizers.word import split
from pages.shared import counted
from tests.pages.page import no_exception, open_page, run_script, shown_text

WORDS = split(corpora.load("mouse").text)


def after(context: list[str]) -> Counter[str]:
    """What follows these words in the mouse text, counted with a loop."""
    n = len(context)
    return Counter(WORDS[i + n] for i in range(len(WORDS) - n) if WORDS[i : i + n] == context)


@pytest.mark.parametrize(("order", "context"), [(1, ""), (2, "the"), (3, "the mouse")])
def test_without_smoothing_the_numbers_are_counts_of_the_text(order: int, context: str):
    query = {"text": "mouse", "order": str(order), "context": context, "smoothing": "mle"}
    at = open_page("n-grams", {"n-grams.numbers": True, "n-grams.code": True}, query)
    no_exception(at)
    expected = after(context.split())
    table = next(frame.value for frame in at.dataframe if "probability" in frame.value)
    assert dict(zip(table["token"], table["count"], strict=True)) == dict(expected)
    shares = [n / sum(expected.values()) for _, n in expected.most_common()]
    assert sorted(table["probability"], reverse=True) == pytest.approx(shares, rel=1e-5)
    for line in run_script(at.code[0].value).splitlines():
        if not line.startswith("Answer"):
            token, count, p = line.rsplit(maxsplit=2)
            word = token.strip().strip("'").replace("\\n", "\n")
            assert expected[word] == int(count)
            assert expected[word] / sum(expected.values()) == pytest.approx(float(p), rel=1e-3)


@pytest.mark.parametrize("smoothing", list(SMOOTHINGS))
def test_the_script_prints_what_the_path_shows(smoothing: str):
    query = {"text": "mouse", "order": "3", "context": "the mouse", "next": "ate", "smoothing": smoothing}
    at = open_page("n-grams", {"n-grams.code": True}, query)
    no_exception(at)
    path = next(frame.value for frame in at.dataframe if "adds" in frame.value)
    printed = [line for line in run_script(at.code[0].value).splitlines() if line.startswith("Answer")]
    assert len(printed) == len(path)
    for line, (_, row) in zip(printed, path.iterrows(), strict=True):
        assert float(re.search(r"alpha=([\d.e-]+)", line)[1]) == pytest.approx(float(row["α(c, w)"]), rel=1e-3)
        assert float(re.search(r"gamma=([\d.e-]+)", line)[1]) == pytest.approx(float(row["γ(c)"]), rel=1e-3, abs=1e-9)


def test_a_probability_is_quoted_with_its_places():
    query = {"text": "mouse", "order": "3", "context": "the mouse", "next": "ate", "smoothing": "mle"}
    at = open_page("n-grams", query=query)
    no_exception(at)
    n = after(["the", "mouse"])["ate"]
    assert f"`the·mouse·ate` stands in the text **{n:,} times**" in shown_text(at)
    assert sum("the mouse ate" in text.value for text in at.text) == 5


def test_a_context_that_never_stood_there_is_said_so():
    query = {"text": "mouse", "order": "3", "context": "cheese cheese"}
    at = open_page("n-grams", query=query)
    no_exception(at)
    assert "never stands in this text, so a shorter context answers" in shown_text(at)
    at = open_page("n-grams", query={**query, "smoothing": "mle"})
    no_exception(at)
    assert "so counting has nothing to say" in shown_text(at)


def test_a_word_that_is_not_in_the_vocabulary_is_named():
    at = open_page("n-grams", query={"text": "mouse", "context": "the zebra", "next": "<script>"})
    no_exception(at)
    assert "read as `<unk>`: `zebra`" in shown_text(at)
    assert "stands nowhere in the text" in shown_text(at)


@pytest.mark.parametrize("picture", ["heatmap", "tree", "table"])
@pytest.mark.parametrize("order", [1, 5])
def test_every_picture_draws(picture: str, order: int):
    at = open_page("n-grams", query={"text": "mouse", "order": str(order), "picture": picture})
    no_exception(at)


def test_every_order_writes_and_what_is_copied_stands_in_the_text():
    at = open_page("n-grams", {"n-grams.writing": True}, {"text": "mouse", "smoothing": "mle"})
    no_exception(at)
    corpus = corpora.load("mouse")
    counts = counted.of(corpus, "word")
    n_runs = 0
    for order in range(1, 6):
        found = counted.written(counts, order, "mle", 0.01, 1)
        assert "".join(counted.pieces(counts.tokenizer, found.ids)) == counts.tokenizer.decode(found.ids)
        for begin, end, quoted in found.runs:
            n_runs += 1
            words = [counts.tokenizer.itos[token] for token in found.ids[begin:end]]
            assert end - begin >= order + counted.COPIED
            assert any(WORDS[i : i + len(words)] == words for i in range(len(WORDS)))
            assert " ".join(counts.tokenizer.decode(found.ids[begin:end]).split()) in quoted
    assert n_runs


@pytest.mark.parametrize("kind", ["char", "word"])
@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_every_order_and_tokenizer_draws(kind: str, order: int):
    at = open_page("n-grams", query={"text": "mouse", "tokenizer": kind, "order": str(order), "context": "the"})
    no_exception(at)
    assert at.get("plotly_chart")


@pytest.mark.parametrize(
    ("slug", "instead"), [("n-grams", "Little tales"), ("markov-chains", "The mouse ate the cheese")]
)
def test_a_link_to_somebody_elses_text_says_what_is_shown_instead(slug: str, instead: str):
    at = open_page(slug, query={"text": "mine-999"})
    no_exception(at)
    assert f"The text of that link is not in your library: this is `{instead}` instead." in shown_text(at)
    at.selectbox(key=f"{slug}.text").select("tales-small").run()
    no_exception(at)
    assert "not in your library" not in shown_text(at)


def test_add_k_asks_nothing_shorter():
    query = {"text": "mouse", "order": "2", "smoothing": "add-k", "context": "zebra", "k": "0"}
    said = shown_text(open_page("n-grams", query=query))
    assert "every token gets the same share: add k asks nothing shorter. With k = 0 that is 0 divided by 0" in said


def test_another_text_opens_with_words_that_it_has():
    at = open_page("n-grams", query={"text": "mouse", "order": "2"})
    no_exception(at)
    assert "<unk>" not in at.text_input(key="n-grams.context").value
    assert "Not in this model's vocabulary" not in shown_text(at)
    assert "63,875 tokens and 14 different ones" in shown_text(at)
