"""Positions by hand: what each kind does to scores, and what attention cannot tell without them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from lmcore.models.gpt import GPT, GPTConfig
from lmcore.models.positions import alibi_slopes, angles, frequencies, rotate, sinusoidal
from lmcore.probes import positions as probe

IDS = [3, 7, 5, 9, 4, 7, 2]


def shaken(position: str = "learned", n_layer: int = 3) -> GPT:
    model = GPT(GPTConfig(12, block_size=16, n_layer=n_layer, n_head=2, n_embd=16, position=position), seed=1)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.3 * torch.randn(parameter.shape, generator=generator)
    return model


def test_waves_by_hand() -> None:
    """Four dimensions: frequencies 1 and 10000^(-1/2) = 1/100; position 3 is sin 3, cos 3, sin 0.03, cos 0.03."""
    np.testing.assert_allclose(frequencies(4), [1, 0.01])
    table = sinusoidal(8, 4)
    np.testing.assert_allclose(table[3], [math.sin(3), math.cos(3), math.sin(0.03), math.cos(0.03)], rtol=1e-6)
    np.testing.assert_allclose(table[0], [0, 1, 0, 1])


def test_two_positions_are_as_alike_as_they_are_near() -> None:
    """sin a sin b + cos a cos b = cos(a - b), so the cosine is the mean of cos(ω d): of the distance only."""
    n, width = 40, 32
    found = probe.alike(sinusoidal(n, width))
    mean, deviation = probe.by_distance(found)
    np.testing.assert_allclose(mean, [np.cos(frequencies(width) * d).mean() for d in range(n)], atol=1e-6)
    assert deviation.max() < 1e-6
    assert mean[0] == pytest.approx(1)
    assert mean[1] > mean[2] > mean[3]


def test_by_distance_by_hand() -> None:
    mean, deviation = probe.by_distance(np.array([[1.0, 9, 9], [2, 3, 9], [7, 4, 5]]))
    np.testing.assert_allclose(mean, [3, 3, 7])
    np.testing.assert_allclose(deviation, [math.sqrt(8 / 3), 1, 0])


def test_rotary_scores_depend_on_the_distance_only() -> None:
    generator = np.random.default_rng(2)
    q, k = generator.normal(size=(2, 8))
    turned = angles(30, 8).astype(np.float64)
    at = lambda x, place: rotate(x[None], turned[place : place + 1])[0]  # noqa: E731
    for distance in (0, 1, 5):
        products = [at(q, place + distance) @ at(k, place) for place in (0, 3, 11, 24)]
        np.testing.assert_allclose(products, products[0], atol=1e-5)
    assert abs(at(q, 5) @ at(k, 0) - at(q, 1) @ at(k, 0)) > 1e-2


def test_a_turn_by_hand() -> None:
    """Two dimensions turn by 1 radian a position: (1, 0) at position 2 is (cos 2, sin 2)."""
    np.testing.assert_allclose(rotate(np.array([[1.0, 0]]), np.array([[2.0]])), [[math.cos(2), math.sin(2)]])


def test_what_each_kind_does_to_scores_of_one_word_said_again() -> None:
    n, width = 24, 16
    x = probe.content(width)
    plain = x @ x / math.sqrt(width)
    lower = np.tri(n, dtype=bool)
    found = {kind: probe.scores(kind, n, width) for kind in probe.KINDS}
    for square in found.values():
        assert np.isneginf(square[~lower]).all()
        assert np.isfinite(square[lower]).all()
    np.testing.assert_allclose(found["none"][lower], plain)
    for kind, only_distance in (("none", True), ("rotary", True), ("alibi", True), ("sinusoidal", False)):
        _, deviation = probe.by_distance(found[kind])
        assert bool(deviation.max() < 1e-5) is only_distance
    # the fourth head of eight: 2^(-8·4/8) = 1/16 a position
    assert alibi_slopes(8)[3] == 1 / 16
    np.testing.assert_allclose(found["alibi"][10, [10, 9, 2]], [plain, plain - 1 / 16, plain - 0.5])
    assert found["rotary"][5, 5] == pytest.approx(plain)
    with pytest.raises(ValueError, match="not of 'learned'"):
        probe.scores("learned", 4, 4)


@pytest.mark.parametrize("position", ["learned", "sinusoidal", "rotary", "alibi"])
def test_one_layer_without_positions_sees_a_set_and_more_layers_do_not(position: str) -> None:
    model = shaken(position)
    other = probe.shuffled(IDS, 3)
    assert sorted(other) == sorted(IDS)
    assert other[-1] == IDS[-1]
    assert list(other) != IDS
    bare = probe.reordered(probe.without_positions(model), IDS, other)
    assert bare.attention[0] < 1e-5
    assert (bare.attention[1:] > 1e-3).all()
    assert bare.moved > 1e-3
    assert probe.reordered(model, IDS, other).attention[0] > 1e-3
    same = probe.reordered(model, IDS, IDS)
    assert same.moved == 0
    assert not same.attention.any()
    with pytest.raises(ValueError, match="same tokens"):
        probe.reordered(model, IDS, [*other[:-1], 1])


def test_with_one_layer_nothing_at_all_is_told_by_the_order() -> None:
    bare = probe.without_positions(shaken(n_layer=1))
    found = probe.reordered(bare, IDS, probe.shuffled(IDS, 1))
    assert found.moved < 1e-6


def test_a_text_that_has_no_other_order_stays_as_it_is() -> None:
    for ids in ([], [4], [4, 5], [4, 4, 4, 5]):
        assert list(probe.shuffled(ids, 1)) == ids


def test_sizes_are_lengths() -> None:
    model = shaken()
    found = probe.sizes(model, IDS)
    assert found is not None
    arrays = model.state_arrays()
    np.testing.assert_allclose(found.token, np.linalg.norm(arrays["wte.weight"][[0, *IDS]], axis=1), rtol=1e-5)
    np.testing.assert_allclose(found.position, np.linalg.norm(arrays["wpe.weight"][:8], axis=1), rtol=1e-5)
    assert probe.sizes(shaken("rotary"), IDS) is None
    with torch.no_grad():
        model.wpe.weight *= 0
    assert probe.sizes(model, IDS).recognised.all()  # type: ignore[union-attr]
    with torch.no_grad():
        model.wpe.weight[3] = 100 * model.wte.weight[1]  # the third word drowns in token 1
    assert probe.sizes(model, IDS).recognised.tolist() == [True] * 3 + [False] + [True] * 4  # type: ignore[union-attr]
