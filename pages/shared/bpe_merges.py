"""The component that steps through the merges of byte pair encoding and cuts a text anew at each step."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import numpy as np

from lmcore.probes.merges import Replay
from lmcore.tokenizers.bpe import byte_letters, split
from lmcore.tokenizers.checks import clean
from pages.shared.components import controlled, index_sent, nothing, pack, register
from pages.shared.token_cuts import MAX_DRAWN

_MERGES = register("bpe_merges")
LETTERS = np.array([byte for byte, _ in sorted(byte_letters().items(), key=lambda item: item[1])])  # index - 1 -> byte


def bpe_merges(text: str, history: Replay, *, step: int, key: str, on_step: Callable[[], None] | None = None) -> int:
    """A slider through the merges, with `text` cut anew in the browser while it moves; the step it was let go at.

    The page hears of it on release only. Whoever keeps the step elsewhere brings that copy up to date in `on_step`,
    with `merges_step(key)`.
    """
    n_merges = int(history.counts.size)
    if not 0 <= step <= n_merges:
        raise ValueError(f"step is {step}; there are {n_merges} merges")
    moved, seq = index_sent(key, range(n_merges + 1), event="step")
    memory = controlled(key, step, moved, seq)
    arrays = {
        "letters": LETTERS,
        "left": history.left,
        "right": history.right,
        "new": history.new,
        "counts": history.counts,
        "sizes": history.vocab_sizes,
    }
    pieces = split(clean(text))
    sig = zlib.crc32(b"".join(part.tobytes() for part in arrays.values()), zlib.crc32(repr(pieces).encode()))
    header = {"sig": sig, "rev": memory.rev, "step": int(memory.pushed), "pieces": pieces, "most": MAX_DRAWN}
    _MERGES(key=key, data=pack(header, **arrays), on_step_change=on_step or nothing)
    return min(int(memory.now), n_merges)


def merges_step(key: str, n_merges: int) -> int | None:
    """The step at which the person let go of the slider `key`; None before they touched it. For callbacks."""
    return index_sent(key, range(n_merges + 1), event="step")[0]
