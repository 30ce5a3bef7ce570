"""Counting by sorting against slow dictionaries: sentences by themselves, wide vocabularies, continuation counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmcore.batches import Tokens
from lmcore.models.counts import MAX_VOCAB, NARROW_VOCAB, Counts, befores, count, ends_in, shorter
from lmcore.models.ngram import NGram, NGramConfig, contexts
from lmcore.models.smoothing import SMOOTHINGS
from tests.models.by_dictionary import company, grams, one_start

VOCABS = [5, 300, NARROW_VOCAB, NARROW_VOCAB + 1, 1 << 18, MAX_VOCAB]
lines_of_ids = st.lists(st.lists(st.integers(1, 4), min_size=1, max_size=7), min_size=1, max_size=9)


def spread(token: int, V: int) -> int:
    """1 to 4 at both ends of a vocabulary: 1, 2, V - 2, V - 1; the order stays."""
    return token if token <= 2 else V - 5 + token


def text_of(lines: list[list[int]], V: int) -> tuple[np.ndarray, np.ndarray]:
    lengths = np.array([len(line) for line in lines])
    ids = np.array([spread(token, V) for line in lines for token in line], np.int32)
    return ids, np.cumsum(lengths) - lengths


def as_dict(table: Counts) -> dict[tuple[int, ...], int]:
    found = [tuple(gram) for gram in table.grams().tolist()]
    assert found == sorted(set(found))
    assert table.totals.sum() == table.counts.sum()
    return dict(zip(found, table.counts.tolist(), strict=True))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(lines_of_ids, st.integers(1, 5), st.sampled_from(VOCABS))
def test_sentences_by_themselves(lines: list[list[int]], order: int, V: int) -> None:
    ids, starts = text_of(lines, V)
    wide = [[spread(token, V) for token in line] for line in lines]
    table = count(ids, starts, order, V, separate=True)
    expected = grams(wide, order)
    assert as_dict(table) == expected
    assert as_dict(table.without_padding()) == one_start(expected)
    assert table.begun == sum(gram[0] == 0 for gram in expected) * (order > 1)
    for gram, n in list(expected.items())[:5]:
        columns = [np.array([token]) for token in gram[:-1] or (0,)]
        assert table.look_up(table.find(table.key(columns)), np.array(gram[-1:])).tolist() == [n]
    if order > 1:
        derived = shorter(table, ids[:order].tolist(), separate=True)
        assert as_dict(derived) == grams(wide, order - 1)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(lines_of_ids, st.integers(2, 5), st.sampled_from(VOCABS), st.booleans())
def test_company_and_ends(lines: list[list[int]], order: int, V: int, separate: bool) -> None:
    table = count(*text_of(lines, V), order, V, separate)
    while table.order > 1:
        before, slow = befores(table), as_dict(table)
        assert as_dict(before) == company(Counter(slow))
        for longer, below in ((table, before), (table.without_padding(), before.without_padding())):
            where = {gram: i for i, gram in enumerate(as_dict(below))}
            expected = [where.get(gram[1:], -1) for gram in as_dict(longer)]
            assert ends_in(longer, below).tolist() == expected
        table = before


@settings(max_examples=60, deadline=None, derandomize=True)
@given(lines_of_ids, st.sampled_from(list(SMOOTHINGS)), st.booleans())
def test_the_names_of_tokens_make_no_difference(lines: list[list[int]], name: str, separate: bool) -> None:
    """In a vocabulary of two million, whose contexts of four are written as two pairs, as in one of six."""
    if name == "jelinek-mercer":  # its shares are learnt beside the uniform distribution, which differs
        return
    found = []
    for V in (6, MAX_VOCAB):
        tokens = Tokens(*text_of(lines, V), separate)
        estimate = NGram(NGramConfig(V, 5, name, k=0.0)).fit(tokens).estimate
        estimate = replace(estimate, uniform=0.2 * (estimate.uniform > 0))  # what differs by right
        columns, back = contexts(tokens, 5), np.roll(tokens.ids, 1)  # words that mostly did not follow
        found.append(
            [
                *((level.table.counts, level.discounts, level.alpha, level.gamma) for level in estimate.levels),
                estimate.probs(columns, tokens.ids),
                estimate.probs(columns, back),
            ]
        )
    for narrow, wide in zip(*found, strict=True):
        np.testing.assert_equal(narrow, wide)


def test_a_wide_vocabulary_sums_to_one() -> None:
    V = NARROW_VOCAB * 2
    rng = np.random.default_rng(2)
    ids = rng.integers(1, V, 2000).astype(np.int32)
    for name in SMOOTHINGS:
        if name not in ("stupid-backoff", "mle"):
            model = NGram(NGramConfig(V, 5, name)).fit(Tokens(ids, np.array([0, 700])))
            rows = model.log_probs(ids[:6].tolist()).astype(np.float64)
            np.testing.assert_allclose(np.exp(rows).sum(1), 1, atol=1e-4)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(lines_of_ids, st.integers(1, 5), st.booleans())
def test_what_stands_before_each_token(lines: list[list[int]], order: int, separate: bool) -> None:
    ids, starts = text_of(lines, 5)
    columns = contexts(Tokens(ids, starts, separate), order)
    passages = lines if separate else [[token for line in lines for token in line]]
    expected = [
        tuple(([0] * (order - 1) + passage)[i : i + order - 1]) for passage in passages for i in range(len(passage))
    ]
    assert [tuple(row) for row in zip(*(c.tolist() for c in columns), strict=True)] == expected or order == 1
    assert len(columns) == order - 1


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("name", SMOOTHINGS)
def test_nothing_reaches_over_from_a_sentence_into_the_next(order: int, name: str) -> None:
    """Sentences in another order are the same model (but for what Jelinek-Mercer holds out: the last ones)."""
    rng = np.random.default_rng(order)
    lines = [rng.integers(1, 5, rng.integers(1, 6)).tolist() for _ in range(40)]
    found: list[Any] = []
    for told in (lines, lines[::-1]):
        model = NGram(NGramConfig(6, order, name)).fit(Tokens(*text_of(told, 5), separate=True))
        if name == "jelinek-mercer":
            model.weights[:] = 0.3
        found.append(model.log_probs([1, 2, 3, 4, 4, 5, 1]))
    np.testing.assert_array_equal(*found)


def test_the_smallest_texts() -> None:
    for lines in ([[1]], [[1], [1], [1]], [[3] * 50]):
        for order in range(1, 6):
            for name in SMOOTHINGS:
                model = NGram(NGramConfig(5, order, name)).fit(Tokens(*text_of(lines, 5), separate=True))
                p = np.exp(model.log_probs(lines[0]).astype(np.float64))
                assert np.isfinite(p).all()
                if name not in ("mle", "stupid-backoff"):
                    np.testing.assert_allclose(p.sum(1), 1, atol=1e-5)
