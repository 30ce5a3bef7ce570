"""The chain rule, its units, and where a product of floats dies."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmcore import batches, models, tokenizers
from lmcore.corpora import mouse
from lmcore.probes import chain

LOGS = st.lists(st.floats(-20, 0), min_size=1, max_size=30)


def test_three_factors_by_hand():
    found = chain.chain(np.log([0.5, 0.25, 0.1]))
    assert found.products == pytest.approx([0.5, 0.125, 0.0125])
    assert found.log_sums == pytest.approx([math.log(0.5), math.log(0.125), math.log(0.0125)])
    assert found.log_likelihood == pytest.approx(math.log(0.0125))


def test_no_tokens_is_the_empty_product():
    found = chain.chain(np.zeros(0))
    assert found.log_likelihood == 0
    assert chain.dies_at(found.products) is None


@given(LOGS)
def test_the_product_is_exp_of_the_sum_of_logs(logs: list[float]):
    found = chain.chain(np.array(logs))
    assert found.products == pytest.approx(np.exp(found.log_sums), rel=1e-9)


def test_a_certainty_a_little_over_1_counts_as_1_and_nan_is_refused():
    found = chain.chain(np.array([3e-7, -1.0], np.float32))
    assert found.factors[0] == 1
    assert not np.signbit(found.log_sums[0])
    with pytest.raises(ValueError, match="never NaN"):
        chain.chain(np.array([math.nan]))


def test_under_a_model_it_is_what_the_model_scores():
    text = mouse.generate(300, seed=2)
    tokenizer = tokenizers.train("word", text)
    model = models.build("ngram", {"order": 2, "k": 0.1}, tokenizer.vocab_size).fit(batches.tokenize(tokenizer, text))
    ids = tokenizer.encode("the mouse ate the cheese")
    found = chain.unroll(model, ids)
    rows = model.log_probs(ids)
    expected = [math.exp(float(rows[i, token])) for i, token in enumerate(ids)]
    assert found.factors == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("dtype", "place"),
    # 0.5^149 = 2^-149 is float32's smallest number, 0.5^150 rounds to even: 0. In float64 it is 2^-1074.
    [(np.float32, 150), (np.float64, 1075)],
)
def test_halves_die_where_the_standard_says(dtype: type, place: int):
    products = chain.running_products(np.full(1200, 0.5), dtype)
    assert products.dtype == dtype
    assert products[place - 2] > 0
    assert chain.dies_at(products) == place
    assert (products[place - 1 :] == 0).all()


def test_the_place_of_death_recomputed_step_by_step():
    factors = np.random.default_rng(5).uniform(0.01, 0.9, 700)
    for dtype, low in ((np.float32, -104), (np.float64, -746)):
        product, at = dtype(1.0), 0
        while product != 0:
            product = dtype(product * dtype(factors[at]))
            at += 1
        assert chain.dies_at(chain.running_products(factors, dtype)) == at
        assert np.log(factors[: at - 1]).sum() > low - 1
        assert np.log(factors[:at]).sum() < low + 3


def test_units_by_hand():
    """p = 0.5 in one token: 0.693 nats, 1 bit, 0.301 in log10, and a perplexity of 2."""
    one = chain.surprise(math.log(0.5), 1)
    assert (one.nats, one.bits, one.log10, one.perplexity) == pytest.approx((0.693147, 1, 0.301030, 2), rel=1e-5)
    three = chain.surprise(math.log(1 / 216), 3)  # three throws of a die
    assert three.perplexity == pytest.approx(6)
    assert three.bits == pytest.approx(3 * math.log2(6))


def test_the_impossible_is_infinite_and_certainty_is_nothing():
    never = chain.surprise(-math.inf, 4)
    assert (never.nats, never.bits, never.log10, never.perplexity) == (math.inf,) * 4
    sure = chain.surprise(0.0, 4)
    assert (sure.nats, sure.perplexity) == (0.0, 1.0)
    assert not math.copysign(1, sure.nats) < 0


@pytest.mark.parametrize(
    ("first", "second", "place"),
    [([1, 2, 3], [1, 5, 3], 1), ([1, 2], [1, 2, 3], 2), ([1], [1], None), ([], [], None), ([], [4], 0), ([7], [8], 0)],
)
def test_where_two_sequences_part(first: list[int], second: list[int], place: int | None):
    assert chain.parting(first, second) == place
    assert chain.parting(second, first) == place


def test_odds():
    assert chain.log_odds(math.log(0.12), math.log(0.0015)) == pytest.approx(math.log(80))
    assert chain.log_odds(-1.0, -math.inf) == math.inf
    assert chain.log_odds(-math.inf, -1.0) == -math.inf
    assert chain.log_odds(-math.inf, -math.inf) is None
