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
MAX_VOCAB = 1 << 21  # so that a context of three tokens fits in 64 bits
NARROW_VOCAB = 1 << 16  # up to here one of MAX_ORDER - 1 = 4 tokens fits as well
MANY = 500  # keys to look for, from which sorting them first saves time
NOWHERE = np.uint64((1 << 64) - 1)  # the key of a context that holds a pair of tokens which never stood together


def bits_for(vocab_size: int) -> int:
    """How many bits a token takes."""
    return max((vocab_size - 1).bit_length(), 1)


def pack(columns: Sequence[NDArray[np.integer]], bits: int, pairs: Keys | None = None) -> Keys:
    """Columns of tokens, each (M,), as one column of keys; the first token has the highest bits.

    Four tokens of a large vocabulary are too long for 64 bits. They are written as two pairs, each by its rank in the
    sorted `pairs` of the text, which keeps their order.
    """
    if len(columns) * bits > 64 and pairs is not None:
        halves = [_find(pairs, pack(half, bits)) for half in (columns[:2], columns[2:])]
        return np.where((halves[0] < 0) | (halves[1] < 0), NOWHERE, pack(halves, 32))
    keys = columns[0].astype(np.uint64)
    for column in columns[1:]:
        keys <<= np.uint64(bits)
        np.bitwise_or(keys, column, out=keys, dtype=np.uint64, casting="unsafe")  # converts in small pieces
    return keys


def unpack(keys: Keys, n: int, bits: int, pairs: Keys | None = None) -> list[Keys]:
    """The n columns of tokens behind keys that `pack` made."""
    if n * bits > 64 and pairs is not None:
        first, second = unpack(keys, 2, 32)
        return unpack(pairs[first], 2, bits) + unpack(pairs[second], 2, bits)
    mask = np.uint64((1 << bits) - 1)
    return [(keys >> np.uint64(bits * place)) & mask for place in reversed(range(n))]


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
    pairs: Keys | None = None
    """All pairs of tokens that stand in the text, packed, rising; for large vocabularies only, see `pack`."""

    @property
    def bits(self) -> int:
        """How many bits a token takes in a key."""
        return bits_for(self.vocab_size)

    @cached_property
    def totals(self) -> Ints:
        """(C,) how often anything followed each context."""
        return self.sums(self.counts)

    @cached_property
    def rows(self) -> Ints:
        """(M,) the row of each n-gram."""
        return np.repeat(np.arange(self.contexts.size), np.diff(self.offsets))

    @cached_property
    def _keys(self) -> Keys:
        """(M,) row and token of each n-gram as one number, rising."""
        return pack([self.rows, self.tokens], self.bits)

    @property
    def nbytes(self) -> int:
        """What the table takes in memory."""
        return sum(array.nbytes for array in (self.contexts, self.offsets, self.tokens, self.counts))

    def sums(self, values: NDArray[Any]) -> NDArray[Any]:
        """(C,) the sum of `values` (M,) over each row."""
        return np.add.reduceat(values, self.offsets[:-1]) if self.contexts.size else values[:0]

    def key(self, columns: Sequence[NDArray[np.integer]]) -> Keys:
        """The keys of contexts given as columns of tokens; for order 1 the columns are [zeros]."""
        return pack(columns, self.bits, self.pairs)

    def find(self, contexts: Keys) -> Ints:
        """(T,) the row of each packed context, -1 where it was never seen."""
        return _find(self.contexts, contexts)

    def places(self, rows: Ints, tokens: NDArray[np.integer]) -> Ints:
        """(T,) where in `counts` each token after the context of its row stands; -1 where never, and in row -1."""
        places = _find(self._keys, pack([np.maximum(rows, 0), tokens], self.bits))
        return np.where(rows >= 0, places, -1)

    def look_up(self, rows: Ints, tokens: NDArray[np.integer]) -> Ints:
        """(T,) how often each token followed the context of its row; 0 in row -1."""
        return picked(self.counts, self.places(rows, tokens))

    def row_totals(self, rows: Ints) -> Ints:
        """(T,) how often anything followed the context of each row; 0 in row -1."""
        return picked(self.totals, rows)

    def dense(self, rows: Ints) -> NDArray[np.float64]:
        """(T, V) the counts of all tokens after the context of each row; zeros in row -1."""
        out = np.zeros((rows.size, self.vocab_size))
        for t in np.flatnonzero(rows >= 0).tolist():
            part = self.part(int(rows[t]))
            out[t, self.tokens[part]] = self.counts[part]
        return out

    def part(self, row: int) -> slice:
        """Where the n-grams of a row lie."""
        return slice(int(self.offsets[row]), int(self.offsets[row + 1]))

    @property
    def padded_rows(self) -> int:
        """How many contexts begin with two start tokens. They are the first rows."""
        if self.order < 3:
            return 0
        below = 1 << (32 if self.pairs is not None and self.order == MAX_ORDER else self.bits * (self.order - 3))
        return int(np.searchsorted(self.contexts, np.uint64(below)))

    def context_tokens(self) -> list[Keys]:
        """The n - 1 columns (C,) of the contexts' tokens."""
        return unpack(self.contexts, self.order - 1, self.bits, self.pairs)

    def grams(self) -> NDArray[np.int32]:
        """(M, n) the tokens of every n-gram, in lexicographic order."""
        out = np.empty((self.tokens.size, self.order), dtype=np.int32)
        out[:, -1] = self.tokens
        for place, column in enumerate(self.context_tokens()):
            out[:, place] = column.astype(np.int32)[self.rows]
        return out

    @property
    def begun(self) -> int:
        """How many n-grams begin with a start token. They are the first ones."""
        if self.order < 2 or not self.contexts.size:
            return 0
        rows = int(np.searchsorted(self.context_tokens()[0], np.uint64(1)))
        return int(self.offsets[rows])

    def without_padding(self) -> Counts:
        """The table without the contexts that begin with two start tokens: they are a shorter one once more."""
        rows = self.padded_rows
        if not rows:
            return self
        begun = self.offsets[rows]
        return Counts(
            self.order, self.vocab_size, self.contexts[rows:], self.offsets[rows:] - begun, self.tokens[begun:],
            self.counts[begun:], self.pairs,
        )  # fmt: skip


