"""A text as a Markov chain: its tokens are states, and p(x_t | x_{t-1}) = c(x_{t-1}, x_t) / c(x_{t-1}) moves between.

Markov (1913) counted vowels and consonants of "Eugene Onegin" so. What is known of such chains: Norris (1997),
"Markov Chains", chapter 1.

The text is one walk over its own tokens, from its first to its last. Every state therefore leads on to the last token,
so there is one class of states that a walk never leaves, and one stationary distribution.

Letters in shapes: V vocabulary, M different pairs of neighbours, K states in a picture, L steps of a walk.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lmcore.models.ngram import NGram
from lmcore.tokenizers.base import START_ID

Ints = NDArray[np.int64]
Doubles = NDArray[np.float64]

TOLERANCE = 1e-12  # a step may still move so much of the probability when the distribution counts as settled
MAX_STEPS = 2000
MAX_WALK = 1_000_000


@dataclass(frozen=True, eq=False)
class Chain:
    """The pairs of neighbours of a text as a sparse table: row i lies at offsets[i]:offsets[i + 1]."""

    counts: Ints
    """(V,) how often each token stands in the text; states are the tokens that do."""
    offsets: Ints
    """(V + 1,)"""
    tokens: Ints
    """(M,) the token that came next, rising within a row."""
    followed: Ints
    """(M,) how often it did."""
    begins: Ints
    """(V,) how often each token began a passage: p(x_1)."""
    first: int
    """The first token of the text."""
    last: int
    """The last one."""
    closed: bool
    """Nothing ever followed the last token; the first one was put after it, or every walk would end there."""

    @cached_property
    def froms(self) -> Ints:
        """(M,) the token before."""
        return np.repeat(np.arange(self.counts.size), np.diff(self.offsets))

    @cached_property
    def probs(self) -> Doubles:
        """(M,) p(tokens | froms): each count divided by its row's sum."""
        return self.followed / np.bincount(self.froms, self.followed, self.counts.size)[self.froms]

    @property
    def frequencies(self) -> Doubles:
        """(V,) the share of each token in the text."""
        return self.counts / float(self.counts.sum())

    def after(self, probs: Doubles) -> Doubles:
        """(V,) where a walk is one step after it was distributed as `probs` (V,): the product probs P."""
        return np.asarray(np.bincount(self.tokens, probs[self.froms] * self.probs, self.counts.size), np.float64)


def chain_of(model: NGram) -> Chain:
    """The chain in a model's counts of order 2. ValueError when it has none, or when they are not of one text."""
    table, V = model.table(2), model.vocab_size
    froms = table.contexts.astype(np.int64)[table.rows]
    tokens, followed = table.tokens.astype(np.int64), table.counts
    begins = np.bincount(tokens[froms == START_ID], followed[froms == START_ID], V).astype(np.int64)
    inside = froms != START_ID
    froms, tokens, followed = froms[inside], tokens[inside], followed[inside]
    single = model.table(1)
    counts = np.bincount(single.tokens, single.counts, V).astype(np.int64)

    # Every token of a text is once a "from" and once a "to", but the last is no from and the first is no to.
    never_from = counts - np.bincount(froms, followed, V).astype(np.int64)
    never_to = counts - np.bincount(tokens, followed, V).astype(np.int64)
    if not (never_from.sum() == never_to.sum() == 1 and never_from.min() == never_to.min() == 0):
        raise ValueError("a chain needs the counts of one text: each token once before and once after another")
    first, last = int(never_to.argmax()), int(never_from.argmax())
    closed = bool(counts[last] == 1)
    if closed:
        place = int(np.searchsorted(froms, last))
        froms, tokens, followed = (
            np.insert(column, place, value) for column, value in ((froms, last), (tokens, first), (followed, 1))
        )
    offsets = np.searchsorted(froms, np.arange(V + 1))
    return Chain(counts, offsets, tokens, followed, begins, first, last, closed)


# ---- the part that is drawn ----


@dataclass(frozen=True, eq=False)
class Part:
    """The most used tokens as a small chain; all other tokens are its last state, so that every row sums to 1."""

    tokens: list[int]
    """(n,) most used first; states 0 to n - 1."""
    counts: Ints
    """(K,) how often each state stands in the text; K = n + 1 when there are other tokens, else n."""
    pairs: Ints
    """(K, K) how often the state of the column followed that of the row."""
    begins: Doubles
    """(K,) p(x_1)."""

    @property
    def others(self) -> bool:
        """Whether the last state stands for all other tokens."""
        return len(self.tokens) < self.counts.size

    @property
    def probs(self) -> Doubles:
        """(K, K) the transition matrix: entry (i, j) is p(j | i)."""
        return self.pairs / self.pairs.sum(axis=1, keepdims=True)


