"""Held-out perplexity against the window: feed-forward models solid, n-grams that see as much dashed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from lmcore.figures.frame import figure, layout
from lmcore.figures.theme import Theme

Points = Sequence[tuple[int, float]]

HEIGHT = 340


def window_curves(networks: Points, counted: Points, *, most: int, theme: Theme) -> go.Figure:
    """(window, perplexity) of both kinds, each point with its number; `most` is the widest window to come."""
    values = [perplexity for _, perplexity in (*networks, *counted)]
    low, high = math.log10(min(values, default=1) * 0.8), math.log10(max(values, default=10) * 1.3)
    kinds = (("Feed-forward", networks, theme.train, None), ("N-gram", counted, theme.held_out, "dash"))
    traces: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for name, points, color, dash in kinds:
        traces.append(
            {
                "type": "scatter", "x": [x for x, _ in points], "y": [y for _, y in points], "mode": "lines+markers",
                "name": name, "line": {"color": color, "width": 3, "dash": dash}, "marker": {"size": 9},
                "hovertemplate": f"{name}, window %{{x}}<br>perplexity %{{y:.3g}}<extra></extra>",
            }
        )  # fmt: skip
        notes += [_note(x, y, name == "N-gram", color) for x, y in points]
    names = [
        {
            "x": 1, "xref": "paper", "xanchor": "right", "y": 1, "yref": "paper", "yanchor": "top", "yshift": -24 * i,
            "text": f"{name}, {'dashed' if dash else 'solid'}", "showarrow": False,
            "font": {"size": 17, "color": color},
        }
        for i, (name, _, color, dash) in enumerate(kinds)
    ]  # fmt: skip
    shared = layout(
        theme,
        x={"title": "window (tokens the model sees)", "range": [0.6, most + 0.9], "tickvals": [*range(1, most + 1)]},
        y={
            "title": "held-out perplexity", "type": "log", "range": [low, high], "tickvals": [2, 3, 5, 10, 20, 50, 100],
        },
        height=HEIGHT,
        annotations=[*names, *notes],
    )  # fmt: skip
    return figure(traces, shared)


def _note(x: int, y: float, below: bool, color: str) -> dict[str, Any]:
    """A point's number, where a falling curve leaves room: to the right above it, or to the left below it."""
    return {
        "x": x, "y": math.log10(y), "text": f"{y:.3g}", "showarrow": False, "font": {"size": 16, "color": color},
        "xanchor": "right" if below else "left", "xshift": 3 if below else -3,
        "yanchor": "top" if below else "bottom", "yshift": -8 if below else 8,
    }  # fmt: skip
