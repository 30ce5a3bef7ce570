"""The two components of the lesson Fill in the blanks: a passage with its blanks, and three masks side by side."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from lmcore.figures.theme import THEMES
from pages.shared.blanks_here import KINDS, Answer, Here
from pages.shared.components import controlled, nothing, pack, register, whole

_FILL = register("fill_blanks")
_MASKS = register("three_masks")

K = 6  # words shown for a blank
NAMES = {
    "masked": "Masked model",
    "left": "Left to right (GPT)",
    "denoiser": "Denoiser",
}
PANELS = [
    {
        "name": "Encoder only",
        "about": "the masked model: all look at all",
        "parts": [["both"]],
        "columns": ["the word changed"],
    },
    {
        "name": "Decoder only",
        "about": "a GPT: nobody looks ahead",
        "parts": [["left"]],
        "columns": ["the word changed"],
    },
    {
        "name": "Encoder-decoder",
        "about": "the denoiser: above it reads, below it writes",
        "parts": [["encoder", None], ["cross", "written"]],
        "columns": ["a word it read", "a word it wrote"],
    },
]
SAYS = {
    "both": "words, before and after it",
    "left": "words, none of them after it",
    "encoder": "words when it is read",
    "cross": "words of the source when it is written",
    "written": "written words, none of them after it",
}
ATTENTION = [THEMES["light"].attention, THEMES["dark"].attention]


def fill_blanks(here: Here, answers: Mapping[str, Answer], *, key: str, on_blanks: Callable[[], None]) -> None:
    """Draw the passage and what the three models say. What a person hides or gives back: `sent`, in `on_blanks`."""
    moved, seq = _moved(key)
    memory = controlled(key, (here.places, here.at), moved, seq)
    table: dict[str, int] = {}
    top, probs, truth, rank = [], [], [], []
    for blank in range(len(here.places)):
        for kind in KINDS:
            answer = answers[kind]
            p = answer.p(blank)
            best = np.argsort(-p, kind="stable")[:K]
            top += [table.setdefault(answer.itos[i], len(table)) for i in best]
            probs += p[best].tolist()
            truth.append(answer.of_truth(blank))
            rank.append(answer.rank(blank))
    header: dict[str, Any] = {
        "words": list(here.words),
        "places": list(here.places),
        "at": here.at,
        "unknown": list(here.unknown),
        "k": K,
        "table": list(table),
        "models": [{"name": NAMES[kind], "left": kind == "left"} for kind in KINDS],
        "attention": ATTENTION,
    }
    arrays = {
        "top": np.array(top, np.int32),
        "probs": np.array(probs, np.float32),
        "truth": np.array(truth, np.float32),
        "rank": np.array(rank, np.int32),
    }
    _FILL(
        key=key,
        data=pack({**header, "sig": _sig(header, arrays), "rev": memory.rev}, **arrays),
        on_blanks_change=on_blanks,
    )


def sent(key: str) -> tuple[tuple[int, ...], int] | None:
    """(the blanks, the one that is looked at) as the person left them in the component; None before they did."""
    return _moved(key)[0]


def _moved(key: str) -> tuple[tuple[tuple[int, ...], int] | None, Any]:
    """As the browser sent it. It is data from a stranger: nonsense counts as nothing."""
    state = st.session_state.get(key)
    found = state.get("blanks") if isinstance(state, Mapping) else None
    if not isinstance(found, Mapping) or "seq" not in found or not isinstance(found.get("places"), Sequence):
        return None, None
    places = [whole(place) for place in found["places"]][:1000]
    at = whole(found.get("at"))
    if at is None or any(place is None or place < 0 for place in places):
        return None, None
    return (tuple(sorted({place for place in places if place is not None})), at), found["seq"]


def three_masks(words: Sequence[str], moved: Mapping[str, NDArray[Any]], *, at: int, key: str) -> None:
    """Draw who may look at whom, as `probes.blanks.three_masks` found it. Nothing comes back."""
    header: dict[str, Any] = {
        "words": list(words),
        "panels": PANELS,
        "says": SAYS,
        "at": max(0, min(at, len(words) - 1)),
        "attention": ATTENTION,
    }
    arrays = {name: np.asarray(array, np.float32).ravel() for name, array in moved.items()}
    _MASKS(key=key, data=pack({**header, "sig": _sig(header, arrays)}, **arrays), on_nothing_change=nothing)


def _sig(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> int:
    sig = zlib.crc32(repr(sorted(header.items())).encode("utf-8", "surrogatepass"))
    for array in arrays.values():
        sig = zlib.crc32(array.tobytes(), sig)
    return sig
