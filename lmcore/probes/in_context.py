"""Adapting within the prompt: what a model does better the second time, with no weight changed.

A random passage twice: nothing but its first copy tells what comes in the second. Olsson et al., "In-context Learning
and Induction Heads" (2022), https://arxiv.org/abs/2209.11895. And a made-up word used twice.
Letters in shapes: M passages, n tokens of a passage, T tokens of a text.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lmcore.models.base import LanguageModel
from lmcore.probes.context_length import window_losses

if TYPE_CHECKING:
    from lmcore.tokenizers.base import Tokenizer

Floats = NDArray[np.float64]
Ids = Sequence[int] | NDArray[np.int64]

PASSAGES = 8
LENGTH = 24  # tokens of a passage, less where two do not fit into the window
SHORTEST = 4


@dataclass(frozen=True)
class Copies:
    """Losses in nats on random passages that stand in the text twice."""

    passages: list[list[int]]
    """(M, n) the tokens of one copy."""
    first: Floats
    """(M, n) each token's loss in the first copy."""
    second: Floats
    """(M, n) and in the second. Its first token can be known by no one: nothing says that the copy begins."""

    @property
    def means(self) -> tuple[float, float]:
        """Nats a token in the first and the second copy; the first token of each is left out."""
        return float(self.first[:, 1:].mean()), float(self.second[:, 1:].mean())

    @property
    def errors(self) -> tuple[float, float]:
        """Standard errors of the means, from how far the passages lie apart."""

        def error(losses: Floats) -> float:
            return float(losses[:, 1:].mean(axis=1).std(ddof=1) / math.sqrt(len(losses)))

        return error(self.first), error(self.second)


def drawable(tokenizer: Tokenizer) -> NDArray[np.int64]:
    """The tokens that random passages are made of: all but `<s>`, `<unk>` and the halves of bytes."""
    halves = {f"<{digit:x}>" for digit in range(16)} if tokenizer.kind == "char" else set()
    return np.array([i for i, s in enumerate(tokenizer.itos) if i and i != tokenizer.unk_id and s not in halves])


def passage_length(block_size: int | None, around: int = 0) -> int:
    """How long a passage is, so that it fits twice into a window with the start token and `around` other tokens.

    ValueError where that leaves fewer than 4.
    """
    n = LENGTH if block_size is None else min(LENGTH, (block_size - 1 - around) // 2)
    if n < SHORTEST:
        raise ValueError(f"a window of {block_size} tokens is too short for a passage of {SHORTEST} tokens twice")
    return n


def random_passages(tokens: Ids, n: int, m: int = PASSAGES) -> list[list[int]]:
    """m passages of n tokens, drawn evenly (seeds 0..m-1); none has a token twice while there are enough."""
    if not len(tokens) or n < 2:
        raise ValueError("a passage needs two tokens, and there must be tokens to draw from")
    return [
        np.random.default_rng(seed).choice(np.asarray(tokens), n, replace=len(tokens) < n).tolist() for seed in range(m)
    ]


def text_passages(ids: Ids, n: int, m: int = PASSAGES) -> list[list[int]]:
    """m passages of n tokens of a text, spread evenly."""
    if len(ids) < n or n < 2:
        raise ValueError(f"a text of {len(ids):,} tokens has no passage of {n}")
    first = np.linspace(0, len(ids) - n, m).astype(np.int64)
    return np.asarray(ids)[first[:, None] + np.arange(n)].tolist()


def copies(model: LanguageModel, passages: Sequence[Ids], before: Ids = (), between: Ids = ()) -> Copies:
    """Losses on `before`, a passage, `between`, and the passage again, for each of several passages of one length."""
    lengths = {len(passage) for passage in passages}
    if len(passages) < 2 or len(lengths) != 1 or min(lengths) < 2:
        raise ValueError("at least two passages of one length are needed, of two tokens or more")
    (n,) = lengths
    texts = [[*before, *passage, *between, *passage] for passage in passages]
    if hasattr(model, "forward") and (model.block_size is None or len(texts[0]) <= model.block_size):
        losses = window_losses(model, np.array([[model.start_id, *text] for text in texts]))
    else:
        losses = np.stack([-model.score(text).astype(np.float64) for text in texts])
    at, again = len(before), len(before) + n + len(between)
    return Copies([list(passage) for passage in passages], losses[:, at : at + n], losses[:, again : again + n])


@dataclass(frozen=True)
class TwoUses:
    """A word used twice in a prompt, token by token."""

    tokens: list[int]
    """(k,) of the word."""
    first: Floats
    """(k,) nats at its first use."""
    second: Floats
    """(k,) nats at its second use."""
    control: Floats | None
    """(k,) nats at the same second place when another made-up word stood at the first; None without such a word."""


def two_uses(model: LanguageModel, tokenizer: Tokenizer, frame: tuple[str, str], word: str, other: str = "") -> TwoUses:
    """What the tokens of `word` cost in frame[0] + word + frame[1] + word, at both uses.

    ValueError without a word, or when its tokens cannot be told from those around it.
    """
    if not word:
        raise ValueError("there is no word to look at")
    before, between = frame
    k, first_at, second_at, ids = _places(tokenizer, before, word, between, word)
    losses = -model.score(ids).astype(np.float64)
    first, second = losses[first_at : first_at + k], losses[second_at : second_at + k]
    control = None
    if other and other != word:
        k_control, _, at, ids_control = _places(tokenizer, before, other, between, word)
        control = -model.score(ids_control).astype(np.float64)[at : at + k_control]
    return TwoUses(
        ids[second_at : second_at + k], first, second, control if control is not None and len(control) == k else None
    )


def _places(tokenizer: Tokenizer, before: str, one: str, between: str, two: str) -> tuple[int, int, int, list[int]]:
    """How many tokens `two` has, where `one` and `two` begin, and the ids of everything."""
    parts = [len(tokenizer.encode(text)) for text in (before, before + one, before + one + between)]
    ids = tokenizer.encode(before + one + between + two)
    k = len(ids) - parts[2]
    if k < 1 or (one == two and (parts[1] - parts[0] != k or ids[parts[0] : parts[1]] != ids[parts[2] :])):
        raise ValueError("this word makes other tokens at its second use; put a space before it at both, or at none")
    return k, parts[0], parts[2], ids
