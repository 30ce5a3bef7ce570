"""Likelihood, negative log-likelihood and cross-entropy of one text, each computed on its own: they are one number.

Letters in shapes: T tokens, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_TOKENS = 400
PLACES = 40  # decimal digits of the product
ROWS = 64  # of V numbers that are compared at once


@dataclass(frozen=True, eq=False)
class OneNumber:
    """Three roads to the mean surprise of a token, in nats."""

    probs: NDArray[np.float64]
    """(T,) the probability that the model gave to each token that came."""
    product: Decimal
    """Their product, the likelihood: far below what a float can hold when the text is long."""
    by_product: float
    """-ln(product) / T"""
    by_sum: float
    """Σ -ln p / T"""
    by_cross_entropy: float
    """The mean over places of -Σ_w q(w) ln p(w), where q is 1 at the token that came and 0 elsewhere."""


def one_number(model: Any, ids: Sequence[int]) -> OneNumber:
    """The three for the first `MAX_TOKENS` tokens of a text under a network; ValueError when it has none.

    The product is multiplied out in decimal numbers, the sum is numpy's on the scores, the cross-entropy is torch's on
    the logits and one-hot targets.
    """
    ids = list(ids)[:MAX_TOKENS]
    if not ids:
        raise ValueError("there is no token to score in this text")
    scores = model.score(ids).astype(np.float64)
    probs = np.exp(scores)
    with localcontext() as context:
        context.prec = PLACES
        product = Decimal(1)
        for p in probs.tolist():
            product *= Decimal(p)
        by_product = float(-product.ln() / len(ids)) + 0.0 if product else float("inf")
    return OneNumber(probs, product, by_product, float(-scores.mean()) + 0.0, _cross_entropy(model, ids))


def _cross_entropy(model: Any, ids: list[int]) -> float:
    """Mean cross-entropy of the one-hot targets (T, V) with the predicted distributions (T, V)."""
    import torch
    from torch.nn import functional as F

    logits = model.trace(ids[:-1])["logits"]  # (T, V)
    total = 0.0
    for first in range(0, len(ids), ROWS):
        predicted = torch.from_numpy(logits[first : first + ROWS]).double()
        targets = torch.zeros_like(predicted)
        targets[torch.arange(len(predicted)), torch.tensor(ids[first : first + ROWS])] = 1
        total += float(F.cross_entropy(predicted, targets, reduction="sum"))
    return total / len(ids)
