"""The component that draws word vectors as a map in two or three dimensions and moves it through the training."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from lmcore.figures.theme import DARK, LIGHT, Theme
from pages.shared.components import controlled, nothing, pack, register, whole

_MAP = register("embedding_map")
_LOOKUP = register("embedding_lookup")


class Map(NamedTuple):
    """What is drawn: n words on S snapshots in three dimensions, and k neighbours of each."""

    words: tuple[int, ...]
    """(n,) indices in `names`."""
    kinds: tuple[int, ...]
    """(n,) indices in `kind_names`."""
    kind_names: tuple[str, ...]
    styles: tuple[int, ...]
    """The colour and the sign of each kind: the same number is the same on every map."""
    places: NDArray[np.floating]
    """(S, n, 3)"""
    share: tuple[float, ...]
    """(3,) the share of all differences along each axis."""
    near: NDArray[np.integer]
    """(S, n, k) indices in `names`, nearest first."""
    cosines: NDArray[np.floating]
    """(S, n, k)"""


class Look(NamedTuple):
    """What a person looks at."""

    word: int | None
    """An index in `names`."""
    at: int | None
    """Which snapshot; None for the last."""


def palette(theme: Theme) -> list[str]:
    """A colour for each kind by its style; the signs tell apart what shares one, and what an eye cannot tell apart."""
    forget, inputs, candidate, _ = theme.gates
    return [theme.accent, theme.key, theme.value, theme.attention, inputs, candidate, forget, theme.quiet]


def embedding_map(
    drawn: Map,
    names: Sequence[str],
    steps: Sequence[int],
    *,
    look: Look,
    key: str,
    play: int = 0,
    learning: bool = False,
    on_look: Callable[[], None] | None = None,
) -> Look:
    """The map, with a slider through its `steps` (S,); returns what the person looks at.

    A new number `play` plays it once from its beginning; `learning` says that more snapshots will come. Whoever keeps
    the look elsewhere brings that copy up to date in `on_look`, with `looked_at`. ValueError when sizes do not fit.
    """
    S, n = len(steps), len(drawn.words)
    if drawn.places.shape != (S, n, 3) or drawn.near.shape != drawn.cosines.shape or drawn.near.shape[:2] != (S, n):
        raise ValueError(f"{S} snapshots of {n} words do not fit places of shape {drawn.places.shape}")
    moved, seq = _moved(key, len(names), S)
    memory = controlled(key, look, moved, seq)
    arrays = {
        "places": drawn.places.astype(np.float32).ravel(),
        "near": drawn.near.astype(np.int32).ravel(),
        "cosines": drawn.cosines.astype(np.float32).ravel(),
    }
    pushed: Look = memory.pushed
    header = {
        "names": list(names),
        "words": list(drawn.words),
        "kinds": list(drawn.kinds),
        "kind_names": list(drawn.kind_names),
        "styles": list(drawn.styles),
        "palette": {"light": palette(LIGHT), "dark": palette(DARK)},
        "steps": list(steps),
        "share": [float(share) for share in drawn.share],
        "k": int(drawn.near.shape[2]),
        "play": int(play),
        "learning": bool(learning),
    }  # fmt: skip
    raw = b"".join(array.tobytes() for array in arrays.values())
    header["sig"] = zlib.crc32(raw, zlib.crc32(repr(header).encode()))
    header |= {"rev": memory.rev, "word": pushed.word, "at": pushed.at}
    _MAP(key=key, data=pack(header, **arrays), on_look_change=on_look or nothing)
    now: Look = memory.now
    return Look(now.word, now.at if now.at is not None and now.at < S else None)


def looked_at(key: str, n_names: int, n_steps: int) -> Look | None:
    """What the person looks at on the map `key`; None before they touched it. For callbacks."""
    return _moved(key, n_names, n_steps)[0]


def _moved(key: str, n_names: int, n_steps: int) -> tuple[Look | None, Any]:
    """(look, seq) as the browser sent them. They are data from a stranger: nonsense counts as nothing."""
    state = st.session_state.get(key)
    sent = state.get("look") if isinstance(state, Mapping) else None
    if not isinstance(sent, Mapping) or "seq" not in sent:
        return None, None
    word, at = whole(sent.get("word")), whole(sent.get("at"))
    good_word = word if word is not None and 0 <= word < n_names else None
    good_at = at if at is not None and 0 <= at < n_steps - 1 else None
    return Look(good_word, good_at), sent["seq"]


def embedding_lookup(word: str, index: int, names: Sequence[str], matrix: NDArray[np.floating], *, key: str) -> None:
    """From a word to its index, its one-hot vector and its row of `matrix` (V, E), with the numbers themselves."""
    if not 0 <= index < len(names) == len(matrix):
        raise ValueError(f"there is no row {index} in a matrix of {len(matrix)} rows for {len(names)} names")
    header = {
        "word": word,
        "index": int(index),
        "names": list(names),
        "n_embd": int(matrix.shape[1]),
        "scales": {"light": LIGHT.signed, "dark": DARK.signed},
    }
    raw = matrix.astype(np.float32).ravel()
    header["sig"] = zlib.crc32(raw.tobytes(), zlib.crc32(repr(header).encode()))
    _LOOKUP(key=key, data=pack(header, matrix=raw))
