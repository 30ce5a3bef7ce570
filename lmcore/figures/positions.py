"""Pictures about positions: what is added to the scores, how long the added vectors are, what a shuffle changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from lmcore.figures.frame import figure, layout
from lmcore.figures.theme import Theme, colorscale, label

MANY = 40  # tokens; of more than these no names stand below the bars


def square(values: NDArray[Any], reach: float, *, theme: Theme, title: str, hover: str) -> go.Figure:
    """An (n, n) heatmap, 0 at the top left; `reach` has the full colour, orange below 0 and blue above.

    What is not finite is left out. `title` says what columns and rows are, `hover` is the sentence for a cell, with
    %{y}, %{x} and %{z}.
    """
    n = len(values)
    cells = {
        "type": "heatmap", "z": np.where(np.isfinite(values), values, np.nan), "zmin": -reach, "zmax": reach,
        "colorscale": colorscale(theme.signed), "showscale": False, "hoverongaps": False,
        "hovertemplate": f"{hover}<extra></extra>",
    }  # fmt: skip
    ends = [0, n - 1]
    axis: dict[str, Any] = {"tickvals": ends, "fixedrange": True, "showline": False}
    shared = layout(
        theme,
        x={**axis, "title": title, "range": [-0.5, n - 0.5]},
        y={**axis, "range": [n - 0.5, -0.5]},
        height=270,
        margin={"l": 8, "r": 22, "t": 14, "b": 8},  # half a number's room, or plotly leaves those at the edges out
    )
    return figure([cells], shared)


def by_distance(
    curves: Mapping[str, NDArray[Any]], colors: Mapping[str, tuple[str, str]], *, theme: Theme
) -> go.Figure:
    """Name -> (n,) values against the distance 0..n-1, each with its (colour, dash); names stand at the lines' ends."""
    n = max(len(values) for values in curves.values())
    lines = [
        {
            "type": "scatter", "mode": "lines", "x": list(range(len(values))), "y": values.tolist(), "name": name,
            "line": {"color": colors[name][0], "dash": colors[name][1], "width": 3},
            "hovertemplate": f"{label(name)}<br>%{{x}} back: %{{y:.3f}}<extra></extra>",
        }
        for name, values in curves.items()
    ]  # fmt: skip
    ends = _apart({name: float(values[-1]) for name, values in curves.items()}, curves)
    notes = [
        {
            "x": n - 1, "y": y, "text": label(name), "showarrow": False, "xanchor": "left", "xshift": 8,
            "font": {"size": 16, "color": colors[name][0]},
        }
        for name, y in ends.items()
    ]  # fmt: skip
    shared = layout(
        theme,
        x={"title": "distance, tokens back", "range": [0, n - 1], "fixedrange": True},
        y={"title": "added to the score", "fixedrange": True, "zeroline": True, "zerolinecolor": theme.quiet},
        height=300,
        margin={"l": 8, "r": 110, "t": 12, "b": 8},
        annotations=notes,
    )
    return figure(lines, shared)


def _apart(ends: dict[str, float], curves: Mapping[str, NDArray[Any]]) -> dict[str, float]:
    """The heights of names at the ends of lines, moved so far that none lies on another."""
    low, high = (float(f([f(values) for values in curves.values()])) for f in (np.min, np.max))
    step = 0.1 * max(high - low, 1e-9)
    placed: dict[str, float] = {}
    for name, y in sorted(ends.items(), key=lambda pair: pair[1]):
        placed[name] = max([y, *(below + step for below in placed.values())])
    return placed


def lengths(tokens: Sequence[str], token: Sequence[float], position: Sequence[float], *, theme: Theme) -> go.Figure:
    """(P,) lengths of the vectors of tokens and of positions, beside each other at each place of a text."""
    at = list(range(len(tokens)))
    bars = [
        {
            "type": "bar", "x": at, "y": list(values), "name": name, "marker": mark,
            "customdata": [label(text) for text in tokens],
            "hovertemplate": f"%{{customdata}}<br>{name}: %{{y:.3f}}<extra></extra>",
        }
        for name, values, mark in (
            ("token", token, {"color": theme.accent}),
            ("position", position, _hatched(theme.key, theme)),
        )
    ]  # fmt: skip
    few = len(tokens) <= MANY
    shared = layout(
        theme,
        x={
            "tickvals": at if few else [], "ticktext": [label(text) for text in tokens] if few else [],
            "fixedrange": True, "tickfont": {"size": 15, "color": theme.ink},
            "tickangle": -60 if len(tokens) > 8 else 0,
        },
        y={"title": "length of the vector", "fixedrange": True, "rangemode": "tozero"},
        height=320, barmode="group", bargap=0.25, showlegend=True,
        legend={"orientation": "h", "y": 1.14, "x": 0, "font": {"size": 16, "color": theme.ink}},
    )  # fmt: skip
    return figure(bars, shared)


def reordered(with_positions: Sequence[float], without: Sequence[float], *, theme: Theme) -> go.Figure:
    """(L,) how far each block's attention at the last token moves when the words before it are shuffled."""
    rows = list(range(len(without)))
    shared_bar: dict[str, Any] = {
        "type": "bar", "orientation": "h", "y": rows, "textposition": "outside", "cliponaxis": False,
        "textfont": {"size": 16, "color": theme.ink}, "constraintext": "none", "hoverinfo": "skip",
    }  # fmt: skip
    bars = [
        shared_bar | {"x": list(values), "name": name, "marker": mark, "text": [f"\u2002{said(x)}" for x in values]}
        for name, values, mark in (
            ("with positions", with_positions, {"color": theme.attention}),
            ("without", without, _hatched(theme.attention, theme)),
        )
    ]
    top = max([*with_positions, *without, 1e-9])
    shared = layout(
        theme,
        x={"range": [0, 1.25 * top], "showticklabels": False, "showline": False, "fixedrange": True},
        y={
            "tickvals": rows, "ticktext": [f"block {i + 1}" for i in rows], "fixedrange": True, "showline": False,
            "range": [len(rows) - 0.4, -0.6], "tickfont": {"size": 16, "color": theme.ink},
        },
        height=60 + 56 * len(rows), barmode="group", bargap=0.28, showlegend=True,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 16, "color": theme.ink}},
    )  # fmt: skip
    return figure(bars, shared)


def said(share: float) -> str:
    """A share as a person reads it; what only rounding makes is 0."""
    return "0" if share < 1e-5 else f"{share:.3g}" if share < 0.01 else f"{share:.2f}"


def _hatched(color: str, theme: Theme) -> dict[str, Any]:
    return {
        "color": theme.paper, "line": {"color": color, "width": 2},
        "pattern": {"shape": "/", "fgcolor": color, "size": 7, "solidity": 0.45},
    }  # fmt: skip
