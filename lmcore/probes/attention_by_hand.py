"""Attention with every matrix on the way kept, in numpy: small enough to check on paper, equal to what a GPT computes.

Letters in shapes: P positions, C width, H heads, D = C / H width of a head.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore.models import positions

Doubles = NDArray[np.float64]
LN_EPS = 1e-5  # of every LayerNorm, as in GPT-2


@dataclass(frozen=True, eq=False)
class Weights:
    """What attention multiplies by, (C, C) each as (in, out): a row of x times a matrix is a row of the result."""

    query: Doubles
    key: Doubles
    value: Doubles
    out: Doubles
    query_bias: Doubles
    """(C,), as the three others"""
    key_bias: Doubles
    value_bias: Doubles
    out_bias: Doubles


@dataclass(frozen=True, eq=False)
class Walk:
    """Every matrix from the embeddings to the output."""

    x: Doubles
    """(P, C) what comes in, a row a token"""
    q: Doubles
    """(H, P, D) queries"""
    k: Doubles
    """(H, P, D) keys"""
    v: Doubles
    """(H, P, D) values"""
    dots: Doubles
    """(H, P, P) query i · key j"""
    scores: Doubles
    """(H, P, P) divided by √D, if they are"""
    masked: Doubles
    """(H, P, P) −∞ where key j comes after query i, if there is a mask"""
    weights: Doubles
    """(H, P, P) softmax of each row: who looks at whom"""
    heads: Doubles
    """(H, P, D) each row's weighted sum of values"""
    side_by_side: Doubles
    """(P, C) the heads next to each other"""
    out: Doubles
    """(P, C) what comes out"""


@dataclass(frozen=True, eq=False)
class Inputs:
    """What one block's attention is computed from, and where that came from."""

    x: Doubles
    weights: Weights
    n_head: int
    angles: Doubles | None = None
    """(P, D/2) what queries and keys are turned by, for rotary positions"""
    bias: Doubles | None = None
    """(H, P, P) what is added to the scores, for ALiBi"""
    stream: Doubles | None = None
    """(P, C) before the LayerNorm that makes x of it"""
    gain: Doubles | None = None
    """(C,) of that LayerNorm"""
    shift: Doubles | None = None
    """(C,) of that LayerNorm"""

    def walk(self, *, scaled: bool = True, masked: bool = True) -> Walk:
        """The walk on these."""
        return by_hand(
            self.x, self.weights, n_head=self.n_head, scaled=scaled, masked=masked, angles=self.angles, bias=self.bias
        )


def by_hand(
    x: NDArray[Any],
    weights: Weights,
    *,
    n_head: int = 1,
    scaled: bool = True,
    masked: bool = True,
    angles: NDArray[Any] | None = None,
    bias: NDArray[Any] | None = None,
) -> Walk:
    """Attention on x (P, C), one matrix after the other. ValueError when the shapes do not fit.

    `n_head` splits the same width C. `angles` (P, D/2) turn queries and keys (rotary positions), `bias` (H, P, P) is
    added to the scores (ALiBi). Vaswani et al., "Attention Is All You Need" (2017), https://arxiv.org/abs/1706.03762.
    """
    x = np.asarray(x, np.float64)
    _check(x, weights, n_head)
    P, C = x.shape
    D = C // n_head

    # q = x W_q + b_q, and so k and v
    q = _split(x @ weights.query + weights.query_bias, n_head)
    k = _split(x @ weights.key + weights.key_bias, n_head)
    v = _split(x @ weights.value + weights.value_bias, n_head)
    if angles is not None:
        turn: Any = positions.rotate  # it keeps the type of what it is given
        q, k = turn(q, angles), turn(k, angles)
    # scores = q · k / √D
    dots = q @ k.transpose(0, 2, 1)  # (H, P, D) · (H, D, P) -> (H, P, P)
    scores = dots / math.sqrt(D) if scaled else dots
    scores = scores if bias is None else scores + bias
    # −∞ where key j comes after query i
    future = np.triu(np.ones((P, P), bool), 1)
    hidden = np.where(future, -np.inf, scores) if masked else scores
    # softmax: weight_ij = e^score_ij / Σ_j e^score_ij
    powers = np.exp(hidden - hidden.max(axis=-1, keepdims=True))
    shares = powers / powers.sum(axis=-1, keepdims=True)
    # the weighted sum of values, heads side by side, and the output projection
    heads = shares @ v  # (H, P, P) · (H, P, D) -> (H, P, D)
    side_by_side = _join(heads)
    return Walk(
        x, q, k, v, dots, scores, hidden, shares, heads, side_by_side, side_by_side @ weights.out + weights.out_bias
    )


