"""Passages with words hidden: what models that fill in blanks learn from. Seeded, plain numpy.

Devlin et al., "BERT" (2019), https://arxiv.org/abs/1810.04805, hide 15 words in 100, leave 10% of these as they are
and put a random word for another 10%, because their model is fine-tuned on texts without masks afterwards. Here masks
are all that the models are used for, so every hidden word becomes the mask, and the share is drawn anew for each
passage, so that a model can fill in one blank as well as many.

Lewis et al., "BART" (2020), https://arxiv.org/abs/1910.13461: for the denoiser neighbouring blanks become one mask
("text infilling"), which does not say how many words it hides.

Letters in shapes: B passages in a batch, T tokens of the longest, n tokens of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lmcore.batches import Ints, Tokens
from lmcore.tokenizers.base import START_ID
from lmcore.tokenizers.blanks import BlankTokenizer

IGNORED = -100  # where nothing is to be predicted: torch's cross-entropy leaves it out
SHARES = (0.1, 0.5)  # the lowest and highest share of hidden words in training
MEASURED_SHARE = 0.15  # where something is measured, as in BERT's training
UNKNOWN = 0.01  # of the words that are seen are read as <unk> in training, so that a model has met it
WHOLE_SHARE = 0.6  # of the examples are passages from their first word on; the others begin and end anywhere
SHORTEST = 4  # tokens of an example

Ids = Sequence[int] | Ints
Batch = tuple[tuple[Ints, Ints], Ints]


@dataclass(frozen=True, kw_only=True)
class MarkedTokens(Tokens):
    """A tokenized text, with the tokenizer that knows the mask and the end."""

    tokenizer: BlankTokenizer


def marked(tokens: Tokens, tokenizer: BlankTokenizer) -> MarkedTokens:
    """The same text, to have words hidden in it."""
    return MarkedTokens(tokens.ids, tokens.starts, tokens.separate, tokenizer=tokenizer)


def choose(n: int, share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """(n,) which words are hidden: each with the same chance, but at least one. ValueError when there is no word."""
    if n < 1:
        raise ValueError("a passage without a word has nothing to hide")
    hidden = rng.random(n) < share
    if not hidden.any():
        hidden[rng.integers(n)] = True
    return hidden


def masked(ids: Ids, hidden: NDArray[np.bool_], mask_id: int) -> Ints:
    """(n,) every hidden word is a mask of its own: what a masked model reads."""
    return np.where(hidden, mask_id, np.asarray(ids, np.int64))


def infilled(ids: Ids, hidden: NDArray[np.bool_], mask_id: int) -> Ints:
    """(m,), m <= n: neighbouring hidden words are one mask together: what a denoiser reads."""
    first = hidden & ~np.concatenate(([False], hidden[:-1]))
    return masked(ids, hidden, mask_id)[~hidden | first]


class BlankBatches:
    """Examples of a text, drawn at random, each batch fixed by the seed and its step alone."""

    def __init__(self, tokens: MarkedTokens, *, batch_size: int, block_size: int, seed: int, writes: bool) -> None:
        """`writes`: for a denoiser, which writes whole passages. ValueError when block_size is 1."""
        self.ids = tokens.ids.astype(np.int64)
        self.first = tokens.starts
        self.last = np.append(tokens.starts[1:], self.ids.size)
        self.tokenizer, self.writes = tokens.tokenizer, writes
        self.batch_size, self.seed = batch_size, seed
        self.most = block_size - 1 if writes else block_size  # the end, or the start, takes a place
        if self.most < 1:
            raise ValueError("block_size must leave room for a word")

    def batch_at(self, step: int) -> Batch:
        """Of a step, counted from 0, for a masked model: (x (B, T), places (1, n) of all masks in it), y (1, n).

        For a denoiser ((source (B, S), idx (B, T) from the start token on), y (B, T) with the end).
        """
        rng = np.random.default_rng([self.seed, step])
        rows = [self._example(rng) for _ in range(self.batch_size)]
        hidden = [choose(len(row), rng.uniform(*SHARES), rng) for row in rows]
        return batch(rows, hidden, self.tokenizer, self.writes, rng)

    def _example(self, rng: np.random.Generator) -> Ints:
        p = rng.integers(self.first.size)
        a, b = int(self.first[p]), int(self.last[p])
        if rng.random() < WHOLE_SHARE:
            return self.ids[a : min(b, a + self.most)]
        n = int(rng.integers(min(SHORTEST, b - a, self.most), min(b - a, self.most) + 1))
        begin = int(rng.integers(a, b - n + 1))
        return self.ids[begin : begin + n]


def batch(
    rows: Sequence[Ints],
    hidden: Sequence[NDArray[np.bool_]],
    tokenizer: BlankTokenizer,
    writes: bool,
    rng: np.random.Generator | None = None,
) -> Batch:
    """Passages and what is hidden in them as arrays, filled up with 0 and, in y, with -100; see `batch_at`.

    With an `rng` some of the words that are read become `<unk>`.
    """
    hide = infilled if writes else masked
    read = [hide(row, which, tokenizer.mask_id) for row, which in zip(rows, hidden, strict=True)]
    x = np.zeros((len(rows), max(map(len, read))), np.int64)
    for line, ids in zip(x, read, strict=True):
        line[: len(ids)] = ids
    if rng is not None and tokenizer.unk_id is not None:
        x[(rng.random(x.shape) < UNKNOWN) & (x != 0) & (x != tokenizer.mask_id)] = tokenizer.unk_id
    if not writes:
        truth = np.concatenate([ids[which] for ids, which in zip(rows, hidden, strict=True)])
        return (x, np.flatnonzero(x == tokenizer.mask_id)[None]), truth[None]
    T = max(map(len, rows)) + 1
    y = np.full((len(rows), T), IGNORED, np.int64)
    idx = np.zeros((len(rows), T), np.int64)
    for given, line, ids in zip(idx, y, rows, strict=True):
        given[0], given[1 : len(ids) + 1] = START_ID, ids
        line[: len(ids)], line[len(ids)] = ids, tokenizer.end_id
    return (x, idx), y
