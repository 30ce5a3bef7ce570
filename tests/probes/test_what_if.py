"""Interventions: off is zeroed weights, a patch with the same numbers is nothing, everything has a name in links."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from lmcore import models
from lmcore.models.positions import POSITIONS
from lmcore.probes import what_if
from lmcore.probes.what_if import Part

V, L, H, D = 19, 2, 3, 4
IDS = [3, 7, 3, 9, 11, 2]
OTHER = [3, 8, 5, 9]


def build(position: str = "learned") -> Any:
    shape = {"n_layer": L, "n_head": H, "n_embd": H * D, "block_size": 12, "position": position}
    found = models.build("gpt", shape, V)
    with torch.no_grad():
        for parameter in found.parameters():
            parameter.mul_(5.0) if parameter.dim() > 1 else parameter.add_(0.2)
    return found


@pytest.fixture(params=POSITIONS)
def model(request: pytest.FixtureRequest) -> Any:
    return build(request.param)


@pytest.mark.parametrize("head", range(H))
def test_a_head_that_is_off_equals_zeroed_weights(model: Any, head: int) -> None:
    moved = what_if.what_if(model, IDS, what_if.off([Part(1, head)], H))
    true = model.log_probs(IDS)
    with torch.no_grad():  # its columns of the projection that mixes the heads
        model.h[1].attn.c_proj.weight[:, head * D : (head + 1) * D] = 0
    np.testing.assert_allclose(moved.log_probs, model.log_probs(IDS), atol=1e-5)
    assert moved.kl.max() > 1e-6
    assert np.abs(true - moved.log_probs).max() > 1e-4


def test_all_heads_off_leave_the_bias_and_attention_off_leaves_nothing(model: Any) -> None:
    heads = what_if.what_if(model, IDS, what_if.off([Part(0, h) for h in range(H)], H))
    both = what_if.off([Part(0, only="attention"), Part(1, only="MLP")], H)
    attention = what_if.what_if(model, IDS, both)
    with torch.no_grad():
        model.h[0].attn.c_proj.weight.zero_()
    np.testing.assert_allclose(heads.log_probs, model.log_probs(IDS), atol=1e-5)
    with torch.no_grad():
        for part in (model.h[0].attn.c_proj, model.h[1].mlp.c_proj):
            part.weight.zero_()
            part.bias.zero_()
    np.testing.assert_allclose(attention.log_probs, model.log_probs(IDS), atol=1e-5)


def test_a_block_that_is_off_is_a_model_without_it() -> None:
    model = build()
    moved = what_if.what_if(model, IDS, what_if.off([Part(0)], H)).log_probs
    del model.h[0]
    with torch.no_grad():
        logits = model(torch.tensor([[0, *IDS]]))[0]
    np.testing.assert_allclose(moved, torch.log_softmax(logits, dim=-1).numpy(), atol=1e-5)


@pytest.mark.parametrize("name", ["embedding", "block.0.residual", "block.1.residual", "block.0.mlp_out"])
def test_a_patch_with_the_same_numbers_changes_nothing(model: Any, name: str) -> None:
    trace = model.trace(IDS)
    moved = what_if.what_if(model, IDS, what_if.patch(trace, name, 3, trace[name], 3))
    np.testing.assert_allclose(moved.log_probs, trace["log_probs"], atol=1e-6)
    assert moved.total_variation.max() < 1e-6


def test_a_patch_of_the_embedding_is_the_other_token_and_moves_only_what_comes_after() -> None:
    model = build("rotary")  # nothing of the place is in the embedding
    trace, other = model.trace(IDS), model.trace(OTHER)
    moved = what_if.what_if(model, IDS, what_if.patch(trace, "embedding", 2, other["embedding"], 3))
    swapped = [IDS[0], OTHER[2], *IDS[2:]]
    np.testing.assert_allclose(moved.log_probs, model.log_probs(swapped), atol=1e-5)
    assert (moved.kl[:2] < 1e-7).all()
    assert moved.kl[2] > 1e-6


def test_the_last_stream_patched_is_the_other_texts_answer(model: Any) -> None:
    trace, other = model.trace(IDS), model.trace(OTHER)
    name = f"block.{L - 1}.residual"
    moved = what_if.what_if(model, IDS, what_if.patch(trace, name, 6, other[name], 4))
    np.testing.assert_allclose(moved.log_probs[6], other["log_probs"][4], atol=1e-5)
    np.testing.assert_allclose(moved.log_probs[:6], trace["log_probs"][:6], atol=1e-6)


def test_nothing_held_is_nothing_moved(model: Any) -> None:
    moved = what_if.what_if(model, IDS, {})
    assert moved.kl.tolist() == [0.0] * 7


def test_every_part_has_a_code_of_its_own_that_leads_back() -> None:
    found = what_if.parts(L, H)
    assert len(found) == L * (H + 3)
    assert len({part.code for part in found}) == len({part.title for part in found}) == len(found)
    assert [what_if.part(part.code, L, H) for part in found] == found
    assert found[1].title == "block 1 head 2"
    assert [part.code for part in found[:6]] == ["b0h0", "b0h1", "b0h2", "b0a", "b0m", "b0"]


@pytest.mark.parametrize("code", ["", "b2", "b0h3", "h1", "b0x", "b0h1m", "<b>", "b-1", "b" + "9" * 400])
def test_nonsense_is_refused_by_name(code: str) -> None:
    with pytest.raises(ValueError, match="there is no part"):
        what_if.part(code, L, H)


def test_a_patch_that_does_not_fit_is_refused() -> None:
    trace = build().trace(IDS)
    for name, position, source, at, says in (
        ("block.0.attn_weights", 0, trace["embedding"], 0, "nothing that can be patched"),
        ("embedding", 0, np.zeros((3, 5)), 0, "numbers a position"),
        ("embedding", 7, trace["embedding"], 0, "places 0 to 6"),
        ("embedding", 0, trace["embedding"], -1, "places 0 to 6"),
    ):
        with pytest.raises(ValueError, match=says):
            what_if.patch(trace, name, position, source, at)
