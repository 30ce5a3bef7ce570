"""Adapters beside a GPT's matrices: untrained they change nothing, trained they can be put into the weights."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from lmcore.models.adapters import ALPHA, check_rank, is_adapted, merged, n_adapters
from lmcore.models.gpt import GPT, GPTConfig
from lmcore.models.lora import LoRALinear, adapt, merge

CONFIG = GPTConfig(vocab_size=11, block_size=8, n_layer=2, n_head=2, n_embd=8)
IDS = [3, 1, 4, 1, 5, 9, 2]


def shaken(model: GPT) -> GPT:
    """As after a training: no adapter is zero any more."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if "lora" in name:
                p.normal_(0, 0.3, generator=generator)
    return model


def test_untrained_adapters_change_nothing():
    base, adapted = GPT(CONFIG, seed=1).eval(), adapt(GPT(CONFIG, seed=1), 3, seed=5).eval()
    np.testing.assert_array_equal(adapted.log_probs(IDS), base.log_probs(IDS))
    for name, array in merge(adapted).state_arrays().items():
        np.testing.assert_array_equal(array, base.state_arrays()[name])


def test_merged_is_unmerged_whole_and_step_by_step():
    adapted = shaken(adapt(GPT(CONFIG, seed=1), 3)).eval()
    plain = merge(adapted)
    assert not is_adapted(plain.state_arrays())
    assert {name: array.shape for name, array in plain.state_arrays().items()} == CONFIG.shapes()
    np.testing.assert_allclose(plain.log_probs(IDS), adapted.log_probs(IDS), atol=2e-6)
    assert abs(plain.log_probs(IDS) - GPT(CONFIG, seed=1).log_probs(IDS)).max() > 0.01  # it is another model
    state, _ = adapted.start()
    _, log_probs = adapted.step(state, IDS[0])
    np.testing.assert_allclose(log_probs, plain.log_probs(IDS[:1])[1], atol=2e-5)
    np.testing.assert_allclose(adapted.trace(IDS)["logits"], plain.trace(IDS)["logits"], atol=2e-5)
    _, prompted = adapted.prompt(IDS)
    np.testing.assert_allclose(prompted, plain.log_probs(IDS)[-1], atol=2e-5)


@pytest.mark.parametrize("bias", [True, False])
def test_outputs_and_gradients_are_those_of_a_plain_layer_with_the_sum(bias: bool):
    torch.manual_seed(3)
    layer = torch.nn.Linear(6, 5, bias=bias, dtype=torch.float64)
    lora = LoRALinear(copy.deepcopy(layer), 2, torch.Generator().manual_seed(1)).double()
    with torch.no_grad():
        lora.lora_B.normal_()
    A, B = (p.detach().clone().requires_grad_() for p in (lora.lora_A, lora.lora_B))
    x = torch.randn(4, 3, 6, dtype=torch.float64)
    expected = F.linear(x, layer.weight.detach() + (ALPHA / 2) * B @ A, layer.bias)
    found = lora(x)
    torch.testing.assert_close(found, expected)
    expected.square().sum().backward()
    found.square().sum().backward()
    torch.testing.assert_close(lora.lora_A.grad, A.grad)
    torch.testing.assert_close(lora.lora_B.grad, B.grad)


def test_merging_by_hand():
    arrays = {
        "a.weight": np.ones((2, 2), np.float32),
        "a.lora_A": np.array([[1, 2]], np.float32),
        "a.lora_B": np.array([[0], [0.5]], np.float32),
    }
    np.testing.assert_array_equal(merged(arrays)["a.weight"], [[1, 1], [9, 17]])  # 1 + 16 · 0.5 · (1, 2)
    assert list(merged(arrays)) == ["a.weight"]
    assert arrays["a.weight"][1, 1] == 1  # what was given stays as it was


def test_they_are_as_many_as_is_said():
    adapted = adapt(GPT(CONFIG), 3)
    learning = sum(p.numel() for p in adapted.parameters() if p.requires_grad)
    assert learning == n_adapters(CONFIG, 3) == 2 * 3 * ((8 + 24) + (8 + 8) + (8 + 32) + (32 + 8))


@pytest.mark.parametrize("rank", [0, -1, 65, 2.0, "4", True, None])
def test_a_rank_that_makes_no_sense_is_refused(rank: object):
    with pytest.raises(ValueError, match="rank"):
        check_rank(rank)
