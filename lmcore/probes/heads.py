"""Attention heads named by what they do: how much of their weight goes where each kind of head would look.

A score is the share of a head's weight that lies on the places of its kind, averaged over the rows where there is such
a place; `even` is what a head that looks at all places equally would score. Kinds that were found in trained models:
previous-token and induction heads in Olsson et al., "In-context Learning and Induction Heads" (2022),
https://arxiv.org/abs/2209.11895; duplicate-token heads in Wang et al. (2022), https://arxiv.org/abs/2211.00593; the
first token as a place to rest in Xiao et al., "Efficient Streaming Language Models with Attention Sinks" (2023).
Letters in shapes: L layers, H heads, P positions (the first is the start token), S kinds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

KINDS = ("previous token", "first token", "itself", "same token", "induction")
SAYS = {
    "previous token": "looks at the token just before",
    "first token": "looks at the start, where weight rests that has nowhere else to go",
    "itself": "looks at the token itself",
    "same token": "looks at earlier places of the same token",
    "induction": "looks at what came after the same token before, and so can copy it",
}
CLEAR = 0.25  # a head is of a kind that has at least this share of its weight
TIMES = 2.0  # and so many times what an even head would give it: in a short text that one gives much to each

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Heads:
    """What every head does."""

    scores: Floats
    """(L, H, S) from 0 to 1, by `KINDS`; NaN where the texts had no such place."""
    even: Floats
    """(S,) what a head would score that looks everywhere alike."""
    n_tokens: int
    """On how many tokens of text this was measured; induction on repeated random ones."""

    def name(self, layer: int, head: int) -> tuple[str, float]:
        """The kind that has most of the weight and its score; "mixed" when that is no clear share."""
        scores, even = np.nan_to_num(self.scores[layer, head]), np.nan_to_num(self.even)
        best = int(scores.argmax())
        named = scores[best] >= max(CLEAR, TIMES * even[best])
        return (KINDS[best] if named else "mixed"), float(scores[best])

    def above_chance(self, kind: str) -> bool:
        """Has any head so much of this kind that it is no accident: `TIMES` what an even one has."""
        at = KINDS.index(kind)
        return bool(np.nan_to_num(self.scores[..., at]).max() > TIMES * np.nan_to_num(self.even[at]))


def places(ids: Sequence[int]) -> Bools:
    """(S, P, P) for the start token and these tokens: where (column) each kind of head looks from each row.

    The first two rows say nothing about a head: the start token sees itself only, and to the first token the previous
    one is the first one.
    """
    tokens = np.asarray([-1, *ids])
    P = tokens.size
    row, column = np.indices((P, P))
    same = (tokens[:, None] == tokens[None]) & (column < row)
    after_same = np.zeros((P, P), bool)
    after_same[:, 1:] = same[:, :-1]  # column j stands after j - 1, which holds the same token as the row
    after_same &= column < row
    found = np.stack([column == row - 1, (column == 0) & (row > 0), column == row, same, after_same])
    found[:, :2] = False
    return found


def share_there(weights: NDArray[Any], where: Bools) -> tuple[Floats, int]:
    """(…, P, P) weights and (P, P) places -> (…) the summed share of the weight there, and over how many rows."""
    rows = where.any(axis=1)
    shares = np.where(where, weights, 0)[..., rows, :].sum(axis=(-1, -2), dtype=np.float64)
    return shares, int(rows.sum())


def scores(pairs: Sequence[tuple[NDArray[Any], Bools]]) -> tuple[Floats, Floats]:
    """Weights (L, H, P, P) of several texts, each with its `places` -> scores (L, H, S) and even (S,).

    ValueError when there is no text.
    """
    if not pairs:
        raise ValueError("heads are measured on a text at least")
    total, even, n = np.zeros(()), np.zeros(len(KINDS)), np.zeros(len(KINDS))
    for weights, where in pairs:
        P = weights.shape[-1]
        flat = np.tril(np.ones((P, P))) / np.arange(1, P + 1)[:, None]
        found = [share_there(weights, kind) for kind in where]
        total = total + np.stack([share for share, _ in found], axis=-1)
        n += [rows for _, rows in found]
        even += [share_there(flat, kind)[0] for kind in where]
    with np.errstate(invalid="ignore"):
        return total / n, even / n


def repeated(vocab_size: int, n: int, seed: int = 0) -> list[int]:
    """n random tokens, twice. No pair of them repeats by chance within a copy when n is at most the vocabulary."""
    rng = np.random.default_rng(seed)
    once = rng.permutation(np.arange(1, vocab_size))[:n] if n < vocab_size else rng.integers(1, vocab_size, n)
    return once.tolist() * 2


def measure(
    model: Any,
    texts: Sequence[Sequence[int]],
    *,
    n_repeated: int = 2,
    seed: int = 0,
    echoes: Sequence[tuple[Sequence[int], Sequence[int], Sequence[int]]] = (),
) -> Heads:
    """Scores of every head of a GPT: on these texts, and induction on `n_repeated` repeats of random tokens.

    A text is cut to the model's window. Induction is measured on random tokens because there nothing but the first
    copy tells what comes next; on real text a head that has learnt frequent pairs could look the same. A model that
    knows repeats in one form only is given that form by `echoes`: what stands before, a random passage, and what
    stands between its two copies.
    """
    most = model.config.block_size - 1
    cut = [list(text[:most]) for text in texts if len(text) >= 2]
    half = min(most // 2, 32)
    drawn = [repeated(model.vocab_size, half, seed + i) for i in range(n_repeated)] if half >= 2 else []
    second = [half] * len(drawn)
    if echoes:
        drawn = [[*before, *passage, *between, *passage] for before, passage, between in echoes]
        second = [len(before) + len(passage) + len(between) for before, passage, between in echoes]
    if not cut and not drawn:
        raise ValueError("heads need a text of two tokens, or a window of five")
    on_text, even = scores([(_weights(model, ids), places(ids)) for ids in cut or drawn])
    if drawn:
        kind = KINDS.index("induction")
        copied = [_second_copy(ids, begins) for ids, begins in zip(drawn, second, strict=True)]
        on_random, even_random = scores(
            [(_weights(model, ids), where) for ids, where in zip(drawn, copied, strict=True)]
        )
        on_text[..., kind], even[kind] = on_random[..., kind], even_random[kind]
    return Heads(on_text, even, sum(map(len, cut)))


def _second_copy(ids: Sequence[int], begins: int) -> Bools:
    """`places` with the rows of the second copy only, which begins after so many tokens."""
    found = places(ids)
    found[:, : begins + 1] = False
    return found


def _weights(model: Any, ids: Sequence[int]) -> NDArray[Any]:
    trace = model.trace(ids)
    return np.stack([trace[f"block.{i}.attn_weights"] for i in range(model.config.n_layer)])
