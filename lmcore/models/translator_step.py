"""The translator's decoder one token at a time, in numpy: the arithmetic of `Translator.decode` for a single position.

At these sizes a torch call costs more than its arithmetic. The keys and values of the source are computed once; those
of what was written are appended, and a state is never changed, so that a search can go on from it in many ways.

Letters in shapes: C width, H heads, D width of a head, S source positions, n positions written so far, V vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lmcore.models.base import Floats
from lmcore.models.blas import use_one_thread
from lmcore.models.gpt_step import GELU_CUBIC, GELU_LINEAR, LN_EPS, log_softmax
from lmcore.models.positions import sinusoidal
from lmcore.models.translator_config import TranslatorConfig

FIRST_WAVES = 64  # positions whose waves are computed at once


class StepWeights:
    """A copy of a translator's weights, by the names of its parameters."""

    def __init__(self, config: TranslatorConfig, arrays: Mapping[str, NDArray[np.float32]]):
        use_one_thread()
        self.config = config
        self.arrays = {name: array.copy() for name, array in arrays.items()}
        self.waves = sinusoidal(FIRST_WAVES, config.n_embd)

    def wave(self, n: int) -> Floats:
        """(C,) what is added at position n."""
        if n >= len(self.waves):
            self.waves = sinusoidal(2 * n, self.config.n_embd)
        return self.waves[n]

    def linear(self, name: str, x: Floats) -> Floats:
        """W x + b; x (in,) or (positions, in)."""
        return x @ self.arrays[f"{name}.weight"].T + self.arrays[f"{name}.bias"]

    def norm(self, name: str, x: Floats) -> Floats:
        """g (x - mean(x)) / √(var(x) + ε) + b; x (C,)."""
        x = x - x.mean()
        return x / math.sqrt(x @ x / x.size + LN_EPS) * self.arrays[f"{name}.weight"] + self.arrays[f"{name}.bias"]


class Seen(NamedTuple):
    """What one attention of one block looks at."""

    keys: Floats  # (H, D, n): transposed, as they are multiplied
    values: Floats  # (H, n, D)


class TranslatorState(NamedTuple):
    """What the decoder remembers: for each block the source's keys and values, and those of what was written."""

    weights: StepWeights
    source: tuple[Seen, ...]
    written: tuple[Seen, ...]
    length: int


def begin(weights: StepWeights, memory: Floats) -> TranslatorState:
    """The state before the start token; memory (S, C) is what the encoder made of the source."""
    H, D = weights.config.n_head, weights.config.head_dim
    source = []
    for i in range(weights.config.n_layer):
        kv = weights.linear(f"decoder.{i}.cross.c_kv", memory).reshape(-1, 2, H, D)  # (S, 2C) -> (S, 2, H, D)
        source.append(Seen(np.ascontiguousarray(kv[:, 0].transpose(1, 2, 0)), kv[:, 1].transpose(1, 0, 2).copy()))
    nothing = Seen(np.empty((H, D, 0), np.float32), np.empty((H, 0, D), np.float32))
    return TranslatorState(weights, tuple(source), (nothing,) * len(source), 0)


def advance(state: TranslatorState, token: int) -> tuple[TranslatorState, Floats]:
    """Take in one token: the new state and (V,) log-probabilities of what comes next."""
    w, n = state.weights, state.length
    H, D = w.config.n_head, w.config.head_dim
    x = np.float32(math.sqrt(H * D)) * w.arrays["wte.weight"][token] + w.wave(n)  # (C,)
    written = []
    for i, (source, before) in enumerate(zip(state.source, state.written, strict=True)):
        block = f"decoder.{i}"
        z = w.norm(f"{block}.ln_1", x)
        k, v = w.linear(f"{block}.attn.c_kv", z).reshape(2, H, D)
        keys = np.concatenate([before.keys, k[:, :, None]], axis=2)
        values = np.concatenate([before.values, v[:, None]], axis=1)
        written.append(Seen(keys, values))
        x = x + w.linear(f"{block}.attn.c_proj", _look(w.linear(f"{block}.attn.c_q", z), written[-1]))
        z = w.norm(f"{block}.ln_2", x)
        x = x + w.linear(f"{block}.cross.c_proj", _look(w.linear(f"{block}.cross.c_q", z), source))
        z = w.norm(f"{block}.ln_3", x)
        x = x + w.linear(f"{block}.mlp.c_proj", _gelu(w.linear(f"{block}.mlp.c_fc", z)))
    logits = w.arrays["wte.weight"] @ w.norm("ln_f", x)
    return TranslatorState(w, state.source, tuple(written), n + 1), log_softmax(logits)


def _look(q: Floats, seen: Seen) -> Floats:
    """softmax(q kᵀ / √D) v in every head: q (C,) -> (C,)."""
    H, D, _ = seen.keys.shape
    weights = q.reshape(H, 1, D) @ seen.keys / np.float32(math.sqrt(D))  # (H, 1, n)
    weights = np.exp(weights - weights.max(axis=2, keepdims=True))
    weights /= weights.sum(axis=2, keepdims=True)
    return (weights @ seen.values).reshape(-1)  # (H, 1, D) -> (C,)


def _gelu(h: Floats) -> Floats:
    """½ h (1 + tanh(√(2/π) (h + 0.044715 h³)))."""
    h2 = h * h
    return np.float32(0.5) * h * (1 + np.tanh(h * (np.float32(GELU_LINEAR) + np.float32(GELU_CUBIC) * h2)))
