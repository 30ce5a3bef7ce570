"""A picture about √d: the entropy of attention's rows against the width of queries and keys."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from lmcore.figures.frame import figure, layout
from lmcore.figures.theme import Theme

HEIGHT = 320


def entropy_by_width(
    widths: Sequence[int], plain: Sequence[float], scaled: Sequence[float], n_keys: int, here: int, *, theme: Theme
) -> go.Figure:
    """Two lines over the width (log axis), the most that is possible as a dotted one; `here` is the width in use."""
    most = math.log(n_keys)
    x = [float(width) for width in widths]

    def line(name: str, ys: Sequence[float], dash: str, color: str) -> dict[str, Any]:
        return {
            "type": "scatter", "mode": "lines+markers", "x": x, "y": [float(y) for y in ys], "name": name,
            "line": {"color": color, "width": 2.5, "dash": dash}, "marker": {"size": 7},
            "hovertemplate": f"{name}<br>d = %{{x}}: %{{y:.3g}} nats<extra></extra>",
        }  # fmt: skip

    def note(text: str, color: str = theme.quiet, **where: Any) -> dict[str, Any]:
        return {"text": text, "showarrow": False, "font": {"size": 16, "color": color}, **where}

    last = math.log10(x[-1])  # annotations on a log axis are placed by the logarithm
    at_end: dict[str, Any] = {"x": last, "xanchor": "left", "xshift": 10}
    return figure(
        [line("q · k / √d", scaled, "solid", theme.attention), line("q · k", plain, "dash", theme.key)],
        layout(
            theme,
            x={
                "title": "d, width of a query", "type": "log", "range": [math.log10(x[0]) - 0.06, last + 0.06],
                "tickvals": x, "ticktext": [f"{w}" for w in widths], "fixedrange": True,
            },
            y={"title": "entropy of a row (nats)", "range": [0, most * 1.14], "fixedrange": True},
            height=HEIGHT,
            margin={"l": 8, "r": 96, "t": 16, "b": 8},
            shapes=[
                {
                    "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": most, "y1": most,
                    "line": {"color": theme.reference, "width": 1.5, "dash": "dot"},
                },
                {
                    "type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": here, "x1": here,
                    "line": {"color": theme.quiet, "width": 1.5},
                },
            ],
            annotations=[
                note("q · k / √d", theme.attention, y=float(scaled[-1]), **at_end),
                note("q · k", theme.key, y=float(plain[-1]), **at_end),
                note(f"all {n_keys} alike: ln {n_keys}", xref="paper", x=1, y=most, xanchor="right", yanchor="bottom"),
                note("here", x=math.log10(here), y=0, xanchor="left", yanchor="bottom"),
            ],
        ),
    )  # fmt: skip