def of_block(model: Any, trace: Mapping[str, NDArray[Any]], block: int) -> Inputs:
    """What the attention of a GPT's block starts from, for a traced text of at most block_size positions.

    ValueError when there is no such block, or when the trace is longer than one window.
    """
    config = model.config
    if not 0 <= block < config.n_layer:
        raise ValueError(f"there is no block {block}: this model has {config.n_layer}, counted from 0")
    stream = trace["embedding" if block == 0 else f"block.{block - 1}.residual"].astype(np.float64)
    P, C = stream.shape
    if config.block_size < P:
        raise ValueError(f"{P} positions are more than one window of {config.block_size}")
    part = model.h[block]
    gain, shift = _numpy(part.ln_1.weight), _numpy(part.ln_1.bias)
    # x = (stream − mean) / √(variance + ε) · gain + shift, each row by itself
    centred = stream - stream.mean(axis=1, keepdims=True)
    x = centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + LN_EPS) * gain + shift
    joint, joint_bias = _numpy(part.attn.c_attn.weight).T, _numpy(part.attn.c_attn.bias)  # (C, 3C), (3C,)
    weights = Weights(
        joint[:, :C], joint[:, C : 2 * C], joint[:, 2 * C :], _numpy(part.attn.c_proj.weight).T,
        joint_bias[:C], joint_bias[C : 2 * C], joint_bias[2 * C :], _numpy(part.attn.c_proj.bias),
    )  # fmt: skip
    kind = config.position
    angles = positions.angles(P, config.head_dim).astype(np.float64) if kind == "rotary" else None
    bias = positions.alibi(P, config.n_head).astype(np.float64) if kind == "alibi" else None
    return Inputs(x, weights, config.n_head, angles, bias, stream, gain, shift)


def entropies(weights: NDArray[Any]) -> Doubles:
    """(…, P, P) weights -> (…, P): the entropy of each row in nats, 0 for a row that looks at one token only."""
    return np.abs((weights * np.log(np.where(weights > 0, weights, 1))).sum(axis=-1))  # abs: no −0


def on_later(weights: NDArray[Any]) -> Doubles:
    """(…, P, P) weights -> (…, P): the share of each row that goes to tokens after it; 0 with a causal mask."""
    return np.triu(weights, 1).sum(axis=-1)


@dataclass(frozen=True, eq=False)
class ByWidth:
    """What dividing by √D does, for each width: means over many random queries."""

    widths: tuple[int, ...]
    deviation: Doubles
    """of q · k before it is divided; about √D"""
    plain: Doubles
    """entropy in nats of softmax(q · k)"""
    scaled: Doubles
    """entropy in nats of softmax(q · k / √D)"""


def by_width(widths: Sequence[int], *, n_keys: int = 16, n_queries: int = 200, seed: int = 0) -> ByWidth:
    """Queries and keys whose numbers are drawn from a normal distribution of deviation 1, at each width."""
    rng = np.random.default_rng(seed)
    found = []
    for D in widths:
        q, k = rng.standard_normal((n_queries, 1, D)), rng.standard_normal((n_queries, n_keys, D))
        dots = (q * k).sum(axis=-1)  # (queries, keys)
        rows = [_softmax(dots), _softmax(dots / math.sqrt(D))]
        found.append((dots.std(), *(float(entropies(row).mean()) for row in rows)))
    deviation, plain, scaled = np.array(found).T
    return ByWidth(tuple(widths), deviation, plain, scaled)


