"""Low-rank adapters as arrays: what they are called, and how they are put into the weights. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]

ALPHA = 16.0
"""What B A is multiplied by is ALPHA / rank, so that a learning rate that suits one rank suits the others too."""
RANKS = (1, 64)
DEFAULT_RANK = 4
MATRICES = ("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj")
"""Of each block of a GPT."""


def check_rank(rank: Any) -> int:
    """ValueError unless it is a whole number in RANKS."""
    low, high = RANKS
    if isinstance(rank, bool) or not isinstance(rank, int) or not low <= rank <= high:
        raise ValueError(f"the rank of adapters must be a whole number from {low} to {high}, not {rank!r:.40}")
    return rank


def is_adapted(arrays: Arrays) -> bool:
    """Are there adapters beside the weights?"""
    return any(name.endswith(".lora_A") for name in arrays)


def merged(arrays: Arrays) -> dict[str, NDArray[np.float32]]:
    """The weights alone, each with its adapter put in: W + (ALPHA / rank) B A. Without adapters they stay as they are.

    "….weight" (out, in), "….lora_A" (rank, in), "….lora_B" (out, rank).
    """
    result = {name: array for name, array in arrays.items() if not name.endswith((".lora_A", ".lora_B"))}
    for name, A in arrays.items():
        if name.endswith(".lora_A"):
            layer = name.removesuffix(".lora_A")
            B, weight = arrays[f"{layer}.lora_B"], f"{layer}.weight"
            result[weight] = (result[weight] + np.float32(ALPHA / A.shape[0]) * (B @ A)).astype(np.float32)
    return result


def n_adapters(config: Any, rank: int) -> int:
    """How many numbers the adapters of a GPT have: rank (in + out) for each matrix."""
    shapes = config.shapes()
    return sum(
        check_rank(rank) * sum(shapes[f"h.{i}.{name}.weight"]) for i in range(config.n_layer) for name in MATRICES
    )
