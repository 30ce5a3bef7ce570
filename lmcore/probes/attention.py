"""Attention weights of all layers and heads, packed small enough to travel to a picture.

Letters in shapes: L layers, H heads, R rows (what looks: the queries), K columns (what is looked at: the keys). In a
language model both are the P positions, and row i looks at columns 0..i only; a translator's cross-attention has the
target's tokens as rows, the source's as columns, and no mask.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

FULL = 255  # the code of weight 1


@dataclass(frozen=True)
class Attention:
    """All weights of a model on one text; `codes` are for pictures, `exact` for a head whose numbers are said."""

    weights: NDArray[np.float32] = field(repr=False)
    """(L, H, R, K), each row sums to 1."""
    causal: bool
    codes: NDArray[np.uint8] = field(repr=False)
    """The same as whole numbers, flat, a head after the other; of a causal head only its lower half, row by row."""
    sig: int
    """The checksum of the codes."""

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(L, H, R, K)."""
        L, H, R, K = self.weights.shape
        return L, H, R, K

    def exact(self, layer: int, head: int) -> NDArray[np.float32]:
        """(R, K) one head's weights as they were computed; ValueError where there is none."""
        L, H, _, _ = self.shape
        if not (0 <= layer < L and 0 <= head < H):
            raise ValueError(f"there is no head {head} in layer {layer}; there are {H} in each of {L}")
        return self.weights[layer, head]


def gathered(trace: Mapping[str, NDArray[Any]], n_layer: int) -> Attention:
    """The attention of all blocks that a GPT's `trace` kept."""
    return packed(np.stack([trace[f"block.{i}.attn_weights"] for i in range(n_layer)]), causal=True)


def packed(weights: NDArray[Any], *, causal: bool) -> Attention:
    """(L, H, R, K) weights with their codes; ValueError unless they are attention weights of that kind.

    A code is 255 √w: small weights, of which there are most, get the most of the 256 steps. Back: w = (code / 255)²,
    at most 0.004 away.
    """
    weights = np.ascontiguousarray(weights, dtype=np.float32)
    if weights.ndim != 4 or not weights.size:
        raise ValueError(f"attention weights have four axes (layers, heads, rows, columns), not {weights.ndim}")
    if not (weights.min() >= 0 and weights.max() <= 1.001):  # NaN is neither
        raise ValueError("attention weights lie from 0 to 1")
    R, K = weights.shape[2:]
    if causal and R != K:
        raise ValueError(f"causal attention has as many rows as columns, not {R} and {K}")
    codes = np.rint(np.sqrt(weights) * FULL).astype(np.uint8)  # √1.001 · 255 is still 255
    if causal:
        rows, columns = np.tril_indices(R)
        codes = codes[:, :, rows, columns]
    codes = codes.reshape(-1)
    return Attention(weights, causal, codes, zlib.crc32(codes.tobytes()))


def unpacked(codes: NDArray[np.uint8], shape: tuple[int, int, int, int], *, causal: bool) -> NDArray[np.float32]:
    """(L, H, R, K) weights from codes, as a picture reads them."""
    L, H, R, _ = shape
    values = np.square(codes.astype(np.float32) / FULL)
    if not causal:
        return values.reshape(shape)
    weights = np.zeros(shape, np.float32)
    rows, columns = np.tril_indices(R)
    weights[:, :, rows, columns] = values.reshape(L, H, -1)
    return weights
