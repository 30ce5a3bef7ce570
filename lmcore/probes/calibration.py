"""How good a classifier is: what it takes for what, and whether it is right as often as it is sure.

Letters in shapes: N texts, K labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

BINS = 10


@dataclass(frozen=True)
class Bin:
    """The texts for which the likeliest label had a probability in (low, high]."""

    low: float
    high: float
    n: int
    confidence: float
    """Mean probability of the likeliest label; NaN in an empty bin."""
    right: float
    """Share of them for which that label is the true one; NaN in an empty bin."""


def confusion(y: Sequence[int], predicted: Sequence[int], n_labels: int) -> NDArray[np.int64]:
    """(K, K) how many texts with the label of the row were given the label of the column."""
    table = np.zeros((n_labels, n_labels), np.int64)
    np.add.at(table, (np.asarray(y, np.int64), np.asarray(predicted, np.int64)), 1)
    return table


def reliability(probs: ArrayLike, y: Sequence[int], n_bins: int = BINS) -> list[Bin]:
    """The N texts sorted by how sure the classifier was of its label, from probs (N, K), into bins of equal width."""
    probs = np.asarray(probs, np.float64)
    sure, right = probs.max(axis=1), probs.argmax(axis=1) == np.asarray(y)
    place = np.clip(np.ceil(sure * n_bins).astype(int) - 1, 0, n_bins - 1)
    bins = []
    for i in range(n_bins):
        here = place == i
        n = int(here.sum())
        mean = (float(sure[here].mean()), float(right[here].mean())) if n else (float("nan"), float("nan"))
        bins.append(Bin(i / n_bins, (i + 1) / n_bins, n, *mean))
    return bins


def calibration_error(bins: Sequence[Bin]) -> float:
    """How far apart being sure and being right are, on average over the texts (0 to 1).

    The expected calibration error of Guo et al., "On Calibration of Modern Neural Networks" (2017),
    https://arxiv.org/abs/1706.04599, equation 5.
    """
    total = sum(b.n for b in bins)
    return sum(b.n * abs(b.right - b.confidence) for b in bins if b.n) / total


def summary(probs: ArrayLike, y: Sequence[int]) -> dict[str, Any]:
    """accuracy (0 to 1), loss (nats a text), calibration_error, n. ValueError without a text."""
    probs, truth = np.asarray(probs, np.float64), np.asarray(y)
    if not len(truth):
        raise ValueError("there is no text to measure a classifier on")
    of_truth = probs[np.arange(len(truth)), truth]
    return {
        "accuracy": float((probs.argmax(axis=1) == truth).mean()),
        "loss": float(-np.log(np.maximum(of_truth, 1e-12)).mean()),
        "calibration_error": calibration_error(reliability(probs, y)),
        "n": len(truth),
    }
