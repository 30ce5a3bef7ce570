"""The component that shows a feed-forward model at work: words, embeddings, hidden layer, logits, probabilities."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from lmcore.figures.theme import THEMES
from lmcore.probes.feed_forward import NOTHING, Pipeline, Sum
from pages.shared.components import controlled, nothing, pack, register, whole

_PIPELINE = register("pipeline")
STAGES = ("", "words", "embeddings", "hidden", "logits", "softmax")
N_LIKELIEST = 6


@dataclass(frozen=True)
class Look:
    """Whose arithmetic is open: a stage ("" for none), a place of the window, a hidden unit, a token."""

    stage: str = ""
    place: int = 0
    unit: int = 0
    token: int = 0


def pipeline(
    inside: Pipeline,
    tokens: Sequence[str],
    before: Sequence[str],
    parameters: Mapping[str, int],
    *,
    look: Look,
    unit: Sum,
    logit: Sum,
    key: str,
    on_look: Callable[[], None] | None = None,
) -> Look:
    """The five stages with their numbers, and below them the arithmetic of what is looked at. Returns what that is.

    `tokens` (V,) is the vocabulary, `before` the last tokens that the window does not reach; `unit` and `logit` are
    the sums of `look.unit` and `look.token`. Whoever keeps the look elsewhere brings it up to date in `on_look`, with
    `looked_at(key, …)`. ValueError when an argument makes no sense.
    """
    sizes = sizes_of(inside)
    if len(tokens) != inside.logits.size:
        raise ValueError(f"there are {len(tokens)} tokens but {inside.logits.size} logits")
    if not _valid(look, *sizes):
        raise ValueError(f"{look} is not in a model of window, units and tokens {sizes}")
    moved, seq = _moved(key, *sizes)
    memory = controlled(key, look, moved, seq)
    arrays: dict[str, NDArray[Any]] = {
        "embedding": inside.embedding.ravel(), "hidden": inside.hidden, "sum": inside.sum, "logits": inside.logits,
        "probs": inside.probs.astype(np.float32), "unit_weights": unit.weights, "logit_weights": logit.weights,
        "order": np.argsort(-inside.logits, kind="stable"),
    }  # fmt: skip
    n, E = inside.embedding.shape
    header = {
        "rev": memory.rev,
        "look": asdict(memory.pushed),
        "unit": look.unit,
        "unit_bias": unit.bias,
        "token": look.token,
        "logit_bias": logit.bias,
        "n": n,
        "E": E,
        "ids": list(inside.tokens),
        "nothing": NOTHING,
        "n_before": inside.n_before,
        "before": [str(token) for token in before],
        "tokens": list(tokens),
        "parameters": dict(parameters),
        "likeliest": N_LIKELIEST,
        "signed": {name: theme.signed for name, theme in THEMES.items()},
    }
    packed = pack(header, **arrays)
    _PIPELINE(key=key, data=packed, on_look_change=on_look or nothing)
    return memory.now if _valid(memory.now, *sizes) else look


def sizes_of(inside: Pipeline) -> tuple[int, int, int]:
    """(n, H, V)."""
    return inside.embedding.shape[0], inside.hidden.size, inside.logits.size


def looked_at(key: str, n: int, H: int, V: int) -> Look | None:
    """What the person opened in the component `key`; None before they touched it. For callbacks."""
    return _moved(key, n, H, V)[0]


def _valid(look: Look, n: int, H: int, V: int) -> bool:
    inside = 0 <= look.place < n and 0 <= look.unit < H and 0 <= look.token < V
    return inside and look.stage in STAGES


def _moved(key: str, n: int, H: int, V: int) -> tuple[Look | None, Any]:
    """(look, seq) as the browser sent them. They are data from a stranger: nonsense counts as nothing."""
    state = st.session_state.get(key)
    sent = state.get("look") if isinstance(state, Mapping) else None
    if not isinstance(sent, Mapping) or "seq" not in sent or sent.get("stage") not in STAGES:
        return None, None
    numbers = [whole(sent.get(name)) for name in ("place", "unit", "token")]
    if None in numbers:
        return None, None
    look = Look(sent["stage"], *(number for number in numbers if number is not None))
    return (look, sent["seq"]) if _valid(look, n, H, V) else (None, None)
