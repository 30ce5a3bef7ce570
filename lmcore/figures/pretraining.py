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

    Losses far above are cut off: how bad a bad step is does not matter.
    """
    top = 2 * before if before > 0 else 1.0
    shown = [min(loss, 1.3 * top) for loss in losses]
    here = min(range(len(rates)), key=lambda i: abs(math.log(rates[i] / now)))
    curve: dict[str, Any] = {
        "type": "scatter", "mode": "lines+markers", "x": list(rates), "y": shown,
        "line": {"color": theme.train, "width": 2.5},
        "marker": {
            "size": [16 if i == here else 8 for i in range(len(rates))], "color": theme.train,
            "line": {"width": [3 if i == here else 0 for i in range(len(rates))], "color": theme.ink},
        },
        "customdata": [f"{loss:.4g}" if math.isfinite(loss) else "∞" for loss in losses],
        "hovertemplate": "η = %{x}<br>%{customdata} nats after the step<extra></extra>",
    }  # fmt: skip
    line = {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": before, "y1": before,
        "line": {"color": theme.reference, "width": 1.5, "dash": "dot"},
    }  # fmt: skip
    note = {
        "x": 1, "xref": "paper", "xanchor": "right", "y": before, "yanchor": "bottom", "showarrow": False,
        "text": f"before the step: {before:.3g}", "font": {"size": 15, "color": theme.quiet},
    }  # fmt: skip
    return figure(
        [curve],
        layout(
            theme,
            x={"title": "learning rate η", "type": "log", "tickvals": list(rates), "fixedrange": True,
               "ticktext": [f"{rate:g}" for rate in rates]},
            y={"title": "loss after it (nats)", "range": [0, top], "fixedrange": True},
            height=280,
            shapes=[line],
            annotations=[note],
        ),
    )  # fmt: skip
