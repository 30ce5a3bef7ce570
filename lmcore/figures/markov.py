"""Markov chains as pictures: where a long walk ends, how it comes there, and what the last word alone can know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from lmcore.figures.frame import figure, layout
from lmcore.figures.theme import Theme, label

LONGEST = 12  # characters of a name beside a bar


def _names(names: Sequence[str]) -> list[str]:
    return [label(name if len(name) <= LONGEST else name[: LONGEST - 1] + "…") for name in names]


def percent(p: float) -> str:
    """A share in percent, three digits, as the components write it."""
    if p <= 0:
        return "0%"
    return f"{100 * p:.3g}%" if p >= 1e-4 else "<0.01%"


def _rows(names: Sequence[str], theme: Theme) -> dict[str, Any]:
    return {
        "tickvals": list(range(len(names))), "ticktext": _names(names), "showline": False, "fixedrange": True,
        "range": [len(names) - 0.4, -0.6], "tickfont": {"size": 16, "color": theme.ink},
    }  # fmt: skip


def shares_beside(
    names: Sequence[str], walked: Sequence[float], counted: Sequence[float], *, theme: Theme
) -> go.Figure:
    """(n,) the share of a long walk at each token as bars, its share in the text as a mark on each."""
    rows = list(range(len(names)))
    bars = {
        "type": "bar", "orientation": "h", "x": list(walked), "y": rows, "marker": {"color": theme.accent},
        "name": "long walk", "text": [f"\u2002{percent(p)}" for p in walked], "textposition": "outside",
        "constraintext": "none",
        "textfont": {"size": 16, "color": theme.ink}, "cliponaxis": False, "customdata": list(counted),
        "hovertemplate": "%{y}<br>long walk %{x:.6f}<br>text %{customdata:.6f}<extra></extra>",
    }  # fmt: skip
    marks = _marks(counted, rows, theme, "text")
    longest = max([*walked, *counted, 1e-9])
    shared = layout(
        theme,
        x={"range": [0, longest * 1.42], "showticklabels": False, "showline": False, "fixedrange": True},
        y=_rows(names, theme),
        height=24 + 30 * max(1, len(names)),
        margin={"l": 8, "r": 8, "t": 8, "b": 4},
        bargap=0.3,
    )
    return figure([bars, marks], shared)


def _marks(values: Sequence[float], rows: Sequence[int], theme: Theme, name: str) -> dict[str, Any]:
    """A standing line at each value: another distribution over the bars."""
    return {
        "type": "scatter", "mode": "markers", "x": list(values), "y": list(rows), "name": name, "hoverinfo": "skip",
        "cliponaxis": False,
        "marker": {"symbol": "line-ns", "size": 22, "line": {"width": 4, "color": theme.held_out}},
    }  # fmt: skip


def approach_curve(lengths: Sequence[int], distances: Sequence[float], *, theme: Theme) -> go.Figure:
    """How far the shares of a walk's visits are from the stationary ones, against its length; both logarithmic."""
    shown = [max(d, 1e-6) for d in distances]
    marked = [i for i, n in enumerate(lengths) if n in (10, 100, 1000, 10_000, 100_000)]
    line = {
        "type": "scatter", "mode": "lines+markers", "x": list(lengths), "y": shown, "name": "distance",
        "line": {"color": theme.accent, "width": 3}, "marker": {"size": 8}, "cliponaxis": False,
        "hovertemplate": "%{x:,} steps<br>distance %{y:.4f}<extra></extra>",
    }  # fmt: skip
    words = {
        "type": "scatter", "mode": "text", "x": [lengths[i] for i in marked], "y": [shown[i] for i in marked],
        "text": [f"{distances[i]:.2g}" for i in marked], "textposition": "top right", "hoverinfo": "skip",
        "textfont": {"size": 16, "color": theme.ink}, "cliponaxis": False,
    }  # fmt: skip
    ticks = [1, 0.1, 0.01, 0.001, 0.0001, 0.00001, 0.000001]
    shared = layout(
        theme,
        x={
            "type": "log", "title": "steps walked", "tickvals": [lengths[i] for i in marked], "fixedrange": True,
            "ticktext": [f"{lengths[i]:,}" for i in marked], "range": [0.9, 4.35],
        },
        y={
            "type": "log", "title": "distance", "tickvals": ticks, "fixedrange": True,
            "ticktext": ["1", "0.1", "0.01", "0.001", "10<sup>−4</sup>", "10<sup>−5</sup>", "10<sup>−6</sup>"],
        },
        height=340,
        margin={"l": 8, "r": 16, "t": 24, "b": 8},
    )  # fmt: skip
    return figure([line, words], shared)


def next_beside(
    names: Sequence[str], chain: Sequence[float], longer: Mapping[int, float] | None, *, theme: Theme
) -> go.Figure:
    """(n,) what the chain says comes next as bars; what a longer context says as marks: row -> probability."""
    rows = list(range(len(names)))
    texts = [f"\u2002{percent(p)}" for p in chain]
    bars = {
        "type": "bar", "orientation": "h", "x": list(chain), "y": rows, "marker": {"color": theme.accent},
        "name": "last word alone", "text": texts, "textposition": "outside", "constraintext": "none",
        "textfont": {"size": 16, "color": theme.ink}, "cliponaxis": False, "hoverinfo": "skip",
    }  # fmt: skip
    traces: list[dict[str, Any]] = [bars]
    if longer is not None:
        values = [longer.get(row, 0.0) for row in rows]
        traces.append(_marks(values, rows, theme, "more words") | {"hoverinfo": "x", "hovertemplate": "%{x:.3f}"})
    shared = layout(
        theme,
        x={
            "range": [0, 1.04], "tickvals": [0, 0.5, 1], "ticktext": ["0", "½", "1"], "showline": False,
            "fixedrange": True,
        },
        y=_rows(names, theme),
        height=44 + 32 * max(1, len(names)),
        margin={"l": 8, "r": 12, "t": 8, "b": 24},
        bargap=0.3,
    )  # fmt: skip
    return figure(traces, shared)
