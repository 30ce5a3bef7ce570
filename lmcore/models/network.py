"""What every trained network is, whatever its layers: a torch module with checked weights, asked in numpy.

Letters in shapes: B batch, T positions, P = T + 1 positions with the start token, V vocabulary.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lmcore.models.base import LanguageModel, check_ids

Arrays = Mapping[str, NDArray[Any]]
MAX_TRACED = 2048  # positions that can be looked into at once


def table(n: int, n_embd: int) -> nn.Embedding:
    """An embedding (n, n_embd) that somebody else fills: on the meta device torch's own way imports 800 modules."""
    return nn.Embedding.from_pretrained(torch.empty(n, n_embd), freeze=False)


class Trained(nn.Module):
    """A torch module with a `config`, an embedding `wte` (V, n_embd), and weights that are read and given as arrays."""

    config: Any
    wte: nn.Embedding

    @classmethod
    def from_arrays(cls, config: Any, arrays: Arrays) -> Self:
        """A model with these weights, ready to be asked; ValueError unless names and shapes are `config.shapes()`."""
        config.check_arrays(arrays)
        with torch.device("meta"):  # nothing is allocated twice
            model = cls(config, seed=None)
        state = {name: torch.from_numpy(np.array(array, np.float32)) for name, array in arrays.items()}
        model._assign(state)
        for parameter in model.parameters():
            parameter.requires_grad_(True)
        return model.eval()

    def _assign(self, state: dict[str, Tensor]) -> None:
        """Take these tensors as the weights."""
        self.load_state_dict(state, assign=True)

    def state_arrays(self) -> dict[str, NDArray[np.float32]]:
        """Name -> a float32 copy of every parameter, with the names and shapes of `config.shapes()`."""
        return {name: p.detach().to("cpu", torch.float32, copy=True).numpy() for name, p in self.named_parameters()}

    @property
    def vocab_size(self) -> int:
        return self.config.vocab_size

    @property
    def n_params(self) -> int:
        return self.config.n_params

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.wte.weight.device

    # Helpers --------------------------------------------------------------------------------------------------------

    def _idx(self, array: NDArray[np.int64]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device)

    @contextmanager
    def _observing(self) -> Iterator[None]:
        """No gradients, no dropout; the mode is as before afterwards."""
        dropping = self.training and self.config.dropout > 0  # switching modes takes a millisecond
        if dropping:
            self.eval()
        try:
            with torch.no_grad():
                yield
        finally:
            if dropping:
                self.train()

    def _views(self) -> dict[str, NDArray[np.float32]]:
        """Name -> every parameter as numpy sees it; on the CPU no number is copied."""
        return {name: p.detach().cpu().float().numpy() for name, p in self.named_parameters()}


class Tied(Trained):
    """A network whose last layer is its embedding: one matrix reads tokens in and scores them at the end."""

    lm_head: nn.Linear

    def _assign(self, state: dict[str, Tensor]) -> None:
        super()._assign({**state, "lm_head.weight": state["wte.weight"]})
        self.lm_head.weight = self.wte.weight


class Network(Trained, LanguageModel):
    """A language model with a `config`, an embedding `wte` (V, n_embd) and a last layer `lm_head`."""

    lm_head: nn.Linear

    @abstractmethod
    def forward(self, idx: Tensor) -> Tensor:
        """idx (B, T) -> logits (B, T, V). Row t scores the token after idx[:, t], from idx[:, :t+1] only."""

    # Helpers --------------------------------------------------------------------------------------------------------

    def _sequence(self, ids: Sequence[int]) -> NDArray[np.int64]:
        """(P,) the checked ids with the start token before them."""
        return np.concatenate(([self.start_id], check_ids(ids, self.vocab_size)))

    def _traced(self, ids: Sequence[int]) -> NDArray[np.int64]:
        """`_sequence` of as many tokens as can be looked into; ValueError past them."""
        sequence = self._sequence(ids)
        if sequence.size > MAX_TRACED:
            raise ValueError(f"{len(ids):,} tokens are too many to look inside; the limit is {MAX_TRACED - 1:,}")
        return sequence


def checksum(arrays: Arrays) -> tuple[int, ...]:
    """Changes when weights change: torch's own count of changes misses those made by its fused optimisers."""
    return tuple(int(array.view(np.int32).sum(dtype=np.int32)) for array in arrays.values())
