"""Ways to decode as pictures: probabilities as T goes from 0 to infinity, draws beside what was expected, sequences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from lmcore.figures.frame import figure, layout
from lmcore.figures.theme import Theme, label

Floats = NDArray[np.float64]
ENDS = (0.04, 25.0)  # where 0 and infinity stand on the axis of temperatures
SIGN, LINE, AWAY = 0.042, 0.085, 0.012  # size of a sign in decades of T and in probability, and its distance to a curve
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")


def over_temperature(
    tokens: Sequence[str], temperatures: Sequence[float], probs: Floats, *, at: float, uniform: float, theme: Theme
) -> go.Figure:
    """(N, K) probabilities of N tokens at K temperatures between the ends, with a line where T stands.

    `uniform` is the probability that all tend to. T = 0 and infinity are drawn at the two ends of the axis.
    """
    colours = [theme.accent, theme.key, theme.value, theme.attention, theme.quiet]
    lines = [
        {
            "type": "scatter", "mode": "lines", "x": list(temperatures), "y": row, "name": label(token),
            "line": {"width": 3, "color": colours[i % 5], "dash": DASHES[i % 5]},
            "hovertemplate": "%{fullData.name}<br>T = %{x:.3g}<br>p = %{y:.3g}<extra></extra>",
        }
        for i, (token, row) in enumerate(zip(tokens, probs, strict=True))
    ]  # fmt: skip
    place = min(max(at, ENDS[0]), ENDS[1])
    notes = []
    for i, (x, y) in enumerate(_free_places(np.log10(temperatures), np.asarray(probs), tokens, np.log10(place))):
        notes.append(
            {
                "x": x, "y": y, "text": label(tokens[i]), "showarrow": False, "yanchor": "middle", "xanchor": "left",
                "font": {"size": 17, "color": colours[i % 5]},
            }
        )  # fmt: skip
    notes.append(
        {
            "x": 1, "xref": "paper", "y": uniform, "text": f"1/n = {uniform:.2g}", "showarrow": False,
            "xanchor": "right", "yshift": 12, "font": {"size": 16, "color": theme.quiet},
        }
    )  # fmt: skip
    shared = layout(
        theme,
        x={
            "type": "log", "range": [np.log10(ENDS[0]), np.log10(ENDS[1])], "title": "T, on a logarithmic axis",
            "tickvals": [ENDS[0], 0.1, 0.25, 0.5, 1, 2, 5, 10, ENDS[1]],
            "ticktext": ["→ 0", "0.1", "¼", "½", "1", "2", "5", "10", "→ ∞"], "fixedrange": True,
        },
        y={"range": [-0.03, 1.08], "tickvals": [0, 0.5, 1], "title": "probability", "fixedrange": True},
        height=380,
        annotations=notes,
        shapes=[
            {
                "type": "line", "x0": place, "x1": place, "yref": "paper", "y0": 0, "y1": 1,
                "line": {"color": theme.ink, "width": 3},
            },
            {
                "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": uniform, "y1": uniform,
                "line": {"color": theme.reference, "width": 1.5, "dash": "dot"},
            },
        ],
        margin={"l": 8, "r": 24, "t": 8, "b": 8},
    )  # fmt: skip
    return figure(lines, shared)


def _free_places(x: Floats, curves: Floats, tokens: Sequence[str], line: float) -> list[tuple[float, float]]:
    """(left, middle) of each curve's name: beside its curve, where it is furthest from all others and from the line."""
    found: list[tuple[float, float, float]] = []  # left, right, middle
    for i, own in enumerate(curves):
        wide, others = SIGN * (len(label(tokens[i])) + 1), np.delete(curves, i, axis=0)
        best, where = -np.inf, (float(x[0]), float(own[0]))
        for k in range(len(x)):
            left, right = float(x[k]), float(x[k]) + wide
            under = (x >= left) & (x <= right)
            if right > x[-1] or left <= line <= right:
                continue
            for middle in (own[under].max() + AWAY + LINE / 2, own[under].min() - AWAY - LINE / 2):
                room = np.abs(others[:, under] - middle).min(initial=1.0) - LINE / 2
                for a, b, y in found:
                    if a < right and left < b:
                        room = min(room, abs(y - middle) - LINE)
                lean = float(np.abs(own[under] - middle).max())  # a name beside a steep curve looks lost
                score = min(room, 0.08) - 0.3 * lean - (1 if not 0 < middle < 1.05 else 0)
                if score > best:
                    best, where = score, (left, float(middle))
        found.append((where[0], where[0] + wide, where[1]))
    return [(left, middle) for left, _, middle in found]


