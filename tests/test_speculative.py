"""Speculative sampling: whatever the draft guesses, the text is distributed as the large model alone draws it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from lmcore import sampling
from lmcore.speculative import acceptance, residual, speculate

V = 5


class Pairs:
    """p(next | last), one table; index 0 is the start token and never comes."""

    def __init__(self, seed: int, size: int = V, peaked: float = 1.0) -> None:
        table = np.random.default_rng(seed).dirichlet(np.full(size, peaked), size)
        table[:, 0] = 0
        with np.errstate(divide="ignore"):
            self.table = np.log(table / table.sum(axis=1, keepdims=True))
        self.vocab_size = size

    def prompt(self, ids: Sequence[int]) -> tuple[int, np.ndarray]:
        last = ids[-1] if ids else 0
        return last, self.table[last]

    def step(self, state: int, token: int) -> tuple[int, np.ndarray]:
        return token, self.table[token]


def chi_square_is_plausible(counts: np.ndarray, expected: np.ndarray) -> None:
    """Within 4.5 standard deviations of the mean of chi-square, whose variance is twice its degrees of freedom."""
    kept = expected > 0
    assert counts[~kept].sum() == 0
    statistic = float(((counts[kept] - expected[kept]) ** 2 / expected[kept]).sum())
    freedom = int(kept.sum()) - 1
    assert statistic < freedom + 4.5 * math.sqrt(2 * freedom)


@pytest.mark.parametrize("shape", [{}, {"temperature": 0.6}, {"temperature": 2.0, "top_k": 3}, {"top_p": 0.8}])
def test_three_tokens_are_distributed_as_the_target_draws_them(shape: dict[str, Any]) -> None:
    model, draft, n = Pairs(1), Pairs(2, peaked=0.6), 3000
    counts, direct = np.zeros((V, V, V)), np.zeros((V, V, V))
    rounds = []
    for seed in range(n):
        found = list(speculate(model, draft, [2], max_new_tokens=3, n_draft=2, seed=seed, **shape))
        rounds += found
        a, b, c = [token for one in found for token in one.tokens]
        counts[a, b, c] += 1
    assert 0.1 < np.mean([one.refused for one in rounds]) < 0.95  # the draft is really wrong at times
    p = [sampling.distribution(row, **shape) for row in model.table]
    for a in range(V):
        for b in range(V):
            direct[a, b] = p[2][a] * p[a][b] * p[b]
    chi_square_is_plausible(counts, n * direct)
    # and beside draws of the large model alone, each with its own seed
    alone = np.zeros((V, V, V))
    for seed in range(800):
        a, b, c = [step.token for step in sampling.generate(model, [2], max_new_tokens=3, seed=seed, **shape)]
        alone[a, b, c] += 1
    chi_square_is_plausible(alone, 800 * direct)


def test_min_of_both_and_residual_make_p() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        p, q = rng.dirichlet(np.ones(20)), rng.dirichlet(np.full(20, 0.3))
        beta = acceptance(p, q)
        np.testing.assert_allclose(np.minimum(p, q) + (1 - beta) * residual(p, q), p, atol=1e-12)
        assert beta == pytest.approx(1 - 0.5 * np.abs(p - q).sum())


def test_by_hand() -> None:
    p, q = np.array([0.0, 0.5, 0.3, 0.2]), np.array([0.0, 0.8, 0.1, 0.1])
    assert acceptance(p, q) == pytest.approx(0.7)  # 0.5 + 0.1 + 0.1
    np.testing.assert_allclose(residual(p, q), [0, 0, 2 / 3, 1 / 3])  # 0.2 and 0.1 of 0.3
    np.testing.assert_array_equal(residual(p, p), p)


def test_a_draft_that_is_the_target_is_always_accepted() -> None:
    rounds = list(speculate(Pairs(3), Pairs(3), max_new_tokens=50, n_draft=4, seed=9))
    assert [len(one.tokens) for one in rounds] == [5] * 10
    assert not any(one.refused or one.unread for one in rounds)
    assert all(guess.accept == 1 for one in rounds for guess in one.guesses)


@pytest.mark.parametrize("T", [0, math.inf])
def test_the_ends_of_the_temperature(T: float) -> None:
    model, draft = Pairs(1), Pairs(2)
    rounds = list(speculate(model, draft, [1], max_new_tokens=40, temperature=T, seed=1))
    tokens = [token for one in rounds for token in one.tokens]
    if T == 0:  # the draft's guess is the target's choice, or is replaced by it
        assert tokens == [s.token for s in sampling.generate(model, [1], max_new_tokens=40, temperature=0)]
        assert {guess.accept for one in rounds for guess in one.guesses} <= {0.0, 1.0}
    else:
        assert not any(one.refused for one in rounds)  # both are uniform


def test_a_round_tells_what_happened() -> None:
    rounds = list(speculate(Pairs(1), Pairs(2, peaked=0.3), [1], max_new_tokens=60, n_draft=3, seed=4))
    assert sum(len(one.tokens) for one in rounds) == 60
    last = 1
    for one in rounds:
        for i, guess in enumerate(one.guesses):
            np.testing.assert_allclose(guess.target, np.exp(Pairs(1).table[last]))
            assert (guess.p, guess.q) == (guess.target[guess.token], guess.draft[guess.token])
            assert guess.q > 0
            assert guess.accepted == (guess.u < guess.accept)
            assert guess.accepted or i == len(one.guesses) - 1
            last = guess.token
        if one.refused:
            bad = one.guesses[-1]
            assert one.prob == residual(bad.target, bad.draft)[one.token]
            assert one.token != bad.token
        else:
            assert one.unread == []
        last = one.tokens[-1]
    again = speculate(Pairs(1), Pairs(2, peaked=0.3), [1], max_new_tokens=60, n_draft=3, seed=4)
    assert [one.tokens for one in again] == [one.tokens for one in rounds]


@pytest.mark.parametrize(
    ("draft", "options", "message"),
    [
        (Pairs(1, size=6), {}, "the same vocabulary: the large one has 5 tokens, the draft 6"),
        (Pairs(2), {"n_draft": 0}, "1 to 32 tokens long, not 0"),
        (Pairs(2), {"max_new_tokens": -1}, "max_new_tokens must not be negative"),
        (Pairs(2), {"temperature": -1}, "temperature must be 0 or more"),
    ],
)
def test_what_cannot_be_is_refused_at_the_call(draft: Pairs, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        speculate(Pairs(1), draft, **{"max_new_tokens": 3, **options})


def test_nothing_asked_nothing_drawn() -> None:
    assert list(speculate(Pairs(1), Pairs(2), max_new_tokens=0)) == []
