"""The component of training pairs: a text in windows, each window as padded pairs, and the mask that gives them all."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pages.shared.components import controlled, nothing, numbers_sent, pack, register

_PAIRS = register("training_pairs")
LONGEST = 12  # tokens of a window, and of a stride


@dataclass(frozen=True)
class Cut:
    """How a text is cut: length and stride of its windows, and the window that is looked at."""

    length: int = 6
    stride: int = 6
    at: int = 0


@dataclass(frozen=True)
class Beside:
    """Losses of one window's pairs, each alone and all at once, and what that costs in words."""

    alone: NDArray[np.float64]
    at_once: NDArray[np.float64]
    cost_alone: str
    cost_at_once: str


def training_pairs(
    tokens: Sequence[str],
    cut: Cut,
    *,
    key: str,
    longest: int = LONGEST,
    beside: Beside | None = None,
    on_cut: Callable[[], None] | None = None,
) -> Cut:
    """The windows of a text, `tokens` (N,) with the start token first; with `beside` its window under the mask.

    Whoever keeps the cut elsewhere brings it up to date in `on_cut`, with `cut_in(key)`. ValueError when the text has
    no token, or the cut makes no sense.
    """
    if len(tokens) < 2:
        raise ValueError("a text needs a token after the start token")
    if not _fits(cut):
        raise ValueError(f"{cut} has a length or stride that is not from 1 to {LONGEST}, or no window")
    moved, seq = _moved(key)
    memory = controlled(key, cut, moved, seq)
    shown, pushed = [str(token) for token in tokens], memory.pushed
    header = {
        "rev": memory.rev, "length": pushed.length, "stride": pushed.stride, "at": pushed.at, "tokens": shown,
        "most": int(longest), "sig": zlib.crc32("\0".join(shown).encode("utf-8", "surrogatepass")),
        "mode": "windows" if beside is None else "mask",
        "alone": [] if beside is None else [f"{x:.6f}" for x in beside.alone],
        "atOnce": [] if beside is None else [f"{x:.6f}" for x in beside.at_once],
    }  # fmt: skip
    if beside is not None:
        header |= {
            "meanAlone": f"{beside.alone.mean():.6f}", "meanAtOnce": f"{beside.at_once.mean():.6f}",
            "costAlone": beside.cost_alone, "costAtOnce": beside.cost_at_once,
        }  # fmt: skip
    _PAIRS(key=key, data=pack(header), on_cut_change=on_cut or nothing)
    now: Cut = memory.now
    return now


def cut_in(key: str) -> Cut | None:
    """How the person cuts in the component `key`; None before they touched it. For callbacks."""
    return _moved(key)[0]


def _fits(cut: Cut) -> bool:
    return 1 <= cut.length <= LONGEST and 1 <= cut.stride <= LONGEST and 0 <= cut.at < 10_000


def _moved(key: str) -> tuple[Cut | None, object]:
    """(cut, seq) as the browser sent them. They are data from a stranger: nonsense counts as nothing."""
    numbers, seq = numbers_sent(key, "cut", ("length", "stride", "at"))
    cut = None if numbers is None else Cut(*numbers)
    return (cut, seq) if cut is not None and _fits(cut) else (None, None)
