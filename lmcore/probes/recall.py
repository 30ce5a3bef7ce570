"""A task of memory alone: after d letters that mean nothing, close the bracket that was opened.

    [ b a h c e ]       d = 5

Which of the four kinds has to close it was said d + 1 tokens before, and nothing in between tells. The long time lag:
Hochreiter and Schmidhuber (1997), https://doi.org/10.1162/neco.1997.9.8.1735, after Bengio, Simard and Frasconi (1994).
Letters in shapes: B lines, d letters between, P = d + 2 positions with the start token.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore.batches import Tokens
from lmcore.tokenizers.base import START

Ints = NDArray[np.int64]

OPENING, CLOSING, LETTERS = "([{<", ")]}>", "abcdefgh"
ITOS = [START, *OPENING, *CLOSING, *LETTERS]
VOCAB_SIZE = len(ITOS)
CHANCE = 1 / len(OPENING)
_FIRST_OPENING, _FIRST_CLOSING, _FIRST_LETTER = (ITOS.index(kind[0]) for kind in (OPENING, CLOSING, LETTERS))
LONGEST = 1000


def lines(rng: np.random.Generator, distance: int, n: int) -> tuple[Ints, Ints]:
    """n lines with `distance` letters each: what is given (n, d + 2), from the start token on, and what closes it (n,).

    ValueError on a distance that is not 0 to 1,000, or no lines.
    """
    if not 0 <= distance <= LONGEST or n < 1:
        raise ValueError(f"there must be 0 to {LONGEST:,} letters between, and a line at least")
    kind = rng.integers(len(OPENING), size=n)
    letters = rng.integers(len(LETTERS), size=(n, distance))
    start = np.zeros((n, 1), np.int64)
    return np.hstack([start, _FIRST_OPENING + kind[:, None], _FIRST_LETTER + letters]), _FIRST_CLOSING + kind


def written(given: Ints, closing: Ints) -> list[str]:
    """The lines as text."""
    rows = np.column_stack([given[:, 1:], closing])
    return ["".join(ITOS[token] for token in row) for row in rows.tolist()]


def as_tokens(given: Ints, closing: Ints) -> Tokens:
    """The lines as a text of separate passages, for who counts it."""
    rows = np.column_stack([given[:, 1:], closing])
    return Tokens(rows.astype(np.int32).ravel(), np.arange(len(rows), dtype=np.int64) * rows.shape[1], separate=True)


def share_right(log_probs: NDArray[Any], closing: Ints) -> float:
    """How often the likeliest of the four closing brackets under (n, V) is the right one; by chance a quarter.

    Where several are equally likely each counts its share: a model that cannot know is not lucky.
    """
    scores = log_probs[:, _FIRST_CLOSING : _FIRST_CLOSING + len(CLOSING)]
    best = scores >= scores.max(axis=1, keepdims=True) - 1e-9
    right = best[np.arange(len(closing)), closing - _FIRST_CLOSING]
    return float((right / best.sum(axis=1)).mean())


def accuracy(model: Any, given: Ints, closing: Ints) -> float:
    """`share_right` of any model at the end of each line, asked line by line through the one interface."""
    rows = [model.prompt(row[1:].tolist())[1] for row in given]
    return share_right(np.stack(rows), closing)
