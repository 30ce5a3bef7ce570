"""From counts to probabilities: what to say of a word that was never seen after these words.

Every method here is one line, read from the shortest context to the longest:

    p(w | c) = alpha(c, w) + gamma(c) · p(w | c')

c is a context, c' the same without its first word, alpha what the counts of c give to w, and gamma what they leave for
the shorter context. Below the empty context stands the uniform distribution. The methods differ in alpha and gamma
only: each function here makes both for every order. "Interpolated" means that the shorter context always adds its
share; stupid backoff alone asks it only about words that the longer one has not seen.

Chen and Goodman (1999), "An empirical study of smoothing techniques for language modeling", compares them all.

Letters in shapes: T places in a text, M different n-grams of an order, C its contexts, V vocabulary, n the order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lmcore.models.counts import Counts, Ints, befores, picked
from lmcore.tokenizers.base import START_ID

Doubles = NDArray[np.float64]
Columns = Sequence[NDArray[np.integer]]

STAND_IN = (0.5, 1.0, 1.5)  # for discounts that a small text cannot tell, as in KenLM (Heafield et al. 2013)
STUPID = 0.4  # Brants et al. (2007)
ROUNDS = 100  # of expectation-maximisation at most
SETTLED = 1e-4  # it ends when no share moves by more


@dataclass(frozen=True, eq=False)
class Level:
    """What the counts of one order say."""

    table: Counts
    alpha: Doubles
    """(M,) the share that each n-gram has by itself."""
    gamma: Doubles
    """(C,) the share that each context leaves for the shorter one."""
    discounts: tuple[float, ...] = ()
    """What was taken from counts of 1, 2 and more, for methods that discount."""
    stand_in: bool = False
    """The text was too small to tell the discounts, and customary ones stand in."""

    @property
    def order(self) -> int:
        return self.table.order


@dataclass(frozen=True, eq=False)
class Estimate:
    """A way to read counts: the levels from the shortest to the longest order, and what stands below them."""

    levels: tuple[Level, ...]
    uniform: float
    """The probability of each token before anything is known."""
    unseen: float = 1.0
    """gamma of a context that was never seen: it leaves everything to the shorter one."""
    backs_off: bool = False
    """The shorter context is asked only about words that the longer one has not seen."""
    padded: bool = False
    """The one level has contexts with several start tokens in them; else a context begins at the first one."""

    def probs(self, columns: Columns, tokens: NDArray[np.integer]) -> Doubles:
        """(T,) p(token | context), contexts given as n - 1 columns (T,); nothing here is V wide."""
        p = np.full(len(tokens), self.uniform)
        for level in self.levels:
            rows, gamma = self.rows(level, columns, len(tokens))
            alpha = picked(level.alpha, level.table.places(rows, tokens))
            p = np.where(alpha > 0, alpha, gamma * p) if self.backs_off else alpha + gamma * p
        return p

    def dense(self, columns: Columns, n_rows: int) -> Doubles:
        """(R, V) p(every token | context) for R contexts, given as n - 1 columns (R,)."""
        V = self.levels[-1].table.vocab_size
        p = np.full((n_rows, V), self.uniform)
        p[:, START_ID] = 0.0  # never comes
        for level in self.levels:
            rows, gamma = self.rows(level, columns, n_rows)
            p *= gamma[:, None]
            for r in np.flatnonzero(rows >= 0).tolist():
                part = level.table.part(int(rows[r]))
                followers, alpha = level.table.tokens[part], level.alpha[part]
                p[r, followers] = alpha if self.backs_off else p[r, followers] + alpha
        return p

    def rows(self, level: Level, columns: Columns, size: int) -> tuple[Ints, Doubles]:
        """(T,) each context's row at this level, -1 where it is none of its own, and its gamma."""
        last = columns[len(columns) - (level.order - 1) :]  # the last n - 1 tokens
        rows = level.table.find(level.table.key(last or [np.zeros(size, np.int64)]))
        gamma = picked(level.gamma, rows, self.unseen)
        if not self.padded and len(last) > 1:
            gamma[(last[0] == START_ID) & (last[1] == START_ID)] = 1.0  # no longer than the context before
        return rows, gamma


