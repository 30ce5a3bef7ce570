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
from lmcore.models.blas import use_one_thread
from lmcore.models.gpt_config import GPTConfig
from lmcore.models.positions import fixed, rotate

LN_EPS = 1e-5


GELU_LINEAR = math.sqrt(2 / math.pi)  # gelu(h) = ½ h (1 + tanh(GELU_LINEAR · h + GELU_CUBIC · h³))
GELU_CUBIC = 0.044715 * math.sqrt(2 / math.pi)
GELU_SCALE = GELU_CUBIC ** (1 / 3)  # in g = GELU_SCALE · h the cubic is g³ + GELU_SHIFT · g: one product less
GELU_SHIFT = GELU_LINEAR / GELU_SCALE


class Layer(NamedTuple):
    """The matrices of one block, their biases as a last column: W x + b = [W b] [x 1].

    What can be done beforehand is folded in: LayerNorm's gain and shift, 1/√D into the query, GELU's constants.
    """

    c_attn: Floats  # (3C, C+1)
    attn_proj: Floats  # (C, C+1)
    c_fc: Floats  # (4C, C+1)
    mlp_proj: Floats  # (C, 4C+1)


class StepWeights:
    """A copy of a GPT's weights, laid out for single steps."""

    def __init__(self, config: GPTConfig, arrays: Mapping[str, NDArray[np.float32]]):
        use_one_thread()
        self.config = config
        self.wte = np.array(arrays["wte.weight"], np.float32)  # (V, C)
        kind = fixed(config.position, config.block_size, config.n_embd, config.n_head)
        self.added = arrays["wpe.weight"].copy() if config.position == "learned" else kind.get("waves")
        self.angles, self.bias = kind.get("angles"), kind.get("bias")
        self.layers = [self._layer(arrays, f"h.{i}") for i in range(config.n_layer)]
        self.head = _columns(*_fold(arrays, "ln_f", self.wte, np.zeros(config.vocab_size, np.float32)))  # (V, C+1)
        self.mean = np.full(config.n_embd, 1 / config.n_embd, np.float32)  # x · mean is the mean of x, in one BLAS call

    def _layer(self, arrays: Mapping[str, NDArray[np.float32]], block: str) -> Layer:
        def linear(name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
            return arrays[f"{block}.{name}.weight"], arrays[f"{block}.{name}.bias"]

        c_attn = _columns(*_fold(arrays, f"{block}.ln_1", *linear("attn.c_attn")))
        c_attn[: self.config.n_embd] /= math.sqrt(self.config.head_dim)
        c_fc = _columns(*_fold(arrays, f"{block}.ln_2", *linear("mlp.c_fc")))
        c_fc *= GELU_SCALE
        weight, bias = linear("mlp.c_proj")
        return Layer(c_attn, _columns(*linear("attn.c_proj")), c_fc, _columns(weight * (0.5 / GELU_SCALE), bias))


def _fold(
    arrays: Mapping[str, NDArray[np.float32]], ln: str, weight: NDArray[np.float32], bias: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """W (g ⊙ z + b) + c = (W diag g) z + (W b + c): the linear map that takes in the bare normalised z."""
    return weight * arrays[f"{ln}.weight"], weight @ arrays[f"{ln}.bias"] + bias


def _columns(weight: NDArray[np.float32], bias: NDArray[np.float32]) -> Floats:
    """[W b], a copy with contiguous columns, which BLAS multiplies with a vector faster than contiguous rows."""
    return np.asfortranarray(np.column_stack([weight, bias]), dtype=np.float32)


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
        self.kv = np.empty((L, 2, H, B, D), np.float32)  # keys, then values
        self.used = 0
        self.lock = threading.Lock()
        # What is multiplied by a matrix has a last element 1, for the bias.
        self.z = np.ones(C + 1, np.float32)
        self.qkv = np.empty(3 * C, np.float32)
        self.y = np.ones(C + 1, np.float32)
        self.hidden = np.ones(4 * C + 1, np.float32)
        self.inner = np.empty(4 * C, np.float32)
        self.out = np.empty(C, np.float32)

    def fork(self, length: int) -> Cache:
        """A copy of the first `length` positions."""
        copy = Cache(self.weights)
        copy.tokens[:length] = self.tokens[:length]
        copy.kv[:, :, :, :length] = self.kv[:, :, :, :length]
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
    w, qkv, out = cache.weights, cache.qkv, cache.out
    H, C, D = w.config.n_head, w.config.n_embd, w.config.head_dim
    z, y, hidden = cache.z[:C], cache.y[:C], cache.hidden[: 4 * C]  # without the 1 at their end
    q = qkv[:C].reshape(H, D, 1)  # (C,) -> (H, D, 1)
    k_and_v = qkv[C:].reshape(2, H, D)  # (2C,) -> (2, H, D)
    heads = y.reshape(H, 1, D)  # (C,) -> (H, 1, D), the same memory
    x = w.wte[token]  # (C,)
    x = x.copy() if w.added is None else x + w.added[n]

    for layer, kv in zip(w.layers, cache.kv, strict=True):
        _normalise(x, w.mean, z)
        np.dot(layer.c_attn, cache.z, out=qkv)
        if w.angles is not None:
            q_and_k = qkv[: 2 * C].reshape(2 * H, D)
            q_and_k[:] = rotate(q_and_k, w.angles[n])
        kv[:, :, n] = k_and_v
        keys, values = kv[:, :, : n + 1]  # each (H, n+1, D)
        # weights = softmax(k q / √D) over the n + 1 positions so far;  y = weights · v
        weights = keys @ q  # (H, n+1, 1)
        if w.bias is not None:
            weights += w.bias[:, n, : n + 1, None]
        weights -= np.maximum.reduce(weights, axis=1, keepdims=True)
        np.exp(weights, out=weights)
        np.matmul(weights.transpose(0, 2, 1), values, out=heads)  # (H, 1, n+1) (H, n+1, D) -> (H, 1, D)
        heads /= np.add.reduce(weights, axis=1, keepdims=True)  # (H, 1, 1)
        x += np.dot(layer.attn_proj, cache.y, out=out)

        _normalise(x, w.mean, z)
        # g = GELU_SCALE · h, and 2 GELU_SCALE · gelu(h) = g (1 + tanh(g (g² + GELU_SHIFT)))
        np.dot(layer.c_fc, cache.z, out=hidden)
        inner = np.multiply(hidden, hidden, out=cache.inner)
        inner += GELU_SHIFT
        inner *= hidden
        np.tanh(inner, out=inner)
        inner += 1
        hidden *= inner
        x += np.dot(layer.mlp_proj, cache.hidden, out=out)

    _normalise(x, w.mean, z)
    return np.dot(w.head, cache.z)


def _normalise(x: Floats, mean: Floats, out: Floats) -> None:
    """out = (x - mean(x)) / √(var(x) + ε), all (C,)."""
    np.subtract(x, x.dot(mean), out=out)
    out *= 1 / math.sqrt(out.dot(out) / out.size + LN_EPS)


def log_softmax(logits: Floats) -> Floats:
    """(V,) natural log-probabilities, in place."""
    logits -= logits.max()
    logits -= math.log(np.add.reduce(np.exp(logits)))
    return logits
