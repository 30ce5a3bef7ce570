"""Maximum likelihood: which probability makes what was seen most probable? Fisher (1922).

Something was seen h times in n tries, each time with probability p:

    likelihood(p) = p^h (1 - p)^(n - h)        NLL(p) = -h ln p - (n - h) ln(1 - p)

The logarithm keeps order, so what is best for one is best for the other: p = h / n, the relative frequency.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

MAX_TRIES = 1_000_000


def log_likelihood(p: ArrayLike, seen: int, tries: int) -> NDArray[Any]:
    """h ln p + (n - h) ln(1 - p) in nats, for each p; 0 · ln 0 is 0. ValueError on nonsense."""
    p = np.asarray(p, dtype=np.float64)
    if not 0 <= seen <= tries <= MAX_TRIES:
        raise ValueError(f"seen must lie from 0 to the {tries:,} tries (at most {MAX_TRIES:,}), not {seen:,}")
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("a probability lies from 0 to 1")
    out = np.zeros_like(p)
    with np.errstate(divide="ignore"):  # ln 0 = -inf is meant
        if seen:
            out = out + seen * np.log(p)
        if seen < tries:
            out = out + (tries - seen) * np.log1p(-p)
    return out


@dataclass(frozen=True, eq=False)
class Curves:
    """Both curves over the same probabilities; all (N,)."""

    p: NDArray[np.float64]
    likelihood: NDArray[np.float64]
    nll: NDArray[np.float64]
    """Nats."""


def curves(seen: int, tries: int, n_points: int = 101) -> Curves:
    """The likelihood and the negative log-likelihood of n evenly spaced probabilities from 0 to 1."""
    p = np.linspace(0, 1, n_points)
    logs = log_likelihood(p, seen, tries)
    return Curves(p, np.exp(logs), -logs + 0.0)
