"""The component that shows sinusoidal positions under one slider: waves, heatmap, likeness, and the hands of clocks."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from lmcore.figures.theme import THEMES
from lmcore.models.positions import frequencies
from pages.shared.components import controlled, nothing, pack, register, whole

_CLOCK = register("positions_clock")
HANDS = 8  # at most so many clocks


@dataclass(frozen=True)
class Place:
    """The position under the slider, and the pair of dimensions whose waves are drawn."""

    position: int
    pair: int


def hands(width: int) -> list[int]:
    """The pairs of dimensions that get a clock: all of them, or some at even steps from the first to the last."""
    n = width // 2
    return sorted({round(i) for i in np.linspace(0, n - 1, min(HANDS, n))})


def positions_clock(n: int, width: int, place: Place, *, key: str, on_moved: Callable[[], None] | None = None) -> Place:
    """Positions 0..n-1 in `width` dimensions; where the person has put the slider, and which hand they marked.

    Whoever keeps the place elsewhere brings that copy up to date in `on_moved`, with `place_in(key, …)`. ValueError
    when the place is not among the n positions and the hands that are shown.
    """
    if not _valid(place, n, width):
        raise ValueError(f"{place} is not among {n} positions and the hands of {width} dimensions")
    moved, seq = _moved(key, n, width)
    memory = controlled(key, place, moved, seq)
    pushed = memory.pushed if _valid(memory.pushed, n, width) else place
    speeds = frequencies(width).astype(np.float32)
    header = {
        "sig": zlib.crc32(speeds.tobytes(), n),
        "rev": memory.rev,
        "n": n,
        "shown": hands(width),
        "position": pushed.position,
        "pair": pushed.pair,
        "themes": {name: theme.signed for name, theme in THEMES.items()},
    }
    _CLOCK(key=key, data=pack(header, frequencies=speeds), on_moved_change=on_moved or nothing)
    now: Place = memory.now
    return now if _valid(now, n, width) else place


def place_in(key: str, n: int, width: int) -> Place | None:
    """What the person has set on the component `key`; None before they touched it. For callbacks."""
    return _moved(key, n, width)[0]


def _valid(place: Place, n: int, width: int) -> bool:
    return 0 <= place.position < n and place.pair in hands(width)


def _moved(key: str, n: int, width: int) -> tuple[Place | None, Any]:
    """(place, seq) as the browser sent them. They are data from a stranger: nonsense counts as nothing."""
    state = st.session_state.get(key)
    sent = state.get("moved") if isinstance(state, Mapping) else None
    if not isinstance(sent, Mapping) or "seq" not in sent:
        return None, None
    position, pair = whole(sent.get("position")), whole(sent.get("pair"))
    if position is None or pair is None or not _valid(Place(position, pair), n, width):
        return None, None
    return Place(position, pair), sent["seq"]
