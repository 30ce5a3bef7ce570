"""The component that shows a translation word by word: what is read and written, where it looks, what else fits."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from lmcore.figures.theme import THEMES
from pages.shared.components import controlled, index_sent, nothing, pack, register, whole

_TRANSLATION = register("translation")


@dataclass(frozen=True)
class Shown:
    """A translation as it is drawn. S words are read, N written (the end token among them, if it came)."""

    source: tuple[str, ...]
    unknown: tuple[int, ...]
    """Places of source words that the model does not know."""
    words: tuple[str, ...]
    ids: tuple[int, ...]
    """The N written tokens."""
    ended: bool
    """The last of them is the end token."""
    given: int
    """How many of the first ones a person chose."""
    weights: NDArray[np.float32]
    """(N, S) where it looks while it writes each word; rows sum to 1."""
    alt_ids: NDArray[np.int32]
    """(N, K) the likeliest tokens at each place, best first."""
    alt_probs: NDArray[np.float32]
    vocab_size: int
    end: int
    lines: str = ""
    """What the lines are, in a few words."""

    def __post_init__(self) -> None:
        N, S = len(self.words), len(self.source)
        if not N or len(self.ids) != N or self.weights.shape != (N, S) or self.alt_ids.shape != self.alt_probs.shape:
            raise ValueError(f"{S} words read and {N} written do not fit {self.weights.shape} weights")


def translation(
    shown: Shown,
    itos: Sequence[str],
    *,
    at: int,
    key: str,
    on_at: Callable[[], None] | None = None,
    on_take: Callable[[], None] | None = None,
) -> int:
    """Draw it; which word is looked at now. Another word that is taken instead: `taken_in`, in `on_take`."""
    N, K = shown.alt_ids.shape
    moved, seq = index_sent(key, range(N), event="at")
    memory = controlled(key, min(at, N - 1), moved, seq)
    pushed = memory.pushed if 0 <= memory.pushed < N else 0
    table: dict[str, int] = {}
    texts = np.array([[table.setdefault(itos[i], len(table)) for i in row] for row in shown.alt_ids], np.int32)
    arrays = {
        "weights": shown.weights.astype(np.float32),
        "alt_prob": shown.alt_probs.astype(np.float32),
        "alt_id": shown.alt_ids.astype(np.int32),
        "alt_text": texts,
        "ids": np.array(shown.ids, np.int32),
    }
    about = (shown.source, shown.unknown, shown.words, shown.ended, shown.given, list(table), shown.lines)
    header = {
        "sig": zlib.crc32(
            b"".join(array.tobytes() for array in arrays.values()), zlib.crc32(repr(about).encode("utf-8", "replace"))
        ),
        "rev": memory.rev,
        "at": pushed,
        "k": K,
        "source": list(shown.source),
        "unknown": list(shown.unknown),
        "words": list(shown.words),
        "ended": shown.ended,
        "given": shown.given,
        "lines": shown.lines,
        "table": list(table),
        "vocab": shown.vocab_size - 1,  # the start token is never written
        "end": shown.end,
        "attention": [THEMES["light"].attention, THEMES["dark"].attention],
    }
    _TRANSLATION(key=key, data=pack(header, **arrays), on_at_change=on_at or nothing, on_take_change=on_take or nothing)
    now = memory.now
    return now if isinstance(now, int) and 0 <= now < N else 0


def at_in(key: str, n: int) -> int | None:
    """The word that the person went to, of n; None before they touched the component. For callbacks."""
    return index_sent(key, range(n), event="at")[0]


def taken_in(key: str, n: int, vocab_size: int) -> tuple[int, int] | None:
    """(place, token) that the person just took instead of what was written. Data from a stranger: nonsense is None."""
    state = st.session_state.get(key)
    sent = state.get("take") if isinstance(state, Mapping) else None
    if not isinstance(sent, Mapping):
        return None
    place, token = whole(sent.get("position")), whole(sent.get("token_id"))
    if place is None or token is None or not 0 <= place < n or not 0 < token < vocab_size:
        return None
    return place, token