def picked(values: NDArray[Any], places: Ints, otherwise: float = 0) -> NDArray[Any]:
    """(T,) the value at each place, `otherwise` at -1."""
    out = np.full(places.size, otherwise, dtype=values.dtype)
    found = places >= 0
    out[found] = values[places[found]]
    return out


def count(ids: NDArray[np.integer], starts: Ints, order: int, vocab_size: int, separate: bool = False) -> Counts:
    """Count the n-grams of a text: ids (N,), starts (D,) the places where passages begin.

    They are all n tokens in a row of the whole stream, and for each passage those that reach back before its start,
    where start tokens stand. With `separate` passages nothing reaches over from one into the next.
    """
    N, n = ids.size, order
    S = max(N - n + 1, 0)
    columns = [[ids[i : S + i]] for i in range(n)]  # column i holds the token i of every n-gram
    ends = np.append(starts[1:], N)
    if separate:
        inside = _ranges(starts, ends - n + 1)
        columns = [[ids[inside + i]] for i in range(n)]
    for length in range(1, n):
        begins = starts[starts + length <= (ends if separate else N)]
        for i in range(n):
            column = ids[begins + i - (n - length)] if i >= n - length else np.full(begins.size, START_ID, ids.dtype)
            columns[i].append(column)
    whole = [np.concatenate(parts) for parts in columns]
    bits = bits_for(vocab_size)
    pairs = None
    if (n - 1) * bits > 64:  # the first pair of some n-gram and the last one of another: no pair of the text is missing
        pairs = np.unique(np.concatenate([pack(whole[:2], bits), pack(whole[-2:], bits)]))
    return _table(whole, None, vocab_size, pairs)


