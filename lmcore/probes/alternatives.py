"""What else could have come: every token of a text with its probability, its rank and the best alternatives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lmcore import sampling
from lmcore.models.base import LanguageModel
from lmcore.tokenizers.base import START_ID


@dataclass(frozen=True)
class Place:
    """One token of a text as the model saw it coming.

    log_prob is log p(token | all before it) in nats, rank counts from 1 (the most probable token), entropy is the
    entropy of the whole distribution in nats, alternatives are the most probable (token, probability) pairs.
    """

    token: int
    log_prob: float
    rank: int
    entropy: float
    alternatives: tuple[tuple[int, float], ...]

    @property
    def prob(self) -> float:
        """The probability of the token, 0..1."""
        return float(np.exp(self.log_prob))


def places(model: LanguageModel, ids: Sequence[int], n_alternatives: int = 10) -> list[Place]:
    """The T tokens of `ids`, each under p(x_t | x_1..x_{t-1}); one forward pass over the text."""
    if not len(ids):
        return []
    return [place(row, token, n_alternatives) for row, token in zip(model.log_probs(ids), ids, strict=False)]


def place(log_probs: np.ndarray, token: int, n_alternatives: int = 10) -> Place:
    """One place from its (V,) log-probabilities; the start token is never an alternative, for no text contains it."""
    row = np.array(log_probs, dtype=np.float64)  # a copy: the start token is struck out below
    probs = np.exp(row)
    entropy = sampling.entropy(probs)
    row[START_ID], probs[START_ID] = -np.inf, 0.0
    return Place(
        token=int(token),
        log_prob=float(row[token]),
        rank=sampling.rank_of(row, token),
        entropy=entropy,
        alternatives=tuple(sampling.top(probs, n_alternatives)),
    )
