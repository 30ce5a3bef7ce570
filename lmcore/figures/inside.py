"""Pictures of the inside of a GPT: lengths of what comes in, what a part pushes, what heads do through the training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from lmcore.figures.frame import figure, layout
from lmcore.figures.theme import Theme, label

MANY = 60  # tokens; of more than these no names stand below the bars


def lengths(tokens: Sequence[str], series: Mapping[str, Sequence[float]], place: int, *, theme: Theme) -> go.Figure:
    """(P,) lengths of the vectors that are added at each token, a bar for each series; `place` stands out."""
    at, few = list(range(len(tokens))), len(tokens) <= MANY
    plain: dict[str, Any] = {"color": theme.accent}
    hatched: dict[str, Any] = {
        "color": theme.paper, "line": {"color": theme.key, "width": 1.5},
        "pattern": {"shape": "/", "fgcolor": theme.key, "size": 6, "solidity": 0.45},
    }  # fmt: skip
    bars: list[dict[str, Any]] = [
        {
            "type": "bar", "name": name, "x": at, "y": [float(y) for y in values],
            "marker": marker | {"opacity": [1.0 if t == place else 0.55 for t in at]},
            "customdata": [label(token) for token in tokens],
            "hovertemplate": f"{name} of %{{customdata}}<br>length %{{y:.3g}}<extra></extra>",
        }
        for (name, values), marker in zip(series.items(), (plain, hatched), strict=False)
    ]  # fmt: skip
    shared = layout(
        theme,
        x={
            "tickvals": at if few else [], "ticktext": [label(token) for token in tokens] if few else [],
            "tickangle": -90, "fixedrange": True, "tickfont": {"size": 15, "color": theme.quiet},
        },
        y={"title": "length", "fixedrange": True, "rangemode": "tozero"},
        height=330,
        barmode="group",
        bargap=0.25,
    )  # fmt: skip
    shared["showlegend"] = True
    shared["legend"] = {"orientation": "h", "y": 1.12, "x": 0, "font": {"size": 16, "color": theme.ink}}
    return figure(bars, shared)


def pushes(names: Sequence[str], values: Sequence[float], *, theme: Theme) -> go.Figure:
    """(n,) how far each logit is moved, as bars to the left (down) and to the right (up), in the order given."""
    rows = list(range(len(names)))
    most = max([abs(v) for v in values] + [1e-9])
    bars: dict[str, Any] = {
        "type": "bar", "orientation": "h", "y": rows, "x": [float(v) for v in values],
        "marker": {"color": [theme.signed[2] if v >= 0 else theme.signed[0] for v in values]},
        "text": [f"{v:+.2f}".replace("-", "−") for v in values], "textposition": "outside", "cliponaxis": False,
        "textfont": {"size": 16, "color": theme.ink}, "hoverinfo": "skip",
    }  # fmt: skip
    return figure(
        [bars],
        layout(
            theme,
            x={"range": [-1.35 * most, 1.35 * most], "showticklabels": False, "showline": False, "fixedrange": True},
            y={
                "tickvals": rows, "ticktext": [label(name) for name in names], "showline": False, "fixedrange": True,
                "range": [len(rows) - 0.4, -0.6], "tickfont": {"size": 17, "color": theme.ink},
            },
            height=24 + 32 * max(1, len(rows)),
            margin={"l": 8, "r": 8, "t": 8, "b": 8},
            bargap=0.25,
        ),
    )  # fmt: skip


def through_training(
    steps: Sequence[int], series: Mapping[str, Sequence[float]], step: int, *, theme: Theme
) -> go.Figure:
    """(S,) the best score of each kind of head after so many training steps; `step` is marked."""
    at, names = list(range(len(steps))), [f"{one:,}" for one in steps]  # evenly spaced: snapshots come ever more seldom
    here = list(steps).index(step) if step in steps else len(steps) - 1
    hues = [theme.query, theme.key, theme.value, theme.gates[1], theme.attention, theme.quiet]
    marks = ["circle", "square", "diamond", "triangle-up", "x", "cross"]
    lines = [
        {
            "type": "scatter", "mode": "lines+markers", "name": name, "x": at,
            "y": [float(y) for y in values], "customdata": names, "line": {"color": hue, "width": 2.5},
            "marker": {"symbol": mark, "size": 9}, "connectgaps": True,
            "hovertemplate": f"{name} after %{{customdata}} steps: %{{y:.2f}}<extra></extra>",
        }
        for (name, values), hue, mark in zip(series.items(), hues, marks, strict=False)
    ]  # fmt: skip
    shared = layout(
        theme,
        x={"title": "training step", "tickvals": at, "ticktext": names, "fixedrange": True},
        y={"title": "best score", "range": [0, 1.02], "fixedrange": True},
        height=340,
        shapes=[
            {"type": "line", "x0": here, "x1": here, "y0": 0, "y1": 1, "line": {"color": theme.quiet, "dash": "dot"}}
        ],
    )  # fmt: skip
    shared["showlegend"] = True
    shared["legend"] = {"orientation": "h", "y": 1.2, "x": 0, "font": {"size": 16, "color": theme.ink}}
    return figure(lines, shared)
