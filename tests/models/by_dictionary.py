"""The smoothings once more, slowly: dictionaries, exact fractions, the textbook's formulas word by word.

Only for sentences that stand by themselves. A context begins at the first <s> (0); no word is ever a start token.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from fractions import Fraction

Gram = tuple[int, ...]
Context = tuple[int, ...]
Table = dict[Context, dict[int, int]]


def grams(sentences: Sequence[Sequence[int]], n: int) -> Counter[Gram]:
    """All n-grams, with n - 1 start tokens before each sentence."""
    counts: Counter[Gram] = Counter()
    for sentence in sentences:
        padded = (0,) * (n - 1) + tuple(sentence)
        counts.update(padded[i : i + n] for i in range(len(sentence)))
    return counts


def one_start(counts: Counter[Gram]) -> Counter[Gram]:
    """Without those that begin with two start tokens."""
    return Counter({gram: c for gram, c in counts.items() if gram[:2] != (0, 0)})


def company(counts: Counter[Gram]) -> Counter[Gram]:
    """In how many different company each n-gram without its first token stands; after <s><s> it keeps its count."""
    found: Counter[Gram] = Counter()
    for gram, c in counts.items():
        found[gram[1:]] += c if gram[:2] == (0, 0) and len(gram) > 2 else 1
    return found


def table(counts: Counter[Gram]) -> Table:
    rows: defaultdict[Context, dict[int, int]] = defaultdict(dict)
    for gram, c in counts.items():
        rows[gram[:-1]][gram[-1]] = c
    return dict(rows)


def discounts(counts: Counter[Gram], n_discounts: int) -> list[Fraction]:
    """Chen and Goodman's, from counts of counts; 1/2, 1, 3/2 where they cannot be told."""
    n = Counter(counts.values())
    customary = [Fraction(1, 2), Fraction(1), Fraction(3, 2)]
    if not (n[1] and n[2] and (n_discounts == 1 or n[3])):
        return customary[:n_discounts]
    Y = Fraction(n[1], n[1] + 2 * n[2])
    found = [r - (r + 1) * Y * Fraction(n[r + 1], n[r]) for r in range(1, n_discounts + 1)]
    return found if all(0 <= D <= r for r, D in enumerate(found, 1)) else customary


class Slow:
    """p(word | context) under a smoothing, as a fraction."""

    def __init__(
        self, sentences: Sequence[Sequence[int]], vocab_size: int, order: int, smoothing: str,
        k: Fraction = Fraction(0), weights: Sequence[float] = (),
    ) -> None:  # fmt: skip
        self.order, self.smoothing, self.k, self.words = order, smoothing, k, vocab_size - 1
        self.weights = [Fraction(weight) for weight in weights]
        self.full = table(grams(sentences, order))
        counts = [one_start(grams(sentences, n)) for n in range(1, order + 1)]
        if smoothing.endswith("kneser-ney"):
            counts = [grams(sentences, order)]
            while len(counts) < order:
                counts.insert(0, company(counts[0]))
            counts = [one_start(c) for c in counts]
        self.tables = [table(c) for c in counts]
        n_discounts = 3 if smoothing == "modified-kneser-ney" else 1
        self.discounts = [discounts(c, n_discounts) for c in counts]

    def p(self, word: int, context: Context) -> Fraction:
        context = ((0,) * (self.order - 1) + tuple(context))[len(context) :]
        if self.smoothing in ("mle", "add-k"):
            row = self.full.get(context, {})
            total = sum(row.values()) + self.k * self.words
            if not total:
                return Fraction(0) if self.smoothing == "mle" else Fraction(1, self.words)
            return (row.get(word, 0) + self.k) / total
        while context[:2] == (0, 0):
            context = context[1:]
        return self._p(word, context)

    def _p(self, word: int, context: Context) -> Fraction:
        def shorter() -> Fraction:
            if context:
                return self._p(word, context[1:])
            return Fraction(0 if self.smoothing == "stupid-backoff" else 1) / self.words

        row = self.tables[len(context)].get(context)
        how: Callable[[int, dict[int, int], Callable[[], Fraction], int], Fraction] = {
            "witten-bell": self._witten_bell,
            "jelinek-mercer": self._jelinek_mercer,
            "stupid-backoff": self._stupid_backoff,
        }.get(self.smoothing, self._discounted)
        if row is None:
            return shorter() * (Fraction(2, 5) if self.smoothing == "stupid-backoff" else 1)
        return how(word, row, shorter, len(context))

    def _witten_bell(self, word: int, row: dict[int, int], shorter: Callable[[], Fraction], n: int) -> Fraction:
        return (row.get(word, 0) + len(row) * shorter()) / (sum(row.values()) + len(row))

    def _jelinek_mercer(self, word: int, row: dict[int, int], shorter: Callable[[], Fraction], n: int) -> Fraction:
        share = self.weights[n]
        return share * Fraction(row.get(word, 0), sum(row.values())) + (1 - share) * shorter()

    def _stupid_backoff(self, word: int, row: dict[int, int], shorter: Callable[[], Fraction], n: int) -> Fraction:
        return Fraction(row[word], sum(row.values())) if word in row else Fraction(2, 5) * shorter()

    def _discounted(self, word: int, row: dict[int, int], shorter: Callable[[], Fraction], n: int) -> Fraction:
        D = self.discounts[n]

        def taken(count: int) -> Fraction:
            return D[min(count, len(D)) - 1] if count else Fraction(0)

        count, total = row.get(word, 0), sum(row.values())
        left = Fraction(sum(taken(c) for c in row.values())) / total
        return max(count - taken(count), Fraction(0)) / total + left * shorter()
