"""The same counts read by nltk.lm and by us, and where nltk does something else, with the arithmetic.

nltk gets every sentence with one <s> before it and </s> after it, as our own contexts have them, and no n-gram that
ends in <s>. With its own padding (`padded_everygram_pipeline`) <s> is a word like any other: see the last tests.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from nltk.lm import MLE, AbsoluteDiscountingInterpolated, KneserNeyInterpolated, StupidBackoff, WittenBellInterpolated
from nltk.lm.preprocessing import padded_everygram_pipeline
from nltk.util import everygrams

from lmcore.batches import Tokens
from lmcore.models import smoothing
from lmcore.models.ngram import NGram, NGramConfig
from lmcore.models.smoothing import Estimate, Level
from lmcore.tokenizers import sentences

VERSE = b"""the mouse ate the cheese
the cat ate the mouse
the dog saw the cat
the mouse saw the dog
the cheese is gone
"""
WORDS, READ = sentences.read(VERSE, 100)
V = len(WORDS)
D = 0.75


def ours(name: str, order: int) -> Estimate:
    return NGram(NGramConfig(V, order, name)).fit(Tokens(READ.ids, READ.starts, separate=True)).estimate


def theirs(make: Any) -> Any:
    lines = [["<s>", *line.split(), "</s>"] for line in VERSE.decode().splitlines()]
    model = make()
    grams = [[g for g in everygrams(line, max_len=model.order) if g[-1] != "<s>"] for line in lines]
    model.fit(grams, [word for line in lines for word in line])
    return model


def without_floor(estimate: Estimate, totals: bool = True) -> Estimate:
    """nltk's recursion ends at the relative frequencies of words: nothing is taken from them, nothing lies below.

    So a word it has not seen gets 0 in every context, where we leave it a share of the uniform distribution.
    """
    table = estimate.levels[0].table
    words = Level(table, table.counts / table.totals[table.rows], np.zeros(table.contexts.size))
    return replace(estimate, levels=(words, *estimate.levels[1:]))


def agree(estimate: Estimate, model: Any, skip: Any = lambda context: False) -> int:
    """Every word after every context, seen or not; how many contexts were compared."""
    n, compared = len(estimate.levels), 0
    words = WORDS[2:]
    contexts = {c for k in range(1, n) for c in product(["<s>", "the", "mouse", "ate", "is", "</s>"], repeat=k)}
    for context in sorted(c for c in contexts if "<s>" not in c[1:] and "</s>" not in c[:-1]):
        if (len(context) < n - 1 and context[0] != "<s>") or skip(context):  # shorter ones stand at the start only
            continue
        ids = [0] * (n - 1 - len(context)) + [WORDS.index(word) for word in context]
        row = estimate.dense([np.array([token]) for token in ids], 1)[0]
        np.testing.assert_allclose(row[2:], [model.score(word, context) for word in words], rtol=1e-9, err_msg=context)
        compared += 1
    return compared


@pytest.mark.parametrize("order", [2, 3, 4])
def test_witten_bell(order: int) -> None:
    # (1 - gamma) count / total with gamma = types / (types + total) is our count / (total + types)
    assert agree(without_floor(ours("witten-bell", order)), theirs(lambda: WittenBellInterpolated(order))) > 5


@pytest.mark.parametrize("order", [2, 3, 4])
def test_absolute_discounting(order: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # nltk has one discount for all orders, given by hand; we count one for each: n1 / (n1 + 2 n2)
    monkeypatch.setattr(smoothing, "discounts", lambda counts, n: ((D,), False))
    model = theirs(lambda: AbsoluteDiscountingInterpolated(order, discount=D))
    assert agree(without_floor(ours("absolute-discounting", order)), model) > 5


@pytest.mark.parametrize("order", [2, 3, 4])
def test_kneser_ney(order: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smoothing, "discounts", lambda counts, n: ((D,), False))
    model = theirs(lambda: KneserNeyInterpolated(order, discount=D))

    def begins_and_is_short(context: tuple[str, ...]) -> bool:
        return context[0] == "<s>" and len(context) < order - 1

    assert agree(without_floor(ours("kneser-ney", order)), model, begins_and_is_short) >= 5


def test_kneser_ney_at_the_start_of_a_sentence() -> None:
    # Of a short context that begins with <s>, nltk asks what came before <s>. Nothing ever does: 0 / 0.
    model = theirs(lambda: KneserNeyInterpolated(3, discount=D))
    with pytest.raises(ZeroDivisionError):
        model.score("the", ("<s>",))
    # With a second <s> before it, every word has come after one thing only: "the" begins 5 sentences of 5 here and
    # would get the 1 that a word gets which began one. We keep the counts there, as KenLM does: (5 - D) / 5 + ….
    level = ours("kneser-ney", 3).levels[1]
    assert level.table.look_up(level.table.find(np.zeros(1, np.uint64)), np.array([WORDS.index("the")])) == [5]


@pytest.mark.parametrize("order", [2, 3, 4])
def test_stupid_backoff(order: int) -> None:
    # The same, words included: count / total without a floor, and 0.4 for each step back, seen context or not.
    assert agree(ours("stupid-backoff", order), theirs(lambda: StupidBackoff(0.4, order))) > 5


@pytest.mark.parametrize("order", [1, 2, 3])
def test_maximum_likelihood_of_sentences(order: int) -> None:
    model, estimate = theirs(lambda: MLE(order)), ours("mle", order)
    for context in ([], ["the"], ["<s>", "the"], ["mouse", "ate"])[:order]:
        if len(context) == order - 1:
            row = estimate.dense([np.array([WORDS.index(word)]) for word in context], 1)[0]
            expected = [model.score(word, context) for word in WORDS[2:]]
            np.testing.assert_allclose(row[2:], expected)


def test_nltks_padding_makes_the_start_a_word() -> None:
    lines = [line.split() for line in VERSE.decode().splitlines()]
    model = MLE(3)
    model.fit(*padded_everygram_pipeline(3, lines))
    # 24 words, and two <s> and two </s> around each of 5 lines: 44. Of 24 + 5 tokens that are ever predicted, "the" is
    # 9; nltk says 9 / 44, and that the next word is <s> with 10 / 44.
    assert sum(len(line) for line in lines) == 24
    assert model.score("the") == pytest.approx(9 / 44)
    assert model.score("<s>") == pytest.approx(10 / 44)
    mine = ours("mle", 1).dense([], 1)[0]
    assert mine[WORDS.index("the")] == pytest.approx(9 / 29)
    assert mine[0] == 0


def test_an_unknown_word_is_impossible_in_nltk() -> None:
    model, estimate = theirs(lambda: WittenBellInterpolated(2)), ours("witten-bell", 2)
    assert model.score("elephant", ("the",)) == 0
    assert model.logscore("elephant", ("the",)) == -math.inf
    # after "the" stood 9 words, 4 different ones: 4 / (9 + 4) is left. Of 29 tokens 10 are different ones, so of that
    # 10 / (29 + 10) goes below, to the V - 1 = 11 that can come: the 10 and <unk>
    expected = 4 / 13 * 10 / 39 / 11
    assert estimate.dense([np.array([WORDS.index("the")])], 1)[0, 1] == pytest.approx(expected)