def most_used(chain: Chain, n: int) -> Part:
    """The n most used tokens and one state for the rest. As if every other token of the text were written "other"."""
    if n < 1:
        raise ValueError(f"a picture needs at least 1 state, not {n}")
    ranked = np.argsort(-chain.counts, kind="stable")[:n]
    tokens = ranked[chain.counts[ranked] > 0]
    state = np.full(chain.counts.size, tokens.size)
    state[tokens] = np.arange(tokens.size)
    K = tokens.size + int(chain.counts.sum() > chain.counts[tokens].sum())
    pairs = np.bincount(state[chain.froms] * (tokens.size + 1) + state[chain.tokens], chain.followed)
    square = np.zeros((tokens.size + 1) ** 2, dtype=np.int64)
    square[: pairs.size] = pairs.astype(np.int64)
    begins = np.bincount(state, chain.begins, tokens.size + 1)[:K]
    counts = np.bincount(state, chain.counts, tokens.size + 1)[:K].astype(np.int64)
    square = square.reshape(tokens.size + 1, tokens.size + 1)[:K, :K]
    return Part([int(token) for token in tokens], counts, square, begins / begins.sum())


# ---- where a long walk ends ----


@dataclass(frozen=True, eq=False)
class Stationary:
    """The distribution that a step leaves as it is: pi P = pi."""

    probs: Doubles
    """(V,) pi; 0 for tokens that a long walk has left for ever."""
    n_steps: int
    """How many steps of the lazy chain it took."""
    moved: float
    """The sum of |pi P - pi|: how far from settled it is."""
    period: int
    """A walk can be back where it was only after a multiple of so many steps; 1 for nearly every text."""
    left: Ints
    """The tokens to which no walk comes back: they stand in the text only before the last token's first place."""


def stationary(chain: Chain, tolerance: float = TOLERANCE, max_steps: int = MAX_STEPS) -> Stationary:
    """Where a long walk spends its time: power iteration on the lazy chain (I + P) / 2, without damping.

    A lazy walk tosses a coin before each step and stays on tails. It has the same stationary distribution as P and
    settles also where P has a period and jumps for ever between parts of its states. It begins with the frequencies.
    """
    level = _levels(chain, chain.last)
    kept = level >= 0
    within = kept[chain.froms]  # from a kept state every step leads to a kept one
    cycles = level[chain.froms[within]] + 1 - level[chain.tokens[within]]
    probs = np.where(kept, chain.counts, 0) / chain.counts[kept].sum()
    n_steps, moved = 0, np.inf
    while n_steps < max_steps and moved > tolerance:
        stepped = chain.after(probs)
        moved = float(np.abs(stepped - probs).sum())
        probs = (probs + stepped) / 2
        n_steps += 1
    left = np.flatnonzero((chain.counts > 0) & ~kept)
    return Stationary(probs / probs.sum(), n_steps, moved, int(np.gcd.reduce(cycles)), left)


def _levels(chain: Chain, root: int) -> Ints:
    """(V,) how many steps each token is from `root`, -1 where no walk from there comes."""
    offsets, tokens = chain.offsets.tolist(), chain.tokens.tolist()
    level = [-1] * chain.counts.size
    level[root], queue = 0, [root]
    for state in queue:  # it grows while it is read
        for token in tokens[offsets[state] : offsets[state + 1]]:
            if level[token] < 0:
                level[token] = level[state] + 1
                queue.append(token)
    return np.array(level)


def distance(p: Doubles, q: Doubles) -> float:
    """The total variation distance, 0 to 1: the most by which p and q can differ about anything."""
    return float(np.abs(p - q).sum() / 2)


def walk(chain: Chain, n_steps: int, seed: int) -> Ints:
    """(L,) the tokens of a random walk that begins as a passage does."""
    if not 1 <= n_steps <= MAX_WALK:
        raise ValueError(f"a walk takes 1 to {MAX_WALK:,} steps, not {n_steps:,}")
    if seed < 0:
        raise ValueError(f"the seed must not be negative, but it is {seed}")
    draws = np.random.default_rng(seed).random(n_steps).tolist()
    state = int(np.searchsorted(np.cumsum(chain.begins), draws[0] * chain.begins.sum(), side="right"))
    sums, offsets, tokens = [0, *np.cumsum(chain.followed).tolist()], chain.offsets.tolist(), chain.tokens.tolist()
    walked = [state]
    for draw in draws[1:]:
        low, high = offsets[state], offsets[state + 1]
        wanted = sums[low] + int(draw * (sums[high] - sums[low]))
        state = tokens[bisect_right(sums, wanted, low, high) - 1]
        walked.append(state)
    return np.array(walked)


def approach(walked: Ints, probs: Doubles, lengths: Sequence[int]) -> list[float]:
    """How far a walk's own shares of visits are from `probs` (V,) after each of `lengths` steps."""
    return [distance(np.bincount(walked[:n], minlength=probs.size) / n, probs) for n in lengths]
