"""The component that shows an LSTM reading a text: linked heatmaps, one unit's story, its equations in numbers."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from lmcore.figures.theme import THEMES
from lmcore.probes.gates import PARTS, Inside
from pages.shared.components import controlled, nothing, pack, register, whole

_GATES = register("lstm_gates")
FULL = 32767  # what stands for 1, or for the largest cell: int16 keeps four digits


@dataclass(frozen=True)
class Sorting:
    """One order of the units: its name in links, what the menu says, and the units with their scores (H,) each."""

    name: str
    title: str
    says: str  # before a unit's score: "r ="
    order: NDArray[Any]
    scores: NDArray[Any]


@dataclass(frozen=True)
class Locked:
    """What a person holds: a unit and a position (0 is the start token), both None when nothing is; and the order."""

    unit: int | None
    position: int | None
    sort: str


def lstm_gates(
    inside: Inside,
    tokens: Sequence[str],
    sortings: Sequence[Sorting],
    *,
    locked: Locked,
    apart: bool,
    key: str,
    on_locked: Callable[[], None] | None = None,
) -> Locked:
    """One layer at every position of `tokens` (P), the start token's text among them; returns what is locked.

    Tokens are drawn `apart` where they do not carry their own spaces. Whoever keeps what is locked elsewhere brings
    that copy up to date in `on_locked`, with `held_in(key, …)`. ValueError when the arguments do not belong together.
    """
    P, H = inside.cell.shape
    names = [sorting.name for sorting in sortings]
    if len(tokens) != P:
        raise ValueError(f"there are {P} positions but {len(tokens)} tokens")
    if not sortings or any(sorted(sorting.order.tolist()) != list(range(H)) for sorting in sortings):
        raise ValueError(f"every order must have each of the {H} units once")
    if locked.sort not in names or not _valid(locked, P, H):
        raise ValueError(f"{locked} is not in a layer of {H} units at {P} positions")
    moved, seq = _moved(key, P, H, names)
    memory = controlled(key, locked, moved, seq)
    pushed = memory.pushed if _valid(memory.pushed, P, H) else Locked(None, None, locked.sort)

    most = max(1.0, float(np.abs(inside.cell).max(initial=0)))
    parts = [getattr(inside, name) / (most if name == "cell" else 1) for name in PARTS]
    values = _halves(np.rint(np.stack(parts) * FULL).astype("<i2"))
    orders = np.concatenate([sorting.order for sorting in sortings])
    scores = np.concatenate([sorting.scores for sorting in sortings]).astype(np.float32)
    menu = [[sorting.name, sorting.title, sorting.says] for sorting in sortings]
    texts = [str(token) for token in tokens]
    raw = values.tobytes() + orders.tobytes() + scores.tobytes()
    header = {
        "sig": zlib.crc32(raw, zlib.crc32(repr((texts, menu)).encode("utf-8", "surrogatepass"))),
        "rev": memory.rev,
        "unit": pushed.unit,
        "position": pushed.position,
        "sort": pushed.sort if pushed.sort in names else names[0],
        "P": P,
        "H": H,
        "most": most,
        "full": FULL,
        "tokens": texts,
        "apart": bool(apart),
        "menu": menu,
        "themes": {name: {"gates": theme.gates, "signed": theme.signed} for name, theme in THEMES.items()},
    }
    payload = pack(header, values=values, orders=orders, scores=scores)
    _GATES(key=key, data=payload, on_locked_change=on_locked or nothing)
    now: Locked = memory.now
    return now if _valid(now, P, H) and now.sort in names else Locked(None, None, names[0])


def held_in(key: str, n_positions: int, n_units: int, sorts: Sequence[str]) -> Locked | None:
    """What the person has locked in the component `key`; None before they touched it. For callbacks."""
    return _moved(key, n_positions, n_units, sorts)[0]


def _halves(array: NDArray[np.int16]) -> NDArray[np.int32]:
    """int16 numbers two in an int32, as payloads carry them; one 0 is added to an odd number of them."""
    flat = array.ravel()
    return np.append(flat, np.zeros(flat.size % 2, flat.dtype)).view("<i4")


def _valid(locked: Locked, P: int, H: int) -> bool:
    if locked.unit is None or locked.position is None:
        return locked.unit is locked.position
    return 0 <= locked.unit < H and 0 <= locked.position < P


def _moved(key: str, P: int, H: int, sorts: Sequence[str]) -> tuple[Locked | None, Any]:
    """(locked, seq) as the browser sent them. They are data from a stranger: nonsense counts as nothing."""
    state = st.session_state.get(key)
    sent = state.get("locked") if isinstance(state, Mapping) else None
    if not isinstance(sent, Mapping) or "seq" not in sent or sent.get("sort") not in sorts:
        return None, None
    found = Locked(whole(sent.get("unit")), whole(sent.get("position")), sent["sort"])
    return (found, sent["seq"]) if _valid(found, P, H) else (None, None)
