"""Attention packed for pictures: the codes are the weights, nothing masked travels, nonsense is refused."""

from __future__ import annotations

import numpy as np
import pytest

from lmcore import models
from lmcore.probes.attention import gathered, packed, unpacked


def some(L: int, H: int, R: int, K: int, causal: bool) -> np.ndarray:
    weights = np.random.default_rng(0).random((L, H, R, K))
    if causal:
        weights *= np.tril(np.ones((R, K)))
    return weights / weights.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize(("shape", "causal"), [((2, 3, 5, 5), True), ((2, 3, 5, 7), False), ((1, 1, 1, 1), True)])
def test_codes_are_the_weights(shape: tuple[int, int, int, int], causal: bool) -> None:
    weights = some(*shape, causal)
    found = packed(weights, causal=causal)
    L, H, R, K = shape
    assert found.shape == shape
    assert found.codes.size == L * H * (R * (R + 1) // 2 if causal else R * K)
    np.testing.assert_allclose(unpacked(found.codes, shape, causal=causal), weights, atol=0.004)
    np.testing.assert_allclose(found.exact(L - 1, H - 1), weights[-1, -1], rtol=1e-6)


def test_small_weights_are_told_apart() -> None:
    # one step of a linear byte is 0.0039: 0.001 would be nothing. Here it is (255 √0.001 = 8.06 -> 8) 0.00098
    found = packed(np.array([[[[0.001, 0.004, 0.995]]]]), causal=False)
    assert found.codes.tolist() == [8, 16, 254]


def test_twelve_layers_of_twelve_heads_at_128_tokens_are_little_over_a_megabyte() -> None:
    found = packed(np.zeros((12, 12, 128, 128), np.float32), causal=True)
    assert found.codes.nbytes == 144 * 128 * 129 // 2 < 1.2e6


def test_the_weights_are_those_of_the_trace() -> None:
    model = models.build("gpt", {"n_layer": 3, "n_head": 2, "n_embd": 8, "block_size": 8}, 11)
    trace = model.trace([1, 2, 3])
    found = gathered(trace, 3)
    assert found.shape == (3, 2, 4, 4)
    for layer in range(3):
        for head in range(2):
            np.testing.assert_array_equal(found.exact(layer, head), trace[f"block.{layer}.attn_weights"][head])


@pytest.mark.parametrize(
    ("weights", "causal", "says"),
    [
        (np.zeros((2, 3, 3)), True, "four axes"),
        (np.zeros((1, 1, 2, 3)), True, "as many rows as columns"),
        (np.full((1, 1, 2, 2), 1.5), True, "from 0 to 1"),
        (np.full((1, 1, 2, 2), np.nan), True, "from 0 to 1"),
        (np.zeros((0, 1, 2, 2)), True, "four axes"),
    ],
)
def test_nonsense_is_refused(weights: np.ndarray, causal: bool, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        packed(weights, causal=causal)


def test_a_head_that_is_not_there() -> None:
    with pytest.raises(ValueError, match="no head 2 in layer 0"):
        packed(np.zeros((1, 2, 2, 2)), causal=True).exact(0, 2)