def draws(
    tokens: Sequence[str], expected: Floats, scatter: Floats, counts: NDArray[np.int64], *, theme: Theme
) -> go.Figure:
    """(N,) expected counts as bars with ± one standard deviation, and what was drawn as diamonds."""
    rows = list(range(len(tokens)))
    bars = {
        "type": "bar", "orientation": "h", "y": rows, "x": expected, "marker": {"color": theme.probability[1]},
        "error_x": {"type": "data", "array": scatter, "color": theme.ink, "thickness": 2, "width": 7},
        "customdata": np.stack([scatter, counts], axis=1),
        "hovertemplate": "expected %{x:,.1f} ± %{customdata[0]:,.1f}<br>drawn %{customdata[1]:,}<extra></extra>",
    }  # fmt: skip
    outside = np.abs(counts - expected) > scatter
    dots = {
        "type": "scatter", "mode": "markers", "y": rows, "x": counts, "hoverinfo": "skip",
        "marker": {
            "size": 15, "color": theme.accent, "line": {"width": 2, "color": theme.paper},
            "symbol": ["diamond-open" if far else "diamond" for far in outside],
        },
    }  # fmt: skip
    most = max(float((expected + scatter).max()), float(counts.max()), 1.0)
    numbers = [
        {
            "x": 1, "xref": "paper", "y": row, "text": f"{counts[row]:,}", "showarrow": False, "xanchor": "right",
            "font": {"size": 17, "color": theme.ink},
        }
        for row in rows
    ]  # fmt: skip
    shared = layout(
        theme,
        x={"range": [0, most * 1.16], "title": "how often", "fixedrange": True},
        y={
            "range": [len(rows) - 0.4, -0.6], "tickvals": rows, "ticktext": [label(token) for token in tokens],
            "tickfont": {"size": 17, "color": theme.ink}, "fixedrange": True, "showline": False,
        },
        height=70 + 36 * len(rows),
        bargap=0.3,
        annotations=numbers,
    )  # fmt: skip
    return figure([bars, dots], shared)


def sequences(groups: Sequence[tuple[str, Sequence[float], Sequence[str]]], *, theme: Theme) -> go.Figure:
    """Groups of sequences on one axis of mean log-probability a token: (name, values, the texts for hovering)."""
    colours = [theme.accent, theme.attention, theme.value, theme.held_out, theme.attention]
    symbols = ["circle-open", "square", "triangle-up", "diamond-open", "square-open"]
    traces = [
        {
            "type": "scatter", "mode": "markers", "x": list(values), "y": [row] * len(values),
            "customdata": [label(text) for text in texts],
            "marker": {"size": 15, "symbol": symbols[row % 5], "color": colours[row % 5], "line": {"width": 2}},
            "hovertemplate": "%{customdata}<br>%{x:.3f} nats a token<extra></extra>",
        }
        for row, (_name, values, texts) in enumerate(groups)
    ]  # fmt: skip
    low = min((min(values) for _, values, _ in groups if len(values)), default=-1.0)
    names = [name for name, _, _ in groups]
    shared = layout(
        theme,
        x={"range": [low * 1.08, -low * 0.03], "title": "ln p a token, in nats", "fixedrange": True},
        y={
            "range": [len(names) - 0.4, -0.6], "tickvals": list(range(len(names))), "ticktext": names,
            "tickfont": {"size": 17, "color": theme.ink}, "fixedrange": True, "showline": False,
        },
        height=70 + 42 * len(names),
    )  # fmt: skip
    return figure(traces, shared)
