"""LoRA: a trained matrix stays as it is, and a thin product of two small ones learns what to add to it.

Letters in shapes: r rank of the adapter; a linear layer maps (…, in) to (…, out) by a matrix (out, in).
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lmcore.models.adapters import ALPHA, DEFAULT_RANK, MATRICES, check_rank, merged


class LoRALinear(nn.Linear):
    """A linear layer with an adapter beside it.

    Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models" (2021), https://arxiv.org/abs/2106.09685. B begins
    at zero, so that at first nothing is changed; weight and bias keep their names and are not trained.
    """

    def __init__(self, layer: nn.Linear, rank: int, generator: torch.Generator):
        nn.Module.__init__(self)
        self.in_features, self.out_features = layer.in_features, layer.out_features
        self.weight, self.bias = layer.weight, layer.bias
        self.scale = ALPHA / check_rank(rank)
        A = torch.randn(rank, layer.in_features, generator=generator) / math.sqrt(layer.in_features)
        self.lora_A = nn.Parameter(A.to(layer.weight.device))
        self.lora_B = nn.Parameter(torch.zeros(layer.out_features, rank, device=layer.weight.device))

    def forward(self, x: Tensor) -> Tensor:
        """x (…, in) -> (…, out)."""
        # y = W x + b + (alpha / r) B A x
        y = F.linear(x, self.weight, self.bias)
        return y + self.scale * F.linear(F.linear(x, self.lora_A), self.lora_B)  # (…, in) -> (…, r) -> (…, out)


def adapt(model: Any, rank: int = DEFAULT_RANK, seed: int = 0) -> Any:
    """Put an adapter on every matrix of a GPT's blocks, and train nothing but these; the model itself."""
    if model.family != "gpt":
        raise ValueError(f"adapters go on the matrices of a GPT, and this is {model.family!r:.40}")
    check_rank(rank)
    model.requires_grad_(False)
    generator = torch.Generator().manual_seed(seed)
    for block in model.h:
        for name in MATRICES:
            part, _, layer = name.partition(".")
            parent = getattr(block, part)
            setattr(parent, layer, LoRALinear(getattr(parent, layer), rank, generator))
    return model


def merge(model: Any) -> Any:
    """A plain model of the same kind that computes the same, its adapters put into its weights."""
    return type(model).from_arrays(model.config, merged(model.state_arrays()))