# An example for paper --------------------------------------------------------------------------------------------

WORDS: dict[str, tuple[int, int, int]] = {  # somebody, doing, something
    "Mia": (2, 0, 0),
    "fed": (0, 2, 0),
    "the": (0, 0, 1),
    "cat": (1, 0, 2),
}
SENTENCES = ("Mia fed the cat", "the cat fed Mia")
_QUERY = ((0, 1, 1), (-1, 1, 0), (1, 0, 0))
_KEY = ((0, 1, 0), (1, 0, 0), (0, 0, 1))
_VALUE = ((0, 1, 0), (2, 0, 0), (0, 0, -1))
_OUT = ((0, 1, 0), (1, 0, 1), (0, 0, -1))

Table = tuple[tuple[int, int, int], ...]
TABLES: dict[str, Table] = {
    "x": tuple(WORDS.values()), "query": _QUERY, "key": _KEY, "value": _VALUE, "out": _OUT,
}  # fmt: skip
Changes = Mapping[tuple[str, int, int], float]
"""(matrix, row, column) -> a number to stand there, in one of TABLES; the rows of "x" are the words of WORDS."""


def is_there(matrix: str, row: int, column: int) -> bool:
    """Has the example such a number?"""
    rows = TABLES.get(matrix, ())
    return 0 <= row < len(rows) and 0 <= column < len(rows[row])


def example(sentence: str = SENTENCES[0], n_head: int = 1, changes: Changes | None = None) -> Inputs:
    """Four words, three dimensions, and weights made up so that everything before softmax can be checked on paper.

    Split in three, the first head asks what was done, the second who is spoken of and the third what thing. ValueError
    for other words, and for a change where there is no number.
    """
    words = sentence.split()
    if unknown := [word for word in words if word not in WORDS]:
        raise ValueError(f"{unknown[0]!r} is none of the words {', '.join(WORDS)}")
    if not words:
        raise ValueError("attention needs at least one word")
    tables = {name: np.array(rows, np.float64) for name, rows in TABLES.items()}
    for (name, row, column), number in (changes or {}).items():
        if not is_there(name, row, column):
            raise ValueError(f"there is no number at row {row}, column {column} of {name!r}")
        tables[name][row, column] = number
    x = tables.pop("x")[[list(WORDS).index(word) for word in words]]
    return Inputs(x, Weights(**tables, **{f"{name}_bias": np.zeros(x.shape[1]) for name in tables}), n_head)


# Helpers ---------------------------------------------------------------------------------------------------------


def _split(matrix: Doubles, n_head: int) -> Doubles:
    """(P, C) -> (P, H, D) -> (H, P, D)."""
    P, C = matrix.shape
    return matrix.reshape(P, n_head, C // n_head).transpose(1, 0, 2)


def _join(heads: Doubles) -> Doubles:
    """(H, P, D) -> (P, H, D) -> (P, C)."""
    H, P, D = heads.shape
    return heads.transpose(1, 0, 2).reshape(P, H * D)


def _softmax(scores: Doubles) -> Doubles:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _numpy(parameter: Any) -> Doubles:
    """A torch parameter as numbers."""
    return parameter.detach().cpu().numpy().astype(np.float64)


def _check(x: Doubles, weights: Weights, n_head: int) -> None:
    if x.ndim != 2 or not x.size:
        raise ValueError(f"x must be a table of positions and dimensions, not of shape {x.shape}")
    C = x.shape[1]
    if n_head < 1 or C % n_head:
        raise ValueError(f"a width of {C} cannot be split in {n_head} heads")
    for field in fields(weights):
        shape = (C,) if field.name.endswith("bias") else (C, C)
        if getattr(weights, field.name).shape != shape:
            raise ValueError(f"{field.name} has shape {getattr(weights, field.name).shape}, not {shape}")
