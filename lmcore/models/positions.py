"""Five ways to tell a transformer where a token stands. numpy only.

Attention by itself sees a set: exchange two earlier tokens and every weighted sum is the same. Added to the embeddings
are "learned" and "sinusoidal" positions; inside attention work "rotary" (queries and keys are turned) and "alibi" (a
far key loses points); "none" does nothing.

Letters in shapes: n positions, C width (n_embd), H heads, D width of a head.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lmcore.models.base import Floats

POSITIONS = ("learned", "sinusoidal", "rotary", "alibi", "none")
BASE = 10_000.0  # the slowest wave takes about 2π times as many positions for one turn


def frequencies(width: int) -> NDArray[np.float64]:
    """(⌈width / 2⌉,) radians a position: 1 for the first pair of dimensions, nearly 1 / 10,000 for the last."""
    # ω_i = 10000^(-2i / width)
    return BASE ** (-2 * np.arange((width + 1) // 2) / width)


def angles(n: int, width: int) -> Floats:
    """(n, ⌈width / 2⌉): how far the hand of each pair of dimensions has turned at positions 0..n-1, in radians."""
    return np.outer(np.arange(n), frequencies(width)).astype(np.float32)


def sinusoidal(n: int, n_embd: int) -> Floats:
    """(n, C): sines in the even dimensions, cosines in the odd ones, slower and slower.

    Vaswani et al., "Attention Is All You Need" (2017), https://arxiv.org/abs/1706.03762, section 3.5.
    """
    # PE(p, 2i) = sin(p ω_i),  PE(p, 2i + 1) = cos(p ω_i)
    turned = np.outer(np.arange(n), frequencies(n_embd))
    table = np.empty((n, n_embd), np.float32)
    table[:, 0::2] = np.sin(turned)
    table[:, 1::2] = np.cos(turned[:, : n_embd // 2])
    return table


def rotate(x: Floats, turned: Floats) -> Floats:
    """x (…, n, D) with every pair of dimensions (2i, 2i + 1) turned by its angle (n, D / 2).

    q_m · k_n then depends on contents and on m - n, not on where both stand. Su et al., "RoFormer: Enhanced Transformer
    with Rotary Position Embedding" (2021), https://arxiv.org/abs/2104.09864.
    """
    # (a, b) -> (a cos θ - b sin θ, a sin θ + b cos θ)
    a, b = x[..., 0::2], x[..., 1::2]
    cos, sin = np.cos(turned), np.sin(turned)
    out = np.empty_like(x)
    out[..., 0::2] = a * cos - b * sin
    out[..., 1::2] = a * sin + b * cos
    return out


def alibi_slopes(n_head: int) -> Floats:
    """(H,): what one position of distance costs in each head, from near-sighted to far-sighted.

    2^(-8h / H) for h = 1..H when H is a power of two; else those of the power below, then every other one of the power
    above. Press, Smith and Lewis, "Train Short, Test Long" (2022), https://arxiv.org/abs/2108.12409.
    """
    below = 2 ** int(math.log2(n_head))
    slopes = [2 ** (-8 * h / below) for h in range(1, below + 1)]
    slopes += [2 ** (-8 * h / (2 * below)) for h in range(1, 2 * (n_head - below), 2)]
    return np.array(slopes, np.float32)


def alibi(n: int, n_head: int) -> Floats:
    """(H, n, n): what is added to the score of query i and key j, -slope · (i - j); of no meaning where j > i."""
    place = np.arange(n, dtype=np.float32)
    return alibi_slopes(n_head)[:, None, None] * (place[None, :] - place[:, None])


def fixed(kind: str, block_size: int, n_embd: int, n_head: int) -> dict[str, Floats]:
    """What a kind of position is computed from: "waves" (block_size, C), "angles" (block_size, D/2), "bias" (H, n, n).

    Nothing for those that are learned, or absent.
    """
    if kind == "sinusoidal":
        # As small as a new embedding, whose deviation is 0.02: waves of height 1 would drown the tokens for long.
        return {"waves": np.float32(0.02 * math.sqrt(2)) * sinusoidal(block_size, n_embd)}
    if kind == "rotary":
        return {"angles": angles(block_size, n_embd // n_head)}
    if kind == "alibi":
        return {"bias": alibi(block_size, n_head)}
    return {}
