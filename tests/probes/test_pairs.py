"""Windows and pairs: shifted by one, padded by hand, and the padded pairs' losses equal the causal pass's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lmcore import models
from lmcore.models.positions import POSITIONS
from lmcore.probes import pairs
from lmcore.probes.one_step import precise

V, L = 19, 7


def gpt(position: str = "learned", dtype: str = "float32") -> Any:
    shape = {"n_layer": 2, "n_head": 2, "n_embd": 16, "block_size": 12, "position": position}
    found = models.build("gpt", shape, V).eval()
    with torch.no_grad():
        for parameter in found.parameters():
            if parameter.dim() > 1:
                parameter.mul_(8.0)
    return precise(found) if dtype == "float64" else found


def test_windows_by_hand() -> None:
    found = pairs.windows([5, 6, 7, 8, 9], 3, 2)
    assert found.sequence.tolist() == [0, 5, 6, 7, 8, 9]
    assert found.x.tolist() == [[0, 5, 6], [6, 7, 8]]
    assert found.y.tolist() == [[5, 6, 7], [7, 8, 9]]
    assert (found.first.tolist(), found.n_left, found.length) == ([0, 2], 0, 3)
    assert pairs.windows([5, 6, 7, 8, 9], 3, 3).n_left == 2
    assert pairs.windows([5], 8, 4).x.tolist() == [[0]]  # shorter than a window: one short window


def test_expanded_by_hand() -> None:
    contexts, targets = pairs.expanded([1, 2, 3], [2, 3, 4])
    assert contexts.tolist() == [[1, -1, -1], [1, 2, -1], [1, 2, 3]]
    assert targets.tolist() == [2, 3, 4]


@given(st.lists(st.integers(1, 18), min_size=1, max_size=40), st.integers(1, 9), st.integers(1, 9))
def test_every_window_is_the_text_and_y_is_x_one_later(ids: list[int], length: int, stride: int) -> None:
    found = pairs.windows(ids, length, stride)
    for m, first in enumerate(found.first):
        assert found.x[m].tolist() == found.sequence[first : first + found.length].tolist()
        assert found.y[m].tolist() == found.sequence[first + 1 : first + found.length + 1].tolist()
    assert 0 <= found.n_left < stride
    if stride <= found.length:  # nothing between the windows is left out
        asked = {int(first) + 1 + t for first in found.first for t in range(found.length)}
        assert asked == set(range(1, len(ids) + 1 - found.n_left))


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("pad", [0, 3, V - 1])
def test_the_padded_pairs_have_the_losses_of_the_causal_pass(position: str, pad: int) -> None:
    rng = np.random.default_rng(1)
    x, y = rng.integers(1, V, L), rng.integers(1, V, L)
    found = pairs.compare(gpt(position), x, y, pad)
    assert found.gap < 1e-6 * max(1, found.alone.max())
    assert pairs.compare(gpt(position, "float64"), x, y, pad).gap < 1e-12
    assert found.products_alone == L * found.products_at_once


def test_a_pair_without_padding_is_the_model_asked_about_its_context() -> None:
    """Against another path: the model's own `log_probs`, whose first row is the start token's."""
    model, ids = gpt(), [4, 9, 2, 2, 11, 7]
    found = pairs.compare(model, [0, *ids[:-1]], ids)
    np.testing.assert_allclose(found.alone, -model.score(ids), atol=1e-5)


def test_losses_are_cross_entropy() -> None:
    model, rng = gpt(), np.random.default_rng(2)
    x, y = rng.integers(0, V, (3, L)), rng.integers(0, V, (3, L))
    found = pairs.losses(model, x, y)
    with torch.no_grad():
        log_probs = model(torch.from_numpy(x)).log_softmax(-1).numpy()
    np.testing.assert_allclose(found, -np.take_along_axis(log_probs, y[..., None], 2)[..., 0], rtol=1e-5)
    fresh = models.build("gpt", {"n_layer": 1, "n_head": 1, "n_embd": 8, "block_size": 8}, V).eval()
    assert abs(pairs.losses(fresh, x, y).mean() - pairs.guessing(V)) < 0.1  # untrained: ln V


@pytest.mark.parametrize(("ids", "length", "stride"), [([], 4, 1), ([1], 0, 1), ([1], 4, 0)])
def test_nonsense_is_refused(ids: list[int], length: int, stride: int) -> None:
    with pytest.raises(ValueError, match=r"at least 1|nothing to predict"):
        pairs.windows(ids, length, stride)
