"""A text of one sentence a line, its words divided by spaces: what tools for n-grams read and write.

Each sentence begins after `<s>` and ends with `</s>`, which is a token like any other: a model of sentences also says
where they end. An empty line is the empty sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from lmcore.tokenizers.base import START
from lmcore.tokenizers.word import UNK, UNK_ID

END = "</s>"
END_ID = 2
RESERVED = (START, UNK, END)
SPACES = bytes.maketrans(b"\r\t\v\f\0", b"     ")


@dataclass(frozen=True, eq=False)
class Sentences:
    """A text as word indices."""

    ids: NDArray[np.int32]
    """(N,) the words of all sentences, each with its `</s>`."""
    starts: NDArray[np.int64]
    """(D,) where each sentence begins."""


def read(data: bytes, most_words: int) -> tuple[list[str], Sentences]:
    """The vocabulary of a text in UTF-8 (`<s>`, `<unk>`, `</s>`, then the words, sorted by their bytes) and the text.

    ValueError for a text without words, with more than `most_words` different ones, or with a reserved word in it.
    """
    tokens, n_lines = _split(data)
    known = set(tokens)
    known.discard(END.encode())
    for word in RESERVED:
        if word.encode() in known or (word == END and tokens.count(END.encode()) != n_lines):
            raise ValueError(f"the text has the word {word}, which is reserved: write it another way")
    if not known:
        raise ValueError("the text has no words")
    if len(known) > most_words:
        raise ValueError(f"the text has {len(known):,} different words; the limit is {most_words:,}")
    words = sorted(known)
    try:
        vocabulary = [*RESERVED, *(word.decode() for word in words)]
    except UnicodeDecodeError as error:
        raise ValueError("the text is not UTF-8") from error
    return vocabulary, _index(tokens, {word: i for i, word in enumerate(words, len(RESERVED))})


def encode(data: bytes, vocabulary: list[str]) -> Sentences:
    """A text as indices of a vocabulary that `read` made; words that are not in it are `<unk>`."""
    tokens, _ = _split(data)
    return _index(tokens, {word.encode(): i for i, word in enumerate(vocabulary) if i >= len(RESERVED)})


def _split(data: bytes) -> tuple[list[bytes], int]:
    """All words with a `</s>` after each line, and how many lines there are."""
    data = data.removeprefix(b"\xef\xbb\xbf").translate(SPACES)
    if not data.endswith(b"\n"):
        data += b"\n"
    return data.replace(b"\n", b" </s> ").split(), data.count(b"\n")


def _index(tokens: list[bytes], stoi: dict[bytes, int]) -> Sentences:
    stoi = {**stoi, END.encode(): END_ID}
    ids = np.fromiter(map(stoi.get, tokens, repeat(UNK_ID)), np.int32, len(tokens))
    ends = np.flatnonzero(ids == END_ID) + 1
    return Sentences(ids, np.append(0, ends[:-1]).astype(np.int64))
