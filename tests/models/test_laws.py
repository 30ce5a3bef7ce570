"""What holds for every language model, whatever it is made of. A new family is one more line in MODELS."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from itertools import product

import numpy as np
import pytest

from lmcore import models, sampling
from lmcore.batches import Tokens
from lmcore.models.base import LanguageModel
from lmcore.models.smoothing import SMOOTHINGS

V = 13
RNG = np.random.default_rng(0)
TEXT = Tokens(RNG.integers(1, V, 400).astype(np.int32), np.arange(0, 400, 20))
IDS = RNG.integers(1, V, 40).tolist()


def ngram(order: int, k: float) -> LanguageModel:
    return models.build("ngram", {"order": order, "k": k}, V).fit(TEXT)


def smoothed(order: int, smoothing: str) -> LanguageModel:
    """Of sentences that stand by themselves; the last two tokens of the vocabulary are in none of them."""
    ids = np.random.default_rng(order).integers(1, V - 2, 400).astype(np.int32)
    text = Tokens(ids, np.arange(0, 400, 20), separate=True)
    return models.build("ngram", {"order": order, "smoothing": smoothing}, V).fit(text)


def gpt(block_size: int, position: str = "learned") -> LanguageModel:
    """Untrained, with its weights made larger, so that rows differ clearly from each other."""
    config = {"block_size": block_size, "n_layer": 2, "n_head": 2, "n_embd": 16, "position": position}
    model = models.build("gpt", config, V)
    for parameter in model.parameters():
        parameter.data.mul_(8)
    return model.eval()


def network(family: str, **config: object) -> LanguageModel:
    """Untrained, with its weights made larger, so that rows differ clearly from each other."""
    model = models.build(family, config, V)
    for parameter in model.parameters():
        parameter.data.mul_(2)
    return model.eval()


def given(family: str, **config: object) -> LanguageModel:
    """What an encoder-decoder would write, when it has read some source."""
    model = models.build(family, {"source_vocab_size": 7, **config}, V)
    for parameter in model.parameters():
        parameter.data.mul_(2)
    return model.eval().given([3, 6, 1, 3])


MODELS: dict[str, Callable[[], LanguageModel]] = {
    **{
        f"ngram order={order} k={k}": lambda order=order, k=k: ngram(order, k)
        for order, k in product((1, 2, 3, 5), (0.0, 0.01, 1.0))
    },
    **{
        f"ngram order={order} {smoothing}": lambda order=order, smoothing=smoothing: smoothed(order, smoothing)
        for order, smoothing in product((1, 2, 3, 4, 5), SMOOTHINGS)
        if smoothing != "add-k"
    },
    "ngram without counts": lambda: models.build("ngram", {"order": 3, "k": 0}, V),
    "ffnn that sees one token": lambda: network("ffnn", window=1, n_embd=4, hidden_size=8),
    "ffnn window=5": lambda: network("ffnn", window=5, n_embd=4, hidden_size=8),
    "rnn tanh": lambda: network("rnn", n_embd=4, hidden_size=8),
    "rnn relu two layers": lambda: network("rnn", n_embd=4, hidden_size=8, n_layer=2, nonlinearity="relu"),
    "lstm": lambda: network("lstm", n_embd=4, hidden_size=8),
    "lstm two layers": lambda: network("lstm", n_embd=4, hidden_size=8, n_layer=2, dropout=0.5),
    "gpt that sees all": lambda: gpt(64),
    "gpt whose window is cut": lambda: gpt(8),
    "gpt rotary": lambda: gpt(8, "rotary"),
    "gpt alibi": lambda: gpt(8, "alibi"),
    "translator given a source": lambda: given("translator", n_layer=2, n_head=2, n_embd=16),
    "bahdanau given a source": lambda: given("bahdanau", n_embd=6, hidden_size=8),
}

# Stupid backoff's rows sum to more than 1; maximum likelihood's to 0 where nothing was seen.
DISTRIBUTIONS = [name for name in MODELS if not name.endswith((" mle", " stupid-backoff"))]


@lru_cache(maxsize=len(MODELS))
def made(name: str) -> LanguageModel:
    return MODELS[name]()


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> LanguageModel:
    return made(request.param)


@pytest.fixture(params=DISTRIBUTIONS)
def distribution(request: pytest.FixtureRequest) -> LanguageModel:
    return made(request.param)


def close(a: np.ndarray, b: np.ndarray) -> None:
    np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)


def test_every_row_is_a_distribution(distribution: LanguageModel) -> None:
    log_probs = distribution.log_probs(IDS)
    assert log_probs.shape == (len(IDS) + 1, V)
    assert log_probs.dtype == np.float32
    assert (log_probs <= 1e-6).all()
    np.testing.assert_allclose(np.exp(log_probs.astype(np.float64)).sum(1), 1, atol=1e-5)


@pytest.mark.parametrize("name", sorted(set(MODELS) - set(DISTRIBUTIONS)))
def test_what_is_no_distribution(name: str) -> None:
    sums = np.exp(made(name).log_probs(IDS).astype(np.float64)).sum(1)
    if name.endswith(" mle"):
        assert all(total == pytest.approx(1) or total == 0 for total in sums)
    else:
        assert (sums > 0).all()


def test_changing_the_future_changes_nothing_before(model: LanguageModel) -> None:
    log_probs = model.log_probs(IDS)
    for t in (0, 1, 7, 20, 39):
        other = [*IDS[:t], *(token % (V - 1) + 1 for token in IDS[t:])]
        close(model.log_probs(other)[: t + 1], log_probs[: t + 1])
        close(model.log_probs(IDS[:t]), log_probs[: t + 1])


def test_steps_prompts_scores_and_traces_agree_with_the_full_pass(model: LanguageModel) -> None:
    log_probs = model.log_probs(IDS)
    state, row = model.start()
    close(row, log_probs[0])
    for t, token in enumerate(IDS):
        state, row = model.step(state, token)
        close(row, log_probs[t + 1])
    for t in (0, 1, 7, 8, 25, 40):
        close(model.prompt(IDS[:t])[1], log_probs[t])
    close(model.score(IDS), log_probs[np.arange(len(IDS)), IDS])
    close(model.trace(IDS)["log_probs"], log_probs)


def test_a_state_stays_usable_when_steps_branch_from_it(model: LanguageModel) -> None:
    state, _ = model.prompt(IDS[:10])
    _, first = model.step(state, 3)
    again, _ = model.step(state, 5)
    model.step(again, 5)
    close(model.step(state, 3)[1], first)
    close(first, model.log_probs([*IDS[:10], 3])[-1])


def test_asking_twice_gives_the_same_bits(model: LanguageModel) -> None:
    np.testing.assert_array_equal(model.log_probs(IDS), model.log_probs(IDS))
    np.testing.assert_array_equal(model.score(IDS), model.score(IDS))


def test_no_tokens_at_all(model: LanguageModel) -> None:
    assert model.log_probs([]).shape == (1, V)
    assert model.score([]).shape == (0,)
    assert model.trace([])["log_probs"].shape == (1, V)
    close(model.log_probs([])[0], model.start()[1])


def test_the_seed_gives_the_text(distribution: LanguageModel) -> None:
    model = distribution

    def text(seed: int, temperature: float = 1.0) -> list[int]:
        steps = sampling.generate(model, IDS[:3], max_new_tokens=20, temperature=temperature, seed=seed)
        return [step.token for step in steps]

    assert text(1) == text(1)
    assert 0 not in text(1)
    assert text(1, math.inf) != text(2, math.inf)
    assert text(1, 0.0) == text(2, 0.0)


def test_temperature_0_is_greedy_and_small_ones_tend_to_it(distribution: LanguageModel) -> None:
    model = distribution
    ids = IDS[:3]
    for step in sampling.generate(model, ids, max_new_tokens=15, temperature=0):
        row = model.log_probs(ids)[-1]
        row[0] = -np.inf
        assert row[step.token] >= row.max() - 1e-4
        assert step.prob == 1
        cold = sampling.distribution(model.log_probs(ids)[-1], temperature=1e-6)
        assert cold[row >= row.max() - 1e-4].sum() == pytest.approx(1)
        ids = [*ids, step.token]


def test_the_probabilities_of_a_generated_text_add_up_to_its_score(distribution: LanguageModel) -> None:
    model = distribution
    steps = list(sampling.generate(model, [], max_new_tokens=12, seed=3))
    total = model.score([step.token for step in steps]).sum()
    assert sum(math.log(step.model_prob) for step in steps) == pytest.approx(total, abs=1e-3)


@pytest.mark.parametrize("ids", [[V], [0], [-1], [3, 100]])
def test_tokens_outside_the_vocabulary_are_refused(model: LanguageModel, ids: list[int]) -> None:
    for ask in (model.log_probs, model.score, model.trace, model.prompt):
        with pytest.raises(ValueError, match="not in the vocabulary"):
            ask(ids)


def test_it_says_what_it_is(model: LanguageModel) -> None:
    assert model.vocab_size == V
    assert model.family in (*models.FAMILIES, *models.TRANSLATORS)
    assert model.n_params >= 0
    assert model.block_size is None or model.block_size >= 1
    assert models.model_class(model.family) is type(getattr(model, "model", model))


def test_every_family_is_held_to_these_laws() -> None:
    assert {name.split()[0] for name in MODELS} == {*models.FAMILIES, *models.TRANSLATORS}
