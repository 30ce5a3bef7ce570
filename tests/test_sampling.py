"""Sampling: the limits of the temperature, parity with transformers' logits warpers, and generation on a fake model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from transformers import (
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from lmcore import sampling
from lmcore.sampling import apply_temperature, distribution, entropy, generate, softmax

NEVER = -math.inf
LOGITS = np.log([0.1, 0.5, 0.25, 0.15])
rows = hnp.arrays(np.float64, st.integers(2, 30), elements=st.floats(-30, 30) | st.just(NEVER)).filter(
    lambda z: np.isfinite(z[1:]).any()
)
laws = settings(max_examples=200, deadline=None, derandomize=True)


def everything(z: Any, **options: Any) -> np.ndarray:
    """The distribution with no token banned."""
    return distribution(z, banned=(), **options)


def random_logits(V: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 3, V)


# Temperature --------------------------------------------------------------------------------------------------------


def test_temperature_1_changes_no_bit() -> None:
    z = random_logits(50, 0)
    assert apply_temperature(z, 1).tobytes() == z.tobytes()


def test_temperature_by_hand() -> None:
    # p² / Σ p² at T = 1/2: 0.01, 0.25, 0.0625, 0.0225 of 0.345
    np.testing.assert_allclose(everything(LOGITS, temperature=0.5), np.array([0.01, 0.25, 0.0625, 0.0225]) / 0.345)
    # √p / Σ √p at T = 2
    np.testing.assert_allclose(everything(np.log([0.04, 0.64, 0.32]), temperature=2)[0] * 4, everything(
        np.log([0.04, 0.64, 0.32]), temperature=2)[1])  # fmt: skip


def test_temperature_0_is_the_first_of_the_largest() -> None:
    np.testing.assert_array_equal(everything([1.0, 3.0, 3.0, NEVER], temperature=0), [0, 1, 0, 0])
    # the limit from above shares between equals, as every T > 0 does
    np.testing.assert_array_equal(everything([1.0, 3.0, 3.0, NEVER], temperature=5e-324), [0, 0.5, 0.5, 0])


def test_temperature_infinity_is_uniform_also_over_tokens_of_probability_0() -> None:
    np.testing.assert_array_equal(everything([1.0, 3.0, NEVER, -2.0], temperature=math.inf), [0.25] * 4)
    assert everything([1.0, 3.0, NEVER, -2.0], temperature=1e300)[2] == 0


@laws
@given(rows, st.floats(0, 5) | st.sampled_from([0.0, 1e-300, 1e-3, 1.0, 1e9, 1e300, math.inf]))
def test_every_temperature_gives_a_distribution_and_keeps_the_order(z: np.ndarray, temperature: float) -> None:
    probs = everything(z, temperature=temperature)
    assert probs.dtype == np.float64
    assert probs.sum() == pytest.approx(1)
    assert (probs >= 0).all()
    if temperature < math.inf:
        assert (probs[z == NEVER] == 0).all()
    order = np.argsort(z, kind="stable")
    if temperature > 0:
        assert (np.diff(probs[order]) >= -1e-15).all()


@laws
@given(rows)
def test_entropy_grows_with_the_temperature(z: np.ndarray) -> None:
    values = [entropy(everything(z, temperature=T)) for T in (0, 0.1, 0.5, 1, 2, 10, math.inf)]
    assert (np.diff(values) >= -1e-9).all()
    assert values[0] == 0
    assert values[-1] == pytest.approx(math.log(z.size))


# Parity with transformers -------------------------------------------------------------------------------------------


def warped(warpers: Sequence[Any], z: np.ndarray) -> np.ndarray:
    scores = torch.from_numpy(z)[None]
    for warper in warpers:
        scores = warper(torch.zeros(1, 1, dtype=torch.long), scores)
    return torch.softmax(scores, -1)[0].numpy()


GRID = list(product([0.1, 0.7, 1.0, 1.5, 5.0], [0, 1, 5, 40, 1000], [0.05, 0.5, 0.9, 1.0], [0.0, 0.02, 0.5]))


@pytest.mark.parametrize("V", [7, 101])
def test_each_combination_agrees_with_transformers_warpers(V: int) -> None:
    for seed, (T, k, p, share) in enumerate(GRID):
        z = random_logits(V, seed)
        warpers: list[Any] = [TemperatureLogitsWarper(T)]
        warpers += [TopKLogitsWarper(k)] if k else []
        warpers += [TopPLogitsWarper(p)] if p < 1 else []
        warpers += [MinPLogitsWarper(share)] if share else []
        ours = everything(z, temperature=T, top_k=k, top_p=p, min_p=share)
        np.testing.assert_allclose(ours, warped(warpers, z), rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("penalty", [0.5, 1.0, 1.2, 5.0])
def test_the_repetition_penalty_is_transformers_alone_and_before_the_warpers(penalty: float) -> None:
    for seed in range(10):
        z, rng = random_logits(50, seed), np.random.default_rng(seed)
        ids = rng.integers(0, 50, 30).tolist()  # many come more than once
        before = z.copy()
        theirs = RepetitionPenaltyLogitsProcessor(penalty)(torch.tensor([ids]), torch.from_numpy(z.copy())[None])
        np.testing.assert_allclose(sampling.repetition_penalty(z, ids, penalty), theirs[0].numpy(), rtol=1e-12)
        np.testing.assert_array_equal(z, before)
        ours = everything(z, temperature=0.7, top_k=20, top_p=0.9, min_p=0.02, repetition_penalty=penalty, previous=ids)
        warpers = [TemperatureLogitsWarper(0.7), TopKLogitsWarper(20), TopPLogitsWarper(0.9), MinPLogitsWarper(0.02)]
        np.testing.assert_allclose(ours, warped(warpers, theirs[0].numpy()), rtol=1e-9, atol=1e-15)


def test_the_repetition_penalty_by_hand() -> None:
    z = np.array([2.0, -1.0, 0.5, NEVER])
    np.testing.assert_array_equal(sampling.repetition_penalty(z, [0, 1, 0, 3], 2.0), [1.0, -2.0, 0.5, NEVER])
    # of log-probabilities it makes p²: 0.25 of 0.5, beside 0.25, 0.15 and 0.1
    probs = everything(LOGITS, repetition_penalty=2.0, previous=[1])
    np.testing.assert_allclose(probs, np.array([0.1, 0.25, 0.25, 0.15]) / 0.75)
    for penalty in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(ValueError, match="repetition penalty must be above 0"):
            sampling.repetition_penalty(z, [0], penalty)
    with pytest.raises(ValueError, match=r"0\.\.3"):
        sampling.repetition_penalty(z, [4], 1.5)


def test_filters_are_pure_functions_of_logits() -> None:
    for filtered in (sampling.top_k(LOGITS, 2), sampling.top_p(LOGITS, 0.7), sampling.min_p(LOGITS, 0.5)):
        np.testing.assert_array_equal(filtered, [NEVER, LOGITS[1], LOGITS[2], NEVER])
    np.testing.assert_array_equal(LOGITS, np.log([0.1, 0.5, 0.25, 0.15]))


def test_equals_at_the_edge() -> None:
    z = np.log([0.25, 0.25, 0.25, 0.25])
    np.testing.assert_array_equal(np.isfinite(sampling.top_k(z, 2)), [True] * 4)  # top-k keeps all equals, as theirs
    np.testing.assert_array_equal(np.isfinite(sampling.top_p(z, 0.4)), [True, True, False, False])
    np.testing.assert_array_equal(np.isfinite(sampling.min_p(z, 1.0)), [True] * 4)
    assert np.isfinite(sampling.top_p(z, 0.0)).sum() == 1


# Filters at the ends of the temperature -----------------------------------------------------------------------------

Z = np.array([NEVER, 2.0, 1.0, 0.0, -1.0, -9.0])


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({}, [0, 1, 2, 3, 4, 5]),
        ({"top_k": 3}, [1, 2, 3]),
        ({"top_k": 6}, [1, 2, 3, 4, 5]),  # any filter shuts out what has no probability
        ({"top_p": 0.4}, [1, 2]),
        ({"top_p": 0.41}, [1, 2, 3]),
        ({"top_k": 4, "top_p": 0.5}, [1, 2]),
        ({"min_p": 0.9}, [1, 2, 3, 4, 5]),
        ({"min_p": 1.0}, [1]),
    ],
)
def test_filtered_tokens_stay_out_at_infinity(options: dict[str, Any], kept: list[int]) -> None:
    probs = everything(Z, temperature=math.inf, **options)
    np.testing.assert_array_equal(np.flatnonzero(probs), kept)
    np.testing.assert_array_equal(probs[kept], 1 / len(kept))
    if options:  # it is what very large temperatures come to
        np.testing.assert_allclose(probs, everything(Z, temperature=1e9, **options), atol=1e-7)


@pytest.mark.parametrize("temperature", [0, 0.5, 1, 3, math.inf])
@pytest.mark.parametrize("options", [{}, {"top_k": 2}, {"top_p": 0.5}, {"min_p": 0.5}])
def test_the_start_token_is_never_drawn_and_the_others_share_its_probability(
    temperature: float, options: dict[str, Any]
) -> None:
    z = np.log([0.9, 0.05, 0.03, 0.02])
    probs = distribution(z, temperature=temperature, **options)
    assert probs[0] == 0
    np.testing.assert_allclose(probs[1:], everything(z[1:], temperature=temperature, **options), rtol=1e-12)


@laws
@given(
    rows,
    st.sampled_from([0, 0.3, 1, 4, math.inf]),
    st.integers(0, 10),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_any_settings_give_a_distribution(z: np.ndarray, T: float, k: int, p: float, share: float) -> None:
    probs = distribution(z, temperature=T, top_k=k, top_p=p, min_p=share)
    assert probs.sum() == pytest.approx(1)
    assert probs[0] == 0
    assert np.isfinite(probs).all()
    best = 1 + int(np.argmax(z[1:]))
    assert probs[best] == probs.max()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": -0.1}, "temperature must be 0 or more"),
        ({"temperature": math.nan}, "temperature must be 0 or more"),
        ({"temperature": -math.inf}, "temperature must be 0 or more"),
        ({"top_k": -1}, "top_k must be 0"),
        ({"top_p": 1.1}, "top_p must lie between 0 and 1"),
        ({"top_p": math.nan}, "top_p must lie between 0 and 1"),
        ({"min_p": -0.1}, "min_p must lie between 0 and 1"),
    ],
)
def test_settings_out_of_range_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        distribution(LOGITS, **options)
    with pytest.raises(ValueError, match=message):
        generate(Fake(), [], max_new_tokens=1, **options)


@pytest.mark.parametrize("z", [[], [NEVER, NEVER], [1.0, math.nan], [1.0, math.inf], [[1.0]]])
def test_what_is_no_distribution_is_refused(z: list[Any]) -> None:
    with pytest.raises(ValueError, match="logits must be"):
        distribution(z)


def test_when_only_the_start_token_has_probability_nothing_can_be_drawn() -> None:
    with pytest.raises(ValueError, match="every token that may be drawn"):
        distribution([0.0, NEVER, NEVER])


# Entropy, drawing ---------------------------------------------------------------------------------------------------


def test_entropy_in_nats_and_as_a_number_of_choices() -> None:
    assert entropy([0.5, 0.5, 0.0]) == pytest.approx(math.log(2))
    assert entropy([1.0, 0.0]) == 0
    assert sampling.effective_choices([0.25] * 4) == pytest.approx(4)


@pytest.mark.parametrize(
    ("u", "token"), [(0.0, 1), (0.49, 1), (0.5, 3), (0.99, 3), (1 - 2**-53, 3)], ids=lambda value: str(value)
)
def test_a_draw_never_hits_a_token_of_probability_0(u: float, token: int) -> None:
    assert sampling.pick(np.array([0.0, 0.5, 0.0, 0.5, 0.0]), u) == token


def test_frequencies_of_draws_come_close_to_the_probabilities() -> None:
    rng = np.random.default_rng(0)
    probs = everything(LOGITS)
    drawn = np.bincount([sampling.draw(probs, rng) for _ in range(4000)], minlength=4) / 4000
    np.testing.assert_allclose(drawn, probs, atol=0.03)


def test_the_number_for_any_draw_of_a_seed_can_be_had_alone() -> None:
    rng = np.random.Generator(np.random.PCG64(7))
    assert [rng.random() for _ in range(20)] == [sampling.random_for(7, n) for n in range(20)]


def test_the_top_tokens() -> None:
    probs = np.array([0.0, 0.2, 0.3, 0.2, 0.3])
    assert sampling.top(probs, 3) == [(2, 0.3), (4, 0.3), (1, 0.2)]
    assert sampling.top(probs, 10) == [(2, 0.3), (4, 0.3), (1, 0.2), (3, 0.2)]
    assert sampling.top(probs, 0) == []


def test_ranks_begin_at_1_and_equals_are_in_order() -> None:
    assert [sampling.rank_of(np.array([0.2, 0.3, 0.2, 0.3]), i) for i in range(4)] == [3, 1, 4, 2]


# Generating ---------------------------------------------------------------------------------------------------------


class Fake:
    """Prefers the token after the last one, in a circle of 1..5; the start token would be the most probable of all."""

    vocab_size = 6

    def __init__(self) -> None:
        self.steps = 0

    def prompt(self, ids: Sequence[int]) -> tuple[list[int], np.ndarray]:
        return list(ids), self.after(ids[-1] if len(ids) else 0)

    def step(self, state: list[int], token: int) -> tuple[list[int], np.ndarray]:
        self.steps += 1
        return [*state, token], self.after(token)

    def after(self, token: int) -> np.ndarray:
        weights = np.array([8.0, 1, 1, 1, 1, 1])
        weights[token % 5 + 1] = 4
        return np.log(weights / weights.sum()).astype(np.float32)


def tokens(seed: int, n: int = 30, **options: Any) -> list[int]:
    return [step.token for step in generate(Fake(), [2], max_new_tokens=n, seed=seed, **options)]


def test_the_same_seed_gives_the_same_steps() -> None:
    first = list(generate(Fake(), [2], max_new_tokens=30, seed=4))
    assert first == list(generate(Fake(), [2], max_new_tokens=30, seed=4))
    assert tokens(4) != tokens(5)
    assert 0 not in tokens(4, 300)


def test_temperature_0_follows_the_most_probable() -> None:
    assert tokens(0, 7, temperature=0) == [3, 4, 5, 1, 2, 3, 4]


def test_a_step_says_what_was_drawn_from_what() -> None:
    step = next(generate(Fake(), [2], max_new_tokens=1, top_k=1, n_alternatives=3))
    assert (step.token, step.prob, step.rank, step.entropy) == (3, 1.0, 2, 0.0)  # the start token has rank 1
    assert step.model_prob == pytest.approx(4 / 16)
    assert step.alternatives == [(3, 1.0)]
    step = next(generate(Fake(), [2], max_new_tokens=1, temperature=0.5, n_alternatives=3))
    assert step.alternatives[0] == (3, pytest.approx(16 / 20))  # 4² of 4² + 4 · 1²
    assert [token for token, _ in step.alternatives] == [3, 1, 2]
    assert step.seconds > 0


def test_token_number_n_of_a_seed_can_be_drawn_alone() -> None:
    drawn = tokens(11, 12)
    for n in range(12):
        _, log_probs = Fake().prompt([2, *drawn[:n]])
        assert sampling.pick(distribution(log_probs), sampling.random_for(11, n)) == drawn[n]


def test_the_model_makes_no_step_more_than_needed() -> None:
    model = Fake()
    assert len(list(generate(model, [], max_new_tokens=4))) == 4
    assert model.steps == 3
    assert list(generate(model, [], max_new_tokens=0)) == []


@pytest.mark.parametrize("options", [{"max_new_tokens": -1}, {"n_alternatives": -1}, {"seed": -1}, {"seed": 1.5}])
def test_nonsense_is_refused_at_the_call(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must"):
        generate(Fake(), [], **{"max_new_tokens": 1, **options})


def test_softmax_of_large_logits() -> None:
    np.testing.assert_allclose(softmax(np.array([1000.0, 1000.0, NEVER])), [0.5, 0.5, 0])
