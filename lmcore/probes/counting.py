"""The busiest corner of an n-gram table: its most frequent contexts and what followed them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lmcore.models.ngram import NGram


@dataclass(frozen=True)
class Corner:
    """counts (R, C): how often token `tokens[c]` followed `contexts[r]` (each n - 1 tokens; () for order 1)."""

    contexts: list[tuple[int, ...]]
    tokens: list[int]
    counts: NDArray[np.int64]


def busiest(model: NGram, order: int, n_contexts: int = 16, n_tokens: int = 16) -> Corner:
    """The most frequent contexts of an order, and the tokens with the largest shares after them."""
    contexts: list[tuple[int, ...]] = [()]
    if order > 1:
        grams, _ = model.top_ngrams(order - 1, n_contexts)
        contexts = [tuple(int(token) for token in gram) for gram in grams]
    rows = [dict(zip(*(a.tolist() for a in model.continuations(context)), strict=True)) for context in contexts]
    # A token's weight: its share in each row, so that every context has some of its followers among the columns.
    weights: dict[int, float] = {}
    for row in rows:
        total = sum(row.values())
        for token, count in row.items():
            weights[token] = weights.get(token, 0.0) + count / total
    ranked = sorted(weights, key=lambda token: (-weights[token], token))
    first = {max(row, key=lambda token: (row[token], -token)) for row in rows if row}  # no context without a follower
    tokens = sorted(ranked, key=lambda token: token not in first)[:n_tokens]
    tokens.sort(key=ranked.index)
    counts = np.array([[row.get(token, 0) for token in tokens] for row in rows], dtype=np.int64)
    return Corner(contexts, tokens, counts.reshape(len(contexts), len(tokens)))
