"""What the page on RNNs computes of a model and a text, cached by content, and how it draws it."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from lmcore.figures.numbers import small
from lmcore.figures.recurrent import Curve, gradients
from lmcore.probes.gradients import Reach, Stretch, lstm_norms, reach, stretch
from pages.shared import lesson, models, scripts, scrubber
from pages.shared.cache import Unhashed
from pages.shared.measured import rows_shown
from pages.shared.models import Loaded
from pages.shared.view import View

Ids = tuple[int, ...]

MAX_SHOWN = 240  # tokens of the text that are looked into
START = "start"
LSTM = "lstm-shakespeare-char"
FS = {"own": "as trained", "tanh": "tanh", "relu": "ReLU"}
QUIET = {"displayModeBar": False}


def network(loaded: Loaded) -> Any:
    """The RNN itself: the interface of all language models does not know weights and layers."""
    return loaded.model


def opening_step(loaded: Loaded) -> int:
    """The first step of which the weights were kept."""
    return (scrubber.steps(loaded) or [scrubber.LAST])[0]


def traced(loaded: Loaded, ids: Ids) -> dict[str, NDArray[Any]]:
    """Everything inside while it reads a text."""
    return _traced(loaded.hash, ids, Unhashed(loaded.model))


@functools.lru_cache(maxsize=32)
def _traced(content: str, ids: Ids, hidden: Unhashed) -> dict[str, NDArray[Any]]:
    return hidden.value.trace(ids)


def reached(loaded: Loaded, ids: Ids, t: int, scale: float = 1.0, f: str = "own") -> Reach:
    """What the loss after place t reaches, W_h multiplied by `scale` and f as in `FS`."""
    return _reached(loaded.hash, ids, t, scale, None if f == "own" else f, Unhashed(loaded.model))


@functools.lru_cache(maxsize=256)
def _reached(content: str, ids: Ids, t: int, scale: float, f: str | None, hidden: Unhashed) -> Reach:
    trace = _traced(content, ids, hidden)
    return reach(hidden.value, ids, scale=scale, nonlinearity=f, trace=trace, t=t)


def stretched(loaded: Loaded) -> Stretch:
    """How much W_h as it was trained stretches."""
    return _stretched(loaded.hash, Unhashed(loaded.model))


@functools.lru_cache(maxsize=64)
def _stretched(content: str, hidden: Unhashed) -> Stretch:
    return stretch(hidden.value)


@functools.lru_cache(maxsize=64)
def _lstm(content: str, ids: Ids, t: int, hidden: Unhashed) -> NDArray[np.float64]:
    return lstm_norms(hidden.value, ids, t)


def beside(loaded: Loaded, ids: Ids, t: int) -> NDArray[np.float64] | None:
    """The same of the shipped LSTM; None when it reads other tokens."""
    other = models.load(models.shipped()[LSTM])
    if other.tokenizer.itos != loaded.tokenizer.itos:
        return None
    return _lstm(other.hash, ids, t, Unhashed(other.model))


def of_state(hidden: NDArray[Any], unit: int, place: int, tokens: Sequence[str], f: str) -> str:
    """The hidden state in this text's numbers."""
    P, H = hidden.shape
    many = f"The {H} numbers" if H > 1 else "The one number"
    if place:
        so_far = "1 token" if place == 1 else f"{place:,} tokens"
        said = (
            f"{many} after {lesson.chip(tokens[place])} {'are' if H > 1 else 'is'} all that this network knows of the "
            f"{so_far} so far: no token is kept. "
        )
    else:
        said = f"{many} at the start {'know' if H > 1 else 'knows'} of no token yet. "
    said += (
        f"Unit {unit} stands at {hidden[place, unit]:.3g}; along the text it moves between "
        f"{hidden[:, unit].min():.3g} and {hidden[:, unit].max():.3g}. "
    )
    if P > 1:
        moved = float(np.abs(np.diff(hidden, axis=0)).mean())
        said += f"A token moves a unit by {moved:.2g} on average. "
    full = float((np.abs(hidden) > 0.9).mean()) if f == "tanh" else float((hidden == 0).mean())
    what = "lie above 0.9 in size, where tanh is nearly flat" if f == "tanh" else "are exactly 0, where ReLU is flat"
    return said + f"{full:.0%} of all its numbers along the text {what}: through such, hardly a gradient comes back."


