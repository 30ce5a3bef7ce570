"""The loss after one step, by the learning rate of that step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from lmcore.figures.frame import figure, layout
from lmcore.figures.theme import Theme


def loss_by_rate(
    rates: Sequence[float], losses: Sequence[float], before: float, now: float, *, theme: Theme
) -> go.Figure:
    """(n,) losses in nats after a step of each of the rates; `before` it, and the rate that is set `now`.

    The axis ends at twice `before`. A loss above it is a triangle at the upper edge, and the one of `now` is written
    there: how bad a bad step is does not matter, but nobody should look for it in vain.
    """
    top = 2 * before if before > 0 else 1.0
    edge = 0.94 * top
    shown = [min(loss, 1.3 * top) for loss in losses]
    here = min(range(len(rates)), key=lambda i: abs(math.log(rates[i] / now)))
    curve: dict[str, Any] = {
        "type": "scatter", "mode": "lines+markers", "x": list(rates), "y": shown,
        "line": {"color": theme.train, "width": 2.5},
        "marker": {
            "size": [16 if i == here else 8 for i in range(len(rates))], "color": theme.train,
            "line": {"width": [3 if i == here else 0 for i in range(len(rates))], "color": theme.ink},
        },
        "customdata": [_said(loss) for loss in losses],
        "hovertemplate": "η = %{x}<br>%{customdata} nats after the step<extra></extra>",
    }  # fmt: skip
    above = [i for i, loss in enumerate(losses) if not loss <= top]
    beyond: dict[str, Any] = {
        "type": "scatter", "mode": "markers+text", "x": [rates[i] for i in above], "y": [edge] * len(above),
        "marker": {
            "symbol": "triangle-up", "size": [18 if i == here else 11 for i in above], "color": theme.train,
            "line": {"width": [3 if i == here else 0 for i in above], "color": theme.ink},
        },
        "text": [_said(losses[i]) if i == here else "" for i in above],
        "textposition": "bottom left" if here == len(rates) - 1 else "bottom right",  # the curve rises at its left
        "textfont": {"size": 16, "color": theme.ink}, "customdata": [_said(losses[i]) for i in above],
        "hovertemplate": "η = %{x}<br>%{customdata} nats after the step<extra></extra>",
    }  # fmt: skip
    line = {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": before, "y1": before,
        "line": {"color": theme.reference, "width": 1.5, "dash": "dot"},
    }  # fmt: skip
    note = {
        "x": 1, "xref": "paper", "xanchor": "right", "y": 1, "yref": "paper", "yanchor": "bottom", "showarrow": False,
        "text": f"dotted: before the step, {before:.3g}", "font": {"size": 15, "color": theme.quiet},
    }  # fmt: skip
    return figure(
        [curve, *([beyond] if above else [])],
        layout(
            theme,
            x={"title": "learning rate η", "type": "log", "tickvals": list(rates), "fixedrange": True,
               "ticktext": [f"{rate:g}" for rate in rates]},
            y={"title": "loss after it (nats)", "range": [0, top], "fixedrange": True},
            height=290,
            margin={"l": 8, "r": 8, "t": 34, "b": 8},
            shapes=[line],
            annotations=[note],
        ),
    )  # fmt: skip


def _said(loss: float) -> str:
    """Four digits; without an exponent, however large."""
    if not math.isfinite(loss):
        return "∞"
    return f"{loss:,.0f}" if loss >= 1000 else f"{loss:.4g}"
