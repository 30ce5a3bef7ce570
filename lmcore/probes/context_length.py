"""What a longer context buys: the loss of a token against how many tokens before it the model sees.

Because the mask is causal, one pass over a window gives every length at once: the loss at its place t is the loss with
a context of t tokens. So the mean over windows that begin anywhere in a held-out text is a curve over t.
Letters in shapes: M windows, L tokens of context, S bins of lengths, G groups of windows, P positions, V vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lmcore import corpora
from lmcore.models.base import LanguageModel, check_ids

if TYPE_CHECKING:
    from lmcore.tokenizers.base import Tokenizer

Row = dict[str, Any]
Shipped = tuple[dict[str, Any], Callable[[], Any]]  # a card, and what opens model, tokenizer and hash
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

N_WINDOWS = 2048
GROUPS = 24  # of neighbouring windows; how far their means lie apart tells how sure the mean of all is
ORDERS = (1, 2, 3, 4, 5)
SMOOTHING = "modified-kneser-ney"
CHUNK = 8192  # positions of one pass
FRESH_TALES = 20_261_122  # a seed that no shipped tale was written with
HELD_OUT_CHARS = 260_000


@dataclass(frozen=True)
class LengthCurve:
    """Mean losses in nats by length of context, each with its standard error."""

    low: list[int]
    """(S,) the shortest context of each bin, in tokens."""
    high: list[int]
    """(S,) the longest."""
    loss: list[float]
    se: list[float]
    """(S,) standard errors of the means, from groups of neighbouring windows: tokens that are neighbours are alike."""
    more: list[float]
    """(S,) loss minus that of the last bin, of the same windows."""
    more_se: list[float]

    @property
    def middle(self) -> list[float]:
        """(S,) the geometric middle of each bin."""
        return [math.sqrt(a * b) for a, b in zip(self.low, self.high, strict=True)]


def window_losses(model: LanguageModel, windows: Ints) -> Floats:
    """(M, L+1) tokens -> (M, L) nats: column t - 1 is the loss of token t given the t tokens before it in its window.

    No start token stands before a window: it would say that the text begins there. Only a model without `forward` is
    asked by `score`, which puts one.
    """
    windows = np.asarray(windows, np.int64)
    if windows.ndim != 2 or windows.shape[1] < 2 or not len(windows):
        raise ValueError("windows are an array (M, L + 1) of at least one window with two tokens")
    if not hasattr(model, "forward"):
        return np.stack([-model.score(row.tolist())[1:].astype(np.float64) for row in windows])
    import torch
    from torch.nn import functional as F

    network: Any = model
    L = windows.shape[1] - 1
    result = np.empty((len(windows), L))
    per_chunk, was_training = max(1, CHUNK // L), network.training
    network.eval()
    try:
        for i in range(0, len(windows), per_chunk):
            chunk = torch.from_numpy(windows[i : i + per_chunk]).to(network.device)
            with torch.no_grad():
                logits = network(chunk[:, :-1]).float()  # (m, L, V)
                loss = F.cross_entropy(logits.flatten(0, 1), chunk[:, 1:].flatten(), reduction="none")
            result[i : i + per_chunk] = loss.view(len(chunk), L).cpu().numpy()
    finally:
        network.train(was_training)
    return result


def bins(longest: int) -> list[tuple[int, int]]:
    """Lengths 1..longest in bins (first, last), each about a fifth wider than short: single lengths first.

    They end at 1, 2, 3, 4, 6, 8, 12, 16, 24, … and at `longest`.
    """
    if longest < 1:
        raise ValueError(f"the longest context must be at least 1 token, not {longest}")
    ends = sorted({end for k in range(20) for end in (2**k, 3 * 2**k) if end < longest} | {longest})
    return list(zip([1, *(end + 1 for end in ends[:-1])], ends, strict=True))


def curve(losses: Floats, groups: int = GROUPS) -> LengthCurve:
    """The losses (M, L) of `window_losses`, windows in the order of the text, as a curve with its standard errors."""
    if len(losses) < 2:
        raise ValueError("a standard error needs at least two windows")
    parts = bins(losses.shape[1])
    binned = np.stack([losses[:, low - 1 : high].mean(axis=1) for low, high in parts], axis=1)  # (M, S)
    more = binned - binned[:, -1:]

    def error(values: Floats) -> list[float]:
        means = np.stack([part.mean(axis=0) for part in np.array_split(values, min(groups, len(values)))])  # (G, S)
        found: list[float] = (means.std(axis=0, ddof=1) / math.sqrt(len(means))).tolist()
        return found

    return LengthCurve(
        [low for low, _ in parts], [high for _, high in parts], binned.mean(axis=0).tolist(), error(binned),
        more.mean(axis=0).tolist(), error(more),
    )  # fmt: skip


def windows_of(ids: Sequence[int] | NDArray[Any], longest: int, n: int = N_WINDOWS) -> Ints:
    """(n, longest + 1) windows of a text that begin anywhere, spread evenly; ValueError when it is shorter than one."""
    tokens = np.asarray(ids, np.int64)
    if tokens.size < longest + 1:
        raise ValueError(f"the text has {tokens.size:,} tokens, fewer than one window of {longest + 1:,}")
    n = min(n, tokens.size - longest)
    first = np.linspace(0, tokens.size - longest - 1, n).astype(np.int64)
    return tokens[first[:, None] + np.arange(longest + 1)]


def held_out(name: str) -> str:
    """A text like the corpus of this name that no shipped model learnt from; CorpusError where it is not to be had.

    Tales are written anew, with a seed of their own: the shipped megabyte is what some models learnt from.
    """
    if name.startswith("tales"):
        return _fresh_tales()
    return corpora.load(name).split()[1][:HELD_OUT_CHARS]


@lru_cache(maxsize=1)
def _fresh_tales() -> str:
    from lmcore.corpora import tales

    return tales.generate(HELD_OUT_CHARS, seed=FRESH_TALES)


def with_last(model: Any, ids: Sequence[int], k: int) -> Floats:
    """(T,) nats of each token of a text when the model sees only the k tokens before it (the start token is one).

    For a network with `forward`; k must fit into its block_size.
    """
    most = model.block_size
    if k < 1 or (most is not None and k > most):
        raise ValueError(f"a token is predicted from 1 to {most} tokens, not {k}")
    if not len(ids):
        return np.zeros(0)
    sequence = np.concatenate(([model.start_id], check_ids(ids, model.vocab_size)))  # (P,)
    T = len(ids)
    k = min(k, T)
    first = window_losses(model, sequence[None, : k + 1])[0]  # tokens 1..k see everything
    if k == T:
        return first
    rest = sequence[np.arange(1, T - k + 1)[:, None] + np.arange(k + 1)]  # (T - k, k + 1)
    per_chunk = max(1, CHUNK // k)
    last = [window_losses(model, rest[i : i + per_chunk])[:, -1] for i in range(0, len(rest), per_chunk)]
    return np.concatenate([first, *last])


# What pages open with ------------------------------------------------------------------------------------------------


def measure(shipped: Mapping[str, Shipped], n_windows: int = N_WINDOWS) -> Iterator[Row]:
    """For the text of each GPT: a row "text", then rows "curve", one a model that reads the same tokens.

    `shipped` is by name, in order. "order" rows are n-grams, counted on the shipped text, which see order - 1 tokens.
    """
    for name, (card, load) in shipped.items():
        if card["family"] != "gpt":
            continue
        on, gpt = card["corpus"]["name"], load()
        try:
            text = held_out(on)
        except corpora.CorpusError:  # Shakespeare comes in a pack of its own
            continue
        ids = gpt.tokenizer.encode(text)
        longest = int(gpt.model.block_size or 0)
        windows = windows_of(ids, longest, n_windows)
        yield {
            "about": "text", "on": on, "title": card["corpus"]["title"], "longest": longest, "windows": len(windows),
            "n_tokens": len(ids), "n_chars": len(text), "vocab_size": gpt.model.vocab_size, "gpt": name,
        }  # fmt: skip
        yield _row(on, name, gpt, windows)
        for other, (other_card, load_other) in shipped.items():
            if other_card["family"] in ("ffnn", "rnn", "lstm") and other_card["corpus"]["name"] == on:
                beside = load_other()
                if beside.tokenizer.itos == gpt.tokenizer.itos:
                    yield _row(on, other, beside, windows)
        yield from _counted(on, gpt.tokenizer, ids)


def _row(on: str, name: str, checkpoint: Any, windows: Ints) -> Row:
    found = curve(window_losses(checkpoint.model, windows))
    return {
        "about": "curve", "on": on, "model": name, "family": checkpoint.model.family, "hash": checkpoint.hash,
        "block_size": checkpoint.model.block_size, **as_lists(found),
    }  # fmt: skip


def as_lists(found: LengthCurve) -> Row:
    """JSON-ready, five digits."""
    rounded = {
        name: [float(f"{value:.5g}") for value in getattr(found, name)] for name in ("loss", "se", "more", "more_se")
    }
    return {"low": found.low, "high": found.high, **rounded}


def _counted(on: str, tokenizer: Tokenizer, ids: Sequence[int]) -> Iterator[Row]:
    """N-grams of the first million characters of the shipped text; the last tenth of that is not counted."""
    from lmcore import batches
    from lmcore.models import build

    tokens = batches.tokenize(tokenizer, corpora.load(on).split()[0])
    longest: Any = build("ngram", {"order": ORDERS[-1], "smoothing": SMOOTHING}, tokenizer.vocab_size)
    longest.fit(tokens)
    for order in ORDERS:
        losses = -longest.variant(order, SMOOTHING).score(ids).astype(np.float64)
        means = np.array([part.mean() for part in np.array_split(losses, GROUPS)])
        yield {
            "about": "order", "on": on, "order": order, "loss": float(losses.mean()),
            "se": float(means.std(ddof=1) / math.sqrt(GROUPS)), "n_counted": int(tokens.ids.size),
        }  # fmt: skip