# How far back a loss reaches ----------------------------------------------------------------------------------------


def gradient_section(view: View, loaded: Loaded, ids: Ids, tokens: Sequence[str], place: int) -> None:
    """The chart of gradients with its sliders, and what it says."""
    st.subheader("How far back does a loss reach?", anchor=False, divider="gray")
    if not ids:
        st.caption("Type a text: without a token to predict there is no loss.")
        return
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        st.slider("Multiply $W_h$ by", 0.0, 3.0, step=0.05, key=view.key("scale"), width=320)
        st.segmented_control("f", list(FS), format_func=lambda f: FS[f], key=view.key("f"), required=True)
        st.toggle("An LSTM beside it", key=view.key("lstm"))
    t, scale, f = min(place, len(ids) - 1), view["scale"], view["f"]
    as_is, now = reached(loaded, ids, t), reached(loaded, ids, t, scale, f)
    theme, ks = lesson.theme(), range(t + 1)
    changed = (now.scale, now.nonlinearity) != (as_is.scale, as_is.nonlinearity)
    curves = [Curve("now" if changed else "RNN", ks, now.norms[t, : t + 1].tolist(), theme.accent, width=3.5)]
    if changed:
        curves.append(Curve("as trained", ks, as_is.norms[t, : t + 1].tolist(), theme.quiet, "dot"))
    other = beside(loaded, ids, t) if view["lstm"] else None
    if other is not None:
        curves.append(Curve("LSTM", ks, other.tolist(), theme.value, "dash"))
    elif view["lstm"]:
        st.caption("The shipped LSTM reads letters, and this RNN other tokens: the two cannot stand side by side.")
    figure = gradients(curves, [tokens[t - k] for k in ks], theme=theme)
    st.plotly_chart(figure, key=f"{view.page}.gradients", config=QUIET)
    st.markdown(_says(loaded, tokens, t, as_is, now, other))


def _says(
    loaded: Loaded, tokens: Sequence[str], t: int, as_is: Reach, now: Reach, lstm: NDArray[np.float64] | None
) -> str:
    wide, norms = stretched(loaded), now.norms[t, : t + 1]
    k = min(10, t)
    said = (
        f"After {lesson.chip(tokens[t])} (place {t}) the true next token is {lesson.chip(tokens[t + 1])}; its loss is "
        f"**{_finite(now.losses[t])} nats**. How much each earlier hidden state has to do with that loss is the length "
        f"of a gradient: {_finite(norms[0])} at the place itself"
    )
    if k:
        said += f" and **{_finite(norms[k])}** at {k} {'token' if k == 1 else 'tokens'} back"
        if np.isfinite(norms[k]) and norms[0] > 0:
            said += f", {_finite(norms[k] / norms[0])} times as long"
    half = now.half_life(t) if np.isfinite(norms).all() else None
    said += f". From {half} back on less than half is left. " if half else ". "
    said += (
        f"The largest singular value of $W_h$ is **{now.scale * wide.largest:.3g}**, its spectral radius "
        f"{now.scale * wide.radius:.3g}: "
    )
    shrinks = norms[-1] < norms[0]
    if t == 0:
        said += "one step more, and they would multiply. "
    elif not np.isfinite(norms).all() or not np.isfinite(now.losses).all():
        said += "a state has outgrown what a 64-bit number can hold, and the curve ends there. "
    elif now.scale * wide.largest < 1:
        said += "no step can lengthen a gradient, so it must vanish. "
    elif now.scale * wide.radius > 1 and shrinks and now.nonlinearity == "tanh":
        said += (
            "$W_h$ alone would let it explode; it vanishes because at each step tanh's slope 1 − h² multiplies too. "
        )
    elif shrinks:
        said += "a single step can lengthen it, but many in a row shorten it. "
    else:
        said += "after the slope of f more than 1 a step is left on the whole, and the gradient explodes. "
    if (now.scale, now.nonlinearity) != (as_is.scale, as_is.nonlinearity):
        said += (
            f"Read this way the text costs {_finite(now.losses.mean())} nats a token; as trained, "
            f"{_finite(as_is.losses.mean())}: the other weights have not learnt to live with the change. "
        )
    if lstm is not None and k:
        said += (
            f"Of the LSTM's gradient, which flows along its cell state, {_finite(lstm[k] / lstm[0])} of the length is "
            f"left after {k}."
        )
    return said


