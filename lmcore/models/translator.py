"""A translator: one stack of blocks reads the source, another writes the translation and looks back at what was read.

Letters in shapes: B batch, S source positions, T target positions, P = T + 1 with the start token, C width (n_embd),
H heads, D width of a head (C = H · D), V target vocabulary.
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

from lmcore.models.attention import UNWATCHED, Recorder, Unwatched, attend
from lmcore.models.base import Floats
from lmcore.models.encoder_decoder import MAX_TARGET, PADDING, EncoderDecoder, Given
from lmcore.models.gpt import MLP
from lmcore.models.gpt_step import LN_EPS
from lmcore.models.masked_config import MaskedConfig
from lmcore.models.network import Tied, checksum, table
from lmcore.models.positions import sinusoidal
from lmcore.models.translator_config import TranslatorConfig
from lmcore.models.translator_step import StepWeights, TranslatorState, advance, begin

__all__ = ["Translator", "TranslatorConfig"]


class Attention(nn.Module):
    """Scaled dot-product attention: queries from one sequence, keys and values from another, or from the same.

    Vaswani et al., "Attention Is All You Need" (2017), https://arxiv.org/abs/1706.03762, section 3.2.
    """

    def __init__(self, n_embd: int, n_head: int, dropout: float = 0.0):
        super().__init__()
        self.n_head = n_head
        self.dropout = dropout
        self.c_q = nn.Linear(n_embd, n_embd)
        self.c_kv = nn.Linear(n_embd, 2 * n_embd)  # key and value of all heads in one product
        self.c_proj = nn.Linear(n_embd, n_embd)

    def forward(self, x: Tensor, seen: Tensor, mask: Tensor, record: Unwatched = UNWATCHED, prefix: str = "") -> Tensor:
        """x (B, T, C) asks, seen (B, S, C) answers, mask (B or 1, 1, T or 1, S) is true where it may be looked at.

        `prefix` goes before the names of what is recorded.
        """
        (B, T, C), S = x.shape, seen.shape[1]
        H, D = self.n_head, C // self.n_head
        q = self.c_q(x).view(B, T, H, D).transpose(1, 2)  # (B, T, C) -> (B, H, T, D)
        k, v = self.c_kv(seen).view(B, S, 2, H, D).permute(2, 0, 3, 1, 4).unbind(0)  # two times (B, H, S, D)
        p = self.dropout if self.training else 0.0
        if record is UNWATCHED:
            y = attend(q, k, v, mask, dropout=p)  # (B, H, T, D)
        else:
            q, k, v = record(f"{prefix}q", q), record(f"{prefix}k", k), record(f"{prefix}v", v)
            # scores = q kᵀ / √D, and -∞ where nothing may be looked at
            scores = q @ k.transpose(-2, -1) / math.sqrt(D)  # (B, H, T, S)
            scores = record(f"{prefix or 'attn_'}scores", scores.masked_fill(~mask, -math.inf))
            # weights = softmax(scores), each row sums to 1;  y = weights · v
            weights = record(f"{prefix or 'attn_'}weights", F.softmax(scores, dim=-1))
            y = record(f"{prefix or 'attn_'}heads", F.dropout(weights, p) @ v)
        y = self.c_proj(y.transpose(1, 2).reshape(B, T, C))  # heads side by side: (B, H, T, D) -> (B, T, C)
        return F.dropout(y, p) if p else y


class EncoderBlock(nn.Module):
    """Each word of the source looks at all others, to both sides; then an MLP. Each is added to the stream."""

    def __init__(self, config: TranslatorConfig | MaskedConfig):
        super().__init__()
        self.ln_1 = nn.LayerNorm(config.n_embd, eps=LN_EPS)
        self.attn = Attention(config.n_embd, config.n_head, config.dropout)
        self.ln_2 = nn.LayerNorm(config.n_embd, eps=LN_EPS)
        self.mlp = MLP(config.n_embd, config.dropout)

    def forward(self, x: Tensor, there: Tensor, record: Unwatched = UNWATCHED) -> Tensor:
        """x (B, S, C) -> (B, S, C); `there` (B, 1, 1, S) is true where the source has a word, not padding."""
        # x ← x + attention(norm(x));  x ← x + mlp(norm(x))
        z = self.ln_1(x)
        x = record("residual_mid", x + record("attn_out", self.attn(z, z, there, record)))
        return record("residual", x + record("mlp_out", self.mlp(self.ln_2(x), record)))


class DecoderBlock(nn.Module):
    """Each word of the translation looks at those before it, then at the source, then goes through an MLP."""

    def __init__(self, config: TranslatorConfig):
        super().__init__()
        self.ln_1 = nn.LayerNorm(config.n_embd, eps=LN_EPS)
        self.attn = Attention(config.n_embd, config.n_head, config.dropout)
        self.ln_2 = nn.LayerNorm(config.n_embd, eps=LN_EPS)
        self.cross = Attention(config.n_embd, config.n_head, config.dropout)
        self.ln_3 = nn.LayerNorm(config.n_embd, eps=LN_EPS)
        self.mlp = MLP(config.n_embd, config.dropout)

    def forward(
        self, x: Tensor, before: Tensor, memory: Tensor, there: Tensor, record: Unwatched = UNWATCHED
    ) -> Tensor:
        """x (B, T, C) -> (B, T, C); `before` (1, 1, T, T) is the causal mask, memory (B, S, C) the source as read."""
        # x ← x + attention(norm(x));  x ← x + cross-attention(norm(x), memory);  x ← x + mlp(norm(x))
        z = self.ln_1(x)
        x = x + record("attn_out", self.attn(z, z, before, record))
        x = record("residual_mid", x + record("cross_out", self.cross(self.ln_2(x), memory, there, record, "cross_")))
        return record("residual", x + record("mlp_out", self.mlp(self.ln_3(x), record)))


def initialise(network: nn.Module, n_layer: int, seed: int) -> None:
    """New weights from the seed: normal, with the deviation at which sums over a width of n keep their size, 1/√n.

    What adds to the stream is scaled down by the number of additions. A GPT's 0.02, made for wider models, needs
    three times as many steps here.
    """
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in network.named_parameters():
        if parameter.dim() < 2:
            nn.init.constant_(parameter, 1.0 if "ln_" in name and name.endswith("weight") else 0.0)
        else:
            std = 1 / math.sqrt(parameter.shape[1])
            std = std / math.sqrt(2 * n_layer) if "c_proj" in name else std
            nn.init.normal_(parameter, 0.0, std, generator=generator)


class Translator(Tied, EncoderDecoder):
    """The encoder-decoder transformer, with the norm before each part and sinusoidal positions.

    Vaswani et al., "Attention Is All You Need" (2017). The same as torch.nn.Transformer(norm_first=True) between
    embeddings and head; the tests copy weights to prove it.
    """

    family: ClassVar[str] = "translator"
    shared: ClassVar[bool] = False  # one table of vectors for what is read and what is written: the denoiser's way
    config: TranslatorConfig
    waves: Tensor

    def __init__(self, config: TranslatorConfig, seed: int | None = 0):
        """New weights from the seed; with None they are left as they come, for someone who fills them in."""
        nn.Module.__init__(self)
        self.config = config
        if not self.shared:
            self.source_wte = table(config.source_vocab_size, config.n_embd)
        self.wte = table(config.vocab_size, config.n_embd)
        self.encoder = nn.ModuleList(EncoderBlock(config) for _ in range(config.n_layer))
        self.ln_source = nn.LayerNorm(config.n_embd, eps=LN_EPS)
        self.decoder = nn.ModuleList(DecoderBlock(config) for _ in range(config.n_layer))
        self.ln_f = nn.LayerNorm(config.n_embd, eps=LN_EPS)
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        self.lm_head.weight = self.wte.weight  # tied: one matrix reads tokens in and scores them at the end
        if seed is not None:
            initialise(self, config.n_layer, seed)
        waves = torch.from_numpy(sinusoidal(MAX_TARGET, config.n_embd))
        self.register_buffer("waves", waves, persistent=False)  # computed, never saved
        self._step_weights: tuple[tuple[int, ...], StepWeights] | None = None

    # The network ----------------------------------------------------------------------------------------------------

    def encode(self, source: Tensor, record: Unwatched = UNWATCHED) -> tuple[Tensor, Tensor]:
        """source (B, S), padded with 0 -> memory (B, S, C), and where there is a word (B, 1, 1, S)."""
        there = (source != PADDING)[:, None, None]  # (B, S) -> (B, 1, 1, S)
        x = self._embed(self.source_wte(source), record)
        for i, block in enumerate(self.encoder):
            x = block(x, there, record.under(f"block.{i}"))
        return record("memory", self.ln_source(x)), there

    def decode(self, idx: Tensor, memory: Tensor, there: Tensor, record: Unwatched = UNWATCHED) -> Tensor:
        """idx (B, T), what `encode` gave -> logits (B, T, V). Row t depends on the source and on idx[:, :t+1] only."""
        T = idx.shape[1]
        before = torch.ones(1, 1, T, T, dtype=torch.bool, device=idx.device).tril()
        x = self._embed(self.wte(idx), record)
        for i, block in enumerate(self.decoder):
            x = block(x, before, memory, there, record.under(f"block.{i}"))
        return record("logits", self.lm_head(record("ln_f", self.ln_f(x))))

    def _embed(self, x: Tensor, record: Unwatched) -> Tensor:
        """Token embeddings (B, T, C), made as large as the waves of their positions, and these added."""
        if x.shape[1] > MAX_TARGET:
            raise ValueError(f"{x.shape[1]:,} positions are too many; the limit is {MAX_TARGET:,}")
        # x ← √C x + PE
        x = record("token_embedding", math.sqrt(self.config.n_embd) * x)
        x = x + record("position_embedding", self.waves[None, : x.shape[1]])
        return record("embedding", F.dropout(x, self.config.dropout, self.training))

    def forward(self, source: Tensor, idx: Tensor) -> Tensor:
        """source (B, S), shorter ones padded with 0; idx (B, T) from the start token on -> logits (B, T, V)."""
        return self.decode(idx, *self.encode(source))

    # Asking it ------------------------------------------------------------------------------------------------------

    def given(self, source_ids: Sequence[int]) -> GivenTranslator:
        """The language model of the translations of one source. ValueError when it is empty, too long or unknown."""
        return GivenTranslator(self, source_ids)

    def trace(self, source_ids: Sequence[int]) -> dict[str, NDArray[Any]]:
        """The encoder's pass over S source tokens: "token_embedding", "embedding", "memory" (S, C); for each block i
        "block.i." followed by what a GPT's trace has, its "attn_weights" (H, S, S) without a causal mask.
        """
        source, record = self.check_source(source_ids), Recorder()
        with self._observing():
            self.encode(self._idx(source[None]), record)
        return {name: tensor[0].cpu().float().numpy() for name, tensor in record.values.items()}

    def weights_for_steps(self) -> StepWeights:
        """The numpy copy of the weights, made anew when they have changed."""
        arrays = self._views()
        key = checksum(arrays)
        if self._step_weights is None or self._step_weights[0] != key:
            self._step_weights = key, StepWeights(self.config, arrays)
        return self._step_weights[1]


class GivenTranslator(Given):
    """p(translation | this source). State: the keys and values of what was written so far, beside the source's."""

    model: Translator

    def __init__(self, model: Translator, source_ids: Sequence[int]) -> None:
        """ValueError when the source is empty, too long or unknown."""
        super().__init__(model, source_ids)
        with model._observing():
            self.memory, self.there = model.encode(model._idx(self.source[None]))

    def start(self) -> tuple[TranslatorState, Floats]:
        weights = self.model.weights_for_steps()
        return self.step(begin(weights, self.memory[0].cpu().numpy()), self.start_id)

    def step(self, state: TranslatorState, token: int) -> tuple[TranslatorState, Floats]:
        self._check_token(token)
        if state.length >= MAX_TARGET:
            raise ValueError(f"a translation has at most {MAX_TARGET - 1:,} tokens")
        return advance(state, token)

    def _logits(self, ids: Sequence[int]) -> Tensor:
        with self.model._observing():
            idx = self.model._idx(self._sequence(ids)[None])
            return self.model.decode(idx, self.memory, self.there)[0].float()

    def trace(self, ids: Sequence[int]) -> dict[str, NDArray[Any]]:
        """Named internals of one pass over the T tokens and the start token before them: P = T + 1 positions.

        What a GPT's trace has, with "block.i.cross_q" (H, P, D), "cross_k", "cross_v" (H, S, D), "cross_scores",
        "cross_weights" (H, P, S), "cross_heads" (H, P, D) and "cross_out" (P, C) in each block; all cross weights
        together as "cross_weights" (n_layer, H, P, S); and what the encoder's trace has, under "encoder.".
        """
        record = Recorder()
        with self.model._observing():
            self.model.decode(self.model._idx(self._sequence(ids)[None]), self.memory, self.there, record)
        result = {name: tensor[0].cpu().float().numpy() for name, tensor in record.values.items()}
        layers = [result[f"block.{i}.cross_weights"] for i in range(self.model.config.n_layer)]
        result["cross_weights"] = np.stack(layers)
        result["log_probs"] = F.log_softmax(torch.from_numpy(result["logits"]), dim=-1).numpy()
        return result | {f"encoder.{name}": array for name, array in self.model.trace(self.source.tolist()).items()}
