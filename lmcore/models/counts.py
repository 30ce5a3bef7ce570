"""Counting n-grams by sorting.

An n-gram is written as one number, like the digits of a car's mileage: n tokens of `bits` bits each. Sorted numbers
lay equal n-grams side by side, and all n-grams with the same first tokens (the context) as well. So one sort makes the
whole table, and a binary search finds anything in it.

Letters in shapes: N tokens in the text, C different contexts, M different n-grams, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore.tokenizers.base import START_ID

Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

MAX_ORDER = 5
MAX_COUNT = 1 << 40  # so that sums of counts stay exact
MAX_VOCAB = 1 << 16  # so that a context of MAX_ORDER - 1 = 4 tokens fits in 64 bits


def bits_for(vocab_size: int) -> int:
    """How many bits a token takes."""
    return max((vocab_size - 1).bit_length(), 1)


def pack(columns: Sequence[NDArray[np.integer]], bits: int) -> Keys:
    """Columns of tokens, each (M,), as one column of keys; the first token has the highest bits."""
    keys = columns[0].astype(np.uint64)
    for column in columns[1:]:
        keys <<= np.uint64(bits)
        np.bitwise_or(keys, column, out=keys, dtype=np.uint64, casting="unsafe")  # converts in small pieces
    return keys


@dataclass(frozen=True, eq=False)
class Counts:
    """All n-grams of one order as a sparse table: a row for each context, in it the tokens that followed, sorted."""

    order: int
    """n: tokens in an n-gram, the last one counted."""
    vocab_size: int
    contexts: Keys
    """(C,) the packed first n - 1 tokens of each row, rising; for n = 1 the only context is the empty one, 0."""
    offsets: Ints
    """(C + 1,) row c is tokens[offsets[c]:offsets[c + 1]]."""
    tokens: NDArray[np.int32]
    """(M,) the last token of each n-gram, rising within a row."""
    counts: Ints
    """(M,) how often it occurs."""

    @property
    def bits(self) -> int:
        """How many bits a token takes in a key."""
        return bits_for(self.vocab_size)

    @cached_property
    def totals(self) -> Ints:
        """(C,) how often anything followed each context."""
        return np.add.reduceat(self.counts, self.offsets[:-1]) if self.contexts.size else np.zeros(0, dtype=np.int64)

    @cached_property
    def rows(self) -> Ints:
        """(M,) the row of each n-gram."""
        return np.repeat(np.arange(self.contexts.size), np.diff(self.offsets))

    @cached_property
    def _keys(self) -> Keys:
        """(M,) row and token of each n-gram as one number, rising."""
        return pack([self.rows, self.tokens], self.bits)

    def find(self, contexts: Keys) -> Ints:
        """(T,) the row of each packed context, -1 where it was never seen."""
        return _find(self.contexts, contexts)

    def look_up(self, rows: Ints, tokens: Ints) -> Ints:
        """(T,) how often each token followed the context of its row; 0 in row -1."""
        keys = pack([np.maximum(rows, 0), tokens], self.bits)
        places = _find(self._keys, keys)
        seen = (places >= 0) & (rows >= 0)
        out = np.zeros(rows.size, dtype=np.int64)
        out[seen] = self.counts[places[seen]]
        return out

    def row_totals(self, rows: Ints) -> Ints:
        """(T,) how often anything followed the context of each row; 0 in row -1."""
        out = np.zeros(rows.size, dtype=np.int64)
        out[rows >= 0] = self.totals[rows[rows >= 0]]
        return out

    def dense(self, rows: Ints) -> NDArray[np.float64]:
        """(T, V) the counts of all tokens after the context of each row; zeros in row -1."""
        out = np.zeros((rows.size, self.vocab_size))
        for t in np.flatnonzero(rows >= 0).tolist():
            part = slice(self.offsets[rows[t]], self.offsets[rows[t] + 1])
            out[t, self.tokens[part]] = self.counts[part]
        return out

    def grams(self) -> NDArray[np.int32]:
        """(M, n) the tokens of every n-gram, in lexicographic order."""
        out = np.empty((self.tokens.size, self.order), dtype=np.int32)
        out[:, -1] = self.tokens
        keys = self.contexts[self.rows]
        for place in reversed(range(self.order - 1)):
            out[:, place] = keys & np.uint64((1 << self.bits) - 1)
            keys >>= np.uint64(self.bits)
        return out


def count(ids: NDArray[np.integer], starts: Ints, order: int, vocab_size: int) -> Counts:
    """Count the n-grams of a text: ids (N,), starts (D,) the places where passages begin.

    They are all n tokens in a row of the whole stream, and for each passage those that reach back before its start,
    where start tokens stand.
    """
    N, n = ids.size, order
    S = max(N - n + 1, 0)
    columns = [[ids[i : S + i]] for i in range(n)]  # column i holds the token i of every n-gram
    for length in range(1, n):
        begins = starts[starts + length <= N]
        for i in range(n):
            column = ids[begins + i - (n - length)] if i >= n - length else np.full(begins.size, START_ID, ids.dtype)
            columns[i].append(column)
    whole = [np.concatenate(parts) for parts in columns]
    bits = bits_for(vocab_size)
    if n * bits <= 64:
        return _table(pack(whole, bits), None, n, vocab_size)
    # too long for one number: the rank of the context among all contexts stands for it
    contexts = pack(whole[:-1], bits)
    by_context = np.argsort(contexts)
    contexts = contexts[by_context]
    firsts = _firsts(contexts)
    ranks = np.repeat(np.arange(firsts.size), np.diff(firsts, append=contexts.size))
    return _table(pack([ranks, whole[-1][by_context]], bits), None, n, vocab_size, contexts[firsts])


def shorter(table: Counts, head: Sequence[int]) -> Counts:
    """The counts of order n - 1 from those of order n, without the text.

    Every n - 1 tokens in a row are the end of n tokens in a row, except at the very beginning: `head`, the first
    tokens of the text (n - 1 of them are read). What follows a single start token begins a passage, and is the end of
    n other tokens as well, in the stream.
    """
    n, bits = table.order, np.uint64(table.bits)
    contexts, tokens, counts = np.repeat(table.contexts, np.diff(table.offsets)), table.tokens, table.counts
    below_first = np.uint64((1 << table.bits * (n - 2)) - 1)
    below_second = np.uint64((1 << table.bits * max(n - 3, 0)) - 1)
    rest = contexts & below_first  # the first token is a start token when nothing stands above the rest
    kept = (contexts > below_first) | (rest <= below_second if n > 2 else tokens == START_ID)
    keys = ((rest << bits) | tokens.astype(np.uint64))[kept]
    counts = counts[kept]
    if len(head) >= n - 1:
        keys = np.append(keys, pack([np.array([token]) for token in head[: n - 1]], table.bits))
        counts = np.append(counts, 1)
    return _table(keys, counts, n - 1, table.vocab_size)


def _table(keys: Keys, weights: Ints | None, order: int, vocab_size: int, names: Keys | None = None) -> Counts:
    """Sort packed n-grams and add up the weights (default 1 each) of equal ones; `names` of contexts given by rank."""
    bits = bits_for(vocab_size)
    if weights is None:
        keys.sort()
        firsts = _firsts(keys)
        counts = np.diff(firsts, append=keys.size)
    else:
        by_key = np.argsort(keys)
        keys = keys[by_key]
        firsts = _firsts(keys)
        counts = np.add.reduceat(weights[by_key], firsts) if keys.size else weights
    keys = keys[firsts]
    tokens = (keys & np.uint64((1 << bits) - 1)).astype(np.int32)
    keys >>= np.uint64(bits)
    rows = _firsts(keys)
    contexts = keys[rows] if names is None else names[keys[rows].astype(np.int64)]
    return Counts(order, vocab_size, contexts, np.append(rows, keys.size), tokens, counts)


def _firsts(keys: Keys) -> Ints:
    """Where each run of equal keys begins."""
    new = np.ones(keys.size, dtype=bool)
    np.not_equal(keys[1:], keys[:-1], out=new[1:])
    return np.flatnonzero(new)


def _find(keys: Keys, wanted: Keys) -> Ints:
    """(T,) the place of each wanted key in the sorted keys, -1 where it is not."""
    places = np.searchsorted(keys, wanted)
    found = places < keys.size
    found[found] = keys[places[found]] == wanted[found]
    return np.where(found, places, -1)


def check_counts(order: int, vocab_size: int, arrays: Mapping[str, NDArray[Any]]) -> Counts:
    """The table in a file's arrays; ValueError unless it is one that `count` could have made."""
    kinds = {"contexts": np.uint64, "offsets": np.int64, "tokens": np.int32, "counts": np.int64}
    if set(arrays) != set(kinds):
        raise ValueError(f"the n-gram file must hold {', '.join(kinds)} and no other counts")
    for name, dtype in kinds.items():
        if arrays[name].dtype != dtype or arrays[name].ndim != 1:
            raise ValueError(f"{name} in the n-gram file must be one row of {np.dtype(dtype).name}")
    contexts, offsets, tokens, counts = (arrays[name] for name in kinds)
    C, M = contexts.size, tokens.size
    if offsets.size != C + 1 or counts.size != M or offsets[0] != 0 or offsets[-1] != M or np.any(np.diff(offsets) < 1):
        raise ValueError("the rows of the n-gram file do not fit together")
    if np.any(tokens < 1) or np.any(tokens >= vocab_size) or np.any(counts < 1) or np.any(counts > MAX_COUNT):
        raise ValueError("the n-gram file holds tokens that are not in the vocabulary, or impossible counts")
    table = Counts(order, vocab_size, contexts, offsets, tokens, counts)
    if np.any(contexts[1:] <= contexts[:-1]) or np.any(table._keys[1:] <= table._keys[:-1]):
        raise ValueError("the n-grams of the file are not sorted")
    used = table.bits * (order - 1)
    if used < 64 and np.any(contexts >> np.uint64(used)):
        raise ValueError("the contexts of the n-gram file are too long")
    digits = table.grams()[offsets[:-1], :-1]  # (C, n - 1)
    if np.any(digits >= vocab_size) or np.any((digits[:, 1:] == START_ID) & (digits[:, :-1] != START_ID)):
        raise ValueError("the contexts of the n-gram file hold tokens that cannot stand there")
    return table
