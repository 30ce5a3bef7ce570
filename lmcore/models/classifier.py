"""Classifier: the body of a GPT reads a text, and one linear map, the head, turns its last vector into labels.

Radford et al., "Improving Language Understanding by Generative Pre-Training" (2018), section 3.2. By itself it gives no
probability of a next token, so it is no LanguageModel. Letters in shapes: B texts, T positions, C width, K labels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from lmcore.models.attention import UNWATCHED, Recorder, Unwatched
from lmcore.models.base import check_ids
from lmcore.models.classifier_config import ClassifierConfig
from lmcore.models.gpt import GPT
from lmcore.models.network import Trained

__all__ = ["Body", "Classifier", "ClassifierConfig", "padded"]

Floats = NDArray[np.float32]
CHUNK = 256  # texts that are read at once
START_ID = 0


def padded(texts: Sequence[Sequence[int]], block_size: int) -> NDArray[np.int64]:
    """idx (B, T): each text behind the start token, cut at block_size; shorter ones are filled up with 0."""
    T = min(block_size, 1 + max((len(ids) for ids in texts), default=0))
    idx = np.zeros((len(texts), T), np.int64)
    for row, ids in zip(idx, texts, strict=True):
        row[1 : len(ids) + 1] = ids[: T - 1]
    return idx


class Body(GPT):
    """A GPT that was trained to lie below a head. It keeps the promises of a language model, but is not offered as one:
    its world is that of its lesson.
    """

    family: ClassVar[str] = "body"


class Classifier(Trained):
    """p(label | text) = softmax(W h + b), where h is what a GPT's body makes of the text."""

    family: ClassVar[str] = "classifier"

    def __init__(self, config: ClassifierConfig, seed: int | None = 0):
        """New weights from the seed; the head begins at 0, so that every label is equally likely."""
        nn.Module.__init__(self)
        self.config = config
        self.body = GPT(config.body, seed)
        self.head = nn.Linear(config.n_embd, len(config.labels))
        if seed is not None:
            nn.init.zeros_(self.head.weight)
            nn.init.zeros_(self.head.bias)

    def _assign(self, state: dict[str, Tensor]) -> None:
        self.load_state_dict({**state, "body.lm_head.weight": state["body.wte.weight"]}, assign=True)
        self.body.lm_head.weight = self.body.wte.weight

    @torch.no_grad()
    def load_body(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take over the weights of a GPT of the same shape; ValueError when it has another."""
        self.config.body.check_arrays(arrays)
        for name, parameter in self.body.named_parameters():
            parameter.copy_(torch.from_numpy(np.array(arrays[name], np.float32)))

    def forward(self, idx: Tensor, record: Unwatched = UNWATCHED) -> Tensor:
        """idx (B, T), the start token first and 0 where a text has ended -> logits (B, 1, K)."""
        hidden = self.body.hidden(idx, record)  # (B, T, C)
        real = idx != START_ID  # (B, T)
        real[:, 0] = True
        n = real.sum(dim=1)  # (B,) tokens with the start token: no text stands behind its end, so n - 1 is the last one
        if self.config.pool == "last":
            pooled = hidden[torch.arange(len(idx), device=idx.device), n - 1]  # (B, C)
        else:
            pooled = (hidden * real[..., None]).sum(dim=1) / n[:, None]
        # logits = W h + b
        return record("label_logits", self.head(record("pooled", pooled)))[:, None]

    # Asking ---------------------------------------------------------------------------------------------------------

    @property
    def wte(self) -> nn.Embedding:  # type: ignore[override]
        """The table of embeddings (V, C)."""
        return self.body.wte

    @property
    def labels(self) -> tuple[str, ...]:
        return self.config.labels

    def probabilities(self, texts: Sequence[Sequence[int]]) -> Floats:
        """p(label | text) (B, K) of texts as token indices, each cut at block_size; an empty text may be asked too."""
        checked = [check_ids(ids, self.vocab_size) for ids in texts]
        result = np.empty((len(checked), len(self.labels)), np.float32)
        with self._observing():
            for i in range(0, len(checked), CHUNK):
                idx = padded([ids.tolist() for ids in checked[i : i + CHUNK]], self.config.block_size)
                result[i : i + CHUNK] = F.softmax(self(self._idx(idx))[:, 0], dim=-1).cpu().numpy()
        return result

    def trace(self, ids: Sequence[int]) -> dict[str, NDArray[Any]]:
        """Named internals of one pass over P positions, the start token first: those of `GPT.trace` up to "ln_f", then
        "pooled" (C), "label_logits" and "probs" (K).
        """
        idx = padded([check_ids(ids, self.vocab_size).tolist()], self.config.block_size)
        record = Recorder()
        with self._observing():
            self(self._idx(idx), record)
        found = {name: tensor[0].cpu().float().numpy() for name, tensor in record.values.items()}
        found["probs"] = F.softmax(torch.from_numpy(found["label_logits"]), dim=-1).numpy()
        return found
