"""A classifier's quality as pictures: what is taken for what, being right and being sure, how many labels it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from lmcore.figures.frame import figure, layout
from lmcore.figures.theme import Theme, colorscale, ink_on, label

SHORT = 14  # letters of a label beside a matrix


def confusion_matrix(table: NDArray[np.int64], labels: Sequence[str], *, theme: Theme) -> go.Figure:
    """(K, K) counts: a row for each true label, a column for what it was taken for; shaded by the share of its row."""
    names = [_short(name) for name in labels]
    shares = table / np.maximum(1, table.sum(axis=1, keepdims=True))
    notes = [
        {
            "x": j, "y": i, "text": str(int(table[i, j])), "showarrow": False,
            "font": {"size": 18 if len(labels) <= 8 else 14, "color": ink_on(theme.probability, float(shares[i, j]))},
        }
        for i in range(len(labels))
        for j in range(len(labels))
        if table[i, j] or len(labels) <= 8
    ]  # fmt: skip
    heat = {
        "type": "heatmap", "z": shares.tolist(), "zmin": 0, "zmax": 1, "showscale": False, "xgap": 3, "ygap": 3,
        "colorscale": colorscale(theme.probability), "customdata": table.tolist(),
        "hovertemplate": "truly %{y}, taken for %{x}: %{customdata} texts (%{z:.1%})<extra></extra>",
        "x": list(range(len(labels))), "y": list(range(len(labels))),
    }  # fmt: skip
    ticks = {"tickvals": list(range(len(labels))), "ticktext": names, "showline": False, "fixedrange": True}
    return figure(
        [heat],
        layout(
            theme,
            x={**ticks, "title": "taken for", "side": "bottom"},
            y={**ticks, "title": "truly", "autorange": "reversed"},
            height=max(240, min(520, 110 + 56 * len(labels))),
            annotations=notes,
        ),
    )


def reliability_diagram(
    curves: Mapping[str, Sequence[tuple[float, float, int]]], lowest: float, *, theme: Theme
) -> go.Figure:
    """By name of the classifier, points (how sure it was, how often it was right, on how many texts), all shares.

    On the dashed line it is right as often as it says. `lowest` is the least that the likeliest label can have, 1/K.
    """
    lines = []
    for i, (name, points) in enumerate(curves.items()):
        colour = theme.accent if i == 0 else theme.held_out
        most = max((n for _, _, n in points), default=1)
        lines.append(
            {
                "type": "scatter", "mode": "lines+markers", "name": name,
                "x": [x for x, _, _ in points], "y": [y for _, y, _ in points], "customdata": [n for _, _, n in points],
                "line": {"width": 2.5, "color": colour, "dash": "solid" if i == 0 else "dot"},
                "marker": {
                    "line": {"width": 2.5}, "color": colour, "symbol": "circle" if i == 0 else "square-open",
                    "size": [8 + 18 * (n / most) ** 0.5 for _, _, n in points],
                },
                "hovertemplate": "%{fullData.name}: sure %{x:.0%}, right %{y:.0%}, %{customdata} texts<extra></extra>",
            }
        )  # fmt: skip
    shared = layout(
        theme,
        x={"range": [lowest - 0.05, 1.04], "title": "how sure it was", "tickformat": ".0%", "fixedrange": True},
        y={"range": [-0.05, 1.08], "title": "how often it was right", "tickformat": ".0%", "fixedrange": True},
        height=380,
        showlegend=True,
        legend={"x": 0.02, "y": 0.98, "xanchor": "left", "yanchor": "top", "font": {"size": 16}},
        shapes=[
            {
                "type": "line", "x0": lowest, "y0": lowest, "x1": 1, "y1": 1,
                "line": {"color": theme.reference, "width": 1.5, "dash": "dash"},
            }
        ],
    )  # fmt: skip
    return figure(lines, shared)


def few_labels_curve(ways: Mapping[str, Mapping[int, Sequence[float]]], chance: float, *, theme: Theme) -> go.Figure:
    """By name, for each number of labels the shares that came out right in several runs: their mean and their range."""
    looks = [(theme.accent, "solid", "circle"), (theme.attention, "dash", "diamond"), (theme.held_out, "dot", "square")]
    lines = []
    for (name, found), (colour, dash, symbol) in zip(ways.items(), looks, strict=False):
        sizes = sorted(found)
        means = [float(np.mean(found[n])) for n in sizes]
        high = [max(found[n]) - mean for n, mean in zip(sizes, means, strict=True)]
        low = [mean - min(found[n]) for n, mean in zip(sizes, means, strict=True)]
        lines.append(
            {
                "type": "scatter", "mode": "lines+markers", "name": name, "x": sizes, "y": means,
                "line": {"width": 3, "color": colour, "dash": dash},
                "marker": {"size": 10, "color": colour, "symbol": symbol},
                "error_y": {"type": "data", "array": high, "arrayminus": low, "symmetric": False, "color": colour},
                "hovertemplate": "%{fullData.name}, %{x} labels: %{y:.1%}<extra></extra>",
            }
        )  # fmt: skip
    shared = layout(
        theme,
        x={
            "type": "log", "title": "labelled texts to learn from", "tickvals": [10, 20, 50, 100, 200, 500],
            "fixedrange": True,
        },
        y={
            "range": [min(0.4, chance - 0.05), 1.03], "tickformat": ".0%", "title": "held-out texts right",
            "fixedrange": True,
        },
        height=400,
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.12, "xanchor": "left", "yanchor": "bottom", "font": {"size": 16}},
        shapes=[
            {
                "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": chance, "y1": chance,
                "line": {"color": theme.reference, "width": 1.5, "dash": "dash"},
            }
        ],
        margin={"l": 8, "r": 16, "t": 40, "b": 8},
    )  # fmt: skip
    return figure(lines, shared)


def _short(name: str) -> str:
    return label(name if len(name) <= SHORT else name[: SHORT - 1] + "…")
