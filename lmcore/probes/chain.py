"""The chain rule unrolled: one factor a token, their product, the sum of their logarithms, and what these mean.

    p(x_1, …, x_L) = Π_i p(x_i | x_1, …, x_{i-1})        ln p(x_1, …, x_L) = Σ_i ln p(x_i | x_1, …, x_{i-1})

The two sides say the same, but a computer cannot hold the left one for long: float32 ends at 1.4e-45 and float64 at
4.9e-324, and what is smaller becomes 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore import evaluation
from lmcore.models.base import LanguageModel

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Chain:
    """A sequence of L tokens, token by token; all arrays are (L,)."""

    log_factors: Doubles
    """ln p(x_i | x_1..x_{i-1}), nats; -inf where the model says 0."""
    factors: Doubles
    """p(x_i | x_1..x_{i-1})"""
    products: Doubles
    """The product of the factors so far, in float64: it may underflow to 0."""
    log_sums: Doubles
    """The sum of the logarithms so far, nats: it does not."""

    @property
    def log_likelihood(self) -> float:
        """ln p of the whole sequence, nats; 0 for no tokens."""
        return float(self.log_sums[-1]) if self.log_sums.size else 0.0


def chain(log_factors: NDArray[Any]) -> Chain:
    """Factors, products and sums from the (L,) log-probabilities that `LanguageModel.score` gives."""
    logs = np.asarray(log_factors, dtype=np.float64).reshape(-1)
    if np.isnan(logs).any():
        raise ValueError("a log-probability is a number or minus infinity, never NaN")
    logs = np.minimum(logs, 0.0) + 0.0  # a float32 model may round a certainty to a little over 1; and no -0
    factors = np.exp(logs)
    return Chain(logs, factors, running_products(factors, np.float64), np.cumsum(logs))


def unroll(model: LanguageModel, ids: Sequence[int]) -> Chain:
    """The chain rule for a text under any language model."""
    return chain(model.score(ids))


def running_products(factors: NDArray[Any], dtype: type[np.floating[Any]]) -> NDArray[Any]:
    """(L,) the products p_1, p_1·p_2, …, really multiplied one after another in numbers of this type."""
    products = np.empty(len(factors), dtype=dtype)
    product = dtype(1)
    with np.errstate(under="ignore"):  # to underflow is the point
        for i, factor in enumerate(np.asarray(factors).astype(dtype)):
            product = product * factor
            products[i] = product
    return products


def dies_at(products: NDArray[Any]) -> int | None:
    """The token, counted from 1, from which on the product is 0; None when it never is."""
    zero = np.flatnonzero(products == 0)
    return int(zero[0]) + 1 if zero.size else None


@dataclass(frozen=True)
class Surprise:
    """Minus the logarithm of a probability, in three units, and the perplexity."""

    nats: float
    """-ln p"""
    bits: float
    """-log2 p: as surprising as so many fair coins all showing heads."""
    log10: float
    """-log10 p: about so many zeros stand before the first digit of p."""
    perplexity: float
    """exp(nats / L): on average as unsure as a fair choice among so many tokens."""


def surprise(log_likelihood: float, n_tokens: int) -> Surprise:
    """The units of one log-likelihood (nats, 0 or less; -inf gives infinities). ValueError for no tokens."""
    nats = -log_likelihood + 0.0
    perplexity = evaluation.perplexity(nats, n_tokens)
    return Surprise(nats, nats / math.log(2), nats / math.log(10), perplexity)


def parting(first: Sequence[int], second: Sequence[int]) -> int | None:
    """The place, from 0, at which two sequences first differ (one may end there); None when they are the same."""
    for i, (a, b) in enumerate(zip(first, second, strict=False)):
        if a != b:
            return i
    return None if len(first) == len(second) else min(len(first), len(second))


def log_odds(first: float, second: float) -> float | None:
    """ln of p(first) / p(second) from the two log-likelihoods; None when both are impossible: 0 / 0 says nothing."""
    if first == second == -math.inf:
        return None
    return first - second
