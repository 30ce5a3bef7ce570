"""What positions do: how alike two of them are, what each kind does to attention's scores, and what a model without
them cannot tell.

Letters in shapes: n positions, C width (n_embd), D width of a head, L blocks, P = T + 1 positions with the start token,
V vocabulary.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore.models.base import Floats
from lmcore.models.positions import alibi, angles, rotate, sinusoidal

KINDS = ("sinusoidal", "rotary", "alibi", "none")
"""Kinds of position whose scores a formula gives; learned ones are whatever a model has learnt."""


def alike(table: Floats) -> NDArray[np.float64]:
    """(n, n) cosine of every two rows of a table (n, C): 1 for the same direction, 0 for none in common."""
    wide = table.astype(np.float64)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    unit = wide / np.maximum(lengths, 1e-12)
    return unit @ unit.T


def by_distance(square: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(n,) mean and deviation of an (n, n) array along its diagonals: entry d is over all i, j with i - j = d.

    A deviation of 0 means that only the distance counts, not where the two stand.
    """
    lines = [np.diagonal(square, -d).astype(np.float64) for d in range(len(square))]
    return np.array([line.mean() for line in lines]), np.array([line.std() for line in lines])


def content(width: int, seed: int = 1) -> NDArray[np.float64]:
    """(width,) the vector of a word that stands at every position: seeded, of deviation 1."""
    return np.random.default_rng(seed).normal(size=width)


def scores(kind: str, n: int, head_dim: int, *, n_head: int = 8, head: int = 3, seed: int = 1) -> NDArray[np.float64]:
    """(n, n) the score of query i and key j when every token is the same word: what is left is the position's doing.

    Query and key are the word's own vector x. "none" gives x·x / √D everywhere; "sinusoidal" (x + p_i)·(x + p_j) / √D;
    "rotary" turns both before the product; "alibi" takes slope · (i - j) away, the slope of `head` of `n_head`.
    -∞ where the key comes after the query. ValueError for another kind.
    """
    if kind not in KINDS:
        raise ValueError(f"a formula gives the scores of {', '.join(KINDS)} positions, not of {kind!r:.40}")
    x: Any = np.tile(content(head_dim, seed), (n, 1))  # (n, D)
    q = k = x
    if kind == "sinusoidal":
        q = k = x + sinusoidal(n, head_dim)
    elif kind == "rotary":
        q = k = rotate(x, angles(n, head_dim))
    found = q @ k.T / math.sqrt(head_dim)
    if kind == "alibi":
        found = found + alibi(n, n_head)[head]
    return np.where(np.tri(n, dtype=bool), found, -np.inf)


# A trained model ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sizes:
    """The vectors that are added at each position, the start token's first."""

    token: NDArray[np.float64]
    """(P,) how long the token's is."""
    position: NDArray[np.float64]
    """(P,) how long the position's is."""
    recognised: NDArray[np.bool_]
    """(P,) is the token whose vector is nearest to the sum (by the cosine) still the token itself?"""


def sizes(model: Any, ids: Sequence[int]) -> Sizes | None:
    """What a GPT adds up at each position of a text; None when it adds no positions (rotary, ALiBi, none)."""
    trace = model.trace(ids)
    if "position_embedding" not in trace:
        return None
    token, position = (trace[f"{name}_embedding"].astype(np.float64) for name in ("token", "position"))
    table = model.state_arrays()["wte.weight"].astype(np.float64)  # (V, C)
    table /= np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-12)
    nearest = (trace["embedding"] @ table.T).argmax(axis=1)  # (P, C) (C, V)
    own = np.array([model.start_id, *ids])
    return Sizes(np.linalg.norm(token, axis=1), np.linalg.norm(position, axis=1), nearest == own)


def without_positions(model: Any) -> Any:
    """The same GPT with the same weights, and no positions: an intervention, since it was trained with them."""
    config = dataclasses.replace(model.config, position="none")
    arrays = {name: array for name, array in model.state_arrays().items() if name in config.shapes()}
    return type(model).from_arrays(config, arrays)


def shuffled(ids: Sequence[int], seed: int) -> tuple[int, ...]:
    """The same tokens with all but the last in another order, where there is another one."""
    first, last = list(ids[:-1]), tuple(ids[-1:])
    if len(set(first)) < 2:
        return (*first, *last)
    generator = np.random.default_rng(seed)
    while True:
        order = [first[i] for i in generator.permutation(len(first))]
        if order != first:
            return (*order, *last)


@dataclass(frozen=True)
class Reordered:
    """What another order of the words before it changes for the last token."""

    attention: NDArray[np.float64]
    """(L,) how far the output of each block's attention has moved, as a share of its length."""
    moved: float
    """How far the next-token distribution has moved: half the sum of all differences, 0 to 1."""
    before: Floats
    """(V,) log-probabilities after the text as it was."""
    after: Floats
    """(V,) log-probabilities after the other order."""


def reordered(model: Any, ids: Sequence[int], other: Sequence[int]) -> Reordered:
    """Compare a GPT's last position after `ids` and after the same tokens in another order.

    Without positions the first block's attention gives exactly the same there: it sees a set, and a sum has no order.
    The blocks after it see vectors that depend on what stood before each token (the causal mask), so they can tell.
    """
    if sorted(ids[:-1]) != sorted(other[:-1]) or list(ids[-1:]) != list(other[-1:]):
        raise ValueError("the two must be the same tokens, with the same last one")
    one, two = model.trace(ids), model.trace(other)
    shares = []
    for i in range(model.config.n_layer):
        a, b = (trace[f"block.{i}.attn_out"][-1].astype(np.float64) for trace in (one, two))
        shares.append(float(np.linalg.norm(a - b)) / max(float(np.linalg.norm(a)), 1e-12))
    before, after = one["log_probs"][-1], two["log_probs"][-1]
    moved = 0.5 * float(np.abs(np.exp(before.astype(np.float64)) - np.exp(after.astype(np.float64))).sum())
    return Reordered(np.array(shares), moved, before, after)