def _ranges(firsts: Ints, ends: Ints) -> Ints:
    """All whole numbers from each first up to its end, the ends left out."""
    lengths = np.maximum(ends - firsts, 0)
    before = np.cumsum(lengths) - lengths
    return np.arange(int(lengths.sum())) + np.repeat(firsts - before, lengths)


def shorter(table: Counts, head: Sequence[int], separate: bool = False) -> Counts:
    """The counts of order n - 1 from those of order n, without the text.

    Every n - 1 tokens in a row are the end of n tokens in a row, except at the very beginning: `head`, the first
    tokens of the text (n - 1 of them are read). What follows a single start token begins a passage, and is the end of
    n other tokens as well, in the stream; not so where passages are `separate`.
    """
    n = table.order
    columns, counts = [*table.context_tokens(), table.tokens.astype(np.uint64)], table.counts
    columns = [column[table.rows] for column in columns[:-1]] + columns[-1:]
    if not separate:
        # kept: a first token that is no start token, or behind it another start token
        kept = (columns[0] != START_ID) | (columns[1] == START_ID)
        columns, counts = [column[kept] for column in columns], counts[kept]
        if len(head) >= n - 1:
            columns = [np.append(column, np.uint64(t)) for column, t in zip(columns, (0, *head), strict=False)]
            counts = np.append(counts, 1)
    return _table(columns[1:], counts, table.vocab_size, table.pairs)


def befores(table: Counts) -> Counts:
    """In how many different company each n - 1 tokens stand: the table of order n - 1 whose counts say how many
    different tokens came before. What begins with a start token has nothing else before it and keeps its count.

    Kneser and Ney's continuation counts: "Francisco" is frequent, but nearly always the word before it is "San".
    """
    begun = int(table.offsets[table.padded_rows])  # the n-grams that begin with two start tokens come first
    company = _ends(table, slice(begun, None), None)
    if not begun:
        return company
    first = _ends(table, slice(0, begun), table.counts[:begun])
    return Counts(
        company.order, company.vocab_size, np.append(first.contexts, company.contexts),
        np.append(first.offsets, first.offsets[-1] + company.offsets[1:]), np.append(first.tokens, company.tokens),
        np.append(first.counts, company.counts), table.pairs,
    )  # fmt: skip


def ends_in(table: Counts, before: Counts) -> Ints:
    """(M,) where each n-gram without its first token stands in the table of order n - 1, -1 where it does not.

    Sorted, the ends are the n-grams of that table, but for those that begin with a start token: so one sort is enough,
    where looking up each of them would take several times as long.
    """
    if (table.order - 1) * table.bits <= 64:
        keys = _end_keys(table)
        by_end = np.argsort(keys)
        new = np.zeros(keys.size, dtype=np.int64)
        new[_firsts(keys[by_end])] = 1
        ranks = np.cumsum(new) - 1
        begun = before.begun
        if keys.size and ranks[-1] + 1 == before.tokens.size - begun:
            places = np.empty(keys.size, dtype=np.int64)
            places[by_end] = ranks + begun
            return places
    columns = table.context_tokens()[1:] or [np.zeros(table.contexts.size, np.uint64)]
    rows = before.find(before.key(columns))
    return before.places(rows[table.rows], table.tokens)


def _end_keys(table: Counts) -> Keys:
    """(M,) the n-grams without their first token, packed; they must fit."""
    rests = (table.contexts & np.uint64((1 << table.bits * (table.order - 2)) - 1)) << np.uint64(table.bits)
    keys = np.repeat(rests, np.diff(table.offsets))
    np.bitwise_or(keys, table.tokens, out=keys, dtype=np.uint64, casting="unsafe")
    return keys


def _ends(table: Counts, which: slice, weights: Ints | None) -> Counts:
    """The table of some n-grams without their first tokens; `weights` for each, else 1."""
    if (table.order - 1) * table.bits <= 64:
        return _sorted(_end_keys(table)[which], weights, table.order - 1, table.vocab_size, table.pairs)
    columns: list[NDArray[Any]] = [column[table.rows][which] for column in table.context_tokens()[1:]]
    columns.append(table.tokens[which])
    return _table(columns, weights, table.vocab_size, table.pairs)


