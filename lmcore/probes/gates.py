"""The inside of an LSTM while it reads: its gates and states, which unit does what, and what if a gate were held.

Letters in shapes: T tokens, P = T + 1 positions (the first is the start token), H units, V vocabulary.
Units that stand for something one can name: Karpathy, Johnson and Li, "Visualizing and understanding recurrent
networks" (2015), https://arxiv.org/abs/1506.02078.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Order = NDArray[np.intp]

HELD = ("forget_gate", "input_gate", "output_gate")
"""The gates, each from 0 (shut) to 1 (open). The candidate is what may enter, not a gate."""


@dataclass(frozen=True)
class Inside:
    """One layer at every position, (P, H) each, under the names of the equations."""

    forget_gate: Floats
    input_gate: Floats
    candidate: Floats
    output_gate: Floats
    cell: Floats
    hidden: Floats

    @property
    def size(self) -> int:
        """H."""
        return self.cell.shape[1]


PARTS = tuple(field.name for field in fields(Inside))


def inside(trace: Mapping[str, NDArray[Any]], layer: int = 0) -> Inside:
    """What `LSTM.trace` kept of one layer; ValueError when it has no such layer."""
    if f"lstm.{layer}.cell" not in trace:
        raise ValueError(f"there is no layer {layer} of an LSTM in this trace")
    return Inside(*(trace[f"lstm.{layer}.{name}"] for name in PARTS))


# Which unit does what ---------------------------------------------------------------------------------------------


def mean_open(gate: Floats) -> NDArray[np.float64]:
    """(P, H) -> (H,) how open a gate is on average."""
    return gate.mean(axis=0, dtype=np.float64)


def correlations(values: NDArray[Any], feature: NDArray[Any]) -> NDArray[np.float64]:
    """(H,) Pearson's r of each unit's numbers (T, H) with a feature of the text (T,); 0 where one never changes.

    ValueError when they are not as long as each other.
    """
    if len(values) != len(feature):
        raise ValueError(f"there are {len(values)} positions but {len(feature)} numbers of the feature")
    if len(feature) < 2:
        return np.zeros(values.shape[1])
    x = values - values.mean(axis=0, dtype=np.float64)
    y = feature - feature.mean(dtype=np.float64)
    # r = Σ x y / sqrt(Σ x² Σ y²)
    size = np.sqrt((x**2).sum(axis=0) * (y**2).sum())
    moves = size > 1e-9 * max(1, len(feature))
    return np.where(moves, (x * y[:, None]).sum(axis=0) / np.where(moves, size, 1), 0.0)


def strongest_first(scores: NDArray[np.float64]) -> Order:
    """The units by the size of their score, whatever its sign; equal ones in their own order."""
    return np.argsort(-np.abs(scores), kind="stable")


# What if ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WhatIf:
    """How the next-token distributions move when a gate is held, a number for each of the P positions."""

    log_probs: Floats  # (P, V), with the gate held
    kl: NDArray[np.float64]  # (P,) nats: what reading the true distribution with the held one's code costs
    total_variation: NDArray[np.float64]  # (P,) 0 (the same) to 1: the most by which they differ about anything


def held(
    model: Any,
    ids: Sequence[int],
    gate: str,
    value: float,
    units: Sequence[int] | None = None,
    layer: int = 0,
    true: NDArray[Any] | None = None,
) -> WhatIf:
    """Read `ids` with a gate of one layer held at `value` (0 to 1) in these units, or in all when `units` is None.

    `true` is the (P, V) log-probabilities without anything held, computed when not given. ValueError names what is
    wrong.
    """
    H = model.config.hidden_size
    if gate not in HELD:
        raise ValueError(f"there is no gate {gate!r:.40}; there are {', '.join(HELD)}")
    if not 0 <= value <= 1:
        raise ValueError(f"a gate is held between 0 and 1, not at {value}")
    if not 0 <= layer < model.config.n_layer:
        raise ValueError(f"there is no layer {layer}; the model has {model.config.n_layer}")
    where = np.arange(H) if units is None else np.asarray(units, dtype=np.intp).reshape(-1)
    if where.size and not (where.min() >= 0 and where.max() < H):
        raise ValueError(f"units are numbered 0 to {H - 1}")
    numbers = np.full(H, np.nan, np.float32)
    numbers[where] = value
    moved = model.trace(ids, {f"lstm.{layer}.{gate}": numbers})["log_probs"]
    return WhatIf(moved, *distances(model.log_probs(ids) if true is None else true, moved))


def distances(true: NDArray[Any], moved: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """KL(true || moved) in nats and the total variation distance of each row of two (P, V) log-probabilities.

    KL(p || q) = Σ_v p_v (log p_v - log q_v); TV(p, q) = 1/2 Σ_v |p_v - q_v|.
    """
    log_p, log_q = true.astype(np.float64), moved.astype(np.float64)
    p, q = np.exp(log_p), np.exp(log_q)
    ratio = np.subtract(log_p, log_q, out=np.zeros_like(p), where=p > 0)  # 0 log 0 = 0
    return np.maximum((p * ratio).sum(axis=1), 0), 0.5 * np.abs(p - q).sum(axis=1)


def loss(log_probs: NDArray[Any], ids: Sequence[int]) -> float:
    """Nats a token that the text `ids` costs under the first T rows of (P, V); NaN without tokens."""
    if not len(ids):
        return float("nan")
    return -float(log_probs[np.arange(len(ids)), np.asarray(ids)].mean(dtype=np.float64))
