"""The two models that fill in blanks: their masks, their sums, and that nothing but what they may see moves them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from lmcore.blanks import infilled, masked
from lmcore.models import build, model_class
from lmcore.probes import blanks as probes

V = 14
SHAPE = {"n_layer": 2, "n_head": 2, "n_embd": 8, "block_size": 12}
IDS = np.array([3, 4, 5, 6, 7, 8, 3, 9])
HIDDEN = np.array([0, 0, 1, 1, 0, 0, 1, 0], bool)


def made(family: str, seed: int = 3) -> Any:
    return model_class(family)(build(family, SHAPE, V).config, seed=seed).eval()


def test_every_answer_sums_to_one_and_names_no_mark() -> None:
    for family, fill in (("masked", probes.by_masked), ("denoiser", probes.by_denoiser)):
        found = fill(made(family), IDS, HIDDEN)
        assert found.shape == (3, V)
        np.testing.assert_allclose(np.exp(found).sum(axis=1), 1, atol=1e-5)
        assert np.isneginf(found[:, [0, V - 2, V - 1]]).all()


def test_a_hidden_word_is_not_seen() -> None:
    """Whatever the hidden words are, the answers are the same to the bit; a seen word on either side moves them."""
    other = np.where(HIDDEN, 10, IDS)
    for family, fill in (("masked", probes.by_masked), ("denoiser", probes.by_denoiser)):
        model = made(family)
        np.testing.assert_array_equal(fill(model, IDS, HIDDEN), fill(model, other, HIDDEN))
        for place in (0, 7):
            moved = IDS.copy()
            moved[place] = 11
            assert (fill(model, moved, HIDDEN) != fill(model, IDS, HIDDEN)).any(axis=1).all(), (family, place)


def test_a_left_to_right_model_sees_nothing_of_what_follows() -> None:
    model = made("gpt")
    before = probes.from_left(model, IDS, HIDDEN)
    after = IDS.copy()
    after[7] = 11  # behind the last blank
    np.testing.assert_array_equal(probes.from_left(model, after, HIDDEN), before)
    after[4] = 11  # between the second and the third
    np.testing.assert_array_equal(probes.from_left(model, after, HIDDEN)[:2], before[:2])
    assert (probes.from_left(model, after, HIDDEN)[2] != before[2]).any()


def test_an_earlier_blank_holds_the_likeliest_word() -> None:
    model = made("gpt")
    found = probes.from_left(model, IDS, HIDDEN)
    filled = IDS.copy()
    for place, row in zip(np.flatnonzero(HIDDEN), found, strict=True):
        expected = probes.without(model.log_probs(filled[:place])[-1], (0,))
        np.testing.assert_allclose(row, expected, atol=2e-5)
        filled[place] = row.argmax()


def test_padding_changes_nothing_and_only_the_passage_itself_counts() -> None:
    model = made("masked")
    ids = masked(IDS, HIDDEN, V - 2)
    two = torch.zeros(2, 12, dtype=torch.long)
    two[0, :8] = torch.from_numpy(ids)
    two[1] = 5
    with torch.no_grad():
        np.testing.assert_allclose(model(two)[0, :8], model(two[:1, :8])[0], atol=1e-5)


def test_it_is_torchs_own_encoder() -> None:
    """The same weights in torch.nn.TransformerEncoderLayer give the same stream."""
    model = made("masked")
    theirs = nn.TransformerEncoderLayer(
        8, 2, 32, 0.0, lambda x: nn.functional.gelu(x, approximate="tanh"), batch_first=True, norm_first=True
    ).eval()
    block = model.encoder[0]
    with torch.no_grad():
        for name, value in {
            "self_attn.in_proj_weight": torch.cat([block.attn.c_q.weight, block.attn.c_kv.weight]),
            "self_attn.in_proj_bias": torch.cat([block.attn.c_q.bias, block.attn.c_kv.bias]),
            "self_attn.out_proj.weight": block.attn.c_proj.weight,
            "self_attn.out_proj.bias": block.attn.c_proj.bias,
            "linear1.weight": block.mlp.c_fc.weight,
            "linear1.bias": block.mlp.c_fc.bias,
            "linear2.weight": block.mlp.c_proj.weight,
            "linear2.bias": block.mlp.c_proj.bias,
            "norm1.weight": block.ln_1.weight,
            "norm1.bias": block.ln_1.bias,
            "norm2.weight": block.ln_2.weight,
            "norm2.bias": block.ln_2.bias,
        }.items():
            theirs.get_parameter(name).copy_(value)
        for layer in (theirs.norm1, theirs.norm2):
            layer.eps = block.ln_1.eps
        trace = model.trace(IDS)
        x = torch.from_numpy(trace["embedding"])[None]
        np.testing.assert_allclose(theirs(x)[0], trace["block.0.residual"], atol=1e-5)


def test_a_trace_is_the_same_pass() -> None:
    model = made("masked")
    ids = masked(IDS, HIDDEN, V - 2)
    trace = model.trace(ids)
    np.testing.assert_allclose(trace["log_probs"], model.log_probs(ids), atol=1e-5)
    assert trace["attn_weights"].shape == (2, 2, 8, 8)
    np.testing.assert_allclose(trace["attn_weights"].sum(axis=-1), 1, atol=1e-5)
    assert (trace["attn_weights"] > 0).all()  # every word looks to both sides


def test_a_denoiser_reads_with_the_vectors_it_writes_with() -> None:
    model = made("denoiser")
    assert {name: p.shape for name, p in model.named_parameters()} == model.config.shapes()
    again = model_class("denoiser").from_arrays(model.config, model.state_arrays())
    read = infilled(IDS, HIDDEN, V - 2)
    assert read.tolist() == [3, 4, 12, 7, 8, 12, 9]
    np.testing.assert_array_equal(again.given(read).log_probs(IDS), model.given(read).log_probs(IDS))
    assert all(0 < i < V for i in probes.restored(model, IDS, HIDDEN))


@pytest.mark.parametrize(
    ("ids", "words"),
    [([], "the passage is empty"), ([3, 99], "not in the vocabulary"), ([3] * 1025, "the limit is 1,024")],
)
def test_what_cannot_be_filled_is_refused_in_words(ids: list[int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        made("masked").fill(ids)


def test_all_blanks_and_no_blank() -> None:
    everywhere = np.ones(8, bool)
    for family, fill in (("masked", probes.by_masked), ("denoiser", probes.by_denoiser)):
        assert fill(made(family), IDS, everywhere).shape == (8, V)
        assert fill(made(family), IDS, ~everywhere).shape == (0, V)
    assert probes.from_left(made("gpt"), IDS, ~everywhere).shape == (0, V)


def test_asking_at_some_places_only_gives_their_rows() -> None:
    model = made("masked")
    idx = torch.tensor([[3, 12, 5, 0], [12, 4, 12, 6]])
    places = torch.tensor([[1, 4, 6]])
    with torch.no_grad():
        np.testing.assert_allclose(model(idx, places)[0], model(idx).flatten(0, 1)[places[0]], atol=1e-6)
