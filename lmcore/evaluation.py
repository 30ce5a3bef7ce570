"""How well a model predicts a text: log-likelihood, perplexity, bits.

Nats are natural logarithms, bits are to the base 2. A token that the model gives probability 0 makes the
log-likelihood minus infinity and the perplexity infinite; both are said so, never hidden.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from lmcore.models.base import LanguageModel
    from lmcore.tokenizers.base import Tokenizer


def log_likelihood(model: LanguageModel, ids: Sequence[int]) -> float:
    """Σ_t ln p(x_t | x_1..x_{t-1}) in nats; 0 for no tokens."""
    return float(np.sum(model.score(ids), dtype=np.float64))


def perplexity(total_nats: float, n_tokens: int) -> float:
    """exp(total / n): a fair choice among so many surprises as much. `total_nats` is minus the log-likelihood."""
    try:
        return math.exp(_mean(total_nats, n_tokens, "token"))
    except OverflowError:
        return math.inf


def bits_per_token(total_nats: float, n_tokens: int) -> float:
    """total / (n ln 2). `total_nats` is minus the log-likelihood."""
    return _mean(total_nats, n_tokens, "token") / math.log(2)


def bits_per_character(total_nats: float, n_chars: int) -> float:
    """total / (characters · ln 2): comparable between models with different tokens. `total_nats` as above."""
    return _mean(total_nats, n_chars, "character") / math.log(2)


class TokenScore(NamedTuple):
    """One row of the table of an evaluation."""

    place: int
    """From 0."""
    token_id: int
    token: str
    log_prob: float
    """Nats."""
    prob: float
    bits: float
    """-log2 p: the surprise."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A text as one model sees it."""

    ids: NDArray[np.int64]
    """(T,) its tokens."""
    tokens: list[str]
    """(T,) the same, to be shown."""
    log_probs: NDArray[np.float64]
    """(T,) ln p of each token given those before it."""
    n_chars: int
    n_unknown: int
    """How many tokens are `<unk>`: predicting it is easier than predicting the word, so bits per character flatter."""

    @property
    def n_tokens(self) -> int:
        return len(self.tokens)

    @property
    def log_likelihood(self) -> float:
        """Nats, 0 or less."""
        return float(self.log_probs.sum())

    @property
    def loss(self) -> float:
        """Nats a token: what training makes small."""
        return -self.log_likelihood / self.n_tokens

    @property
    def perplexity(self) -> float:
        return perplexity(-self.log_likelihood, self.n_tokens)

    @property
    def bits_per_token(self) -> float:
        return bits_per_token(-self.log_likelihood, self.n_tokens)

    @property
    def bits_per_character(self) -> float:
        return bits_per_character(-self.log_likelihood, self.n_chars)

    def table(self) -> Iterator[TokenScore]:
        """One row for each token."""
        rows = zip(self.ids.tolist(), self.tokens, self.log_probs.tolist(), strict=True)
        for place, (i, token, log_prob) in enumerate(rows):
            yield TokenScore(place, i, token, log_prob, math.exp(log_prob), -log_prob / math.log(2) + 0.0)


def evaluate(model: LanguageModel, tokenizer: Tokenizer, text: str) -> Evaluation:
    """Score every token of a text; ValueError when it has none."""
    ids = tokenizer.encode(text)
    if not ids:
        raise ValueError("there is no token to score in this text")
    log_probs = model.score(ids).astype(np.float64)
    unknown = 0 if tokenizer.unk_id is None else ids.count(tokenizer.unk_id)
    return Evaluation(np.array(ids), [tokenizer.itos[i] for i in ids], log_probs, len(text), unknown)


def _mean(total_nats: float, n: int, unit: str) -> float:
    if n < 1:
        raise ValueError(f"there must be at least one {unit} to average over")
    if not total_nats >= -1e-6 * n:  # a float32 model may round a certainty to a little over 1
        raise ValueError(f"total_nats is minus the log-likelihood: 0 or more, not {total_nats}")
    return max(total_nats, 0.0) / n
