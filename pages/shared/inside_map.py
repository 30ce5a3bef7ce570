"""The component that draws a GPT as the way a token takes through it, every part a door."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from lmcore.figures.theme import THEMES
from pages.shared.components import nothing, pack, register, whole

_MAP = register("model_map")


@dataclass(frozen=True)
class Box:
    """One part of the picture: what stands in it, and where its door leads."""

    kind: str
    """"embedding", "positions", "attention", "mlp", "ln_f" or "head": its colour."""
    title: str
    what: str
    shape: str
    params: int
    products: int
    paramsSay: str = "none"  # noqa: N815 (as the browser calls it): instead of a number, when there are none
    sign: str = "+"


def model_map(boxes: Sequence[Box], *, key: str, on_door: Callable[[], None] | None = None) -> None:
    """Draw the parts in order; a click runs `on_door`, in which `door_in` tells which one it was."""
    parts = [asdict(box) | {"kind": "head-part" if box.kind == "head" else box.kind} for box in boxes]
    header = {
        "parts": parts,
        "sig": zlib.crc32(repr(parts).encode()),
        "themes": {
            name: {part: getattr(theme, part) for part in ("attention", "value", "accent")}
            for name, theme in THEMES.items()
        },
    }
    _MAP(key=key, data=pack(header), on_door_change=on_door or nothing)


def door_in(key: str, n_boxes: int) -> int | None:
    """The part whose door was just opened; None for nonsense. For callbacks."""
    state = st.session_state.get(key)
    sent = state.get("door") if isinstance(state, Mapping) else None
    at = whole(sent.get("at")) if isinstance(sent, Mapping) else None
    return at if at is not None and 0 <= at < n_boxes else None
