"""A feed-forward language model: the last few words, side by side, through one hidden layer.

Letters in shapes: B batch, T positions, P = T + 1 positions with the start token, n window, E n_embd, H hidden_size,
V vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from lmcore.models.attention import UNWATCHED, Recorder, Unwatched
from lmcore.models.base import Floats
from lmcore.models.blas import use_one_thread
from lmcore.models.ffnn_config import FeedForwardConfig
from lmcore.models.gpt_step import log_softmax
from lmcore.models.network import Network, checksum, table

CHUNK_FLOATS = 4_000_000  # the widest array of one chunk of a long text


class FeedForward(Network):
    """The neural probabilistic language model, without its direct connections.

    Bengio, Ducharme, Vincent and Jauvin (2003), https://www.jmlr.org/papers/v3/bengio03a.html. Before the start token
    there is nothing to see: zeros stand in the place of embeddings.
    """

    family: ClassVar[str] = "ffnn"

    def __init__(self, config: FeedForwardConfig, seed: int | None = 0):
        """New weights from the seed; with None they are left as they come, for someone who fills them in."""
        nn.Module.__init__(self)
        self.config = config
        self.wte = table(config.vocab_size, config.n_embd)
        self.hidden = nn.Linear(config.window * config.n_embd, config.hidden_size)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size)
        if seed is not None:
            self._initialise(torch.Generator().manual_seed(seed))
        self._arrays: tuple[tuple[int, ...], dict[str, Floats]] | None = None

    @torch.no_grad()
    def _initialise(self, generator: torch.Generator) -> None:
        """Embeddings normal; matrices uniform within ±1/√in, as torch has it; biases 0."""
        nn.init.normal_(self.wte.weight, 0.0, 0.5, generator=generator)
        for layer in (self.hidden, self.lm_head):
            bound = 1 / math.sqrt(layer.in_features)
            nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
            nn.init.zeros_(layer.bias)

    # The network ----------------------------------------------------------------------------------------------------

    def forward(self, idx: Tensor, record: Unwatched = UNWATCHED) -> Tensor:
        n, p = self.config.window, self.config.dropout if self.training else 0.0
        embedding = F.pad(self.wte(idx), (0, 0, n - 1, 0))  # (B, T, E) -> (B, n - 1 + T, E), zeros before the text
        # x_t = [C(w_{t-n+1}), …, C(w_t)], side by side
        x = embedding.unfold(1, n, 1).transpose(2, 3)  # (B, T, E, n) -> (B, T, n, E)
        x = record("embedding", x).flatten(2)  # (B, T, n·E)
        # h = tanh(H x + d)
        a = record("sum", self.hidden(x))  # (B, T, H)
        h = record("hidden", torch.tanh(a))
        # y = U h + b
        return record("logits", self.lm_head(F.dropout(h, p) if p else h))  # (B, T, V)

    # The language model ---------------------------------------------------------------------------------------------

    @property
    def block_size(self) -> int:
        return self.config.window

    def log_probs(self, ids: Sequence[int]) -> Floats:
        sequence = self._sequence(ids)
        result = np.empty((sequence.size, self.vocab_size), np.float32)
        for first, logits in self._chunks(sequence):
            result[first : first + len(logits)] = F.log_softmax(logits, dim=-1).cpu().numpy()
        return result

    def score(self, ids: Sequence[int]) -> Floats:
        sequence = self._sequence(ids)
        result = np.empty(sequence.size - 1, np.float32)
        for first, logits in self._chunks(sequence[:-1]):
            targets = torch.from_numpy(sequence[first + 1 : first + 1 + len(logits)]).to(logits.device)
            result[first : first + len(logits)] = -F.cross_entropy(logits, targets, reduction="none").cpu().numpy()
        return result

    def start(self) -> tuple[tuple[int, ...], Floats]:
        self._weights()  # looks whether they have changed, which `step` does not
        return self.step((), self.start_id)

    def step(self, state: tuple[int, ...], token: int) -> tuple[tuple[int, ...], Floats]:
        """The state is the tokens in the window."""
        if not 0 <= token < self.vocab_size:
            raise ValueError(f"token {token} is not in the vocabulary 1..{self.vocab_size - 1}")
        n, (_, weights) = self.config.window, self._arrays or (None, self._weights())
        state = (*state, token)[-n:]
        x = np.zeros((n, self.config.n_embd), np.float32)
        x[n - len(state) :] = weights["wte.weight"][list(state)]
        h = np.tanh(weights["hidden.weight"] @ x.reshape(-1) + weights["hidden.bias"])
        return state, log_softmax(weights["lm_head.weight"] @ h + weights["lm_head.bias"])

    def prompt(self, ids: Sequence[int]) -> tuple[tuple[int, ...], Floats]:
        self._weights()
        tokens = [int(token) for token in self._sequence(ids)[-self.config.window :]]
        return self.step(tuple(tokens[:-1]), tokens[-1])

    def trace(self, ids: Sequence[int]) -> dict[str, NDArray[Any]]:
        """Named internals of one pass over the start token and the T tokens after it: P = T + 1 positions.

        "embedding" (P, n, E), the oldest token of the window first; "sum", "hidden" (P, H); "logits", "log_probs"
        (P, V). ValueError past 2,047 tokens.
        """
        record = Recorder()
        with self._observing():
            log_probs = F.log_softmax(self(self._idx(self._traced(ids)[None]), record), dim=-1)
        return {
            name: tensor[0].cpu().float().numpy() for name, tensor in {**record.values, "log_probs": log_probs}.items()
        }

    # Helpers --------------------------------------------------------------------------------------------------------

    def _chunks(self, sequence: NDArray[np.int64]) -> Iterator[tuple[int, Tensor]]:
        """Where each chunk begins and its logits (rows, V); each reads the n - 1 tokens before it as well."""
        n = self.config.window
        rows = max(1, CHUNK_FLOATS // max(self.vocab_size, n * self.config.n_embd))
        for first in range(0, sequence.size, rows):
            before = min(first, n - 1)
            with self._observing():
                yield first, self(self._idx(sequence[None, first - before : first + rows]))[0, before:].float()

    def _weights(self) -> dict[str, Floats]:
        """A numpy copy of the weights, made anew when they have changed."""
        arrays = self._views()
        key = checksum(arrays)
        if self._arrays is None or self._arrays[0] != key:
            use_one_thread()
            self._arrays = key, {name: array.copy() for name, array in arrays.items()}
        return self._arrays[1]