def _finite(x: float) -> str:
    return small(float(x)) if math.isfinite(x) else "more than a number can hold"


# The code and the numbers ---------------------------------------------------------------------------------------------


def numbers(
    page: str,
    trace: dict[str, NDArray[Any]],
    layer: int,
    b: float,
    tokens: Sequence[str],
    unit: int,
    now: Reach | None,
    t: int,
) -> pd.DataFrame:
    """The table that is asked for."""
    names = {"One unit": "", "The gradient": "", "Clipping": "clipping", "Time a token": "token-times"}
    which = st.segmented_control("Of which picture", list(names), key=f"{page}.which", default="One unit") or "One unit"
    if which == "The gradient" and now is not None:
        ks = np.arange(t + 1)
        table = {
            "k": ks,
            "after": [tokens[t - k] for k in range(t + 1)],
            "norm": now.norms[t, : t + 1],
            "loss at place": t,
        }
        return pd.DataFrame(table)
    if names[which]:
        rows = [row for row in rows_shown(page, names[which]) if row["about"] in ("step", "time")]
        return pd.DataFrame(rows).drop(columns="about", errors="ignore")
    columns = {
        "W_x x": trace[f"rnn.{layer}.from_input"][:, unit], "W_h h before": trace[f"rnn.{layer}.from_state"][:, unit],
        "b": b, "sum": trace[f"rnn.{layer}.sum"][:, unit], "h": trace[f"rnn.{layer}.hidden"][:, unit],
    }  # fmt: skip
    return pd.DataFrame({"unit": unit, "place": range(len(tokens)), "token": list(tokens), **columns})


def script(loaded: Loaded, step: int, ids: Ids, layer: int, unit: int, t: int, scale: float, f: str) -> str:
    """A script that prints one unit along the text, and the gradients of one loss."""
    opened = scripts.open_model(loaded, step)
    made = f"scale={scale!r}, nonlinearity={None if f == 'own' else f!r}, t={t}"
    back = f"""
found = reach(model, ids, {made})
print(f"loss at place {t}: {{found.losses[{t}]:.4g}} nats")
for k, norm in enumerate(found.norms[{t}, : {t + 1}]):
    print(f"{{k}} tokens back: {{norm:.4g}}")
wide = stretch(model, {scale!r})
print(f"largest singular value {{wide.largest:.4g}}, spectral radius {{wide.radius:.4g}}")
"""
    return f"""
{opened}
from lmcore.probes.gradients import reach, stretch

ids = {list(ids)!r}
layer, unit = {layer}, {unit}
trace, weights = model.trace(ids), model.weights().layers[layer]
for place, token in enumerate(["start", *(tokenizer.itos[i] for i in ids)]):
    parts = (trace[f"rnn.{{layer}}.{{part}}"][place, unit] for part in ("from_input", "from_state", "hidden"))
    from_input, from_state, h = parts
    print(f"{{token!r:8}} {{from_input:+.4f}} {{from_state:+.4f}} {{weights.b[unit]:+.4f}} -> h {{h:+.4f}}")
{back if ids else ""}"""
