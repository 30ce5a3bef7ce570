"""What would happen if: numbers held in a GPT's trace."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lmcore.models.gpt import GPT, GPTConfig

CONFIG = GPTConfig(vocab_size=23, block_size=16, n_layer=2, n_head=3, n_embd=24)
H, C, D = 3, 24, 8


@pytest.fixture(scope="module")
def model() -> GPT:
    made = GPT(CONFIG, 0)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter += 0.3 * torch.randn(parameter.shape, generator=generator)
    return made.eval()


def ids(n: int, seed: int = 0) -> list[int]:
    return np.random.default_rng(seed).integers(1, 23, n).tolist()


def only(shape: tuple[int, ...], place: object, value: object) -> np.ndarray:
    """NaN everywhere but at one place."""
    array = np.full(shape, np.nan, np.float32)
    array[place] = value
    return array


@pytest.mark.parametrize("n", [6, 40])
def test_a_switched_off_head_equals_zeroed_weights(model: GPT, n: int) -> None:
    off = model.trace(ids(n), {"block.1.attn_heads": only((H, 1, 1), 2, 0)})
    arrays = model.state_arrays()
    arrays["h.1.attn.c_proj.weight"][:, 2 * D : 3 * D] = 0
    zeroed = GPT.from_arrays(CONFIG, arrays)
    np.testing.assert_allclose(off["log_probs"], zeroed.log_probs(ids(n)), atol=1e-4)
    assert np.abs(off["log_probs"] - model.log_probs(ids(n))).max() > 1e-2
    assert (off["block.1.attn_heads"][2] == 0).all()


def test_a_switched_off_block_is_stepped_over(model: GPT) -> None:
    zero = np.zeros((1, 1), np.float32)
    off = model.trace(ids(9), {"block.0.attn_out": zero, "block.0.mlp_out": zero})
    np.testing.assert_array_equal(off["block.0.residual"], off["embedding"])
    np.testing.assert_allclose(off["block.1.residual_mid"], off["embedding"] + off["block.1.attn_out"], atol=1e-6)


@pytest.mark.parametrize("n", [9, 40])
def test_a_patch_with_the_same_activations_changes_nothing(model: GPT, n: int) -> None:
    plain = model.trace(ids(n))
    for name, array in plain.items():
        if name not in ("log_probs",) and n == 9:
            again = model.trace(ids(n), {name: array})
            np.testing.assert_allclose(again["log_probs"], plain["log_probs"], atol=1e-5, err_msg=name)
    # past block_size a row is the one of its own window, so the last window's rows alone are put back
    last = only(plain["block.1.mlp_hidden"].shape, slice(-1, None), plain["block.1.mlp_hidden"][-1:])
    again = model.trace(ids(n), {"block.1.mlp_hidden": last})
    np.testing.assert_allclose(again["log_probs"], plain["log_probs"], atol=1e-5)


def test_a_patch_brings_the_other_text(model: GPT) -> None:
    """With the last block's whole last row from another prompt the answer is the other prompt's."""
    one, other = ids(8), ids(8, seed=5)
    there = model.trace(other)
    held = {"block.1.residual": only((9, C), 8, there["block.1.residual"][8])}
    patched = model.trace(one, held)
    np.testing.assert_allclose(patched["log_probs"][8], there["log_probs"][8], atol=1e-5)
    np.testing.assert_array_equal(patched["log_probs"][:8], model.trace(one)["log_probs"][:8])


def test_an_early_change_reaches_only_what_comes_later(model: GPT) -> None:
    held = {"block.0.residual": only((9, C), 4, 1.0)}
    before, after = model.trace(ids(8))["log_probs"], model.trace(ids(8), held)["log_probs"]
    np.testing.assert_array_equal(before[:4], after[:4])
    assert (np.abs(before[4:] - after[4:]).max(1) > 1e-3).all()


@pytest.mark.parametrize(
    ("name", "shape", "words"),
    [
        ("block.2.attn_out", (1, 1), "nothing named"),
        ("block.0.attention", (1, 1), "nothing named"),
        ("log_probs", (1, 1), "nothing named"),
        ("attn_out", (1, 1), "nothing named"),
        ("block.0.embedding", (1, 1), "nothing named"),
        ("block.0.attn_out", (5, 24), r"broadcast to \(9, 24\)"),
        ("block.0.attn_heads", (4, 1, 1), r"broadcast to \(3, 9, 8\)"),
    ],
)
def test_what_does_not_fit_is_refused(model: GPT, name: str, shape: tuple[int, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        model.trace(ids(8), {name: np.zeros(shape, np.float32)})
