"""The glossary: each term once, on a page that exists, found by any of its names; and any text may be searched for."""

from __future__ import annotations

import pytest

from pages.shared.glossary_terms import TERMS, find, tip
from pages.shared.lessons import LESSONS
from tests.pages.page import no_exception, open_page, shown_text


def test_each_term_once_in_plain_text_with_a_page() -> None:
    names = [(term.name.casefold(), term.page) for term in TERMS]
    assert len(set(names)) == len(names)
    for term in TERMS:
        assert term.page in LESSONS
        assert term.says.endswith(".")
        assert len(term.says) < 170
        assert not set("$*_`<") & set(term.says)  # a tooltip shows no formulas and no Markdown
    teaching = set(LESSONS) - {"home", "library", "glossary"}
    assert {term.page for term in TERMS} >= teaching  # every lesson brings its words


def test_each_text_stands_alone() -> None:
    """A search shows one term without those around it."""
    for term in TERMS:
        assert "same idea" not in term.says
    assert "reference" in tip("chrF")
    assert "against the gradient" in tip("learning rate")  # as gradient descent goes


SYMBOLS = ["p", "V", "L", "B", "C", "H", "T", "n", "h_t", "f_t", "i_t", "o_t", r"\theta", r"\eta", "M", "z", "d", "b"]
WORDS = """probability|language model|chain rule|autoregression|maximum likelihood|negative log-likelihood|cross-entropy
underflow|nats|bits|vocabulary|index|out-of-vocabulary|context|block_size|Markov|bigram|trigram|sparsity|softmax|embedding
Word2Vec|vanishing|exploding|RNN|LSTM|cell state|positional|query|key|value|multi-head|logits|batch|back-propagation
annealed|prompt|completion|beam search|in-context|window|padding|causal mask|fine-tuning|transfer|translator|classifier
chatbot|end token|encoder-only|decoder-only|encoder-decoder|parameter|multimodal|BART|GPT|BERT|special token"""


def test_every_symbol_and_word_of_the_course_is_there() -> None:
    symbols = {part.strip() for term in TERMS for part in (term.symbol, *term.symbol.split(","))}
    assert set(SYMBOLS) <= symbols
    for word in WORDS.replace("\n", "|").split("|"):
        assert find(word), word


def test_finding() -> None:
    assert find("softmax")[0].name == "softmax"
    assert find("RoPE")[0].name == "rotary positions"
    assert find("LEARNING rate")[0].name == "learning rate"
    assert find("no such thing") == []
    assert find("  ") == TERMS
    assert tip("padding").startswith("Tokens that only fill up")


def test_the_page_shows_all_and_what_is_asked_for() -> None:
    at = open_page("glossary")
    no_exception(at)
    assert shown_text(at).count("**") == 2 * sum(term.page in LESSONS for term in TERMS)
    at.text_input(key="glossary.find").set_value("causal mask").run()
    no_exception(at)
    assert "Hides later tokens" in shown_text(at)
    assert "Divides the scores" not in shown_text(at)
    at.button(key="glossary.reset").click().run()
    assert "Divides the scores" in shown_text(at)


@pytest.mark.parametrize("asked", ["<script>alert(1)</script>", "`a``b`", ":red[x] $x$", "😀", "مرحبا", "x" * 10_000])
def test_any_text_may_be_searched_for(asked: str) -> None:
    at = open_page("glossary", {"glossary.numbers": True}, {"find": asked})
    no_exception(at)
    assert "Nothing is found for" in shown_text(at)
