"""Ways to decode, in numbers: draws agree with the one-by-one draw, and the hand arithmetic of shares and scatter."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lmcore import models, sampling
from lmcore.batches import Tokens
from lmcore.probes import decoding


def test_many_draws_are_the_draws_one_by_one_and_more_go_on() -> None:
    probs = np.array([0.0, 0.5, 0.0, 0.3, 0.2, 0.0])
    rng = np.random.Generator(np.random.PCG64(3))
    one_by_one = [sampling.draw(probs, rng) for _ in range(400)]
    for n in (1, 200, 400):
        np.testing.assert_array_equal(decoding.many_draws(probs, n, 3), np.bincount(one_by_one[:n], minlength=6))


def test_scatter_is_that_of_many_experiments() -> None:
    probs = np.array([0.7, 0.2, 0.1])
    counts = np.array([decoding.many_draws(probs, 200, seed) for seed in range(2000)])
    np.testing.assert_allclose(decoding.scatter(probs, 200), counts.std(axis=0), rtol=0.05)
    np.testing.assert_allclose(counts.mean(axis=0), 200 * probs, rtol=0.02)
    assert decoding.scatter([0.5], 100)[0] == 5.0


@pytest.mark.parametrize(("text", "share"), [("the cat, the dog", 0.75), ("A a a a", 0.25), ("", 0.0), ("?!", 0.0)])
def test_distinct_share_by_hand(text: str, share: float) -> None:
    assert decoding.distinct_share(text) == share


@pytest.mark.parametrize("family", ["gpt", "ffnn", "rnn", "lstm"])
@pytest.mark.parametrize("n", [0, 3, 15, 16, 40])
def test_logits_are_log_probabilities_plus_one_number(family: str, n: int) -> None:
    config = {
        "gpt": {"n_layer": 1, "n_head": 2, "n_embd": 8, "block_size": 16},
        "ffnn": {"n_embd": 4, "hidden_size": 6, "block_size": 3},
    }.get(family, {"n_embd": 4, "hidden_size": 6})
    model, ids = models.build(family, config, 9), np.random.default_rng(n).integers(1, 9, n).tolist()
    logits, real = decoding.next_logits(model, ids)
    assert real
    np.testing.assert_allclose(np.ptp(logits - model.prompt(ids)[1]), 0, atol=2e-5)


def test_a_model_that_counts_has_log_probabilities() -> None:
    model = models.build("ngram", {"order": 2, "k": 0.1}, 5).fit(
        Tokens(np.array([1, 2, 3, 4, 1, 2], np.int32), np.array([0]))
    )
    logits, real = decoding.next_logits(model, [1])
    assert not real
    np.testing.assert_allclose(np.exp(logits.astype(float)).sum(), 1, rtol=1e-5)


def test_written_adds_up() -> None:
    model = models.build("ffnn", {"n_embd": 4, "hidden_size": 6, "block_size": 3}, 9)
    for T in (0.0, 1.0, math.inf):
        found = decoding.written(model, [2, 3], T, 12, seed=1)
        assert len(found.tokens) == 12
        assert found.log_prob == pytest.approx(float(model.score([2, 3, *found.tokens])[-12:].sum()), abs=1e-4)
        mean = decoding.mean_log_prob(model, [2, 3, *found.tokens], 12)
        assert mean == pytest.approx(found.log_prob / 12, abs=1e-5)
    assert decoding.written(model, [2], 0.0, 5, 0).entropy == 0
    assert decoding.written(model, [2], math.inf, 5, 0).entropy == pytest.approx(math.log(8))


def test_written_stops_after_its_end() -> None:
    model = models.build("ffnn", {"n_embd": 4, "hidden_size": 6, "block_size": 3}, 9)
    whole = decoding.written(model, [2], 1.0, 30, 4)
    end = whole.tokens[5:7]
    cut = decoding.written(model, [2], 1.0, 30, 4, end)
    assert cut.tokens == whole.tokens[: len(cut.tokens)]
    assert cut.tokens[-2:] == end
    assert all(cut.tokens[i : i + 2] != end for i in range(len(cut.tokens) - 2))
    mean = decoding.mean_log_prob(model, [2, *cut.tokens], len(cut.tokens))
    assert mean == pytest.approx(cut.log_prob / len(cut.tokens), abs=1e-5)
