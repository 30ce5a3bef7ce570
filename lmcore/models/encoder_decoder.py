"""What every translator is, whatever its layers: a source is read once, then a target is written token by token.

p(y_1, …, y_T | x_1, …, x_S) is a product of p(y_{t+1} | y_1..y_t, source): given a source, the decoder is a language
model like any other, and everything that asks one "what comes next?" works with it.

Letters in shapes: B batch, S source positions, T target positions, P = T + 1 with the start token, V target vocabulary.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from lmcore.models.base import Floats, LanguageModel, State, check_ids
from lmcore.models.network import Trained
from lmcore.models.translator_config import SourceConfig

MAX_SOURCE = 1024  # tokens
MAX_TARGET = 2048  # positions, the start token among them
PADDING = 0  # the start token's index, which no source holds


class EncoderDecoder(Trained):
    """A model of targets given sources. `forward` is for training; `given` is how to ask it."""

    family: ClassVar[str]
    config: SourceConfig
    source_wte: nn.Embedding
    lm_head: nn.Linear

    @abstractmethod
    def forward(self, source: Tensor, idx: Tensor) -> Tensor:
        """source (B, S), shorter ones padded with 0; idx (B, T) from the start token on -> logits (B, T, V)."""

    @abstractmethod
    def given(self, source_ids: Sequence[int]) -> Given:
        """The language model of the translations of one source. ValueError when it is empty, too long or unknown."""

    @abstractmethod
    def trace(self, source_ids: Sequence[int]) -> dict[str, NDArray[Any]]:
        """What the encoder makes of a source: named internals, "embedding" and "memory" (S, …) among them."""

    @property
    def source_vocab_size(self) -> int:
        """How many tokens there are to read."""
        return self.config.source_vocab_size

    def check_source(self, source_ids: Sequence[int]) -> NDArray[np.int64]:
        """(S,) the ids; ValueError when there are none, too many, or one that is not in the source's vocabulary."""
        if not len(source_ids):
            raise ValueError("there is nothing to translate: the source is empty")
        if len(source_ids) > MAX_SOURCE:
            raise ValueError(f"the source has {len(source_ids):,} tokens; the limit is {MAX_SOURCE:,}")
        try:
            return check_ids(source_ids, self.source_vocab_size)
        except ValueError as error:
            raise ValueError(f"the source: {error}") from error

    @torch.no_grad()
    def greedy(self, sources: Sequence[Sequence[int]], end: int, max_new_tokens: int) -> list[list[int]]:
        """The likeliest token each time, for many sources at once, without the end token; for measuring.

        The weights' mode (training or not) is left as it is.
        """
        S = max(map(len, sources), default=0)
        source = np.full((len(sources), S), PADDING, np.int64)
        for row, ids in zip(source, sources, strict=True):
            row[: len(ids)] = self.check_source(ids)
        read = self._idx(source)
        written = torch.zeros(len(sources), 1, dtype=torch.long, device=self.device)  # the start token
        alive = torch.ones(len(sources), dtype=torch.bool, device=self.device)
        with self._observing():
            for _ in range(max_new_tokens):
                if not alive.any():
                    break
                logits = self(read, written)[:, -1]  # (B, V)
                logits[:, PADDING] = -torch.inf
                token = torch.where(alive, logits.argmax(-1), end)
                alive &= token != end
                written = torch.cat([written, token[:, None]], dim=1)
        rows = written[:, 1:].tolist()
        return [row[: row.index(end)] if end in row else row for row in rows]


class Given(LanguageModel):
    """An encoder-decoder's language model of the translations of one source.

    What the encoder made of the source is kept: ask for a new one when the model was trained on.
    """

    def __init__(self, model: Any, source_ids: Sequence[int]) -> None:
        """ValueError when the source is empty, too long or unknown."""
        self.model = model
        self.family = model.family  # type: ignore[misc]  # one class for each model, one object for each source
        self.source: NDArray[np.int64] = model.check_source(source_ids)

    @property
    def vocab_size(self) -> int:
        return int(self.model.vocab_size)

    @property
    def block_size(self) -> None:
        """No limit that a window would have to be cut for."""
        return None

    @property
    def n_params(self) -> int:
        return int(self.model.n_params)

    def log_probs(self, ids: Sequence[int]) -> Floats:
        return F.log_softmax(self._logits(ids), dim=-1).cpu().numpy()

    def score(self, ids: Sequence[int]) -> Floats:
        logits = self._logits(ids)[:-1]  # (T, V)
        targets = torch.from_numpy(check_ids(ids, self.vocab_size)).to(logits.device)
        return -F.cross_entropy(logits, targets, reduction="none").cpu().numpy()

    def prompt(self, ids: Sequence[int]) -> tuple[State, Floats]:
        check_ids(ids, self.vocab_size)
        return super().prompt(ids)

    @abstractmethod
    def start(self) -> tuple[State, Floats]: ...

    @abstractmethod
    def step(self, state: State, token: int) -> tuple[State, Floats]: ...

    # Helpers --------------------------------------------------------------------------------------------------------

    def _logits(self, ids: Sequence[int]) -> Tensor:
        """(P, V)."""
        sequence = self._sequence(ids)
        with self.model._observing():
            return self.model(self.model._idx(self.source[None]), self.model._idx(sequence[None]))[0].float()

    def _sequence(self, ids: Sequence[int]) -> NDArray[np.int64]:
        """(P,) the checked ids with the start token before them."""
        if len(ids) >= MAX_TARGET:
            raise ValueError(f"{len(ids):,} tokens are too many for a translation; the limit is {MAX_TARGET - 1:,}")
        return np.concatenate(([self.start_id], check_ids(ids, self.vocab_size)))

    def _check_token(self, token: int) -> None:
        if not 0 <= token < self.vocab_size:
            raise ValueError(f"token {token} is not in the vocabulary 1..{self.vocab_size - 1}")
