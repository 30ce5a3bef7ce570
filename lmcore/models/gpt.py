"""GPT: a stack of transformer blocks that predicts the next token.

Letters in shapes: B batch, T positions, C width (n_embd), H heads, D width of a head (C = H · D), V vocabulary.
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

from lmcore.models.adapters import merged
from lmcore.models.attention import UNWATCHED, CausalSelfAttention, Recorder, Unwatched
from lmcore.models.base import Floats
from lmcore.models.gpt_config import GPTConfig
from lmcore.models.gpt_held import check_held, held_in
from lmcore.models.gpt_step import LN_EPS, Cache, GPTState, StepWeights, extend, log_softmax
from lmcore.models.network import Arrays, Network, Tied, checksum, table
from lmcore.models.positions import fixed
from lmcore.models.windows import Window, window_start, windows

__all__ = ["GPT", "GPTConfig"]

CHUNK_FLOATS = 4_000_000  # the widest array of one chunk, when many windows are computed


class MLP(nn.Module):
    """Two linear maps with a GELU between them, the same for every position.

    Hendrycks and Gimpel, "Gaussian Error Linear Units" (2016), https://arxiv.org/abs/1606.08415; the tanh form.
    """

    def __init__(self, n_embd: int, dropout: float = 0.0):
        super().__init__()
        self.c_fc = nn.Linear(n_embd, 4 * n_embd)
        self.c_proj = nn.Linear(4 * n_embd, n_embd)
        self.dropout = dropout

    def forward(self, x: Tensor, record: Unwatched = UNWATCHED) -> Tensor:
        """x (B, T, C) -> (B, T, C), by way of (B, T, 4C)."""
        # gelu(h) = ½ h (1 + tanh(√(2/π) (h + 0.044715 h³)))
        hidden = record("mlp_hidden", F.gelu(self.c_fc(x), approximate="tanh"))  # (B, T, 4C)
        y = self.c_proj(hidden)
        return F.dropout(y, self.dropout) if self.training and self.dropout else y


class Block(nn.Module):
    """Attention, then an MLP, each added to the stream of width C that runs through the model.

    The norm comes before each part, as in GPT-2, not after it: Xiong et al., "On Layer Normalization in the
    Transformer Architecture" (2020), https://arxiv.org/abs/2002.04745.
    """

    def __init__(self, config: GPTConfig):
        super().__init__()
        self.ln_1 = nn.LayerNorm(config.n_embd, eps=LN_EPS)
        self.attn = CausalSelfAttention(config.n_embd, config.n_head, config.dropout)
        self.ln_2 = nn.LayerNorm(config.n_embd, eps=LN_EPS)
        self.mlp = MLP(config.n_embd, config.dropout)

    def forward(
        self, x: Tensor, record: Unwatched = UNWATCHED, turned: Tensor | None = None, bias: Tensor | None = None
    ) -> Tensor:
        """x (B, T, C) -> (B, T, C); `turned` and `bias` are for the attention."""
        # x ← x + attention(norm(x));  x ← x + mlp(norm(x))
        x = record("residual_mid", x + record("attn_out", self.attn(self.ln_1(x), record, turned, bias)))
        return record("residual", x + record("mlp_out", self.mlp(self.ln_2(x), record)))


class GPT(Tied, Network):
    """The decoder-only transformer of GPT-2, with its parameter names and initialisation, and a choice of positions.

    Radford et al., "Language Models are Unsupervised Multitask Learners" (2019). Matrices are nn.Linear's (out, in);
    GPT-2's published weights keep theirs as Conv1D, (in, out): transpose c_attn, c_proj and c_fc when copying.
    """

    family: ClassVar[str] = "gpt"
    waves: Tensor
    angles: Tensor
    bias: Tensor

    def __init__(self, config: GPTConfig, seed: int | None = 0):
        """New weights from the seed; with None they are left as they come, for someone who fills them in."""
        nn.Module.__init__(self)
        self.config = config
        self.wte = table(config.vocab_size, config.n_embd)
        if config.position == "learned":
            self.wpe = table(config.block_size, config.n_embd)
        self.h = nn.ModuleList(Block(config) for _ in range(config.n_layer))
        self.ln_f = nn.LayerNorm(config.n_embd, eps=LN_EPS)
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        self.lm_head.weight = self.wte.weight  # tied: one matrix reads tokens in and scores them at the end
        if seed is not None:
            self._initialise(seed)
        # What positions are made of where they are not learned: computed, never saved.
        for name, array in fixed(config.position, config.block_size, config.n_embd, config.n_head).items():
            self.register_buffer(name, torch.from_numpy(array), persistent=False)
        self._step_weights: tuple[tuple[int, ...], StepWeights] | None = None

    def _initialise(self, seed: int) -> None:
        """Normal, with deviation 0.02; the two projections that add to the stream are scaled by 1/√(2 n_layer).

        "wide" takes 1/√C for the blocks' matrices, which keeps a vector's length through them (Glorot and Bengio,
        "Understanding the Difficulty of Training Deep Feedforward Neural Networks", 2010), and 3/√C for the tokens'
        vectors. Heads that copy a word from earlier in the text are learnt sooner then, but the untrained model is no
        longer a guesser: its loss is above ln V. "wide-unsure" makes it one again by a small gain of the last norm.
        """
        generator = torch.Generator().manual_seed(seed)
        wide, C = self.config.init != "gpt-2", self.config.n_embd
        inner, token = (1 / math.sqrt(C), 3 / math.sqrt(C)) if wide else (0.02, 0.02)
        for name, parameter in self.named_parameters():
            if parameter.dim() < 2:
                nn.init.constant_(parameter, 1.0 if "ln_" in name and name.endswith("weight") else 0.0)
            elif not name.startswith("h."):
                nn.init.normal_(parameter, 0.0, token if name == "wte.weight" else 0.02, generator=generator)
            else:
                std = inner / math.sqrt(2 * self.config.n_layer) if "c_proj" in name else inner
                nn.init.normal_(parameter, 0.0, std, generator=generator)
        if self.config.init == "wide-unsure":
            nn.init.constant_(self.ln_f.weight, 0.1)

    # The network ----------------------------------------------------------------------------------------------------

    def hidden(self, idx: Tensor, record: Unwatched = UNWATCHED) -> Tensor:
        """idx (B, T) -> (B, T, C): the normalised stream from which the next token is read."""
        T = idx.shape[1]
        if self.config.block_size < T:
            raise ValueError(f"{T} positions are more than this model's block_size of {self.config.block_size}")
        kind = self.config.position
        x = record("token_embedding", self.wte(idx))  # (B, T, C)
        if kind == "learned":
            x = x + record("position_embedding", self.wpe(torch.arange(T, device=idx.device))[None])  # + (1, T, C)
        elif kind == "sinusoidal":
            x = x + record("position_embedding", self.waves[None, :T])
        if self.training and self.config.dropout:
            x = F.dropout(x, self.config.dropout)
        x = record("embedding", x)
        turned = self.angles[:T] if kind == "rotary" else None
        bias = self.bias[:, :T, :T] if kind == "alibi" else None
        for i, block in enumerate(self.h):
            x = block(x, record.under(f"block.{i}"), turned, bias)
        return record("ln_f", self.ln_f(x))

    def forward(self, idx: Tensor, record: Unwatched = UNWATCHED) -> Tensor:
        """idx (B, T) -> logits (B, T, V). Row t scores the token after idx[:, t], from idx[:, :t+1] only."""
        return record("logits", self.lm_head(self.hidden(idx, record)))

    # The language model ---------------------------------------------------------------------------------------------

    @property
    def block_size(self) -> int:
        return self.config.block_size

    def log_probs(self, ids: Sequence[int]) -> Floats:
        sequence = self._sequence(ids)
        result = np.empty((sequence.size, self.vocab_size), np.float32)
        for window, logits in self._window_logits(sequence):
            result[window.first : window.stop] = F.log_softmax(logits, dim=-1).cpu().numpy()
        return result

    def score(self, ids: Sequence[int]) -> Floats:
        sequence = self._sequence(ids)
        result = np.empty(sequence.size - 1, np.float32)
        for window, logits in self._window_logits(sequence[:-1]):
            targets = torch.from_numpy(sequence[window.first + 1 : window.stop + 1]).to(logits.device)
            loss = F.cross_entropy(logits, targets, reduction="none")
            result[window.first : window.stop] = -loss.cpu().numpy()
        return result

    def start(self) -> tuple[GPTState, Floats]:
        return self.step(GPTState(Cache(self._weights_for_steps()), 0), self.start_id)

    def step(self, state: GPTState, token: int) -> tuple[GPTState, Floats]:
        """One token. When the model is trained on, a state keeps the weights it began with until its window is cut."""
        if not 0 <= token < self.config.vocab_size:
            raise ValueError(f"token {token} is not in the vocabulary 1..{self.config.vocab_size - 1}")
        if state.length < self.config.block_size:
            state, logits = extend(state, token)
            return state, log_softmax(logits)
        # full: start anew from the last half of the window
        return self._prefill(np.append(state.window()[self.config.block_size // 2 :], token))

    def prompt(self, ids: Sequence[int]) -> tuple[GPTState, Floats]:
        sequence = self._sequence(ids)
        return self._prefill(sequence[window_start(sequence.size - 1, self.config.block_size) :])

    def trace(self, ids: Sequence[int], held: Arrays | None = None) -> dict[str, NDArray[Any]]:
        """Named internals of one pass over the T tokens and the start token before them: P = T + 1 positions.

        "token_embedding", "position_embedding" (where positions are added), "embedding", "ln_f" (P, C); "logits",
        "log_probs" (P, V); for each block i "block.i." followed by "q", "k", "v", "attn_heads" (H, P, D; rotary
        queries and keys are turned), "attn_scores" (-∞ where masked), "attn_weights" (H, P, P), "attn_out",
        "residual_mid", "mlp_out", "residual" (P, C), "mlp_hidden" (P, 4C). Past block_size, row p is what was computed
        in the window of position p, and what lies outside that window has weight 0.

        `held` says what would happen if: name -> an array that broadcasts to the name's shape, whose numbers stand in
        for the computed ones; where it is NaN nothing changes. Zeros in a head's "attn_heads" switch it off; rows of
        another text's trace patch it in. ValueError past 2,048 positions, or when a held array does not fit.
        """
        sequence = self._traced(ids)
        P = sequence.size
        result: dict[str, NDArray[Any]] = {}
        whole = check_held(self.config, held or {}, P)
        for window in windows(P, self.config.block_size):
            record = Recorder(held=held_in(whole, window, self.device))
            with self._observing():
                self(self._idx(sequence[None, window.start : window.stop]), record)
            for name, tensor in record.values.items():
                _place(result, name, tensor[0].cpu().float().numpy(), window, P)
        result["log_probs"] = F.log_softmax(torch.from_numpy(result["logits"]), dim=-1).numpy()
        return result

    # Helpers --------------------------------------------------------------------------------------------------------

    def _window_logits(self, sequence: NDArray[np.int64]) -> Iterator[tuple[Window, Tensor]]:
        """For each window of the sequence (P,), the (rows, V) logits of the positions it answers for."""
        if not sequence.size:
            return
        B = self.config.block_size
        widest = max(self.vocab_size, 4 * self.config.n_embd)
        per_chunk = max(1, CHUNK_FLOATS // (min(B, sequence.size) * widest))
        todo = windows(sequence.size, B)
        for i in range(0, len(todo), per_chunk):
            chunk = todo[i : i + per_chunk]
            longest = max(window.stop - window.start for window in chunk)
            batch = np.zeros((len(chunk), longest), np.int64)  # padding follows what is read, so it changes nothing
            for row, window in zip(batch, chunk, strict=True):
                row[: window.stop - window.start] = sequence[window.start : window.stop]
            with self._observing():
                hidden = self.hidden(self._idx(batch))  # (windows, T, C)
                for row, window in zip(hidden, chunk, strict=True):
                    yield window, self.lm_head(row[window.first - window.start : window.stop - window.start]).float()

    def _prefill(self, window: NDArray[np.int64]) -> tuple[GPTState, Floats]:
        """A cache with a whole window (n,) in it, by one batched pass, and (V,) log-probabilities after it."""
        cache = Cache(self._weights_for_steps())
        n = window.size
        record = Recorder(keep=frozenset({"k", "v"}))
        with self._observing():
            hidden = self.hidden(self._idx(window[None]), record)  # (1, n, C)
            log_probs = F.log_softmax(self.lm_head(hidden[0, -1]).float(), dim=-1).cpu().numpy()
        for i in range(self.config.n_layer):
            for j, name in enumerate("kv"):
                cache.kv[i, j, :, :n] = record.values[f"block.{i}.{name}"][0].cpu().numpy()  # (H, n, D)
        cache.tokens[:n] = window
        cache.used = n
        return GPTState(cache, n), log_probs

    def _weights_for_steps(self) -> StepWeights:
        """The numpy copy of the weights, made anew when they have changed."""
        arrays = self._views()
        key = checksum(arrays)
        if self._step_weights is None or self._step_weights[0] != key:
            self._step_weights = key, StepWeights(self.config, merged(arrays))
        return self._step_weights[1]


def _place(result: dict[str, NDArray[Any]], name: str, array: NDArray[Any], window: Window, P: int) -> None:
    """Put the rows that a window answers for at their positions; its columns too, for (H, P, P) arrays."""
    rows = slice(window.first - window.start, window.stop - window.start)
    per_pair = name.endswith(("attn_scores", "attn_weights"))
    heads = array.ndim == 3  # (H, n, …) instead of (n, …)
    if name not in result:
        shape = [P if axis == heads or (per_pair and axis == 2) else size for axis, size in enumerate(array.shape)]
        result[name] = np.full(shape, -np.inf if name.endswith("attn_scores") else 0, np.float32)
    target: tuple[Any, ...] = (slice(window.first, window.stop),)
    source: tuple[Any, ...] = (rows,)
    if heads:
        target, source = (slice(None), *target), (slice(None), *source)
    if per_pair:
        target = (*target, slice(window.start, window.stop))
    result[name][target] = array[source]
