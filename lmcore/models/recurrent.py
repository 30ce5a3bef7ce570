"""Networks that read one token at a time and carry a state along: what RNN and LSTM have in common.

Letters in shapes: B batch, T positions, P = T + 1 positions with the start token, E n_embd, H hidden_size,
V vocabulary, L layers, G rows of weights a unit (1 in an RNN, 4 in an LSTM).

Two paths on the same weights: `forward` runs torch's own recurrent layer, which is fast over many positions; `step` and
`trace` run the cell as its equations are written, one position at a time, in numpy.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from lmcore.models.base import Floats
from lmcore.models.blas import use_one_thread
from lmcore.models.gpt_step import log_softmax
from lmcore.models.network import Network, checksum, table
from lmcore.models.recurrent_config import RecurrentConfig

CHUNK = 2048  # positions that are read at once; the state goes on from chunk to chunk

Held = Mapping[str, NDArray[Any]]


class LayerWeights(NamedTuple):
    """One layer's weights as the equations name them."""

    W_x: Floats  # (G·H, in)
    W_h: Floats  # (G·H, H)
    b: Floats  # (G·H,)


class Weights(NamedTuple):
    """All weights of a recurrent model, in numpy."""

    wte: Floats  # (V, E)
    layers: list[LayerWeights]
    head: Floats  # (V, H)
    head_bias: Floats  # (V,)


class Watch:
    """Collects what the equations give, under the names of `trace`, and puts in what is held instead.

    `held` maps a name to an array whose numbers take the place of the computed ones; where it is NaN nothing changes.
    """

    def __init__(self, held: Held | None = None, prefix: str = "") -> None:
        self.held = held or {}
        self.prefix = prefix
        self.values: dict[str, list[NDArray[Any]]] = {}

    def __call__(self, name: str, value: Floats) -> Floats:
        name = self.prefix + name
        held = self.held.get(name)
        if held is not None:
            value = np.where(np.isnan(held), value, held).astype(np.float32)
        self.values.setdefault(name, []).append(value)
        return value


def unwatched(name: str, value: Floats) -> Floats:
    """Nobody looks: the value as it is."""
    return value


