"""Pictures of word vectors: the parallelogram of an analogy, its ranked answers, and accuracy as training goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from lmcore.figures.frame import figure, layout
from lmcore.figures.theme import Theme, label

Point = tuple[float, float]
LINE = 22  # pixels of a line of text


def parallelogram(
    corners: Sequence[Point], names: Sequence[str], others: Sequence[tuple[str, Point]], theme: Theme
) -> go.Figure:
    """Three words, the fourth corner that they make (all four in `corners`), and the words found near it.

    `names` are those of the three; `others` the answers with where they stand on this plane, best first.
    """
    a, b, c, d = corners
    sides = [
        {
            "type": "scatter", "mode": "lines", "x": [p[0], q[0]], "y": [p[1], q[1]], "hoverinfo": "skip",
            "line": {"color": color, "width": 2.5, "dash": dash},
        }
        for p, q, color, dash in (
            (a, b, theme.accent, "solid"), (c, d, theme.accent, "dash"),
            (a, c, theme.quiet, "solid"), (b, d, theme.quiet, "dash"),
        )
    ]  # fmt: skip
    answers = {
        "type": "scatter", "mode": "markers+text", "x": [p[0] for _, p in others], "y": [p[1] for _, p in others],
        "text": [label(name) if i == 0 else "" for i, (name, _) in enumerate(others)], "textposition": "bottom center",
        "customdata": [label(name) for name, _ in others],
        "textfont": {"size": 18, "color": theme.value}, "cliponaxis": False,
        "marker": {"color": theme.value, "symbol": "diamond", "size": [13] + [8] * max(0, len(others) - 1)},
        "hovertemplate": "%{customdata}<extra></extra>",
    }  # fmt: skip
    words = {
        "type": "scatter", "mode": "markers+text", "x": [a[0], b[0], c[0]], "y": [a[1], b[1], c[1]],
        "text": [label(name) for name in names], "textposition": ["bottom center", "bottom center", "top center"],
        "textfont": {"size": 18, "color": theme.ink}, "marker": {"color": theme.ink, "size": 11},
        "hovertemplate": "%{text}<extra></extra>", "cliponaxis": False,
    }  # fmt: skip
    corner = {
        "type": "scatter", "mode": "markers", "x": [d[0]], "y": [d[1]], "hovertemplate": "the corner<extra></extra>",
        "marker": {"color": theme.accent, "symbol": "circle-open", "size": 22, "line": {"width": 3}},
    }  # fmt: skip
    xs, ys = zip(*corners, *(p for _, p in others), strict=True)
    wide, high = max(max(xs) - min(xs), 1e-6), max(max(ys) - min(ys), 1e-6)
    axis = {"visible": False}
    shared = layout(
        theme,
        x={**axis, "range": [min(xs) - 0.14 * wide, max(xs) + 0.14 * wide]},
        y={**axis, "range": [min(ys) - 0.2 * high, max(ys) + 0.2 * high]},
        height=400,
    )
    return figure([*sides, answers, words, corner], shared)


def ranked(names: Sequence[str], cosines: Sequence[float], theme: Theme) -> go.Figure:
    """Answers as bars of their cosines, best on top."""
    bars = {
        "type": "bar", "orientation": "h", "y": list(range(len(names))), "x": list(cosines),
        "marker": {"color": [theme.value] + [theme.quiet] * max(0, len(names) - 1)},
        "text": [f"{label(name)}  {cosine:.2f}" for name, cosine in zip(names, cosines, strict=True)],
        "textposition": "outside", "textfont": {"size": 17, "color": theme.ink}, "cliponaxis": False,
        "hoverinfo": "skip",
    }  # fmt: skip
    most = max([0.01, *map(abs, cosines)])
    shared = layout(
        theme,
        x={"visible": False, "range": [min(0.0, *cosines, 0.0), most * 1.9]},
        y={"visible": False, "autorange": "reversed"},
        height=400,
    )
    return figure([bars], shared)


def accuracy_curves(
    steps: Sequence[int],
    share: Sequence[float],
    by_category: Mapping[str, Sequence[float]],
    theme: Theme,
) -> go.Figure:
    """The share of analogies completed rightly against the step, over all and thin for each category."""
    dashes = ["solid", "dot", "dash", "dashdot", "longdash", "longdashdot"]
    hues = [theme.key, theme.value, theme.attention, *theme.gates[1:3], theme.gates[0]]
    at = [step + 1 for step in steps]  # step 0 has no place on a logarithmic axis
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter", "mode": "lines", "x": at, "y": list(values), "name": name, "customdata": list(steps),
            "line": {"color": hues[i % len(hues)], "width": 1.5, "dash": dashes[i % len(dashes)]},
            "hovertemplate": f"step %{{customdata}}<br>{label(name)} %{{y:.0%}}<extra></extra>",
        }
        for i, (name, values) in enumerate(by_category.items())
    ]  # fmt: skip
    whole = {
        "type": "scatter", "mode": "lines+markers", "x": at, "y": list(share), "name": "all",
        "customdata": list(steps), "line": {"color": theme.accent, "width": 3.5}, "marker": {"size": 8},
        "hovertemplate": "step %{customdata}<br>all %{y:.1%}<extra></extra>",
    }  # fmt: skip
    traces.append(whole)
    marks = _ends(at, {**by_category, "all": share})
    notes = [
        {
            "x": 1, "xref": "paper", "xanchor": "left", "xshift": 10, "y": 1 - i * 0.13, "yref": "paper",
            "yanchor": "top", "showarrow": False, "text": text,
            "font": {"size": 16, "color": theme.accent if name == "all" else hues[list(by_category).index(name)]},
        }
        for i, (name, text) in enumerate(marks)
    ]  # fmt: skip
    shared = layout(
        theme,
        x={
            "title": "training step", "type": "log", "tickvals": [step + 1 for step in _ticks(steps)],
            "ticktext": [f"{step:,}" for step in _ticks(steps)],
        },
        y={"title": "analogies right", "range": [-0.03, 1.06], "tickformat": ".0%"},
        height=340, annotations=notes, margin={"l": 8, "r": 190, "t": 16, "b": 8},
    )  # fmt: skip
    return figure(traces, shared)


def _ticks(steps: Sequence[int]) -> list[int]:
    """Steps that leave room for their numbers on a logarithmic axis."""
    kept: list[int] = []
    for step in steps:
        if not kept or (step + 1) / (kept[-1] + 1) >= 1.9:
            kept.append(step)
    return kept


def _ends(at: Sequence[int], values: Mapping[str, Sequence[float]]) -> list[tuple[str, str]]:
    """(name, what it came to), the best first and "all" before its equals."""
    ends = sorted(values, key=lambda name: (-values[name][-1], name != "all"))
    return [(name, f"{name} {values[name][-1]:.0%}") for name in ends]
