"""Logistic regression on word counts: every word has a weight for every label, and a text's weights are added up.

It knows which words stand in a text and how often, and nothing of their order. The loss is convex, so there is one best
set of weights, whatever one begins with. Letters in shapes: N texts, V vocabulary, K labels, M pairs (text, word).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ids = Sequence[int]

MAX_ROUNDS = 5_000
TOLERANCE = 1e-5  # the largest slope, as a share of √N, at which the weights are taken for the best ones


@dataclass(frozen=True)
class WordCounts:
    """p(label | text) = softmax(b + Σ over its words of n · W[:, word])."""

    weights: Floats
    """W (K, V), each column summing to 0: how much one occurrence of a word speaks for each label, in nats."""
    bias: Floats
    """b (K,), summing to 0."""

    def logits(self, text: Ids) -> Floats:
        """(K,) the sum itself; words that no text had weigh nothing."""
        return self.bias + sum(
            (n * self.weights[:, word] for word, n in Counter(text).items()), np.zeros_like(self.bias)
        )

    def probabilities(self, texts: Sequence[Ids]) -> Floats:
        """(N, K)."""
        return _softmax(np.array([self.logits(text) for text in texts]).reshape(len(texts), -1))


class _Counts(NamedTuple):
    """Which words stand where, without the many zeros: three arrays (M,)."""

    rows: NDArray[np.int64]
    words: NDArray[np.int64]
    n: Floats


def fit(texts: Sequence[Ids], y: Sequence[int], vocab_size: int, n_labels: int, penalty: float = 1.0) -> WordCounts:
    """The weights that make Σ -log p(y | text) + penalty/2 Σ W² least, as scikit-learn's LogisticRegression(C=1).

    With two labels the one free row is W[1] - W[0], and it is what is penalised. ValueError on empty or uneven data.
    """
    if not len(texts) or len(texts) != len(y):
        raise ValueError(f"there must be one label a text, and one text at least, not {len(y)} for {len(texts)}")
    counts, N, V = _count(texts), len(texts), vocab_size
    truth = np.zeros((N, n_labels))
    truth[np.arange(N), np.asarray(y)] = 1
    free = 1 if n_labels == 2 else n_labels  # rows that are learnt
    # Frequent words would make the valley long and narrow: each weight is learnt in a unit of its own, `unit` wide.
    unit = 1 / np.sqrt(penalty + np.bincount(counts.words, 0.25 * counts.n**2, V))
    counts = counts._replace(n=counts.n * unit[counts.words])
    bias = 2 / np.sqrt(N)  # its unit

    def slopes(weights: Floats) -> Floats:
        """Of the loss at weights (free, V + 1), the bias last, all in their units."""
        logits = bias * weights[:, V] + _times(counts, weights, N)  # (N, free)
        missing = _softmax(logits if free > 1 else np.hstack([0 * logits, logits])) - truth
        missing = missing[:, -free:]  # (N, free)
        result = np.empty_like(weights)
        for k in range(free):
            seen = np.bincount(counts.words, counts.n * missing[counts.rows, k], V)
            result[k, :V] = seen + penalty * unit**2 * weights[k, :V]
            result[k, V] = bias * missing[:, k].sum()
        return result

    steepest = _steepest(counts, N, V, bias) + 1
    best = _descend(slopes, np.zeros((free, V + 1)), steepest, TOLERANCE * np.sqrt(N)) * np.append(unit, bias)
    if n_labels == 2:
        best = np.vstack([-best / 2, best / 2])
    best = best - best.mean(axis=0)  # softmax sees differences only
    return WordCounts(best[:, :V], best[:, V])


def _descend(slopes: Callable[[Floats], Floats], weights: Floats, steepness: float, small: float) -> Floats:
    """Downhill with momentum, which starts anew whenever it leads uphill.

    Nesterov (1983); O'Donoghue and Candès, "Adaptive restart" (2015), https://arxiv.org/abs/1204.3982.
    """
    ahead, momentum = weights.copy(), 1.0
    for _ in range(MAX_ROUNDS):
        slope = slopes(ahead)
        if np.abs(slope).max() < small:
            break
        new = ahead - slope / steepness
        if (slope * (new - weights)).sum() > 0:
            momentum, ahead = 1.0, weights.copy()  # uphill: forget the momentum
            new = weights - slopes(ahead) / steepness
        later = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = new + (momentum - 1) / later * (new - weights)
        weights, momentum = new, later
    return ahead


def _count(texts: Sequence[Ids]) -> _Counts:
    rows, words, n = [], [], []
    for row, text in enumerate(texts):
        for word, times in Counter(text).items():
            rows.append(row)
            words.append(word)
            n.append(times)
    return _Counts(np.array(rows, np.int64), np.array(words, np.int64), np.array(n, np.float64))


def _times(counts: _Counts, weights: Floats, N: int) -> Floats:
    """Counts (N, V) times weights (free, V + 1) without the bias -> (N, free)."""
    return np.stack([np.bincount(counts.rows, counts.n * row[counts.words], N) for row in weights], axis=1)


def _steepest(counts: _Counts, N: int, V: int, bias: float) -> float:
    """No slope changes faster than so much a unit: half the largest eigenvalue of XᵀX, X the counts and the bias."""
    vector = np.ones(V + 1)
    value = 1.0
    for _ in range(30):
        texts = np.bincount(counts.rows, counts.n * vector[counts.words], N) + bias * vector[V]
        seen = np.bincount(counts.words, counts.n * texts[counts.rows], V)
        vector = np.append(seen, bias * texts.sum())
        value = float(np.linalg.norm(vector))
        vector /= value
    return 0.5 * value * 1.05


def _softmax(logits: Floats) -> Floats:
    """Over the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
