"""Where tokens stand in a text: the places behind a count, and what a generated text has copied word for word.

Letters in shapes: N tokens of the text, T tokens of another one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Places:
    """An index of a text: for each token the places where it stands."""

    def __init__(self, ids: NDArray[np.integer], vocab_size: int) -> None:
        """ids (N,) the text's tokens."""
        self.ids = ids
        self._by_token = np.argsort(ids, kind="stable")
        self._begins = np.searchsorted(ids[self._by_token], np.arange(vocab_size + 1))

    def of(self, gram: Sequence[int]) -> Ints:
        """Where these tokens stand one after the other: the places of the first of them, rising; [] for no tokens."""
        if not gram:
            return np.zeros(0, dtype=np.int64)
        last = len(gram) - 1
        rarest = min(range(len(gram)), key=lambda i: self._count(gram[i]))  # the fewest places to look at
        found = self._of(gram[rarest]) - rarest
        found = found[(found >= 0) & (found + last < self.ids.size)]
        for i, token in enumerate(gram):
            found = found[self.ids[found + i] == token]
        return found

    def longest(self, ids: Sequence[int]) -> list[int]:
        """(T,) for each token how many from there on stand in the text in the same order."""
        lengths: list[int] = []
        for t in range(len(ids)):
            found, length = self._of(ids[t]), 0
            while found.size:
                length += 1
                if t + length == len(ids):
                    break
                found = found[found + length < self.ids.size]
                found = found[self.ids[found + length] == ids[t + length]]
            lengths.append(length)
        return lengths

    def copied(self, ids: Sequence[int], at_least: int) -> list[tuple[int, int]]:
        """The runs [begin, end) of at least so many tokens that stand in the text word for word, as long as they go.

        Two runs may overlap: the end of one can be the beginning of another from elsewhere in the text.
        """
        runs: list[tuple[int, int]] = []
        reach = 0
        for begin, length in enumerate(self.longest(ids)):
            if length >= at_least and begin + length > reach:
                runs.append((begin, begin + length))
                reach = begin + length
        return runs

    def _of(self, token: int) -> Ints:
        return self._by_token[self._begins[token] : self._begins[token + 1]]

    def _count(self, token: int) -> int:
        return int(self._begins[token + 1] - self._begins[token])
