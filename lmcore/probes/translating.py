"""A translator at work on one sentence: what it writes, what else it could have written, and where it looked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lmcore.beam import Tree, beam_search
from lmcore.models.base import LanguageModel

MOST = 64
"""No translation is written longer than so many tokens."""


@dataclass(frozen=True)
class Written:
    """T tokens of a translation, P = T places when the end token came last, and P = T when the limit did."""

    tokens: tuple[int, ...]
    """With the end token, if it came."""
    ended: bool
    log_probs: NDArray[np.float32] = field(repr=False)
    """(P, V) at each place, before its token is chosen."""
    cross: NDArray[np.float32] = field(repr=False)
    """(L, H, P, S) where each head of the decoder looks in the source while it writes the token of each place."""

    @property
    def log_prob(self) -> float:
        """ln p(translation | source), the end token with it."""
        return float(self.log_probs[np.arange(len(self.tokens)), list(self.tokens)].sum())


def translate(
    model: LanguageModel, end: int, n_source: int, *, taken: Sequence[int] = (), num_beams: int = 1
) -> tuple[Written, Tree | None]:
    """What `model.given(source)` writes after the tokens `taken` until the end token, by a beam (1: greedy).

    Also the search's tree; None where nothing is left to search. At most twice the source's length and ten tokens,
    MOST at all events. ValueError on a token that is not in the vocabulary.
    """
    room = min(MOST, 2 * n_source + 10) - len(taken)
    tokens, tree = list(taken), None
    if end not in tokens and room > 0:
        tree = beam_search(model, tokens, num_beams=num_beams, max_new_tokens=room, end=(end,))
        tokens += tree.found[0].tokens
    if end in tokens:
        tokens = tokens[: tokens.index(end) + 1]
    ended = bool(tokens) and tokens[-1] == end
    trace = model.trace(tokens[:-1])
    cross = np.asarray(trace["cross_weights"], np.float32)
    return Written(tuple(tokens), ended, np.asarray(trace["log_probs"], np.float32), cross), tree


def alternatives(log_probs: NDArray[np.float32], k: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """(P, V) -> (P, k) the likeliest tokens and their probabilities, best first; the start token is none of them."""
    shown = log_probs.copy()
    shown[:, 0] = -np.inf
    k = min(k, shown.shape[1] - 1)
    ids = np.argsort(-shown, axis=1, kind="stable")[:, :k]
    return ids.astype(np.int32), np.exp(np.take_along_axis(log_probs, ids, axis=1)).astype(np.float32)
