"""The component that shows the sampling pipeline: what each stage makes of the same tokens, live under the finger."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from lmcore.sampling import check_settings
from lmcore.tokenizers.base import START_ID
from pages.shared.components import MAX_TEMPERATURE, controlled, nothing, pack, register

_PIPELINE = register("sampling_pipeline")
STAGES = ("logits", "penalty", "temperature", "softmax", "top_k", "top_p", "min_p", "renormalise", "draw")
PENALTIES = (0.1, 10.0)


@dataclass(frozen=True)
class Pipe:
    """How the pipeline is set, and which of its stages is shown large."""

    penalty: float = 1.0
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    stage: str = "logits"


def sampling_pipeline(
    tokens: Sequence[str],
    logits: NDArray[Any],
    seen: Sequence[int],
    pipe: Pipe,
    *,
    key: str,
    u: float | None = None,
    are_log_probs: bool = False,
    on_settings: Callable[[], None] | None = None,
    on_draw: Callable[[], None] | None = None,
    on_take: Callable[[], None] | None = None,
) -> Pipe:
    """The stages from `logits` (V,) to a drawn token. `seen` are the tokens of the text so far, `u` the number that was
    drawn last in [0, 1), None when none was. Returns what is set.

    Whoever keeps the settings elsewhere brings that copy up to date in `on_settings`, with `pipe_of(key)`.
    ValueError when an argument makes no sense.
    """
    logits = np.asarray(logits, dtype=np.float32).reshape(-1)
    if len(tokens) != logits.size:
        raise ValueError(f"there are {len(tokens)} tokens but {logits.size} logits")
    given = _checked(asdict(pipe))
    moved, seq = _moved(key)
    memory = controlled(key, given, moved, seq)
    distinct = sorted({int(token) for token in seen if 0 < token < logits.size})
    pushed: Pipe = memory.pushed
    sent = asdict(pushed) | {"temperature": "inf" if math.isinf(pushed.temperature) else pushed.temperature}
    header = {
        "sig": zlib.crc32(logits.tobytes(), zlib.crc32(repr((distinct, tokens[-1], are_log_probs)).encode())),
        "rev": memory.rev,
        "settings": sent,
        "tokens": list(tokens),
        "excluded": [START_ID],
        "seen": distinct,
        "u": u,
        "are_log_probs": are_log_probs,
    }
    _PIPELINE(
        key=key, data=pack(header, logits=logits), on_settings_change=on_settings or nothing,
        on_draw_change=on_draw or nothing, on_take_change=on_take or nothing,
    )  # fmt: skip
    now: Pipe = memory.now
    return now


def pipe_of(key: str) -> Pipe | None:
    """What the person has set in the component `key`; None before they touched it. For callbacks."""
    return _moved(key)[0]


def _checked(values: Mapping[str, Any]) -> Pipe:
    """Settings within their ranges; ValueError names what is wrong."""
    temperature, top_p, min_p, penalty = (float(values[name]) for name in ("temperature", "top_p", "min_p", "penalty"))
    top_k = int(values["top_k"])
    check_settings(temperature, top_k, top_p, min_p, penalty)
    if MAX_TEMPERATURE < temperature < math.inf:
        raise ValueError(f"temperature is {temperature}; here it is 0 to {MAX_TEMPERATURE:g}, or infinity")
    if not PENALTIES[0] <= penalty <= PENALTIES[1]:
        raise ValueError(f"the repetition penalty is {penalty}; here it is {PENALTIES[0]} to {PENALTIES[1]}")
    if values["stage"] not in STAGES:
        raise ValueError("there is no such stage")
    return Pipe(penalty, temperature, top_k, top_p, min_p, str(values["stage"]))


def _moved(key: str) -> tuple[Pipe | None, Any]:
    """(settings, seq) as the browser sent them. They are data from a stranger: nonsense counts as nothing."""
    state = st.session_state.get(key)
    sent = state.get("settings") if isinstance(state, Mapping) else None
    if not isinstance(sent, Mapping):
        return None, None
    try:
        return _checked(sent), sent["seq"]
    except (KeyError, TypeError, ValueError, OverflowError):
        return None, None
