"""A text as training examples: windows of tokens (x) and the same windows one token later (y).

Letters in shapes: N tokens of the text, D passages, B windows in a batch, T tokens in a window.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from lmcore.tokenizers.base import START_ID, Tokenizer

Ints = NDArray[np.int64]

START_SHARE = 0.25  # of the windows begin a passage: a model that never saw the start token cannot begin a text
MIN_PASSAGES = 8

# What ends a passage: blank lines, else lines, else sentences. Each pattern reads any text in linear time.
ENDINGS = [
    re.compile(r"\n(?:[^\S\n]*\n)+"),
    re.compile(r"\n+"),
    re.compile(r"[.!?…][\"'”’)\]]{0,3}\s+"),
]


@dataclass(frozen=True)
class Tokens:
    """A tokenized text."""

    ids: NDArray[np.int32]
    """(N,) the tokens of all passages, one after the other; the start token is never among them."""
    starts: Ints
    """(D,) where each passage begins in `ids`, rising, the first 0."""
    separate: bool = False
    """Each passage is a sentence by itself: what stands before it says nothing about it."""


def passages(text: str) -> list[str]:
    """The text in passages, whose join is the text again.

    They end after blank lines, else after lines, else after sentences (the first that gives at least 8), else the
    whole text is one.
    """
    for ending in ENDINGS:
        cuts = [0, *(match.end() for match in ending.finditer(text)), len(text)]
        parts = [text[a:b] for a, b in pairwise(cuts) if a < b]
        if len(parts) >= MIN_PASSAGES:
            return parts
    return [text]


def tokenize(tokenizer: Tokenizer, text: str) -> Tokens:
    """Encode a text passage by passage; ValueError when nothing of it is left as a token."""
    encoded = tokenizer.encode_many(passages(text))
    lengths = np.array([len(ids) for ids in encoded], dtype=np.int64)
    N = int(lengths.sum())
    if N == 0:
        raise ValueError("the text has no tokens")
    ids = np.fromiter(chain.from_iterable(encoded), dtype=np.int32, count=N)
    return Tokens(ids, (np.cumsum(lengths) - lengths)[lengths > 0])


class Batches:
    """Random windows of a text, each fixed by the seed and its step alone, so that a run can be taken up anywhere.

    A share of the windows begins a passage: there x is the start token and then the passage, so that the model learns
    p(x_1). The others lie anywhere. A text of no more than `block_size` tokens is one window.
    """

    def __init__(
        self, tokens: Tokens, *, batch_size: int, block_size: int, seed: int, start_share: float = START_SHARE
    ) -> None:
        """ValueError on sizes below 1, a negative seed, a share outside 0 to 1, or an empty text."""
        if batch_size < 1 or block_size < 1:
            raise ValueError(f"batch_size and block_size must be at least 1, not {batch_size} and {block_size}")
        if seed < 0:
            raise ValueError(f"the seed must not be negative, but it is {seed}")
        if not 0 <= start_share <= 1:
            raise ValueError(f"start_share must lie between 0 and 1, not {start_share}")
        N = tokens.ids.size
        if N == 0:
            raise ValueError("there are no tokens to train on")
        self.ids = tokens.ids
        self.batch_size, self.seed, self.start_share = batch_size, seed, start_share
        self.T = min(block_size, N)
        self.starts = tokens.starts[tokens.starts <= N - self.T]  # never empty: 0 is always among them

    def batch_at(self, step: int) -> tuple[Ints, Ints]:
        """x (B, T) and y (B, T) of a step, counted from 0: y[b, t] is the token after x[b, t]."""
        rng = np.random.default_rng([self.seed, step])
        B, T, N = self.batch_size, self.T, self.ids.size
        # A window is T + 1 tokens. One that begins a passage is taken a place early, and that place made <s>.
        begins = rng.random(B) < self.start_share if N > T else np.ones(B, dtype=bool)
        anywhere = rng.integers(0, max(N - T, 1), B)
        first = np.where(begins, self.starts[rng.integers(0, self.starts.size, B)] - 1, anywhere)
        windows = self.ids[first[:, None] + np.arange(T + 1)].astype(np.int64)  # (B, T + 1)
        windows[begins, 0] = START_ID
        return windows[:, :-1].copy(), windows[:, 1:].copy()

    def __iter__(self) -> Iterator[tuple[Ints, Ints]]:
        """The batches of step 0, 1, 2, … without end."""
        step = 0
        while True:
            yield self.batch_at(step)
            step += 1


def batches(
    tokens: Tokens, *, batch_size: int, block_size: int, seed: int, start_share: float = START_SHARE
) -> Batches:
    """Endless training batches (x, y), both (B, T) int64; `.batch_at(step)` gives any one of them."""
    return Batches(tokens, batch_size=batch_size, block_size=block_size, seed=seed, start_share=start_share)


def evaluation_windows(
    tokens: Tokens, block_size: int, max_tokens: int, *, from_starts: bool = False
) -> tuple[Ints, Ints]:
    """x and y (M, T) to measure a loss on: at most `max_tokens` tokens (but at least one window), always the same.

    The windows are spread evenly over the text and do not overlap; the first begins the text with the start token.
    `from_starts`, for a model that learns from whole passages: each begins a passage, with the start token, and may
    reach into the next window where passages are short.
    """
    if block_size < 1 or max_tokens < 1 or tokens.ids.size == 0:
        raise ValueError("evaluation needs at least one token, a block_size and max_tokens of at least 1")
    N = tokens.ids.size
    T = min(block_size, N, max_tokens)
    M = min(N, max_tokens) // T
    first = np.linspace(0, N - T, M).astype(np.int64)  # y begins here, x one earlier
    if from_starts:
        starts = tokens.starts[tokens.starts <= N - T]  # never empty: 0 is always among them
        first = starts[np.linspace(0, starts.size - 1, min(M, starts.size)).astype(np.int64)]
    windows = tokens.ids[first[:, None] + np.arange(-1, T)].astype(np.int64)
    windows[slice(None) if from_starts else 0, 0] = START_ID
    return windows[:, :-1].copy(), windows[:, 1:].copy()
