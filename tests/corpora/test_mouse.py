"""The mouse language: every sentence is known with its exact probability."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest

from lmcore import corpora
from lmcore.corpora import mouse


@pytest.fixture(scope="module")
def exact() -> dict[tuple[str, ...], Fraction]:
    return dict(mouse.enumerate_sentences())


def test_the_probabilities_sum_to_exactly_one(exact):
    assert sum(exact.values()) == 1
    assert all(p > 0 for p in exact.values())


def test_every_sentence_is_listed_once_likeliest_first(exact):
    listed = mouse.enumerate_sentences()
    assert len(listed) == len(exact)
    assert [p for _, p in listed] == sorted((p for _, p in listed), reverse=True)


def test_who_ate_whom_by_hand(exact):
    # mouse 8/20, not little 3/4, no "that" 4/5, ate 10/20, cheese for sure
    assert exact["the", "mouse", "ate", "the", "cheese"] == Fraction(8, 20) * Fraction(3, 4) * Fraction(4, 5) / 2
    # cheese 1/20, not little, no "that", ate 1/20, the mouse for sure
    assert exact["the", "cheese", "ate", "the", "mouse"] == Fraction(1, 20) * Fraction(3, 4) * Fraction(4, 5) / 20
    assert exact["the", "mouse", "ate", "the", "cheese"] == 80 * exact["the", "cheese", "ate", "the", "mouse"]


def test_there_are_ten_to_fourteen_words():
    assert mouse.vocabulary() == (
        ["ate", "ball", "cat", "chased", "cheese", "dog", "little", "mouse", "rolled", "saw", "slept", "that", "the"]
    )


def test_only_listed_sentences_are_said_and_about_as_often_as_computed(exact):
    n = 40_000
    lines = mouse.generate(n, seed=6).splitlines()
    assert len(lines) == n
    counts = Counter(tuple(line.split(" ")) for line in lines)
    assert counts.keys() <= exact.keys()
    for words, p in mouse.enumerate_sentences()[:50]:
        spread = (n * p * (1 - p)) ** 0.5  # of a binomial count
        assert abs(counts[words] - n * p) < 5 * spread, words


def test_the_seed_decides_the_text():
    assert mouse.generate(100, seed=1) == mouse.generate(100, seed=1)
    assert mouse.generate(100, seed=1) != mouse.generate(100, seed=2)


def test_the_shipped_text_has_one_sentence_a_line():
    text = corpora.load("mouse").text
    assert len(text.splitlines()) == mouse.N_SENTENCES
    assert "the mouse ate the cheese\n" in text


@pytest.mark.parametrize("n", [0, -3, 1_000_001])
def test_numbers_out_of_range_are_refused(n):
    with pytest.raises(ValueError, match="1 to 1,000,000"):
        mouse.generate(n, seed=1)
