"""The older translator: a recurrent network reads, another writes, and before each word it looks for where to look.

Bahdanau, Cho and Bengio, "Neural Machine Translation by Jointly Learning to Align and Translate" (2015),
https://arxiv.org/abs/1409.0473. Before it, the whole source had to pass through one vector.

Letters in shapes: B batch, S source positions, T target positions, P = T + 1 with the start token, E n_embd,
H hidden_size, V target vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from lmcore.models.attention import UNWATCHED, Recorder, Unwatched
from lmcore.models.base import Floats
from lmcore.models.blas import use_one_thread
from lmcore.models.encoder_decoder import PADDING, EncoderDecoder, Given
from lmcore.models.gpt_step import log_softmax
from lmcore.models.lstm import sigmoid
from lmcore.models.network import Arrays, checksum, table
from lmcore.models.translator_config import BahdanauConfig

__all__ = ["Bahdanau", "BahdanauConfig"]


class Read(NamedTuple):
    """What the encoder made of a batch of sources."""

    memory: Tensor  # (B, S, 2H) h_j, from both directions
    asked: Tensor  # (B, S, H) U_a h_j + b, the same for every word that is written
    there: Tensor  # (B, S) true where there is a word, not padding
    first: Tensor  # (B, H) s_0


class Bahdanau(EncoderDecoder):
    """A bidirectional GRU reads, a GRU writes; additive attention between them.

    The gated unit is that of Cho et al. (2014), https://arxiv.org/abs/1406.1078, as torch has it. Where the paper has a
    maxout layer before the output, here is one with tanh.
    """

    family: ClassVar[str] = "bahdanau"
    config: BahdanauConfig

    def __init__(self, config: BahdanauConfig, seed: int | None = 0):
        """New weights from the seed; with None they are left as they come, for someone who fills them in."""
        nn.Module.__init__(self)
        self.config = config
        E, H = config.n_embd, config.hidden_size
        self.source_wte = table(config.source_vocab_size, E)
        self.wte = table(config.vocab_size, E)
        self.encoder = nn.GRU(E, H, bidirectional=True, batch_first=True)
        self.first = nn.Linear(H, H)
        self.align_state = nn.Linear(H, H, bias=False)
        self.align_source = nn.Linear(2 * H, H)
        self.align_v = nn.Linear(H, 1, bias=False)
        self.decoder = nn.GRUCell(E + 2 * H, H)
        self.readout = nn.Linear(3 * H + E, E)
        self.lm_head = nn.Linear(E, config.vocab_size)
        if seed is not None:
            self._initialise(torch.Generator().manual_seed(seed))
        self._numpy: tuple[tuple[int, ...], Arrays] | None = None

    @torch.no_grad()
    def _initialise(self, generator: torch.Generator) -> None:
        """Normal, with the deviation at which sums over a width of n keep their size: 1/√n, of embeddings 1."""
        for name, parameter in self.named_parameters():
            if parameter.dim() < 2:
                nn.init.zeros_(parameter)
            else:
                std = 1.0 if "wte" in name else 1 / math.sqrt(parameter.shape[1])
                nn.init.normal_(parameter, 0.0, std, generator=generator)

    # The network ----------------------------------------------------------------------------------------------------

    def encode(self, source: Tensor, record: Unwatched = UNWATCHED) -> Read:
        """source (B, S), shorter ones padded with 0."""
        S, there = source.shape[1], source != PADDING
        x = record("embedding", self._dropped(self.source_wte(source)))  # (B, S, E)
        # →h_j = GRU(x_j, →h_{j-1});  ←h_j = GRU(x_j, ←h_{j+1});  h_j = [→h_j, ←h_j]
        packed = pack_padded_sequence(x, there.sum(1).cpu(), batch_first=True, enforce_sorted=False)
        memory, _ = pad_packed_sequence(self.encoder(packed)[0], batch_first=True, total_length=S)
        memory = record("memory", memory)  # (B, S, 2H)
        backward = memory[:, 0, self.config.hidden_size :]  # ←h_1 has read the whole source
        # s_0 = tanh(W_s ←h_1)
        first = torch.tanh(self.first(backward))
        return Read(memory, self.align_source(memory), there, first)

    def write(self, read: Read, state: Tensor, y: Tensor, record: Unwatched = UNWATCHED) -> tuple[Tensor, Tensor]:
        """One word: state s_{i-1} (B, H), embedding y_{i-1} (B, E) -> s_i (B, H), and what is read out (B, E)."""
        # e_ij = v · tanh(W_a s_{i-1} + U_a h_j);  α_i = softmax(e_i), 0 where there is padding
        scores = self.align_v(torch.tanh(self.align_state(state)[:, None] + read.asked))[..., 0]  # (B, S)
        scores = record("cross_scores", scores.masked_fill(~read.there, -math.inf))
        weights = record("cross_weights", F.softmax(scores, dim=-1))
        # c_i = Σ_j α_ij h_j
        context = record("context", (weights[:, None] @ read.memory)[:, 0])  # (B, 1, S) (B, S, 2H) -> (B, 2H)
        # s_i = GRU([y_{i-1}, c_i], s_{i-1})
        state = record("hidden", self.decoder(torch.cat([y, context], dim=-1), state))
        # t_i = tanh(W_t [s_i, c_i, y_{i-1}])
        out = torch.tanh(self.readout(torch.cat([state, context, y], dim=-1)))
        return state, record("readout", out)

    def forward(self, source: Tensor, idx: Tensor) -> Tensor:
        """source (B, S), shorter ones padded with 0; idx (B, T) from the start token on -> logits (B, T, V)."""
        return self.decode(idx, self.encode(source))

    def decode(self, idx: Tensor, read: Read) -> Tensor:
        """idx (B, T) -> logits (B, T, V); each word waits for the one before it."""
        y, state, outs = self._dropped(self.wte(idx)), read.first, []
        for t in range(idx.shape[1]):
            state, out = self.write(read, state, y[:, t])
            outs.append(out)
        return self.lm_head(self._dropped(torch.stack(outs, dim=1)))

    def _dropped(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.config.dropout, self.training) if self.config.dropout else x

    # Asking it ------------------------------------------------------------------------------------------------------

    def given(self, source_ids: Sequence[int]) -> GivenBahdanau:
        """The language model of the translations of one source. ValueError when it is empty, too long or unknown."""
        return GivenBahdanau(self, source_ids)

    def trace(self, source_ids: Sequence[int]) -> dict[str, NDArray[Any]]:
        """The encoder's pass over S source tokens: "embedding" (S, E), "memory" (S, 2H), forward units first."""
        source, record = self.check_source(source_ids), Recorder()
        with self._observing():
            self.encode(self._idx(source[None]), record)
        return {name: tensor[0].cpu().float().numpy() for name, tensor in record.values.items()}

    def weights(self) -> Arrays:
        """A numpy copy of the weights, made anew when they have changed."""
        arrays = self._views()
        key = checksum(arrays)
        if self._numpy is None or self._numpy[0] != key:
            use_one_thread()
            self._numpy = key, {name: array.copy() for name, array in arrays.items()}
        return self._numpy[1]


