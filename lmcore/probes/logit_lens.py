"""The logit lens: what a GPT would say next if it stopped after this block; and how much each part adds.

The stream after every block goes through the last norm and the head, as if it were the end. nostalgebraist,
"interpreting GPT: the logit lens" (2020), https://www.lesswrong.com/posts/AcKRB8wDpdaN6v6ru. The head was trained to
read the end of the stream only, so early rows are a hint, not a thought that was read.
Letters in shapes: L blocks, P positions, C width, V vocabulary, k guesses that are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore.tokenizers.base import START_ID

Floats = NDArray[np.float32]
ROUNDING = 1e-6  # nats: what float32 leaves between two equal distributions


@dataclass(frozen=True)
class Lens:
    """The likeliest next tokens after the embedding (row 0) and after each of the L blocks."""

    tokens: NDArray[np.int32]
    """(L + 1, P, k) the k likeliest, likeliest first."""
    probs: Floats
    """(L + 1, P, k) their probabilities."""
    kl: NDArray[np.float64]
    """(L + 1, P) nats from the model's own answer: KL(last block || this one); 0 in the last row."""
    final: Floats
    """(L + 1, P) the probability here of what the last block finds likeliest."""


@dataclass(frozen=True)
class Norms:
    """Lengths (Euclidean norms) of what is in the stream and of what is added to it, at each position."""

    embedding: Floats
    """(P,) what comes in."""
    attn_out: Floats
    """(L, P) what each block's attention adds."""
    mlp_out: Floats
    """(L, P) what its MLP adds."""
    residual: Floats
    """(L, P) the stream after the block."""


def read_out(model: Any, stream: NDArray[Any]) -> Floats:
    """(P, C) anywhere in the stream -> (P, V) log-probabilities, through the model's own last norm and head."""
    norm = model.ln_f
    weight, bias, head = (_array(part) for part in (norm.weight, norm.bias, model.lm_head.weight))
    x = stream.astype(np.float32, copy=False)
    # z = (x - mean) / √(variance + ε);  logits = W (g ⊙ z + b)
    x = x - x.mean(axis=-1, keepdims=True)
    z = x / np.sqrt(np.square(x).mean(axis=-1, keepdims=True) + norm.eps)
    logits = (z * weight + bias) @ head.T
    logits -= logits.max(axis=-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


def stream(trace: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
    """The stream (P, C) after the embedding and after each block, L + 1 of them."""
    found = [trace["embedding"]]
    while f"block.{len(found) - 1}.residual" in trace:
        found.append(trace[f"block.{len(found) - 1}.residual"])
    return found


def lens(model: Any, trace: Mapping[str, NDArray[Any]], k: int = 8) -> Lens:
    """Read the stream after every block. The start token, which never comes next, is no guess.

    One (P, V) array at a time, so that a large vocabulary fits. ValueError when there is no such k.
    """
    k = min(k, model.vocab_size - 1)
    if k < 1:
        raise ValueError("at least one guess has to be kept")
    own = trace["log_probs"]
    p = np.exp(own)
    likeliest = own[:, START_ID + 1 :].argmax(axis=1) + START_ID + 1  # (P,)
    at = np.arange(len(own))
    tokens, probs, kl, final = [], [], [], []
    for x in stream(trace):
        q = read_out(model, x)
        ahead = np.where(p > 0, p * (own - q), 0)  # 0 log 0 = 0
        divergence = ahead.sum(axis=1, dtype=np.float64)
        kl.append(np.where(divergence > ROUNDING, divergence, 0))
        final.append(np.exp(q[at, likeliest]))
        guesses = q[:, START_ID + 1 :]
        top = np.argpartition(-guesses, k - 1, axis=1)[:, :k]
        top = np.take_along_axis(top, np.argsort(-np.take_along_axis(guesses, top, 1), axis=1, kind="stable"), 1)
        tokens.append(top + START_ID + 1)
        probs.append(np.exp(np.take_along_axis(guesses, top, 1)))
    return Lens(np.stack(tokens).astype(np.int32), np.stack(probs), np.stack(kl), np.stack(final))


def norms(trace: Mapping[str, NDArray[Any]]) -> Norms:
    """How long the stream is, and what attention and MLP add to it."""
    L = len(stream(trace)) - 1

    def each(name: str) -> Floats:
        return np.stack([_lengths(trace[f"block.{i}.{name}"]) for i in range(L)])

    return Norms(_lengths(trace["embedding"]), each("attn_out"), each("mlp_out"), each("residual"))


def pushed(model: Any, trace: Mapping[str, NDArray[Any]], name: str, position: int) -> Floats:
    """(V,) how far one part's output at a position moves each logit, directly: logits are sums over the parts.

    "token_embedding", "block.0.attn_out", "block.2.mlp_out" and so on. The last norm divides by the size of the whole
    stream; that size is taken as it was, so that the parts' pushes and the last norm's bias add up to the logits.
    Elhage et al., "A Mathematical Framework for Transformer Circuits" (2021). ValueError when nothing has that name.
    """
    if name not in trace or trace[name].ndim != 2 or trace[name].shape[1] != model.config.n_embd:
        raise ValueError(f"{name!r:.40} is nothing that is added to the stream")
    norm, end = model.ln_f, stream(trace)[-1][position].astype(np.float64)
    size = np.sqrt(end.var() + norm.eps)
    part = trace[name][position].astype(np.float64)
    moved = (part - part.mean()) / size * _array(norm.weight)
    return (_array(model.lm_head.weight) @ moved).astype(np.float32)


def _lengths(x: NDArray[Any]) -> Floats:
    return np.sqrt(np.square(x).sum(axis=-1)).astype(np.float32)


def _array(parameter: Any) -> NDArray[Any]:
    found: NDArray[Any] = parameter.detach().cpu().float().numpy()
    return found
