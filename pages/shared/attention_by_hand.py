"""The component that shows attention matrix by matrix; each cell opens its arithmetic."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from lmcore.figures.theme import THEMES
from lmcore.models.positions import alibi_slopes
from lmcore.probes.attention_by_hand import Inputs, Walk
from pages.shared.components import controlled, nothing, pack, register, whole

_BY_HAND = register("attention_by_hand")
WIDEST = 256  # columns up to which the weights travel with the numbers: 4 · 256² floats are 1 MB
SQUARE = ("s", "m", "a")
ON_PAPER = ("x", "wq", "wk", "wv", "q", "k", "v", "s", "m", "a", "o", "wo", "out")
GIVEN = ("x", "wq", "wk", "wv", "wo")  # not computed from others
OF_HEADS = ("wq", "wk", "wv", "q", "k", "v", "o", "j")  # whose columns belong to heads
TRAINED = ("x", "q", "k", "v", "s", "a", "o", "j", "out")


@dataclass(frozen=True)
class Look:
    """What is held: a matrix (the keys of the component, "t" for a token, "" for nothing), row, column, head.

    Columns count through all heads.
    """

    m: str = ""
    i: int = 0
    c: int = 0
    h: int = 0


@dataclass(frozen=True)
class Sizes:
    """How far a Look can go: positions, width, heads, and whether weights are drawn."""

    P: int
    C: int
    H: int
    paper: bool


def attention_by_hand(
    inputs: Inputs,
    walk: Walk,
    tokens: Sequence[str],
    *,
    scaled: bool,
    masked: bool,
    paper: bool,
    look: Look,
    key: str,
    on_look: Callable[[], None] | None = None,
    on_change: Callable[[], None] | None = None,
) -> Look:
    """A walk of these inputs at every position of `tokens` (P,); returns what is held.

    On `paper` every cell has its number and the weights are drawn; else a cell is a colour. Whoever keeps the look
    elsewhere brings it up to date in `on_look`, with `held_in(key, …)`. On paper a person may ask for another number,
    which `change_in(key, …)` tells `on_change`. ValueError when the arguments do not belong together.
    """
    sizes = sizes_of(walk, paper)
    if len(tokens) != sizes.P:
        raise ValueError(f"there are {sizes.P} positions but {len(tokens)} tokens")
    if not valid(look, sizes):
        raise ValueError(f"{look} is not in attention of {sizes}")
    moved, seq = _moved(key, sizes)
    memory = controlled(key, look, moved, seq)
    pushed: Look = memory.pushed if valid(memory.pushed, sizes) else Look()
    known = sizes.C <= WIDEST
    arrays = _arrays(inputs, walk, known)
    texts = [str(token) for token in tokens]
    biased = any(getattr(inputs.weights, f"{name}_bias").any() for name in ("query", "key", "value", "out"))
    header: dict[str, Any] = {
        "P": sizes.P, "C": sizes.C, "H": sizes.H, "tokens": texts, "scaled": bool(scaled), "masked": bool(masked),
        "paper": bool(paper), "trained": not paper, "known": known, "biased": bool(biased),
        "slopes": alibi_slopes(sizes.H).tolist() if inputs.bias is not None else None,
    }  # fmt: skip
    raw = b"".join(array.astype("<f4").tobytes() for array in arrays.values())
    signature = zlib.crc32(raw, zlib.crc32(repr(header).encode("utf-8", "surrogatepass")))
    header |= {
        "sig": signature,
        "rev": memory.rev,
        "look": asdict(pushed),
        "themes": {
            name: {
                part: getattr(theme, part)
                for part in ("paper", "ink", "quiet", "query", "key", "value", "attention", "signed")
            }
            for name, theme in THEMES.items()
        },
    }
    _BY_HAND(
        key=key, data=pack(header, **arrays), on_look_change=on_look or nothing, on_change_change=on_change or nothing
    )
    return memory.now if valid(memory.now, sizes) else Look()


def _arrays(inputs: Inputs, walk: Walk, known: bool) -> dict[str, NDArray[Any]]:
    """Everything that is drawn or multiplied, flat: (P, C) with heads side by side, (H, P, P), weights (C, C)."""
    scores = walk.scores  # what the mask hides is drawn too, crossed out
    arrays: dict[str, NDArray[Any]] = {
        "x": walk.x, "q": _wide(walk.q), "k": _wide(walk.k), "v": _wide(walk.v), "scores": scores,
        "weights": walk.weights, "o": walk.side_by_side, "out": walk.out,
    }  # fmt: skip
    if known:
        w = inputs.weights
        arrays |= {"wq": w.query, "wk": w.key, "wv": w.value, "wo": w.out}
        arrays |= {"bq": w.query_bias, "bk": w.key_bias, "bv": w.value_bias, "bo": w.out_bias}
    if inputs.stream is not None and inputs.gain is not None and inputs.shift is not None:
        arrays |= {"stream": inputs.stream, "gain": inputs.gain, "shift": inputs.shift}
    if inputs.angles is not None:
        arrays["angles"] = inputs.angles
    return {name: array.ravel().astype(np.float32) for name, array in arrays.items()}


def _wide(heads: NDArray[Any]) -> NDArray[Any]:
    """(H, P, D) -> (P, C)."""
    H, P, D = heads.shape
    return heads.transpose(1, 0, 2).reshape(P, H * D)


def sizes_of(walk: Walk, paper: bool) -> Sizes:
    """How far a look can go in a walk."""
    return Sizes(walk.x.shape[0], walk.x.shape[1], walk.q.shape[0], paper)


def held_in(key: str, sizes: Sizes) -> Look | None:
    """What the person holds in the component `key`; None before they touched it. For callbacks."""
    return _moved(key, sizes)[0]


def change_in(key: str, sizes: Sizes) -> tuple[Look, int] | None:
    """The number of x or of a weight that the person just asked to change, and by how much: 1 or −1. For callbacks."""
    state = st.session_state.get(key)
    sent = state.get("change") if isinstance(state, Mapping) else None
    if not isinstance(sent, Mapping) or sent.get("m") not in GIVEN or not sizes.paper:
        return None
    i, c, by = (whole(sent.get(name)) for name in ("i", "c", "by"))
    if i is None or c is None or by not in (-1, 1):
        return None
    look = Look(sent["m"], i, c)
    return (look, by) if valid(look, sizes) else None


def in_its_head(look: Look, sizes: Sizes) -> Look:
    """The same cell, with the head that its column belongs to: another number of heads makes it another one."""
    return replace(look, h=look.c // (sizes.C // sizes.H)) if look.m in OF_HEADS else look


def valid(look: Look, sizes: Sizes) -> bool:
    """Does this cell exist?"""
    if not 0 <= look.h < sizes.H:
        return False
    if look.m == "":
        return True
    if look.m == "t":
        return 0 <= look.i < sizes.P
    if look.m not in (ON_PAPER if sizes.paper else TRAINED) or (look.m == "j" and sizes.H == 1):
        return False
    rows = sizes.C if look.m[0] == "w" else sizes.P
    columns = sizes.P if look.m in SQUARE else sizes.C
    return 0 <= look.i < rows and 0 <= look.c < columns


def _moved(key: str, sizes: Sizes) -> tuple[Look | None, Any]:
    """(look, seq) as the browser sent them. They are data from a stranger: nonsense counts as nothing."""
    state = st.session_state.get(key)
    sent = state.get("look") if isinstance(state, Mapping) else None
    if not isinstance(sent, Mapping) or "seq" not in sent or not isinstance(sent.get("m"), str):
        return None, None
    numbers = [whole(sent.get(name)) for name in ("i", "c", "h")]
    if None in numbers:
        return None, None
    look = in_its_head(Look(sent["m"], *(number for number in numbers if number is not None)), sizes)
    return (look, sent["seq"]) if valid(look, sizes) else (None, None)
