"""The likelihood bench: one probability moved by hand, likelihood and NLL as curves that move with it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from pages.shared.components import controlled, nothing, pack, register

_LIKELIHOOD = register("likelihood")
STEPS = 1000  # the slider's places from 0 to 1, as in the JavaScript


def likelihood_bench(
    seen: int, tries: int, name: str, *, p: float, key: str, on_p: Callable[[], None] | None = None
) -> float:
    """Something (`name`) was seen so often in so many tries; the person moves its probability. Returns p in force.

    Whoever keeps p elsewhere brings it up to date in `on_p`, with `moved_p(key)`. ValueError when an argument makes no
    sense.
    """
    if not 0 <= seen <= tries or tries < 1:
        raise ValueError(f"seen must lie from 0 to the number of tries, at least 1; not {seen} in {tries}")
    if not 0 <= p <= 1:
        raise ValueError(f"a probability lies from 0 to 1, not {p}")
    memory = controlled(key, float(p), moved_p(key), _seq(key))
    header = {"seen": int(seen), "tries": int(tries), "name": str(name), "p": memory.pushed, "rev": memory.rev}
    _LIKELIHOOD(key=key, data=pack(header), on_p_change=on_p or nothing)
    return float(memory.now)


def moved_p(key: str) -> float | None:
    """Where the person let p go; None before they touched it, or when a stranger sent nonsense. For callbacks."""
    p = _sent(key).get("p")
    if isinstance(p, bool) or not isinstance(p, int | float) or not math.isfinite(p) or not 0 <= p <= 1:
        return None
    return float(p)


def _seq(key: str) -> Any:
    return _sent(key).get("seq") if moved_p(key) is not None else None


def _sent(key: str) -> Mapping[str, Any]:
    state = st.session_state.get(key)
    sent = state.get("p") if isinstance(state, Mapping) else None
    return sent if isinstance(sent, Mapping) else {}
