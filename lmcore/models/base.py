"""The one interface: a language model maps a sequence of token indices to a probability vector.

Letters in shapes: T tokens given, V vocabulary size. Everything at this boundary is numpy and natural logs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lmcore.tokenizers.base import START_ID

Floats = NDArray[np.float32]
State = Any  # whatever the family needs to go on: an n-gram context, (h, c), a KV cache. Never changed in place.


class LanguageModel(ABC):
    """p(x_1, …, x_T) as a product of p(x_{t+1} | x_1..x_t), one row of log-probabilities for each t = 0..T.

    `ids` never contain the start token: every model puts index 0 before them itself.
    """

    family: ClassVar[str]  # "ngram", "gpt", …; the name in specs and checkpoints
    start_id: ClassVar[int] = START_ID

    @property
    @abstractmethod
    def vocab_size(self) -> int:
        """V, the length of every probability vector."""

    @property
    @abstractmethod
    def block_size(self) -> int | None:
        """How many positions the model sees at once, the start token counted; None when there is no limit."""

    @property
    @abstractmethod
    def n_params(self) -> int:
        """Trained numbers in the model; for an n-gram, the number of stored counts."""

    @abstractmethod
    def log_probs(self, ids: Sequence[int]) -> Floats:
        """(T+1, V) natural log-probabilities: row t is log p(x_{t+1} | x_1..x_t), row 0 is log p(x_1)."""

    @abstractmethod
    def score(self, ids: Sequence[int]) -> Floats:
        """(T,) the log-likelihood of each token given those before it, in nats; computed in chunks."""

    @abstractmethod
    def start(self) -> tuple[State, Floats]:
        """The state before any token, and (V,) log p(x_1)."""

    @abstractmethod
    def step(self, state: State, token: int) -> tuple[State, Floats]:
        """Take in one token: the new state, and (V,) log p(next | all so far). The old state stays usable."""

    @abstractmethod
    def trace(self, ids: Sequence[int]) -> dict[str, NDArray[Any]]:
        """The same pass with its named internals kept, "log_probs" (T+1, V) among them."""

    def prompt(self, ids: Sequence[int]) -> tuple[State, Floats]:
        """State and next-token log-probabilities after a whole prompt. Families override it when they can be faster."""
        state, log_probs = self.start()
        for token in ids:
            state, log_probs = self.step(state, token)
        return state, log_probs


def check_ids(ids: Sequence[int], vocab_size: int) -> NDArray[np.int64]:
    """The ids as an int64 array (T,); ValueError names the first index that is not in 1..V-1."""
    array = np.asarray(ids, dtype=np.int64).reshape(-1)
    bad = np.flatnonzero((array < 1) | (array >= vocab_size))
    if bad.size:
        raise ValueError(
            f"token {int(array[bad[0]])} at place {int(bad[0])} is not in the vocabulary 1..{vocab_size - 1}"
        )
    return array
