"""A masked model: a stack of blocks in which every word looks at all others, to both sides, and fills in the blanks.

It is the encoder of `translator.py` with a head on top. It is no language model: it gives no p(next token), and has no
order in which to write. It answers for each blank what might stand there, given all the rest.

Letters in shapes: B batch, T positions, C width (n_embd), H heads, D width of a head, V vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from lmcore.models.attention import UNWATCHED, Recorder, Unwatched
from lmcore.models.base import Floats, check_ids
from lmcore.models.encoder_decoder import MAX_SOURCE, PADDING
from lmcore.models.gpt_step import LN_EPS
from lmcore.models.masked_config import MaskedConfig
from lmcore.models.network import Tied, table
from lmcore.models.positions import sinusoidal
from lmcore.models.translator import EncoderBlock, initialise

__all__ = ["Masked", "MaskedConfig"]


class Masked(Tied):
    """An encoder-only transformer that predicts hidden words, with the norm before each part and sinusoidal positions.

    Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers" (2019), https://arxiv.org/abs/1810.04805.
    """

    family: ClassVar[str] = "masked"
    config: MaskedConfig
    waves: Tensor

    def __init__(self, config: MaskedConfig, seed: int | None = 0):
        """New weights from the seed; with None they are left as they come, for someone who fills them in."""
        nn.Module.__init__(self)
        self.config = config
        self.wte = table(config.vocab_size, config.n_embd)
        self.encoder = nn.ModuleList(EncoderBlock(config) for _ in range(config.n_layer))
        self.ln_f = nn.LayerNorm(config.n_embd, eps=LN_EPS)
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        self.lm_head.weight = self.wte.weight  # tied: one matrix reads tokens in and scores them at the end
        if seed is not None:
            initialise(self, config.n_layer, seed)
        self.register_buffer("waves", torch.from_numpy(sinusoidal(MAX_SOURCE, config.n_embd)), persistent=False)

    # The network ----------------------------------------------------------------------------------------------------

    def forward(self, idx: Tensor, places: Tensor | None = None, record: Unwatched = UNWATCHED) -> Tensor:
        """idx (B, T), padded with 0 -> logits (B, T, V). Each row depends on every token of its passage.

        With `places` (1, n), indices into all B · T, only (1, n, V): training asks at the masks and nowhere else.
        """
        if idx.shape[1] > MAX_SOURCE:
            raise ValueError(f"{idx.shape[1]:,} positions are too many; the limit is {MAX_SOURCE:,}")
        there = (idx != PADDING)[:, None, None]  # (B, T) -> (B, 1, 1, T): no causal mask, only padding is not seen
        # x ← √C x + PE
        x = record("token_embedding", math.sqrt(self.config.n_embd) * self.wte(idx))
        x = x + record("position_embedding", self.waves[None, : idx.shape[1]])
        x = record("embedding", F.dropout(x, self.config.dropout, self.training))
        for i, block in enumerate(self.encoder):
            x = block(x, there, record.under(f"block.{i}"))
        if places is not None:
            x = x.flatten(0, 1)[places]  # (B, T, C) -> (1, n, C)
        return record("logits", self.lm_head(record("ln_f", self.ln_f(x))))

    # Asking it ------------------------------------------------------------------------------------------------------

    @property
    def mask_id(self) -> int:
        """The index that stands for a hidden word."""
        return self.config.mask_id

    def blanks(self, ids: Sequence[int]) -> NDArray[np.int64]:
        """(n_blanks,) the places of the masks."""
        return np.flatnonzero(np.asarray(ids) == self.mask_id)

    def log_probs(self, ids: Sequence[int]) -> Floats:
        """(T, V): what might stand at each place of a passage. Only at masks was it ever asked in training.

        The start token, the mask and the end never stand in a text: their probability is 0, the others sum to 1.
        """
        with self._observing():
            return answers(self(self._idx(self.check(ids)[None]))[0]).numpy()

    def fill(self, ids: Sequence[int]) -> Floats:
        """(n_blanks, V) natural log-probabilities for each mask of the passage, in their order."""
        return self.log_probs(ids)[self.blanks(ids)]

    def check(self, ids: Sequence[int]) -> NDArray[np.int64]:
        """(T,) the ids; ValueError when there are none, too many, or one that is not in the vocabulary."""
        if not len(ids):
            raise ValueError("there is nothing to fill in: the passage is empty")
        if len(ids) > MAX_SOURCE:
            raise ValueError(f"the passage has {len(ids):,} tokens; the limit is {MAX_SOURCE:,}")
        return check_ids(ids, self.vocab_size)

    def trace(self, ids: Sequence[int]) -> dict[str, NDArray[Any]]:
        """Named internals of one pass over T tokens, without a start token: "token_embedding", "embedding", "ln_f"
        (T, C), "logits", "log_probs" (T, V); for each block i "block.i." followed by what a GPT's trace has, its
        "attn_weights" (H, T, T) without a causal mask; all of these together as "attn_weights" (n_layer, H, T, T).
        """
        record = Recorder()
        with self._observing():
            self(self._idx(self.check(ids)[None]), record=record)
        found = {name: tensor[0].cpu().float().numpy() for name, tensor in record.values.items()}
        found["log_probs"] = answers(record.values["logits"][0]).numpy()
        found["attn_weights"] = np.stack([found[f"block.{i}.attn_weights"] for i in range(self.config.n_layer)])
        return found


def answers(logits: Tensor) -> Tensor:
    """log softmax over what can stand in a text: all but the start token and the two last, mask and end."""
    logits = logits.float().cpu().clone()
    logits[..., 0] = logits[..., -2:] = -torch.inf
    return F.log_softmax(logits, dim=-1)
