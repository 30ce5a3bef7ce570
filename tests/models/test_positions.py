"""Where a token stands: by hand, against transformers' own, and what each kind promises."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from transformers.models.bloom.modeling_bloom import build_alibi_tensor
from transformers.models.gptj.modeling_gptj import apply_rotary_pos_emb, create_sinusoidal_positions

from lmcore import models
from lmcore.models.attention import CausalSelfAttention, Recorder, turn
from lmcore.models.gpt import GPT, GPTConfig
from lmcore.models.positions import (
    POSITIONS,
    alibi,
    alibi_slopes,
    angles,
    frequencies,
    rotate,
    sinusoidal,
)

RNG = np.random.default_rng(0)


def made(position: str, n_layer: int = 2, seed: int = 0) -> GPT:
    """A GPT with clearly different rows: all its parameters are large."""
    config = {"block_size": 16, "n_layer": n_layer, "n_head": 3, "n_embd": 24, "position": position}
    model: GPT = models.build("gpt", config, 23)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.3 * torch.randn(parameter.shape, generator=generator)
    return model.eval()


def test_the_hands_of_the_clock_by_hand() -> None:
    # width 4: ω = 1 and 10000^(-2/4) = 0.01
    np.testing.assert_allclose(frequencies(4), [1, 0.01])
    np.testing.assert_allclose(angles(3, 4), [[0, 0], [1, 0.01], [2, 0.02]], rtol=1e-6)
    row = [math.sin(2), math.cos(2), math.sin(0.02), math.cos(0.02)]
    np.testing.assert_allclose(sinusoidal(3, 4)[2], row, rtol=1e-6)
    np.testing.assert_allclose(sinusoidal(3, 4)[0], [0, 1, 0, 1])
    assert sinusoidal(5, 7).shape == (5, 7)  # an odd width ends with a sine
    np.testing.assert_allclose(sinusoidal(5, 7)[3, 6], math.sin(3 * 10_000 ** (-6 / 7)), rtol=1e-6)


def test_waves_are_those_of_transformers() -> None:
    theirs = create_sinusoidal_positions(40, 16).numpy()  # all sines, then all cosines
    ours = sinusoidal(40, 16)
    np.testing.assert_allclose(ours[:, 0::2], theirs[:, :8], atol=1e-5)
    np.testing.assert_allclose(ours[:, 1::2], theirs[:, 8:], atol=1e-5)


def test_turning_by_hand() -> None:
    # (1, 0) turned by a quarter is (0, 1); (3, 4) by a half is (-3, -4)
    x = np.array([[1, 0, 3, 4]], np.float32)
    np.testing.assert_allclose(rotate(x, np.array([[math.pi / 2, math.pi]], np.float32)), [[0, 1, -3, -4]], atol=1e-6)


def test_rotary_is_that_of_transformers_gptj() -> None:
    x = RNG.normal(size=(2, 3, 12, 8)).astype(np.float32)  # (B, H, T, D)
    theirs = create_sinusoidal_positions(12, 8)
    sin, cos = theirs.split(4, dim=1)
    expected = apply_rotary_pos_emb(torch.from_numpy(x).transpose(1, 2), sin[None], cos[None]).transpose(1, 2)
    np.testing.assert_allclose(rotate(x, angles(12, 8)), expected, atol=1e-5)
    np.testing.assert_allclose(turn(torch.from_numpy(x), torch.from_numpy(angles(12, 8))), expected, atol=1e-5)


def test_rotary_scores_depend_on_the_distance_only() -> None:
    q, k = RNG.normal(size=(2, 1, 8)).astype(np.float32)
    turned = angles(30, 8)

    def score(m: int, n: int) -> float:
        return float((rotate(q, turned[m : m + 1]) @ rotate(k, turned[n : n + 1]).T).item())

    assert score(3, 1) == pytest.approx(score(22, 20), abs=1e-4)
    assert score(9, 0) == pytest.approx(score(29, 20), abs=1e-4)
    assert abs(score(3, 1) - score(9, 0)) > 1e-3
    assert score(5, 5) == pytest.approx((q @ k.T).item(), abs=1e-4)


@pytest.mark.parametrize("n_head", [1, 2, 3, 4, 6, 8, 12, 16])
def test_alibi_is_that_of_transformers_bloom(n_head: int) -> None:
    theirs = build_alibi_tensor(torch.ones(1, 10), n_head, torch.float32)  # (H, 1, 10): slope · position of the key
    scores = torch.randn(n_head, 10, 10, generator=torch.Generator().manual_seed(0))
    future = torch.ones(10, 10, dtype=torch.bool).triu(1)
    # the two differ by a number for each row, which a softmax does not see
    expected = F.softmax((scores + theirs).masked_fill(future, -math.inf), -1)
    ours = F.softmax((scores + torch.from_numpy(alibi(10, n_head))).masked_fill(future, -math.inf), -1)
    torch.testing.assert_close(ours, expected, atol=1e-6, rtol=1e-5)
    np.testing.assert_allclose(alibi_slopes(n_head), theirs[:, 0, 1].numpy(), rtol=1e-6)


def test_alibi_by_hand() -> None:
    # two heads: 2^-4 and 2^-8 for each position of distance
    np.testing.assert_allclose(alibi_slopes(2), [1 / 16, 1 / 256])
    np.testing.assert_allclose(alibi(3, 2)[0, 2], [-2 / 16, -1 / 16, 0])


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("n", [0, 5, 15, 16, 40])
def test_every_way_to_ask_gives_the_same(position: str, n: int) -> None:
    model, ids = made(position), RNG.integers(1, 23, n).tolist()
    full = model.log_probs(ids)
    state, row = model.start()
    rows = [row]
    for token in ids:
        state, row = model.step(state, token)
        rows.append(row)
    np.testing.assert_allclose(np.array(rows), full, atol=2e-4)
    np.testing.assert_allclose(model.prompt(ids)[1], full[-1], atol=2e-4)
    np.testing.assert_allclose(model.trace(ids)["log_probs"], full, atol=2e-4)
    state, _ = model.prompt(ids)
    np.testing.assert_allclose(model.step(state, 7)[1], model.log_probs([*ids, 7])[-1], atol=2e-4)


@pytest.mark.parametrize("position", POSITIONS)
def test_weights_and_counts(position: str) -> None:
    model = made(position)
    assert {name: tuple(p.shape) for name, p in model.named_parameters()} == model.config.shapes()
    assert sum(p.numel() for p in model.parameters()) == model.n_params
    again = GPT.from_arrays(model.config, model.state_arrays())
    np.testing.assert_array_equal(again.log_probs([1, 2, 3]), model.log_probs([1, 2, 3]))
    assert ("position_embedding" in model.trace([1, 2])) == (position in ("learned", "sinusoidal"))


def test_without_positions_one_layer_sees_a_set() -> None:
    """The last token's output is the same for any order of those before it; with a second layer, or positions, not."""
    ids, other = [3, 1, 4, 15, 9], [15, 4, 3, 1, 9]
    bare = made("none", n_layer=1)
    np.testing.assert_allclose(bare.log_probs(ids)[-1], bare.log_probs(other)[-1], atol=1e-5)
    for model in (made("none", n_layer=2), *(made(kind, n_layer=1) for kind in POSITIONS if kind != "none")):
        assert np.abs(model.log_probs(ids)[-1] - model.log_probs(other)[-1]).max() > 1e-2


@pytest.mark.parametrize("position", ["rotary", "alibi"])
def test_watched_attention_equals_unwatched(position: str) -> None:
    attention = CausalSelfAttention(24, 3)
    x = torch.randn(2, 7, 24, generator=torch.Generator().manual_seed(0))
    given = (
        {"angles": torch.from_numpy(angles(7, 8))} if position == "rotary" else {"bias": torch.from_numpy(alibi(7, 3))}
    )
    torch.testing.assert_close(attention(x, Recorder(), **given), attention(x, **given), atol=1e-5, rtol=1e-5)


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="one of learned, sinusoidal"):
        GPTConfig(vocab_size=5, position="absolute")
    with pytest.raises(ValueError, match="one of learned, sinusoidal"):
        GPTConfig(vocab_size=5, position=3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="a head's 3 must be even"):
        GPTConfig(vocab_size=5, n_embd=12, n_head=4, position="rotary")
