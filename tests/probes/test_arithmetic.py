"""Where parameters and multiplications are: by hand, and against what torch counts."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from lmcore import models
from lmcore.models.attention import Recorder
from lmcore.models.gpt_config import GPTConfig
from lmcore.models.positions import POSITIONS
from lmcore.probes.arithmetic import pieces


def test_by_hand() -> None:
    """V = 10, B = 6, C = 4, one block, 3 places seen."""
    config = GPTConfig(vocab_size=10, block_size=6, n_layer=1, n_head=2, n_embd=4)
    found = {piece.kind: piece for piece in pieces(config, 3)}
    assert [piece.kind for piece in pieces(config, 3)] == [
        "embedding", "positions", "attention", "mlp", "ln_f", "head",
    ]  # fmt: skip
    assert {kind: piece.n_params for kind, piece in found.items()} == {
        "embedding": 40, "positions": 24, "attention": 8 + 4 * 12 + 12 + 16 + 4, "mlp": 8 + 4 * 16 + 16 + 64 + 4,
        "ln_f": 8, "head": 0,
    }  # fmt: skip
    assert found["attention"].n_products == 4 * 12 + 4 * 4 + 3 * 4 + 3 * 4  # qkv, projection, q · k, weights · v
    assert found["mlp"].n_products == 4 * 16 * 2
    assert found["head"].n_products == 40


@pytest.mark.parametrize("position", POSITIONS)
def test_all_parameters_are_somewhere(position: str) -> None:
    shape = {"n_layer": 3, "n_head": 2, "n_embd": 8, "block_size": 16, "position": position}
    model = models.build("gpt", shape, 30)
    found = pieces(model.config, 16)
    assert sum(piece.n_params for piece in found) == model.n_params == sum(p.numel() for p in model.parameters())


def test_torch_counts_the_same() -> None:
    """One position alone: a forward pass of one token. Torch counts a multiplication and an addition as two."""
    model = models.build("gpt", {"n_layer": 2, "n_head": 2, "n_embd": 8, "block_size": 16}, 30)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.tensor([[0]]), Recorder())  # watched, it takes attention's products one by one
    assert sum(piece.n_products for piece in pieces(model.config, 1)) == counter.get_total_flops() // 2


@pytest.mark.parametrize("seen", [0, 17])
def test_places_that_are_not_there(seen: int) -> None:
    with pytest.raises(ValueError, match="1 to 16 places"):
        pieces(GPTConfig(vocab_size=10, block_size=16, n_layer=1, n_head=2, n_embd=4), seen)