@dataclass(frozen=True)
class Source:
    """What a method may read: the counts of each order, and the settings."""

    order: int
    vocab_size: int
    table: Callable[[int], Counts]
    k: float = 0.0
    weights: Doubles = field(default_factory=lambda: np.zeros(0))

    @property
    def uniform(self) -> float:
        """1 over the number of tokens that can come: all but the start token."""
        return 1 / (self.vocab_size - 1)

    def tables(self) -> list[Counts]:
        """The counts of orders 1 to n, each context with one start token at most."""
        return [self.table(order).without_padding() for order in range(1, self.order + 1)]


# The methods -----------------------------------------------------------------------------------------------------


def maximum_likelihood(source: Source) -> Estimate:
    """The share of what was seen, and nothing else. Of a context that was never seen it says nothing at all: 0."""
    table = source.table(source.order)
    # p(w | c) = count(c, w) / count(c)
    alpha = table.counts / table.totals[table.rows]
    return Estimate((Level(table, alpha, np.zeros(table.contexts.size)),), 0.0, unseen=0.0, padded=True)


def add_k(source: Source) -> Estimate:
    """k is added to every count. Lidstone (1920); k = 1 is Laplace's rule; k = 0 with nothing counted is uniform."""
    table, kV = source.table(source.order), source.k * (source.vocab_size - 1)
    # p(w | c) = (count(c, w) + k) / (count(c) + k V), which is a share of the uniform distribution 1 / V:
    totals = table.totals + kV
    alpha = table.counts / totals[table.rows]
    return Estimate((Level(table, alpha, np.asarray(kV / totals)),), source.uniform, padded=True)


def witten_bell(source: Source) -> Estimate:
    """As often as a context met a new word, so often it will again. Witten and Bell (1991)."""
    levels = []
    for table in source.tables():
        types = np.diff(table.offsets)  # (C,) how many different words followed
        # gamma(c) = types(c) / (count(c) + types(c)), alpha(c, w) = count(c, w) / (count(c) + types(c))
        totals = table.totals + types
        levels.append(Level(table, table.counts / totals[table.rows], types / totals))
    return Estimate(tuple(levels), source.uniform)


def jelinek_mercer(source: Source) -> Estimate:
    """A fixed share for each order, learnt on text that was not counted. Jelinek and Mercer (1980)."""
    levels = []
    for table, weight in zip(source.tables(), source.weights.tolist(), strict=True):
        # p_n(w | c) = λ_n count(c, w) / count(c) + (1 - λ_n) p_{n-1}(w | c')
        alpha = weight * table.counts / table.totals[table.rows]
        levels.append(Level(table, alpha, np.full(table.contexts.size, 1 - weight)))
    return Estimate(tuple(levels), source.uniform)


def absolute_discounting(source: Source) -> Estimate:
    """One number is taken from every count. Ney, Essen and Kneser (1994)."""
    return Estimate(tuple(_discounted(table, 1) for table in source.tables()), source.uniform)


def kneser_ney(source: Source) -> Estimate:
    """Absolute discounting, whose shorter contexts count in how many different company a word stands, not how often.

    Kneser and Ney (1995); interpolated.
    """
    return Estimate(tuple(_discounted(table, 1) for table in company(source)), source.uniform)


def modified_kneser_ney(source: Source) -> Estimate:
    """Kneser-Ney with a discount of its own for counts of 1, of 2, and of more. Chen and Goodman (1999).

    As KenLM estimates it (Heafield et al. 2013, "Scalable modified Kneser-Ney language model estimation").
    """
    return Estimate(tuple(_discounted(table, 3) for table in company(source)), source.uniform)


def stupid_backoff(source: Source) -> Estimate:
    """The share where a word was seen, else 0.4 of the shorter context's. Not a distribution: it does not sum to 1.

    Brants et al. (2007), "Large language models in machine translation": for counts too many to do better.
    """
    levels = [
        Level(table, table.counts / table.totals[table.rows], np.full(table.contexts.size, STUPID))
        for table in source.tables()
    ]
    return Estimate(tuple(levels), 0.0, unseen=STUPID, backs_off=True)