def tabulate(columns: Sequence[NDArray[np.integer]], vocab_size: int, pairs: Keys | None = None) -> tuple[Counts, Ints]:
    """The n-grams in n columns (M,), each of them once, as a table of ones; and the order (M,) in which they stand."""
    bits = bits_for(vocab_size)
    if len(columns) * bits <= 64:
        by_gram = np.argsort(pack(columns, bits))
    else:
        by_gram = np.lexsort([columns[-1], pack(columns[:-1], bits, pairs)])
    return _table([column[by_gram] for column in columns], None, vocab_size, pairs), by_gram


def pairs_of(columns: Sequence[NDArray[np.integer]], vocab_size: int) -> Keys | None:
    """All pairs of neighbours in n-grams given as columns (M,), when their contexts are too long for a plain key."""
    bits = bits_for(vocab_size)
    if (len(columns) - 1) * bits <= 64:
        return None
    return np.unique(np.concatenate([pack(columns[i : i + 2], bits) for i in range(len(columns) - 1)]))


def _table(columns: Sequence[NDArray[np.integer]], weights: Ints | None, vocab_size: int, pairs: Keys | None) -> Counts:
    """Sort n-grams given as n columns, and add up the weights (default 1 each) of equal ones."""
    n, bits = len(columns), bits_for(vocab_size)
    if n * bits <= 64:
        return _sorted(pack(columns, bits), weights, n, vocab_size, pairs)
    # too long for one number: the rank of the context among all contexts stands for it
    contexts = pack(columns[:-1], bits, pairs)
    by_context = np.argsort(contexts)
    contexts = contexts[by_context]
    firsts = _firsts(contexts)
    ranks = np.repeat(np.arange(firsts.size), np.diff(firsts, append=contexts.size))
    weights = None if weights is None else weights[by_context]
    keys = pack([ranks, columns[-1][by_context]], bits)
    return _sorted(keys, weights, n, vocab_size, pairs, contexts[firsts])


def _sorted(
    keys: Keys, weights: Ints | None, order: int, vocab_size: int, pairs: Keys | None, names: Keys | None = None
) -> Counts:
    """The table of packed n-grams; `names` of the contexts when the keys have ranks for them."""
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
    return Counts(order, vocab_size, contexts, np.append(rows, keys.size), tokens, counts, pairs)


def _firsts(keys: Keys) -> Ints:
    """Where each run of equal keys begins."""
    new = np.ones(keys.size, dtype=bool)
    np.not_equal(keys[1:], keys[:-1], out=new[1:])
    return np.flatnonzero(new)


def _find(keys: Keys, wanted: Keys) -> Ints:
    """(T,) the place of each wanted key in the sorted keys, -1 where it is not."""
    if wanted.size >= MANY and np.any(wanted[1:] < wanted[:-1]):
        # many are looked for in their order: the next one is mostly near, and near means in the processor's cache
        by_key = np.argsort(wanted)
        places = np.empty(wanted.size, dtype=np.int64)
        places[by_key] = _find(keys, wanted[by_key])
        return places
    places = np.searchsorted(keys, wanted)
    found = places < keys.size
    found[found] = keys[places[found]] == wanted[found]
    return np.where(found, places, -1)


def check_counts(order: int, vocab_size: int, arrays: Mapping[str, NDArray[Any]]) -> Counts:
    """The table in a file's arrays; ValueError unless it is one that `count` could have made."""
    kinds = {"contexts": np.uint64, "offsets": np.int64, "tokens": np.int32, "counts": np.int64}
    if set(arrays) != set(kinds):
        raise ValueError(f"the n-gram file must hold {', '.join(kinds)} and no other counts")
    if vocab_size > NARROW_VOCAB:
        raise ValueError(f"n-gram files are for vocabularies of at most {NARROW_VOCAB:,} tokens, not {vocab_size:,}")
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
