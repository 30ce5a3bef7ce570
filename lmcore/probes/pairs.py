"""From a text to training pairs: windows shifted by one, each of them L pairs, and one causal pass that scores all L.

Letters in shapes: N tokens of the text with the start token before them, M windows, L tokens in a window, V vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore.models.gpt_config import GPTConfig
from lmcore.probes.arithmetic import pieces
from lmcore.tokenizers.base import START_ID

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

PAD = -1  # in an expanded pair: no token stands here


@dataclass(frozen=True)
class Windows:
    """A text cut into what a model reads and what it should say."""

    sequence: Ints
    """(N,) the start token, then the text."""
    first: Ints
    """(M,) where in the sequence each window begins."""
    x: Ints
    """(M, L) what the model reads."""
    y: Ints
    """(M, L) the same windows one token later: y[m, t] comes after x[m, t]."""

    @property
    def length(self) -> int:
        """L."""
        return self.x.shape[1]

    @property
    def n_left(self) -> int:
        """Tokens at the end of the text that no window asks for."""
        return int(self.sequence.size - 1 - (self.first[-1] + self.length)) if self.first.size else 0


def windows(ids: Sequence[int], length: int, stride: int) -> Windows:
    """Windows of `length` tokens, each beginning `stride` tokens after the one before it.

    A text of fewer tokens is one shorter window. ValueError on lengths below 1 and on a text without tokens.
    """
    if length < 1 or stride < 1:
        raise ValueError(f"length and stride must be at least 1, not {length} and {stride}")
    if not len(ids):
        raise ValueError("a text without tokens has nothing to predict")
    sequence = np.array([START_ID, *ids], np.int64)
    L = min(length, sequence.size - 1)
    first = np.arange(0, sequence.size - L, stride)
    cut = sequence[first[:, None] + np.arange(L + 1)]  # (M, L + 1)
    return Windows(sequence, first, cut[:, :-1].copy(), cut[:, 1:].copy())


def expanded(x: Sequence[int] | Ints, y: Sequence[int] | Ints) -> tuple[Ints, Ints]:
    """One window as separate pairs: contexts (L, L), whose row t is x[:t+1] and then PAD, and their targets (L,)."""
    row = np.asarray(x, np.int64)
    L = row.size
    return np.where(np.tril(np.ones((L, L), bool)), row, PAD), np.asarray(y, np.int64).copy()


def losses(model: Any, x: Ints, y: Ints) -> Floats:
    """x, y (M, L) -> (M, L): −log p(y[m, t] | x[m, :t+1]) in nats, from one causal pass in the model's own type."""
    import torch
    from torch.nn import functional as F

    with torch.no_grad():
        logits = model(torch.from_numpy(np.ascontiguousarray(x)))  # (M, L, V)
        # loss of a place = −log softmax(logits)[y]
        found = F.cross_entropy(
            logits.flatten(0, 1), torch.from_numpy(np.ascontiguousarray(y)).flatten(), reduction="none"
        )
    return found.double().numpy().reshape(x.shape)


@dataclass(frozen=True)
class Compared:
    """The same L losses, computed in two ways."""

    alone: Floats
    """(L,) each pair by itself, padded to L."""
    at_once: Floats
    """(L,) all in one pass under the causal mask."""
    products_alone: int
    """Multiplications of the L passes."""
    products_at_once: int
    """Multiplications of the one."""

    @property
    def gap(self) -> float:
        """The largest difference between the two."""
        return float(np.abs(self.alone - self.at_once).max())


def compare(model: Any, x: Sequence[int] | Ints, y: Sequence[int] | Ints, pad: int = START_ID) -> Compared:
    """One window (L,) as L padded pairs, one pass each, beside one causal pass over the whole of it.

    Padding stands after what is read, where a causal model never looks: `pad` may be any token.
    """
    contexts, targets = expanded(x, y)
    L = targets.size
    alone = np.empty(L)
    for t in range(L):
        one = np.where(contexts[t] == PAD, pad, contexts[t])[None]  # (1, L)
        asked = np.full((1, L), targets[t])  # only place t counts: the loss of the others is thrown away
        alone[t] = losses(model, one, asked)[0, t]
    at_once = losses(model, np.asarray(x, np.int64)[None], np.asarray(y, np.int64)[None])[0]
    once = products(model.config, L)
    return Compared(alone, at_once, L * once, once)


def products(config: GPTConfig, length: int) -> int:
    """The multiplications of one causal pass over `length` tokens."""
    return sum(piece.n_products for seen in range(1, length + 1) for piece in pieces(config, seen))


def guessing(vocab_size: int) -> float:
    """ln V: the loss, in nats, of a model that thinks all V tokens equally likely."""
    return math.log(vocab_size)
