"""One text cut into tokens in several ways, each token with its place in the text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lmcore.tokenizers import BPETokenizer, CharTokenizer, Tokenizer
from lmcore.tokenizers.checks import clean
from lmcore.tokenizers.word import split

KINDS = ("byte", "char", "word", "bpe")


@dataclass(frozen=True)
class Cut:
    """T tokens: indices `ids` (T,), each from byte `starts[t]` to `ends[t]` (T,) of the text as UTF-8.

    Bytes, characters and pieces tile the text; words leave out the spaces. A character that was never seen is two hex
    halves a byte, and both halves stand at that byte.
    """

    ids: NDArray[np.int32]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]


def cut_bytes(text: str) -> Cut:
    """The bytes of the text as UTF-8: a vocabulary of 256, each byte its own index."""
    ids = np.frombuffer(clean(text).encode(), dtype=np.uint8)
    places = np.arange(ids.size + 1)
    return _cut(ids, places[:-1], places[1:])


def cut(text: str, tokenizer: Tokenizer) -> Cut:
    """The tokenizer's own encoding of the text, and where each token stands."""
    text = clean(text)
    ids = tokenizer.encode(text)
    if isinstance(tokenizer, BPETokenizer):
        return _tiled(ids, [len(tokenizer.token_bytes(i)) for i in ids])
    sizes = [len(char.encode()) for char in text]  # bytes of each character
    if isinstance(tokenizer, CharTokenizer):
        starts, ends, at = [], [], 0
        for char, size in zip(text, sizes, strict=True):
            known = char in tokenizer.stoi
            places = [(at, at + size)] if known else [(at + b, at + b + 1) for b in range(size) for _ in "hl"]
            starts += [start for start, _ in places]
            ends += [end for _, end in places]
            at += size
        return _cut(ids, starts, ends)
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    starts, ends, at = [], [], 0
    for word in split(text):
        at = text.index(word, at)  # only spaces lie between, and no word is one
        starts.append(int(offsets[at]))
        at += len(word)
        ends.append(int(offsets[at]))
    return _cut(ids, starts, ends)


def _tiled(ids: list[int], sizes: list[int]) -> Cut:
    ends = np.cumsum(sizes, dtype=np.int64)
    return _cut(ids, ends - np.asarray(sizes, dtype=np.int64), ends)


def _cut(ids: object, starts: object, ends: object) -> Cut:
    found = Cut(*(np.asarray(values, dtype=np.int32) for values in (ids, starts, ends)))
    if not found.ids.size == found.starts.size == found.ends.size:
        raise ValueError(f"{found.ids.size} tokens cannot stand at {found.starts.size} places")
    return found
