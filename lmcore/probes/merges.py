"""How byte pair encoding came to its vocabulary: its merges replayed on the text, one after the other.

Sennrich, Haddow and Birch (2016), "Neural machine translation of rare words with subword units": each step joins the
pair of neighbours that stands in the text most often. Hugging Face `tokenizers` chose the merges; here they are done
once more to learn what it does not tell: how often each pair stood there, and how many tokens the text had left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lmcore.tokenizers import START, BPETokenizer
from lmcore.tokenizers.bpe import byte_letters, split
from lmcore.tokenizers.checks import clean

END = -1  # stands after every word: no pair reaches over it


@dataclass(frozen=True)
class Replay:
    """S merges on one text. Merge s joins the tokens `left[s]` and `right[s]` to `new[s]`, all (S,) indices.

    `counts` (S,): how often the pair stood in the text just before it was joined. `n_tokens` (S + 1,) and `vocab_sizes`
    (S + 1,): tokens of the text, and of the vocabulary with `<s>`, after the first 0, 1, …, S merges. `token_counts`
    (V,): how often each token of the whole vocabulary stands in the text after all merges.
    """

    left: NDArray[np.int32]
    right: NDArray[np.int32]
    new: NDArray[np.int32]
    counts: NDArray[np.int64]
    n_tokens: NDArray[np.int64]
    vocab_sizes: NDArray[np.int64]
    token_counts: NDArray[np.int64]


def replay(text: str, tokenizer: BPETokenizer) -> Replay:
    """The tokenizer's merges on a text, usually the one it was trained on.

    Every different word stands once in one long array, with its count: a merge is one look over that array, about
    0.3 ms for the 25,000 different words of 1 MB of Shakespeare.
    """
    index = {START: 0}
    for letter in sorted(byte_letters().values()):
        index[letter] = len(index)
    merges, sizes = [], [len(index)]
    for left, right in tokenizer.merges:
        new = index.setdefault(left + right, len(index))
        merges.append((index[left], index[right], new))
        sizes.append(len(index))

    tokens, weights = _words(text, index)
    n_tokens = [int(weights[tokens != END].sum())]
    counts = []
    known = sizes[0]
    for s, merge in enumerate(merges):
        tokens, weights, count, joined = _join(tokens, weights, merge)
        if merge[2] < known:  # a piece that another pair made before: earlier merges may take it up
            for earlier in merges[:s]:
                tokens, weights, _, more = _join(tokens, weights, earlier)
                joined += more
        known = max(known, merge[2] + 1)
        counts.append(count)
        n_tokens.append(n_tokens[-1] - joined)

    columns = np.array(merges, dtype=np.int32).reshape(-1, 3).T
    inside = tokens != END
    ends = np.bincount(tokens[inside], weights=weights[inside], minlength=len(index))  # exact: counts are below 2**53
    return Replay(
        left=columns[0],
        right=columns[1],
        new=columns[2],
        counts=np.array(counts, dtype=np.int64),
        n_tokens=np.array(n_tokens, dtype=np.int64),
        vocab_sizes=np.array(sizes, dtype=np.int64),
        token_counts=ends.astype(np.int64),
    )


def cut(text: str, tokenizer: BPETokenizer, n_merges: int) -> list[str]:
    """A text cut with the first merges only; pieces as the tokenizer shows them. ValueError below 0 or above all."""
    if not 0 <= n_merges <= len(tokenizer.merges):
        raise ValueError(f"there are {len(tokenizer.merges)} merges, so the first {n_merges} cannot be taken")
    early = BPETokenizer(tokenizer.merges[:n_merges])
    return [early.itos[i] for i in early.encode(text)]


def _words(text: str, index: dict[str, int]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """(N,) byte tokens of every different word, an END after each; (N,) how often the word of each stands there."""
    words = Counter(split(clean(text)))
    letters = byte_letters()
    table = np.array([index[letters[byte]] for byte in range(256)], dtype=np.int32)
    encoded = [word.encode() for word in words]
    sizes = np.array([len(word) + 1 for word in encoded], dtype=np.int64)
    tokens = table[np.frombuffer(b"\0".join([*encoded, b""]), dtype=np.uint8)]
    tokens[np.cumsum(sizes) - 1] = END
    return tokens, np.repeat(np.array(list(words.values()), dtype=np.int64), sizes)


def _join(
    tokens: NDArray[np.int32], weights: NDArray[np.int64], merge: Sequence[int]
) -> tuple[NDArray[np.int32], NDArray[np.int64], int, int]:
    """One merge everywhere: the new arrays, how often the pair stood there, and how many of these were joined.

    The two numbers differ where pairs overlap: in "aaa" the pair (a, a) stands twice, and is joined once.
    """
    left, right, new = merge
    at = np.flatnonzero(tokens == left)
    at = at[: -1 if at.size and at[-1] == tokens.size - 1 else None]
    at = at[tokens[at + 1] == right]
    count = int(weights[at].sum())
    if left == right and at.size > 1:  # from the left, every second one of a run
        starts = np.flatnonzero(np.diff(at, prepend=-2) != 1)
        runs = np.diff(np.append(starts, at.size))
        at = at[(np.arange(at.size) - np.repeat(starts, runs)) % 2 == 0]
    if not at.size:
        return tokens, weights, count, 0
    joined = int(weights[at].sum())
    keep = np.ones(tokens.size, dtype=bool)
    keep[at + 1] = False
    tokens = tokens.copy()
    tokens[at] = new
    return tokens[keep], weights[keep], count, joined