class GivenBahdanau(Given):
    """p(translation | this source). State: s_i, the hidden state of the network that writes."""

    model: Bahdanau

    def __init__(self, model: Bahdanau, source_ids: Sequence[int]) -> None:
        """ValueError when the source is empty, too long or unknown."""
        super().__init__(model, source_ids)
        with model._observing():
            self.read = model.encode(model._idx(self.source[None]))
        self.memory, self.asked = (part[0].cpu().numpy() for part in (self.read.memory, self.read.asked))
        self.weights = model.weights()

    def start(self) -> tuple[Floats, Floats]:
        return self.step(self.read.first[0].cpu().numpy(), self.start_id)

    def step(self, state: Floats, token: int) -> tuple[Floats, Floats]:
        """`Bahdanau.write` for one token in numpy: s_{i-1} (H,) -> s_i (H,), and (V,) log-probabilities."""
        self._check_token(token)
        w, y = self.weights, self.weights["wte.weight"][token]
        scores = np.tanh(w["align_state.weight"] @ state + self.asked) @ w["align_v.weight"][0]  # (S,)
        weights = np.exp(scores - scores.max())
        context = (weights / weights.sum()) @ self.memory  # (2H,)
        state = gru(w, "decoder.", np.concatenate([y, context]), state)
        out = np.tanh(w["readout.weight"] @ np.concatenate([state, context, y]) + w["readout.bias"])
        return state, log_softmax(w["lm_head.weight"] @ out + w["lm_head.bias"])

    def _logits(self, ids: Sequence[int]) -> Tensor:
        with self.model._observing():
            return self.model.decode(self.model._idx(self._sequence(ids)[None]), self.read)[0].float()

    def trace(self, ids: Sequence[int]) -> dict[str, NDArray[Any]]:
        """Named internals of one pass over the T tokens and the start token before them: P = T + 1 positions.

        "embedding" (P, E); "cross_scores" e, "cross_weights" α (1, 1, P, S), one layer with one head; "context" c
        (P, 2H), "hidden" s (P, H), "readout" (P, E); "logits", "log_probs" (P, V); and what the encoder's trace has,
        under "encoder.".
        """
        rows: dict[str, list[Tensor]] = {}
        model = self.model
        with model._observing():
            embedding, state = model.wte(model._idx(self._sequence(ids))), self.read.first
            for y in embedding:
                record = Recorder()
                state, _ = model.write(self.read, state, y[None], record)
                for name, tensor in record.values.items():
                    rows.setdefault(name, []).append(tensor[0])
            tensors = {"embedding": embedding} | {name: torch.stack(parts) for name, parts in rows.items()}
            tensors["logits"] = model.lm_head(tensors["readout"])
            tensors["log_probs"] = F.log_softmax(tensors["logits"], dim=-1)
        result = {name: tensor.cpu().float().numpy() for name, tensor in tensors.items()}
        result |= {name: result[name][None, None] for name in ("cross_scores", "cross_weights")}
        return result | {f"encoder.{name}": array for name, array in model.trace(self.source.tolist()).items()}


def gru(w: Arrays, name: str, x: Floats, h: Floats) -> Floats:
    """One gated recurrent unit: x (in,), h (H,) -> the next h (H,). The weights' rows are reset, update, candidate.

    z is what stays of the old state; in the paper it is what comes of the new one.
    """
    from_x = w[f"{name}weight_ih"] @ x + w[f"{name}bias_ih"]  # (3H,)
    from_h = w[f"{name}weight_hh"] @ h + w[f"{name}bias_hh"]
    (x_r, x_z, x_n), (h_r, h_z, h_n) = from_x.reshape(3, -1), from_h.reshape(3, -1)
    # r = σ(W_r x + U_r h);  z = σ(W_z x + U_z h);  n = tanh(W_n x + r ∘ (U_n h))
    r, z = sigmoid(x_r + h_r), sigmoid(x_z + h_z)
    n = np.tanh(x_n + r * h_n)
    # h' = (1 - z) ∘ n + z ∘ h
    return (1 - z) * n + z * h