class Recurrent(Network):
    """Embedding, one or two recurrent layers, and a linear layer to the logits. State: (L, H) arrays."""

    config: RecurrentConfig
    parts: ClassVar[int]
    """How many arrays a state has: h in an RNN; h and C in an LSTM."""

    def __init__(self, config: Any, seed: int | None = 0):
        """New weights from the seed; with None they are left as they come, for someone who fills them in."""
        nn.Module.__init__(self)
        self.config = config
        self.wte = table(config.vocab_size, config.n_embd)
        self.rnn = self._layers(config)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size)
        if seed is not None:
            self._initialise(torch.Generator().manual_seed(seed))
        self._weights: tuple[tuple[int, ...], Weights] | None = None

    @abstractmethod
    def _layers(self, config: Any) -> nn.RNNBase:
        """torch's layers of this shape."""

    @abstractmethod
    def cell(self, from_x: Floats, state: tuple[Floats, ...], weights: LayerWeights, watch: Any) -> tuple[Floats, ...]:
        """One layer, one position: `from_x` (G·H,) is W_x x_t; the state before and after is each (H,), h first."""

    @torch.no_grad()
    def _initialise(self, generator: torch.Generator) -> None:
        """Embeddings normal; all else uniform within ±1/√H, as torch has it, and the biases of the head 0."""
        nn.init.normal_(self.wte.weight, 0.0, 0.5, generator=generator)
        bound = 1 / math.sqrt(self.config.hidden_size)
        for parameter in (*self.rnn.parameters(), self.lm_head.weight):
            nn.init.uniform_(parameter, -bound, bound, generator=generator)
        nn.init.zeros_(self.lm_head.bias)

    # The network ----------------------------------------------------------------------------------------------------

    def forward(self, idx: Tensor) -> Tensor:
        hidden, _ = self._read(idx, None)
        return self.lm_head(hidden)  # (B, T, H) -> (B, T, V)

    def _read(self, idx: Tensor, state: Any) -> tuple[Tensor, Any]:
        """idx (B, T) and torch's state -> the last layer's hidden states (B, T, H) and the state after them."""
        p = self.config.dropout if self.training else 0.0
        x = self.wte(idx)  # (B, T, E)
        hidden, state = self.rnn(F.dropout(x, p) if p else x, state)
        return F.dropout(hidden, p) if p else hidden, state

    # The language model ---------------------------------------------------------------------------------------------

    @property
    def block_size(self) -> None:
        return None

    def log_probs(self, ids: Sequence[int]) -> Floats:
        sequence = self._sequence(ids)
        result = np.empty((sequence.size, self.vocab_size), np.float32)
        for first, hidden, _ in self._chunks(sequence):
            result[first : first + len(hidden)] = F.log_softmax(self._logits(hidden), dim=-1).cpu().numpy()
        return result

    def score(self, ids: Sequence[int]) -> Floats:
        sequence = self._sequence(ids)
        result = np.empty(sequence.size - 1, np.float32)
        for first, hidden, _ in self._chunks(sequence[:-1]):
            targets = torch.from_numpy(sequence[first + 1 : first + 1 + len(hidden)]).to(self.device)
            loss = F.cross_entropy(self._logits(hidden), targets, reduction="none")
            result[first : first + len(hidden)] = -loss.cpu().numpy()
        return result

    def start(self) -> tuple[tuple[Floats, ...], Floats]:
        """State before any token but the start token: h (and C in an LSTM), each (L, H); they begin as zeros."""
        config = self.config
        nothing = np.zeros((config.n_layer, config.hidden_size), np.float32)
        self.weights()  # looks whether they have changed, which `step` does not
        return self.step((nothing,) * self.parts, self.start_id)

    def step(self, state: tuple[Floats, ...], token: int) -> tuple[tuple[Floats, ...], Floats]:
        if not 0 <= token < self.vocab_size:
            raise ValueError(f"token {token} is not in the vocabulary 1..{self.vocab_size - 1}")
        _, weights = self._weights or (None, self.weights())
        x = weights.wte[token]  # (E,)
        after = []
        for layer, part in enumerate(weights.layers):
            after.append(self.cell(part.W_x @ x, tuple(array[layer] for array in state), part, unwatched))
            x = after[-1][0]
        logits = weights.head @ x + weights.head_bias
        return tuple(np.stack(arrays) for arrays in zip(*after, strict=True)), log_softmax(logits)

    def prompt(self, ids: Sequence[int]) -> tuple[tuple[Floats, ...], Floats]:
        self.weights()
        *_, (_, hidden, state) = self._chunks(self._sequence(ids))
        with self._observing():
            log_probs = F.log_softmax(self._logits(hidden[-1:])[0], dim=-1).cpu().numpy()
        arrays = state if isinstance(state, tuple) else (state,)
        return tuple(array[:, 0].cpu().numpy() for array in arrays), log_probs  # (L, 1, H) -> (L, H)

    def trace(self, ids: Sequence[int], held: Held | None = None) -> dict[str, NDArray[Any]]:
        """Named internals of one pass over the start token and the T tokens after it: P = T + 1 positions.

        "embedding" (P, E); what `cell` names, for each layer l under "rnn.l." or "lstm.l.", (P, H) each; "logits",
        "log_probs" (P, V). `held` says what would happen if: name -> an array (H,) whose numbers stand in for the
        computed ones at every position, NaN where they should not. ValueError past 2,047 tokens.
        """
        sequence = self._traced(ids)
        weights = self.weights()
        x = weights.wte[sequence]  # (P, E)
        result: dict[str, NDArray[Any]] = {"embedding": x}
        for layer, part in enumerate(weights.layers):
            watch = Watch(held, f"{self.family}.{layer}.")
            with np.errstate(invalid="ignore"):  # OpenBLAS raises the flag now and then though all numbers are finite
                # of all positions at once, nothing to wait for
                from_x = x @ part.W_x.T  # (P, in) @ (in, G·H) -> (P, G·H)
            state = (np.zeros(self.config.hidden_size, np.float32),) * self.parts
            for row in from_x:  # each waits for the one before it
                state = self.cell(row, state, part, watch)
            result |= {name: np.stack(rows) for name, rows in watch.values.items()}
            x = result[f"{self.family}.{layer}.hidden"]
        result["logits"] = x @ weights.head.T + weights.head_bias  # (P, H) @ (H, V)
        result["log_probs"] = F.log_softmax(torch.from_numpy(result["logits"]), dim=-1).numpy()
        return result

    # Helpers --------------------------------------------------------------------------------------------------------

    def weights(self) -> Weights:
        """The weights by the names of the equations, made anew when they have changed."""
        arrays = self._views()
        key = checksum(arrays)
        if self._weights is None or self._weights[0] != key:
            use_one_thread()
            arrays = {name: array.copy() for name, array in arrays.items()}
            layers = [
                LayerWeights(
                    arrays[f"rnn.weight_ih_l{layer}"],
                    arrays[f"rnn.weight_hh_l{layer}"],
                    arrays[f"rnn.bias_ih_l{layer}"] + arrays[f"rnn.bias_hh_l{layer}"],
                )
                for layer in range(self.config.n_layer)
            ]
            head = arrays["lm_head.weight"], arrays["lm_head.bias"]
            self._weights = key, Weights(arrays["wte.weight"], layers, *head)
        return self._weights[1]

    def _chunks(self, sequence: NDArray[np.int64]) -> Iterator[tuple[int, Tensor, Any]]:
        """Where each chunk begins, its hidden states (n, H) and torch's state after it."""
        state = None
        for first in range(0, sequence.size, CHUNK):
            with self._observing():
                hidden, state = self._read(self._idx(sequence[None, first : first + CHUNK]), state)
            yield first, hidden[0], state

    def _logits(self, hidden: Tensor) -> Tensor:
        """(n, H) -> (n, V)."""
        with torch.no_grad():
            return self.lm_head(hidden).float()
