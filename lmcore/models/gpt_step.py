"""GPT one token at a time, in numpy: the same arithmetic as `GPT.forward` for a single position, with a KV cache.

At these sizes a torch call costs more than its arithmetic, so one position is computed by matrix-vector products on
plain arrays. What a position needs from those before it are their keys and values, and they never change: a cache.

Letters in shapes: C width, H heads, D width of a head, V vocabulary, n positions in the window so far.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lmcore.models.base import Floats
from lmcore.models.gpt_config import GPTConfig

LN_EPS = 1e-5


class Layer(NamedTuple):
    """The matrices of one block, with LayerNorm's gain and shift (and 1/√D) folded into what follows them."""

    c_attn: Floats  # (3C, C)
    c_attn_bias: Floats
    attn_proj: Floats  # (C, C)
    attn_proj_bias: Floats
    c_fc: Floats  # (4C, C)
    c_fc_bias: Floats
    mlp_proj: Floats  # (C, 4C), halved: the ½ of GELU
    mlp_proj_bias: Floats


class StepWeights:
    """A copy of a GPT's weights, laid out for single steps."""

    def __init__(self, config: GPTConfig, arrays: Mapping[str, NDArray[np.float32]]):
        self.config = config
        self.wte = np.array(arrays["wte.weight"], np.float32)  # (V, C)
        self.wpe = np.array(arrays["wpe.weight"], np.float32)  # (block_size, C)
        self.layers = [self._layer(i, arrays) for i in range(config.n_layer)]
        self.head, self.head_bias = _fold(arrays, "ln_f", self.wte, np.zeros(config.vocab_size, np.float32))
        self.mean = np.full(config.n_embd, 1 / config.n_embd, np.float32)  # x · mean is the mean of x, in one BLAS call

    def _layer(self, i: int, arrays: Mapping[str, NDArray[np.float32]]) -> Layer:
        def get(name: str) -> NDArray[np.float32]:
            return arrays[f"h.{i}.{name}"]

        c_attn, c_attn_bias = _fold(arrays, f"h.{i}.ln_1", get("attn.c_attn.weight"), get("attn.c_attn.bias"))
        C = self.config.n_embd
        c_attn[:C] /= math.sqrt(self.config.head_dim)
        c_attn_bias[:C] /= math.sqrt(self.config.head_dim)
        c_fc, c_fc_bias = _fold(arrays, f"h.{i}.ln_2", get("mlp.c_fc.weight"), get("mlp.c_fc.bias"))
        return Layer(
            c_attn,
            c_attn_bias,
            _columns(get("attn.c_proj.weight")),
            np.array(get("attn.c_proj.bias"), np.float32),
            c_fc,
            c_fc_bias,
            _columns(0.5 * get("mlp.c_proj.weight")),
            np.array(get("mlp.c_proj.bias"), np.float32),
        )


def _columns(matrix: NDArray[np.float32]) -> Floats:
    """A copy with contiguous columns: BLAS multiplies it with a vector faster than one with contiguous rows."""
    return np.array(matrix, np.float32, order="F")


def _fold(
    arrays: Mapping[str, NDArray[np.float32]], ln: str, weight: NDArray[np.float32], bias: NDArray[np.float32]
) -> tuple[Floats, Floats]:
    """W(g ⊙ z + b) + c = (W diag g) z + (W b + c): the linear map that takes in the bare normalised z."""
    gain, shift = arrays[f"{ln}.weight"], arrays[f"{ln}.bias"]
    return _columns(weight * gain), np.array(weight @ shift + bias, np.float32)


class Cache:
    """Keys and values of one window, append-only, with room for the scratch of one computation.

    States share it: a state is (cache, length), and reads only the first `length` positions. The first to go on from
    the newest length appends in place; any other (a branch) gets a copy. So no state ever sees another's tokens.
    """

    def __init__(self, weights: StepWeights):
        config = weights.config
        L, H, B, D = config.n_layer, config.n_head, config.block_size, config.head_dim
        C = config.n_embd
        self.weights = weights
        self.tokens = np.zeros(B, np.int64)
        self.keys = np.empty((L, H, B, D), np.float32)
        self.values = np.empty((L, H, B, D), np.float32)
        self.used = 0
        self.lock = threading.Lock()
        self.scratch = (
            np.empty(C, np.float32),
            np.empty(3 * C, np.float32),
            np.empty(C, np.float32),
            np.empty(4 * C, np.float32),
            np.empty(4 * C, np.float32),
        )

    def fork(self, length: int) -> Cache:
        """A copy of the first `length` positions."""
        copy = Cache(self.weights)
        copy.tokens[:length] = self.tokens[:length]
        copy.keys[:, :, :length] = self.keys[:, :, :length]
        copy.values[:, :, :length] = self.values[:, :, :length]
        copy.used = length
        return copy


