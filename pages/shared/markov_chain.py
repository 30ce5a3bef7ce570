"""The component that draws a Markov chain as a matrix and as a graph, and walks along it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from lmcore.probes.markov import Part
from lmcore.probes.ring import Ring
from pages.shared.components import controlled, nothing, pack, register, whole

_CHAIN = register("markov_chain")
OTHER = "other words"

Place = tuple[int, int]  # a row and a column of the matrix; -1: the whole of it


def markov_chain(
    part: Part,
    names: Sequence[str],
    order: Sequence[int],
    rings: Sequence[Ring],
    *,
    least: float,
    seed: int,
    locked: Place | None,
    key: str,
    other_name: str = OTHER,
    opening: int = 0,
    on_locked: Callable[[], None] | None = None,
) -> Place | None:
    """The states of `part` with their `names` (n,), in `order` (n,) on one of the `rings`; returns what is locked.

    With `opening` the walk takes so many steps by itself, but not where less motion is wished for.
    Edges of a probability below `least` are not drawn, but walked. Whoever keeps the lock elsewhere brings that copy up
    to date in `on_locked`, with `locked_place(key, K)`. ValueError when the arguments do not belong together.
    """
    n, K = len(part.tokens), int(part.counts.size)
    if len(names) != n or sorted(order) != list(range(n)):
        raise ValueError(f"the chain has {n} tokens, but there are {len(names)} names in an order of {len(order)}")
    if locked is not None and not valid(locked, K):
        raise ValueError(f"there is no row and column {locked} in a matrix of {K} states")
    moved, seq = _moved(key, K)
    memory = controlled(key, locked, moved, seq)
    slots = np.zeros(n, dtype=np.int64)
    slots[list(order)] = np.arange(n)
    totals = part.pairs.sum(axis=1)
    arrays = {
        "probs": part.probs.ravel().astype(np.float32),
        "pairs": part.pairs.ravel(),
        "totals": totals,
        "counts": part.counts,
        "begins": part.begins.astype(np.float32),
        "slots": slots,
    }
    now = memory.pushed if memory.pushed is None or valid(memory.pushed, K) else None
    sig = zlib.crc32(b"".join(a.tobytes() for a in arrays.values()), zlib.crc32(repr((list(names), seed)).encode()))
    header = {
        "sig": sig,
        "rev": memory.rev,
        "locked": list(now) if now else None,
        "names": [*names, *([other_name] if part.others else [])],
        "others": part.others,
        "other_name": other_name,
        "least": float(least),
        "seed": int(seed),
        "opening": int(opening),
        "layouts": [
            {"width": r.width, "height": r.height, "name_width": r.name_width, "x": r.x, "y": r.y} for r in rings
        ],
    }  # fmt: skip
    _CHAIN(key=key, data=pack(header, **arrays), on_locked_change=on_locked or nothing)
    return memory.now if memory.now is not None and valid(memory.now, K) else None


def locked_place(key: str, n_states: int) -> Place | None:
    """What the person locked on the chain `key`; None when nothing is. For callbacks."""
    return _moved(key, n_states)[0]


def valid(place: Place, n_states: int) -> bool:
    """Whether a row, a column or a cell is one of a matrix of so many states."""
    return place != (-1, -1) and all(-1 <= at < n_states for at in place)


def _moved(key: str, n_states: int) -> tuple[Place | None, Any]:
    """(place, seq) as the browser sent them. They are data from a stranger: nonsense counts as nothing."""
    state = st.session_state.get(key)
    sent = state.get("locked") if isinstance(state, Mapping) else None
    if not isinstance(sent, Mapping) or "seq" not in sent:
        return None, None
    at = sent.get("at")
    if at is None:
        return None, sent["seq"]
    if not isinstance(at, list) or len(at) != 2:
        return None, None
    i, j = whole(at[0]), whole(at[1])
    if i is None or j is None or not valid((i, j), n_states):
        return None, None
    return (i, j), sent["seq"]
