"""Attention by hand against torch's, against the GPT's own, against paper; and its laws."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from lmcore import checkpoints, models
from lmcore.probes.attention_by_hand import (
    SENTENCES,
    WORDS,
    Weights,
    by_hand,
    by_width,
    entropies,
    example,
    of_block,
    on_later,
)  # fmt: skip

HEADS = [1, 2, 4]


def weights_of(C: int, seed: int = 0) -> Weights:
    rng = np.random.default_rng(seed)
    return Weights(*(rng.normal(size=(C, C)) for _ in range(4)), *(rng.normal(size=C) for _ in range(4)))


@pytest.mark.parametrize("n_head", HEADS)
@pytest.mark.parametrize("masked", [True, False])
def test_it_is_torchs_multihead_attention(n_head: int, masked: bool) -> None:
    C, P = 8, 5
    weights = weights_of(C)
    x = np.random.default_rng(1).normal(size=(P, C))
    layer = torch.nn.MultiheadAttention(C, n_head, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        layer.in_proj_weight.copy_(torch.tensor(np.hstack([weights.query, weights.key, weights.value]).T))
        biases = [weights.query_bias, weights.key_bias, weights.value_bias]
        layer.in_proj_bias.copy_(torch.tensor(np.concatenate(biases)))
        layer.out_proj.weight.copy_(torch.tensor(weights.out.T))
        layer.out_proj.bias.copy_(torch.tensor(weights.out_bias))
        future = torch.ones(P, P, dtype=torch.bool).triu(1) if masked else None
        given = torch.tensor(x)[None]
        out, shares = layer(given, given, given, attn_mask=future, average_attn_weights=False)
    walk = by_hand(x, weights, n_head=n_head, masked=masked)
    np.testing.assert_allclose(walk.weights, shares[0].numpy(), atol=1e-12)
    np.testing.assert_allclose(walk.out, out[0].numpy(), atol=1e-12)


@pytest.mark.parametrize("name", ["gpt-tales-word", "gpt-shakespeare-char"])
def test_it_is_what_the_shipped_gpts_compute(name: str) -> None:
    found = checkpoints.load(checkpoints.shipped()[name])
    model: Any = found.model
    trace = model.trace(found.tokenizer.encode("Mia had a kite."))
    for block in range(model.config.n_layer):
        is_traced(of_block(model, trace, block).walk(), trace, block, atol=2e-4)


@pytest.mark.parametrize("position", ["learned", "sinusoidal", "rotary", "alibi", "none"])
def test_every_kind_of_position(position: str) -> None:
    config = {"n_layer": 2, "n_head": 3, "n_embd": 12, "block_size": 8, "position": position}
    model: Any = models.build("gpt", config, 20)
    with torch.no_grad():
        for parameter in model.parameters():  # large weights, so that every part counts
            parameter.copy_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(3)) / 2)
    trace = model.trace([3, 1, 4, 1, 5])
    for block in range(2):
        is_traced(of_block(model, trace, block).walk(), trace, block, atol=1e-4)


def is_traced(walk: Any, trace: dict[str, Any], block: int, atol: float) -> None:
    for name, ours in [
        ("q", walk.q), ("k", walk.k), ("v", walk.v), ("attn_scores", walk.masked), ("attn_weights", walk.weights),
        ("attn_heads", walk.heads), ("attn_out", walk.out),
    ]:  # fmt: skip
        np.testing.assert_allclose(ours, trace[f"block.{block}.{name}"], atol=atol, rtol=1e-4, err_msg=name)


def test_on_paper() -> None:
    """The last word of "Mia fed the cat", done with a pencil."""
    walk = example().walk()
    assert walk.q[0].tolist() == [[0, 2, 2], [-2, 2, 0], [1, 0, 0], [2, 1, 1]]
    assert walk.k[0].tolist() == [[0, 2, 0], [2, 0, 0], [0, 0, 1], [0, 1, 2]]
    assert walk.v[0].tolist() == [[0, 2, 0], [4, 0, 0], [0, 0, -1], [0, 1, -2]]
    assert walk.dots[0, 3].tolist() == [1 * 2, 2 * 2, 1 * 1, 1 * 1 + 1 * 2]  # q = (2, 1, 1)
    np.testing.assert_allclose(walk.scores[0, 3], [1.155, 2.309, 0.577, 1.732], atol=5e-4)  # divided by √3 = 1.732
    powers = [math.exp(dot / math.sqrt(3)) for dot in (2, 4, 1, 3)]  # 3.17, 10.1, 1.78, 5.65; together 20.7
    np.testing.assert_allclose(walk.weights[0, 3], [p / sum(powers) for p in powers])
    np.testing.assert_allclose(walk.weights[0, 3], [0.153, 0.487, 0.086, 0.273], atol=6e-4)
    mia, fed, the, cat = walk.weights[0, 3]
    np.testing.assert_allclose(walk.heads[0, 3], [4 * fed, 2 * mia + cat, -the - 2 * cat])
    a, b, c = walk.heads[0, 3]
    np.testing.assert_allclose(walk.out[3], [b, a, b - c])


def test_three_heads_of_the_same_width_look_at_different_words() -> None:
    walk = example(n_head=3).walk()
    assert walk.q.shape == (3, 4, 1)
    assert walk.side_by_side.shape == walk.out.shape == (4, 3)
    asked = [[0, 4, 0, 0], [2, 0, 0, 1], [0, 0, 1, 2]]  # what was done: fed; who: Mia; what thing: itself, the cat
    assert walk.scores[:, 3].tolist() == asked
    assert walk.weights[:, 3].argmax(axis=1).tolist() == [1, 0, 3]
    for h in range(3):
        np.testing.assert_array_equal(walk.side_by_side[:, h : h + 1], walk.heads[h])


@pytest.mark.parametrize("n_head", HEADS)
@pytest.mark.parametrize("scaled", [True, False])
def test_laws(n_head: int, scaled: bool) -> None:
    weights, x = weights_of(8), np.random.default_rng(5).normal(size=(6, 8))
    walk = by_hand(x, weights, n_head=n_head, scaled=scaled)
    np.testing.assert_allclose(walk.weights.sum(axis=-1), 1)
    assert (np.triu(walk.weights, 1) == 0).all()
    assert (on_later(walk.weights) == 0).all()
    assert (entropies(walk.weights) <= np.log(np.arange(1, 7)) + 1e-12).all()
    changed = x.copy()  # causality: what comes later changes nothing before it
    changed[4:] += 1
    np.testing.assert_array_equal(by_hand(changed, weights, n_head=n_head, scaled=scaled).out[:4], walk.out[:4])
    order = np.array([3, 0, 5, 1, 4, 2])  # without a mask the rows move with the words; with one they do not
    plain = by_hand(x, weights, n_head=n_head, scaled=scaled, masked=False)
    moved = by_hand(x[order], weights, n_head=n_head, scaled=scaled, masked=False)
    np.testing.assert_allclose(moved.out, plain.out[order])
    assert np.abs(by_hand(x[order], weights, n_head=n_head, scaled=scaled).out - walk.out[order]).max() > 0.1
    assert (on_later(plain.weights)[:, :-1] > 0).all()


def test_one_dimension_needs_no_scaling() -> None:
    """Three heads of width 1: √1 = 1."""
    of_three = example(n_head=3)
    np.testing.assert_array_equal(of_three.walk(scaled=False).weights, of_three.walk().weights)


def test_who_fed_whom_cannot_be_told_without_a_mask() -> None:
    first, second = (example(sentence).walk(masked=False).out for sentence in SENTENCES)
    words = [sentence.split() for sentence in SENTENCES]
    for word in WORDS:
        np.testing.assert_allclose(first[words[0].index(word)], second[words[1].index(word)])
    masked = [example(sentence).walk().out for sentence in SENTENCES]
    assert np.abs(masked[0][words[0].index("Mia")] - masked[1][words[1].index("Mia")]).max() > 0.5


def test_scaling_keeps_the_entropy_at_any_width() -> None:
    found = by_width([1, 4, 64, 256])
    np.testing.assert_allclose(found.deviation, np.sqrt(found.widths), rtol=0.1)
    assert found.scaled.min() > 2.2  # of ln 16 = 2.77
    assert found.plain[-1] < 0.3
    assert (np.diff(found.plain) < 0).all()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"x": np.zeros(4)}, "a table of positions"),
        ({"x": np.zeros((0, 4))}, "a table of positions"),
        ({"n_head": 3}, "width of 4 cannot be split in 3 heads"),
        ({"n_head": 0}, "cannot be split in 0 heads"),
        ({"weights": weights_of(3)}, r"query has shape \(3, 3\), not \(4, 4\)"),
    ],
)
def test_nonsense_is_refused(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        by_hand(**{"x": np.zeros((2, 4)), "weights": weights_of(4), **change})


def test_what_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="'dog' is none of the words"):
        example("the dog")
    for change in (("x", 4, 0), ("x", 0, -1), ("query", 3, 0), ("value", 0, 3), ("bias", 0, 0)):
        with pytest.raises(ValueError, match="there is no number at row"):
            example(changes={change: 1})
    with pytest.raises(ValueError, match="at least one word"):
        example(" ")
    model = models.build("gpt", {"n_layer": 1, "n_head": 1, "n_embd": 4, "block_size": 4}, 9)
    with pytest.raises(ValueError, match="no block 1"):
        of_block(model, model.trace([1]), 1)
    with pytest.raises(ValueError, match="more than one window of 4"):
        of_block(model, model.trace([1, 2, 3, 4]), 0)
