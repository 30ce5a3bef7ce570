"""The component that shows an RNN unrolled over a text: cells, hidden state, and one unit's equation in numbers."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from lmcore.figures.theme import THEMES
from pages.shared.components import controlled, nothing, pack, register, whole

_CELL = register("rnn_cell")
MAX_NAMED = 512  # units up to which the weights travel too, so that the terms of a product can be named


@dataclass(frozen=True)
class Held:
    """The unit and the position (0 is the start token) that a person holds; both None when nothing is held."""

    unit: int | None = None
    position: int | None = None


def rnn_cell(
    trace: Mapping[str, NDArray[Any]],
    weights: Any,
    tokens: Sequence[str],
    *,
    nonlinearity: str,
    layer: int = 0,
    held: Held,
    key: str,
    on_locked: Callable[[], None] | None = None,
) -> Held:
    """One layer of an `RNN.trace` at the P positions of `tokens`, the start token's among them; what is held.

    `weights` is that layer's LayerWeights. Whoever keeps what is held elsewhere brings the copy up to date in
    `on_locked`, with `held_in(key, …)`. ValueError when the arguments do not belong together.
    """
    parts = {name: trace[f"rnn.{layer}.{name}"] for name in ("from_input", "from_state", "sum", "hidden")}
    P, H = parts["hidden"].shape
    if len(tokens) != P:
        raise ValueError(f"there are {P} positions but {len(tokens)} tokens")
    if not _valid(held, P, H):
        raise ValueError(f"{held} is not in a layer of {H} units at {P} positions")
    moved, seq = _moved(key, P, H)
    memory = controlled(key, held, moved, seq)
    pushed = memory.pushed if _valid(memory.pushed, P, H) else Held()

    x = trace[f"rnn.{layer - 1}.hidden"] if layer else trace["embedding"]
    none = np.zeros(0, np.float32)
    named = (x, weights.W_x, weights.W_h) if H <= MAX_NAMED else (none, none, none)
    liveliest = np.argsort(-parts["hidden"].std(axis=0), kind="stable").astype(np.int32)
    arrays = {**parts, "b": weights.b, "x": named[0], "W_x": named[1], "W_h": named[2]}
    floats = {name: np.nan_to_num(array.astype(np.float32)) for name, array in arrays.items()}
    texts = [str(token) for token in tokens]
    sig = zlib.crc32(repr((texts, layer)).encode("utf-8", "surrogatepass"))
    for array in floats.values():
        sig = zlib.crc32(array.tobytes(), sig)
    header = {
        "sig": sig,
        "rev": memory.rev,
        "unit": pushed.unit,
        "position": pushed.position,
        "P": P,
        "H": H,
        "E": x.shape[1],
        "f": "ReLU" if nonlinearity == "relu" else nonlinearity,
        "below": layer > 0,
        "tokens": texts,
        "signed": {name: theme.signed for name, theme in THEMES.items()},
    }
    _CELL(key=key, data=pack(header, **floats, order=liveliest), on_locked_change=on_locked or nothing)
    now: Held = memory.now
    return now if _valid(now, P, H) else Held()


def held_in(key: str, n_positions: int, n_units: int) -> Held | None:
    """What the person holds in the component `key`; None before they touched it. For callbacks."""
    return _moved(key, n_positions, n_units)[0]


def _valid(held: Held, P: int, H: int) -> bool:
    if held.unit is None or held.position is None:
        return held.unit is held.position
    return 0 <= held.unit < H and 0 <= held.position < P


def _moved(key: str, P: int, H: int) -> tuple[Held | None, Any]:
    """(held, seq) as the browser sent them. They are data from a stranger: nonsense counts as nothing."""
    state = st.session_state.get(key)
    sent = state.get("locked") if isinstance(state, Mapping) else None
    if not isinstance(sent, Mapping) or "seq" not in sent:
        return None, None
    found = Held(whole(sent.get("unit")), whole(sent.get("position")))
    return (found, sent["seq"]) if _valid(found, P, H) else (None, None)