SMOOTHINGS: dict[str, Callable[[Source], Estimate]] = {
    "mle": maximum_likelihood,
    "add-k": add_k,
    "witten-bell": witten_bell,
    "jelinek-mercer": jelinek_mercer,
    "absolute-discounting": absolute_discounting,
    "kneser-ney": kneser_ney,
    "modified-kneser-ney": modified_kneser_ney,
    "stupid-backoff": stupid_backoff,
}


# Discounting -----------------------------------------------------------------------------------------------------


def company(source: Source) -> list[Counts]:
    """The counts of the longest order, and for the shorter ones in how many different company each n-gram stands."""
    tables = [source.table(source.order)]
    while tables[0].order > 1:
        tables.insert(0, befores(tables[0]))
    return [table.without_padding() for table in tables]


def discounts(counts: Ints, n_discounts: int) -> tuple[tuple[float, ...], bool]:
    """What to take from counts of 1, 2, …, `n_discounts` and more; and whether customary numbers stand in.

    From how many n-grams were seen once, twice, three and four times (M,): leaving one out of the text shows how much
    too large counts of that size are.
    """
    n1, n2, n3, n4 = (int(np.count_nonzero(counts == r)) for r in (1, 2, 3, 4))
    if n_discounts == 1:
        # D = n1 / (n1 + 2 n2)
        return ((n1 / (n1 + 2 * n2),), False) if n1 and n2 else (STAND_IN[:1], True)
    if not (n1 and n2 and n3):
        return STAND_IN, True
    # D_r = r - (r + 1) Y n_{r+1} / n_r with Y = n1 / (n1 + 2 n2)
    Y = n1 / (n1 + 2 * n2)
    found = (1 - 2 * Y * n2 / n1, 2 - 3 * Y * n3 / n2, 3 - 4 * Y * n4 / n3)
    if all(0 <= D <= r for r, D in enumerate(found, 1)):
        return found, False
    return STAND_IN, True


def _discounted(table: Counts, n_discounts: int) -> Level:
    """Take the discount from every count; what is taken goes to the shorter context."""
    found, stand_in = discounts(table.counts, n_discounts)
    D = np.array([0.0, *found])[np.minimum(table.counts, n_discounts)]  # (M,)
    totals = table.totals
    # alpha(c, w) = (count(c, w) - D) / count(c), which is not negative: no D is larger than its count
    # gamma(c) = the sum of the D in c / count(c)
    alpha = (table.counts - D) / np.repeat(totals, np.diff(table.offsets))
    gamma = table.sums(D) / totals
    return Level(table, alpha, gamma, found, stand_in)


# Learning the shares of Jelinek-Mercer ---------------------------------------------------------------------------


def learn_weights(shares: Doubles, seen: NDArray[np.bool_], uniform: float) -> Doubles:
    """(n,) the share λ of each order, by expectation-maximisation on text that was not counted.

    `shares` (T, n) are the relative frequencies of its tokens under each order, `seen` (T, n) where the context of
    that order was seen at all. A token comes from the longest order with probability λ_n, else from the next; λ is
    how often it did, of those times that it could.
    """
    T, n = shares.shape
    weights = np.full(n, 0.5)
    if T == 0:
        return weights
    for _ in range(ROUNDS):
        below = np.full(T, uniform)
        p = np.empty((T, n + 1))  # p[:, j]: the probability by the orders up to j
        p[:, 0] = below
        for j in range(n):
            p[:, j + 1] = np.where(seen[:, j], weights[j] * shares[:, j] + (1 - weights[j]) * p[:, j], p[:, j])
        before = weights.copy()
        reach = np.ones(T)  # the probability that the token came from this order or a shorter one
        for j in reversed(range(n)):
            here = np.where(seen[:, j], weights[j] * shares[:, j] / p[:, j + 1], 0)
            could = float(reach[seen[:, j]].sum())
            did = float((reach * here).sum())
            reach = reach * (1 - here)
            if could > 0:
                weights[j] = min(max(did / could, 1e-6), 1 - 1e-6)
        if np.abs(weights - before).max() < SETTLED:
            break
    return weights
