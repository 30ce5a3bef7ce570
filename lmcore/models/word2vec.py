"""Word2Vec: vectors such that words which keep the same company point the same way.

Mikolov, Chen, Corrado and Dean (2013 a), https://arxiv.org/abs/1301.3781; Mikolov, Sutskever, Chen, Corrado and Dean
(2013 b), https://arxiv.org/abs/1310.4546. It gives no probability of a next token, so it is no LanguageModel.
Letters in shapes: N tokens, V vocabulary, E n_embd, B pairs or words in a batch, K negatives, W words of a context.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from lmcore.batches import Tokens
from lmcore.models.base import check_ids
from lmcore.models.word2vec_config import Word2VecConfig

Floats = NDArray[np.float32]
MAX_TABLE = 2048  # words up to which the V x V table of the exact loss is used: 16 MB an array


class Word2Vec:
    """Two matrices (V, E): `vectors`, a word as itself, and `contexts`, a word as somebody's neighbour."""

    family: ClassVar[str] = "word2vec"

    def __init__(self, config: Word2VecConfig, seed: int | None = 0) -> None:
        """As in word2vec.c: vectors uniform within ±1/(2 E), contexts 0, so that every pair begins at σ = 1/2."""
        self.config = config
        V, E = config.vocab_size, config.n_embd
        rng = np.random.default_rng(seed)
        self.vectors: Floats = ((rng.random((V, E), np.float32) - 0.5) / E).astype(np.float32)
        self.contexts: Floats = np.zeros((V, E), np.float32)

    @classmethod
    def from_arrays(cls, config: Word2VecConfig, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """A model with these weights; ValueError unless names and shapes are `config.shapes()`."""
        config.check_arrays(arrays)
        model = cls.__new__(cls)
        model.config = config
        model.vectors = np.array(arrays["vectors"], np.float32)
        model.contexts = np.array(arrays["contexts"], np.float32)
        return model

    def state_arrays(self) -> dict[str, Floats]:
        """Name -> a copy of each matrix."""
        return {"vectors": self.vectors.copy(), "contexts": self.contexts.copy()}

    @property
    def vocab_size(self) -> int:
        return self.config.vocab_size

    @property
    def n_params(self) -> int:
        return self.config.n_params

    def trace(self, ids: Sequence[int]) -> dict[str, NDArray[Any]]:
        """T tokens: "one_hot" (T, V), its product with the matrix "embedding" (T, E), and "context" (T, E)."""
        idx = check_ids(ids, self.vocab_size)
        one_hot = np.zeros((idx.size, self.vocab_size), np.float32)
        one_hot[np.arange(idx.size), idx] = 1
        return {"one_hot": one_hot, "embedding": self.vectors[idx], "context": self.contexts[idx]}


# What is met ---------------------------------------------------------------------------------------------------------


class Chances(NamedTuple):
    """How often words are met, from their counts n in a text."""

    keep: NDArray[np.float64]
    """(V,) the probability of meeting an occurrence of a word."""
    negative: NDArray[np.float64]
    """(V,) the probability of drawing a word as a negative; sums to 1."""


def chances(tokens: Tokens, config: Word2VecConfig) -> Chances:
    """Frequent words are met less often and drawn less often than they stand in the text."""
    n = np.bincount(tokens.ids, minlength=config.vocab_size).astype(np.float64)
    # keep(w) = min(1, √(t/f) + t/f), f = n(w)/N: as word2vec.c has it; the paper has 1 - keep = 1 - √(t/f)
    t_f = np.divide(config.subsample * n.sum(), n, out=np.full_like(n, np.inf), where=n > 0)
    keep = np.minimum(1, np.sqrt(t_f) + t_f) if config.subsample else np.ones_like(n)
    # P(w) = n(w)^¾ / Σ n^¾
    return Chances(keep, n**0.75 / (n**0.75).sum())


def pairs(tokens: Tokens, config: Word2VecConfig) -> NDArray[np.float64]:
    """(V, V) how often a word and a word of its context are expected to be met: `pairs[w, c]`.

    The reach of each context is drawn from 1..window in word2vec, so that one at distance d is met with the
    probability (window - d + 1) / window. No context reaches beyond its passage. Each occurrence is met or not after
    the windows are laid (Levy, Goldberg and Dagan 2015 call this "clean"; word2vec.c drops words before).
    """
    V, ids = config.vocab_size, tokens.ids.astype(np.int64)
    passage = np.searchsorted(tokens.starts, np.arange(ids.size), side="right")
    met = np.zeros(V * V)
    for d in range(1, min(config.window, ids.size - 1) + 1):
        together = passage[:-d] == passage[d:]
        found = np.bincount(ids[:-d][together] * V + ids[d:][together], minlength=V * V)
        met += found * ((config.window - d + 1) / config.window)
    ahead = met.reshape(V, V)
    keep = chances(tokens, config).keep
    return (ahead + ahead.T) * np.outer(keep, keep)  # either may be the word and either the context


# The loss -----------------------------------------------------------------------------------------------------------


class Table(NamedTuple):
    """All pairs of words with their expected numbers, of which the loss is an exact expectation."""

    positive: Floats
    """(V, V) P: the share of the pair (w, c) among all true pairs; sums to 1."""
    both: Floats
    """(V, V) P + k · P(w) · Pₙ(c): with the negatives."""


def table(tokens: Tokens, config: Word2VecConfig) -> Table:
    """The table of a text; ValueError when no word has a neighbour, or when there are too many words for one."""
    if config.vocab_size > MAX_TABLE:
        raise ValueError(f"a table of {config.vocab_size:,} x {config.vocab_size:,} words is too large")
    P = pairs(tokens, config)
    if not P.sum():
        raise ValueError("no word of this text has a neighbour to learn from")
    P /= P.sum()
    both = P + config.negatives * np.outer(P.sum(axis=1), chances(tokens, config).negative)
    return Table(P.astype(np.float32), both.astype(np.float32))


def table_loss(model: Word2Vec, table: Table) -> float:
    """The expected skip-gram loss in nats a pair; (1 + k) ln 2 = what it costs to know nothing."""
    # x_wc = u_w · v_c
    x = model.vectors @ model.contexts.T  # (V, E) (E, V) -> (V, V)
    # L = -Σ_wc [ P_wc log σ(x_wc) + k P_w Pₙ(c) log σ(-x_wc) ],  log σ(-x) = log σ(x) - x
    return float((table.both * softplus(-x)).sum() + ((table.both - table.positive) * x).sum())


def table_gradient(model: Word2Vec, table: Table) -> tuple[Floats, Floats]:
    """Its gradient by the vectors and by the contexts, both (V, E)."""
    x = model.vectors @ model.contexts.T
    # ∂L/∂x_wc = (P_wc + k P_w Pₙ(c)) σ(x_wc) - P_wc
    g = sigmoid(x)
    g *= table.both
    g -= table.positive
    # ∂L/∂u_w = Σ_c g_wc v_c,   ∂L/∂v_c = Σ_w g_wc u_w
    return g @ model.contexts, g.T @ model.vectors


class Batch(NamedTuple):
    """Words met in a text. `weight` is 1 for words of a context and 0 where it has fewer than W."""

    inputs: NDArray[np.int64]
    """(B, W) words whose mean is h: with skip-gram the word alone (W = 1), with CBOW its context."""
    weight: Floats
    """(B, W)"""
    targets: NDArray[np.int64]
    """(B, 1 + K) the word that h should tell, then the negatives."""


def batch_loss(model: Word2Vec, batch: Batch) -> tuple[float, Floats, Floats]:
    """Mean loss of a batch in nats, and its gradient by the vectors and by the contexts, both (V, E)."""
    V, E = model.vectors.shape
    B, W = batch.inputs.shape
    share = batch.weight / batch.weight.sum(axis=1, keepdims=True)
    # h = 1/W Σ_j u_j
    h = np.einsum("bw,bwe->be", share, model.vectors[batch.inputs])  # (B, E)
    v = model.contexts[batch.targets]  # (B, 1 + K, E)
    # x_j = h · v_j;  y = 1 for the true word, 0 for the negatives
    x = np.einsum("be,bke->bk", h, v)
    y = np.zeros_like(x)
    y[:, 0] = 1
    # L = -1/B Σ_b [ log σ(x_0) + Σ_j log σ(-x_j) ]
    loss = float((softplus(-x) + (1 - y) * x).sum() / B)
    # ∂L/∂x_j = σ(x_j) - y_j
    g = (sigmoid(x) - y) / B
    # ∂L/∂v_j = g_j h,   ∂L/∂h = Σ_j g_j v_j,   ∂L/∂u_j = 1/W ∂L/∂h
    d_contexts = _gather(batch.targets.ravel(), (g[:, :, None] * h[:, None, :]).reshape(-1, E), V)
    dh = np.einsum("bk,bke->be", g, v)
    d_vectors = _gather(batch.inputs.ravel(), (share[:, :, None] * dh[:, None, :]).reshape(B * W, E), V)
    return loss, d_vectors, d_contexts


def _gather(rows: NDArray[np.int64], values: Floats, V: int) -> Floats:
    """(V, E) the sum of the values of each row."""
    found = np.zeros((V, values.shape[1]), np.float32)
    order = np.argsort(rows, kind="stable")
    ranked = rows[order]
    first = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    found[ranked[first]] = np.add.reduceat(values[order], first, axis=0)
    return found


def sigmoid(x: Floats) -> Floats:
    """1 / (1 + exp(-x)), by the hyperbolic tangent, which never overflows."""
    half = np.multiply(x, 0.5)
    np.tanh(half, out=half)
    half += 1
    half *= 0.5
    return half


def softplus(x: Floats) -> Floats:
    """log(1 + exp(x)) = -log σ(-x), in a form that does not overflow; numpy's logaddexp takes ten times as long."""
    small = np.abs(x)
    np.negative(small, out=small)
    np.log1p(np.exp(small, out=small), out=small)
    small += np.maximum(x, 0)
    return small
