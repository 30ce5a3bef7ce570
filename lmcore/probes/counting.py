"""Looking into counts: the busiest corner of a table, the path of one probability, the tree of what follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lmcore.models.ngram import NGram


@dataclass(frozen=True)
class Corner:
    """counts (R, C): how often token `tokens[c]` followed `contexts[r]` (each n - 1 tokens; () for order 1)."""

    contexts: list[tuple[int, ...]]
    tokens: list[int]
    counts: NDArray[np.int64]


def busiest(model: NGram, order: int, n_contexts: int = 12, n_tokens: int = 12) -> Corner:
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


@dataclass(frozen=True)
class Answer:
    """What one order adds to a probability."""

    order: int
    context: tuple[int, ...]
    count: int
    """How often the token stood after this context; for Kneser-Ney's shorter orders, in how many different company."""
    total: int
    """How often anything did. 0: the context was never seen."""
    alpha: float
    """The share that the counts give."""
    gamma: float
    """The share that is left for the shorter context."""
    weight: float
    """What all longer contexts left for this one: the product of their gammas."""
    prob: float
    """p(token | context) so far: alpha + gamma times that of the shorter context."""

    @property
    def part(self) -> float:
        """How much of the whole probability comes from this order."""
        return self.weight * self.alpha


def path(model: NGram, context: Sequence[int], token: int) -> list[Answer]:
    """How p(token | context) comes about: one answer for each order that is asked, from the longest to the shortest.

    For stupid backoff the orders below the first that has seen the token get the weight 0.
    """
    estimate, whole = model.estimate, model.context(context)
    columns, tokens = [np.array([c]) for c in whole], np.array([token])
    prob, answers = estimate.uniform, []
    for level in estimate.levels:
        rows, gammas = estimate.rows(level, columns, 1)
        place = int(level.table.places(rows, tokens)[0])
        alpha = float(level.alpha[place]) if place >= 0 else 0.0
        gamma = float(gammas[0])
        if estimate.backs_off and alpha > 0:
            gamma = 0.0
        prob = alpha + gamma * prob
        count = int(level.table.counts[place]) if place >= 0 else 0
        total = int(level.table.totals[rows[0]]) if rows[0] >= 0 else 0
        answers.append(
            Answer(level.order, whole[len(whole) - level.order + 1 :], count, total, alpha, gamma, 1.0, prob)
        )
    weight, found = 1.0, []
    for answer in reversed(answers):
        found.append(replace(answer, weight=weight))
        weight *= answer.gamma
    return found


@dataclass(frozen=True)
class Branch:
    """A node of the tree of continuations: tokens that stand in the text one after the other, and how often."""

    tokens: tuple[int, ...]
    count: int
    parent: int
    """Its place in the list; -1 for the root."""


WIDTHS = {1: (12,), 2: (5, 4), 3: (4, 3, 2), 4: (3, 2, 2, 2)}  # of a tree so deep: what one can still read


def tree(model: NGram, root: Sequence[int], depth: int) -> list[Branch]:
    """What follows the root's tokens, what follows that, and so on, the most frequent first, as many as WIDTHS says.

    The root and the depth together are at most the model's order, the depth at most 4. An empty root stands for every
    beginning.
    """
    root = tuple(root)
    total = int(model.next_counts(root[:-1])[root[-1]]) if root else int(model.table(1).counts.sum())
    branches, level = [Branch(root, total, -1)], [0]
    for width in WIDTHS[min(max(depth, 1), 4, model.config.order - len(root))]:
        following: list[int] = []
        for parent in level:
            tokens, counts = model.continuations(branches[parent].tokens)
            for token, count in zip(tokens[:width].tolist(), counts[:width].tolist(), strict=True):
                following.append(len(branches))
                branches.append(Branch((*branches[parent].tokens, token), count, parent))
        level = following
    return branches
