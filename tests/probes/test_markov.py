"""Markov chains of texts: by hand, by law, and beside numpy's eigenvectors and the n-gram model itself."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmcore.batches import Tokens
from lmcore.models.ngram import NGram, NGramConfig
from lmcore.probes.markov import Chain, approach, chain_of, distance, most_used, stationary, walk


def chain(ids: list[int], order: int = 2, starts: tuple[int, ...] = (0,), separate: bool = False) -> Chain:
    """The chain of a text given as tokens 1, 2, …"""
    return chain_of(model(ids, order, starts, separate))


def model(ids: list[int], order: int = 2, starts: tuple[int, ...] = (0,), separate: bool = False) -> NGram:
    tokens = Tokens(np.array(ids, np.int32), np.array(starts, np.int64), separate)
    return NGram(NGramConfig(max(ids) + 1, order, "mle")).fit(tokens)


def dense(found: Chain) -> np.ndarray:
    """(V, V) the matrix; rows of tokens that are not in the text stay 0."""
    matrix = np.zeros((found.counts.size,) * 2)
    matrix[found.froms, found.tokens] = found.probs
    return matrix


def test_three_states_by_hand():
    """1 2 1 2 3 1 1 3 2 1: after 1 come 2 2 1 3, after 2 come 1 3 1, after 3 come 1 2.

    pi = pi P with P = [1/4 1/2 1/4; 2/3 0 1/3; 1/2 1/2 0]:
        a = a/4 + 2b/3 + c/2,   b = a/2 + c/2,   c = a/4 + b/3
    From the last two: b = a/2 + a/8 + b/6, so b = 3a/4, and c = a/4 + a/4 = a/2. With a + b + c = 1, a = 4/9: the
    shares are 4/9, 3/9, 2/9, where the text, 1 five times in ten, has 5/10, 3/10, 2/10.
    """
    found = chain([1, 2, 1, 2, 3, 1, 1, 3, 2, 1])
    P = [[Fraction(1, 4), Fraction(1, 2), Fraction(1, 4)], [Fraction(2, 3), 0, Fraction(1, 3)]]
    P.append([Fraction(1, 2), Fraction(1, 2), 0])
    assert dense(found)[1:, 1:] == pytest.approx(np.array(P, dtype=float))
    pi = [Fraction(4, 9), Fraction(3, 9), Fraction(2, 9)]
    assert [sum(pi[i] * P[i][j] for i in range(3)) for j in range(3)] == pi
    result = stationary(found)
    assert result.probs == pytest.approx([0, *map(float, pi)], abs=1e-11)
    assert (result.period, result.left.size, found.closed) == (1, 0, False)
    assert found.frequencies == pytest.approx([0, 0.5, 0.3, 0.2])
    # half of |4/9 - 1/2| + |1/3 - 3/10| + |2/9 - 1/5| = half of (1/18 + 1/30 + 1/45) = 1/18
    assert distance(result.probs, found.frequencies) == pytest.approx(1 / 18, abs=1e-11)


TEXTS = st.lists(st.integers(1, 6), min_size=1, max_size=60)


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.integers(1, 7))
def test_the_laws(ids: list[int], n: int):
    found = chain(ids)
    inside = found.counts > 0
    assert dense(found).sum(axis=1) == pytest.approx(inside.astype(float))
    assert (found.first, found.last) == (ids[0], ids[-1])
    assert found.closed == (ids.count(ids[-1]) == 1)
    pi = stationary(found, max_steps=50_000).probs
    assert pi.sum() == pytest.approx(1)
    assert pi @ dense(found) == pytest.approx(pi, abs=1e-9)
    assert (pi[~inside] == 0).all()
    part = most_used(found, n)
    assert part.probs.sum(axis=1) == pytest.approx(1)
    assert part.begins.sum() == pytest.approx(1)
    assert part.counts.sum() == len(ids)
    assert part.others == (n < len(set(ids)))


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_stationary_is_numpys_eigenvector(ids: list[int]):
    found = chain(ids)
    values, vectors = np.linalg.eig(dense(found).T)
    ones = np.flatnonzero(np.abs(values - 1) < 1e-8)
    assert ones.size == 1  # one class that no walk leaves
    vector = vectors[:, ones[0]].real
    assert stationary(found, max_steps=50_000).probs == pytest.approx(vector / vector.sum(), abs=1e-7)


def test_the_matrix_is_the_models():
    """Entry (i, j) is the probability that the n-gram model gives j after i, also when it has longer counts."""
    rng = np.random.default_rng(5)
    ids = rng.integers(1, 9, 400).tolist()
    starts = (0, 50, 51, 300)
    bigrams = model(ids, 2, starts)
    for found in (chain(ids, 2, starts), chain(ids, 5, starts)):
        expected = np.exp([bigrams.log_probs([token])[1] for token in range(1, 9)])
        assert dense(found)[1:] == pytest.approx(expected, abs=1e-6)
    part = most_used(found, 8)
    for i, token in enumerate(part.tokens):
        assert part.probs[i] == pytest.approx(expected[token - 1][part.tokens], abs=1e-6)
    assert part.begins == pytest.approx(np.exp(bigrams.log_probs([])[0])[part.tokens], abs=1e-6)


def test_other_tokens_are_one_state_as_if_written_so():
    ids = np.random.default_rng(2).integers(1, 7, 300).tolist()
    part = most_used(chain(ids), 3)
    lumped = [part.tokens.index(token) if token in part.tokens else 3 for token in ids]
    expected = np.zeros((4, 4))
    for a, b in pairwise(lumped):
        expected[a, b] += 1
    assert part.pairs.tolist() == expected.tolist()


def test_a_text_that_ends_in_a_new_token_begins_again():
    """After 4, the last and only one, nothing was counted: 1 follows, the first. Then every token is as often left as
    reached, and the frequencies are exactly stationary."""
    found = chain([1, 2, 3, 2, 1, 3, 4])
    assert found.closed
    assert dense(found)[4].tolist() == [0, 1, 0, 0, 0]
    assert stationary(found).probs == pytest.approx(found.frequencies, abs=1e-11)


def test_what_the_text_never_comes_back_to_is_left():
    result = stationary(chain([5, 4, 1, 2, 1, 2, 2, 1]))
    assert result.left.tolist() == [4, 5]
    assert result.probs[[4, 5]].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("ids", "period"), [([1, 2] * 9, 2), ([1, 2, 3] * 5, 3), ([1] * 7, 1), ([1], 1), ([1, 2] * 5 + [1, 1, 2], 1)]
)
def test_periods(ids: list[int], period: int):
    """A walk on 1 2 1 2 … jumps to and fro for ever; the lazy one settles, on one half each."""
    result = stationary(chain(ids))
    assert result.period == period
    assert result.moved <= 1e-12
    if len(set(ids)) == period:
        assert result.probs[1:] == pytest.approx(1 / period)


def test_a_walk_takes_edges_only_and_comes_near():
    found = chain(np.random.default_rng(3).integers(1, 5, 500).tolist())
    pi = stationary(found).probs
    walked = walk(found, 50_000, seed=4)
    assert walked[0] == found.first
    matrix = dense(found)
    assert all(matrix[a, b] > 0 for a, b in pairwise(walked.tolist()))
    for a in range(1, 5):  # the shares of what followed a are its row
        after = np.bincount(walked[1:][walked[:-1] == a], minlength=5)
        assert after / after.sum() == pytest.approx(matrix[a], abs=0.02)
    far = approach(walked, pi, [10, 1000, 50_000])
    assert far[0] > far[1] > far[2]
    assert far[2] < 0.01
    assert far[0] == distance(np.bincount(walked[:10], minlength=5) / 10, pi)
    assert walk(found, 100, seed=4).tolist() == walked[:100].tolist()
    assert walk(found, 100, seed=5).tolist() != walked[:100].tolist()


def test_many_tokens_once_each():
    """100,000 different ones in a row: a circle, that a walk goes round and round; it is settled from the beginning."""
    result = stationary(chain(list(range(1, 100_001))))
    assert result.period == 100_000
    assert result.n_steps == 1
    assert result.probs[1:] == pytest.approx(1e-5)


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="counts of one text"):
        chain([1, 2, 2, 1, 3, 1], starts=(0, 3), separate=True)
    with pytest.raises(ValueError, match="counts of one text"):
        chain_of(NGram(NGramConfig(5, 2)))
    with pytest.raises(ValueError, match="orders 1 to 1"):
        chain([1, 2, 1], order=1)
    found = chain([1, 2, 1])
    for bad in (lambda: most_used(found, 0), lambda: walk(found, 0, 1), lambda: walk(found, 5, -1)):
        with pytest.raises(ValueError, match=r"at least 1|1 to|negative"):
            bad()