class GPTState(NamedTuple):
    """The first `length` positions of `cache`: what a GPT remembers of the text so far."""

    cache: Cache
    length: int

    def window(self) -> NDArray[np.int64]:
        """(length,) the tokens in view, the start token among them while it is."""
        return self.cache.tokens[: self.length].copy()


def extend(state: GPTState, token: int) -> tuple[GPTState, Floats]:
    """Take in one token where the window still has room: the new state and (V,) logits."""
    cache, n = state
    with cache.lock:
        newest = cache.used == n
        if newest:
            cache.used = n + 1  # claimed: whoever comes second copies
    if not newest:
        cache = cache.fork(n)
        cache.used = n + 1
    cache.tokens[n] = token
    return GPTState(cache, n + 1), _position(cache, n, token)


def _position(cache: Cache, n: int, token: int) -> Floats:
    """(V,) logits of position n, whose keys and values are added to the cache."""
    w = cache.weights
    config = w.config
    H, C, D = config.n_head, config.n_embd, config.head_dim
    z, qkv, y, hidden, inner = cache.scratch
    q = qkv[:C].reshape(H, D, 1)  # (C,) -> (H, D, 1)
    k, v = qkv[C:].reshape(2, H, D)  # (2C,) -> twice (H, D)
    heads = y.reshape(H, 1, D)  # (C,) -> (H, 1, D), the same memory
    x = w.wte[token] + w.wpe[n]  # (C,)

    for i, layer in enumerate(w.layers):
        keys, values = cache.keys[i], cache.values[i]
        _normalise(x, w.mean, z)
        np.dot(layer.c_attn, z, out=qkv)
        qkv += layer.c_attn_bias
        keys[:, n] = k
        values[:, n] = v
        # weights = softmax(k q / √D) over the n + 1 positions so far;  y = weights · v
        scores = keys[:, : n + 1] @ q  # (H, n+1, 1)
        scores -= np.maximum.reduce(scores, axis=1, keepdims=True)
        np.exp(scores, out=scores)
        total = np.add.reduce(scores, axis=1, keepdims=True)  # (H, 1, 1)
        np.matmul(scores.transpose(0, 2, 1), values[:, : n + 1], out=heads)  # (H, 1, D)
        np.divide(heads, total, out=heads)
        x += np.dot(layer.attn_proj, y, out=z)
        x += layer.attn_proj_bias

        _normalise(x, w.mean, z)
        np.dot(layer.c_fc, z, out=hidden)
        hidden += layer.c_fc_bias
        # gelu(h) = ½ h (1 + tanh(√(2/π) (h + 0.044715 h³)))
        np.multiply(hidden, hidden, out=inner)
        inner *= 0.044715 * math.sqrt(2 / math.pi)
        inner += math.sqrt(2 / math.pi)
        inner *= hidden
        np.tanh(inner, out=inner)
        inner += 1
        hidden *= inner
        x += np.dot(layer.mlp_proj, hidden, out=z)
        x += layer.mlp_proj_bias

    _normalise(x, w.mean, z)
    logits = np.dot(w.head, z)
    logits += w.head_bias
    return logits


def _normalise(x: Floats, mean: Floats, out: Floats) -> None:
    """out = (x - mean(x)) / √(var(x) + ε), all (C,)."""
    np.subtract(x, x.dot(mean), out=out)
    out *= 1 / math.sqrt(out.dot(out) / out.size + LN_EPS)


def log_softmax(logits: Floats) -> Floats:
    """(V,) natural log-probabilities, in place."""
    logits -= logits.max()
    logits -= math.log(np.add.reduce(np.exp(logits)))
    return logits
