"""The component that shows who looks at whom: all layers and heads small, one large, the text linked to both."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from lmcore.figures.theme import THEMES
from lmcore.probes.attention import Attention
from pages.shared.components import controlled, nothing, pack, register, whole

_EXPLORER = register("attention_explorer")
MODES = ("matrix", "arcs")


@dataclass(frozen=True)
class Picked:
    """What a person looks at: the large head, how it is drawn, and the row that is locked (None: none)."""

    layer: int = 0
    head: int = 0
    row: int | None = None
    mode: str = "matrix"


def attention_explorer(
    attention: Attention,
    rows: Sequence[str],
    columns: Sequence[str] | None = None,
    *,
    picked: Picked,
    key: str,
    labels: Sequence[tuple[str, str]] | None = None,
    sides: tuple[str, str] = ("looks", "is looked at"),
    layer_name: str = "block",
    starts: bool = True,
    apart: bool = True,
    first: int = 0,
    only: str = "",
    on_picked: Callable[[], None] | None = None,
) -> Picked:
    """All heads of `attention`, of R `rows` that look at K `columns` (at each other when None); what is looked at.

    `labels` names the L·H heads, each as (short name, in full); `sides` what the two texts are called, when there are
    two. The first row is a start token when `starts`; tokens are drawn `apart` where they do not carry their own
    spaces. Places count from `first`. A model without heads has one matrix (L = H = 1), and `only` is its name. Whoever
    keeps what is picked elsewhere brings that copy up to date in `on_picked`, with `picked_in(key, …)`.
    ValueError when the arguments do not belong together.
    """
    L, H, R, K = attention.shape
    if len(rows) != R or len(rows if columns is None else columns) != K:
        raise ValueError(f"{R} rows and {K} columns need as many tokens")
    if labels is not None and len(labels) != L * H:
        raise ValueError(f"there are {L * H} heads but {len(labels)} labels")
    if only and L * H > 1:
        raise ValueError(f"{L} layers of {H} heads are more than one matrix")
    if not _valid(picked, L, H, R):
        raise ValueError(f"{picked} is not in {L} layers of {H} heads over {R} rows")
    moved, seq = _moved(key, L, H, R)
    memory = controlled(key, picked, moved, seq)
    now = memory.now if _valid(memory.now, L, H, R) else Picked(mode=picked.mode)
    pushed = memory.pushed if _valid(memory.pushed, L, H, R) else now

    exact = attention.exact(now.layer, now.head)
    exact = exact[np.tril_indices(R)] if attention.causal else exact.ravel()
    texts = [[str(token) for token in side] for side in ([rows] if columns is None else [rows, columns])]
    about = (texts, labels, attention.shape, attention.causal, starts, apart, sides, layer_name, first, only)
    header = {
        "sig": zlib.crc32(repr(about).encode("utf-8", "surrogatepass"), attention.sig),
        "rev": memory.rev,
        "L": L,
        "H": H,
        "R": R,
        "K": K,
        "causal": attention.causal,
        "layer": pushed.layer,
        "head": pushed.head,
        "row": pushed.row,
        "mode": pushed.mode,
        "exactOf": [now.layer, now.head],
        "rows": texts[0],
        "columns": None if columns is None else texts[1],
        "labels": None if labels is None else [list(label) for label in labels],
        "sides": list(sides),
        "layerName": layer_name,
        "starts": bool(starts),
        "apart": bool(apart),
        "first": int(first),
        "only": only,
        "themes": {
            name: {part: getattr(theme, part) for part in ("query", "key", "attention", "paper", "ink")}
            for name, theme in THEMES.items()
        },
    }
    payload = pack(header, codes=_words(attention.codes), exact=exact.astype(np.float32))
    _EXPLORER(key=key, data=payload, on_picked_change=on_picked or nothing)
    return now


def picked_in(key: str, n_layer: int, n_head: int, n_rows: int) -> Picked | None:
    """What the person picked in the component `key`; None before they touched it. For callbacks."""
    return _moved(key, n_layer, n_head, n_rows)[0]


def _words(codes: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Bytes four in an int32, as payloads carry them; zeros are added at the end."""
    return np.append(codes, np.zeros(-codes.size % 4, np.uint8)).view("<i4")


def _valid(picked: Picked, L: int, H: int, R: int) -> bool:
    return (
        0 <= picked.layer < L
        and 0 <= picked.head < H
        and (picked.row is None or 0 <= picked.row < R)
        and picked.mode in MODES
    )


def _moved(key: str, L: int, H: int, R: int) -> tuple[Picked | None, Any]:
    """(picked, seq) as the browser sent them. They are data from a stranger: nonsense counts as nothing."""
    state = st.session_state.get(key)
    sent = state.get("picked") if isinstance(state, Mapping) else None
    if not isinstance(sent, Mapping) or "seq" not in sent:
        return None, None
    layer, head, row, mode = whole(sent.get("layer")), whole(sent.get("head")), sent.get("row"), sent.get("mode")
    if layer is None or head is None or (row is not None and whole(row) is None) or not isinstance(mode, str):
        return None, None
    found = Picked(layer, head, whole(row), mode)
    return (found, sent["seq"]) if _valid(found, L, H, R) else (None, None)
