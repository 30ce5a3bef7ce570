"""Counting looked into: plain bars, where a probability comes from, the tree of what follows, perplexities."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from lmcore.figures.frame import figure, layout
from lmcore.figures.theme import Theme, label

MORE = 2.0  # of the longest bar, so that what is written behind it has room


def bars(
    names: Sequence[str], values: Sequence[float], texts: Sequence[str], *, theme: Theme, title: str = ""
) -> go.Figure:
    """Horizontal bars from zero with their numbers behind them."""
    trace = {
        "type": "bar", "x": list(values), "y": list(range(len(names))), "orientation": "h",
        "marker": {"color": theme.accent}, "text": list(texts), "textposition": "outside",
        "textfont": {"size": 16, "color": theme.ink}, "cliponaxis": False, "hoverinfo": "skip",
    }  # fmt: skip
    shared = layout(
        theme,
        x={
            "range": [0, max([*values, 1e-9]) * MORE], "showticklabels": False, "showline": False, "title": title,
        },
        y={
            "tickvals": list(range(len(names))), "ticktext": list(names), "autorange": "reversed", "showline": False,
            "tickfont": {"size": 16, "color": theme.ink},
        },
        height=50 + 40 * max(1, len(names)),
        bargap=0.3,
    )  # fmt: skip
    return figure([trace], shared)


def parts_bar(orders: Sequence[str], parts: Sequence[float], *, theme: Theme) -> go.Figure:
    """One probability as a bar in pieces: what each order adds to it, the longest first."""
    shades = theme.probability[:1:-1]
    traces = []
    for i, (name, part) in enumerate(zip(orders, parts, strict=True)):
        text = f"{name}: {part:.3g}" if part > 0.12 * sum(parts) else ""  # else there is no room
        traces.append(
            {
                "type": "bar", "x": [part], "y": [0], "orientation": "h", "name": name,
                "marker": {"color": shades[i % len(shades)], "line": {"color": theme.paper, "width": 2}},
                "text": [text], "textposition": "inside", "insidetextanchor": "middle",
                "textfont": {"size": 16}, "hovertemplate": f"{name}: %{{x:.4g}}<extra></extra>",
            }
        )  # fmt: skip
    shared = layout(
        theme, x={"showticklabels": False, "showline": False}, y={"showticklabels": False, "showline": False},
        height=70, barmode="stack", margin={"l": 0, "r": 0, "t": 0, "b": 0},
    )  # fmt: skip
    return figure(traces, shared)


def continuation_tree(
    names: Sequence[str], counts: Sequence[int], parents: Sequence[int], *, theme: Theme
) -> go.Figure:
    """What follows what: a box a token, to the right of those before it, its count beside it. Root first.

    A box is as high as the boxes behind it that are drawn: rarer ones, which are not, would leave it empty.
    """
    ids = [str(i) for i in range(len(names))]
    heights = [0] * len(names)
    for i in reversed(range(len(names))):  # children come after their parents
        heights[i] = heights[i] or counts[i]
        if parents[i] >= 0:
            heights[parents[i]] += heights[i]
    shades = theme.probability[2:]
    trace = {
        "type": "icicle", "ids": ids, "labels": [label(name) for name in names],
        "parents": ["" if parent < 0 else ids[parent] for parent in parents], "values": heights,
        "text": [f"{count:,}" for count in counts], "branchvalues": "total", "tiling": {"orientation": "h"},
        "texttemplate": "%{label}  %{text}", "hovertemplate": "%{label}<br>%{text} times<extra></extra>",
        "textfont": {"size": 16}, "pathbar": {"visible": False}, "sort": False,
        "marker": {
            "colors": [shades[min(_depth(i, parents), len(shades) - 1)] for i in range(len(ids))],
            "line": {"color": theme.paper, "width": 2},
        },
    }  # fmt: skip
    shared = layout(
        theme, height=520, margin={"l": 0, "r": 0, "t": 0, "b": 0}, uniformtext={"minsize": 12, "mode": "hide"}
    )
    return figure([trace], shared)


def _depth(i: int, parents: Sequence[int]) -> int:
    depth = 0
    while parents[i] >= 0:
        i, depth = parents[i], depth + 1
    return depth


def perplexity_curves(
    held_out: Mapping[str, Mapping[int, float | None]],
    train: Mapping[str, Mapping[int, float | None]],
    chosen: str,
    *,
    theme: Theme,
) -> go.Figure:
    """Perplexity by order on a log axis: the chosen smoothing on its own text (solid) and on held-out text (dashed); in
    grey the others on held-out text. None is infinite, and stands on the line at the top.
    """
    finite = [p for table in (held_out, train) for row in table.values() for p in row.values() if p is not None]
    top = max(finite, default=10.0) * 2
    orders = sorted({order for row in held_out.values() for order in row})
    traces: list[dict[str, Any]] = []
    notes = []
    others = [name for name in held_out if name != chosen]
    for name in others:
        traces.append(_curve(held_out[name], name, top, theme.reference, 1.5, "dash"))
    if chosen in train:
        traces.append(_curve(train[chosen], f"{chosen}, its own text", top, theme.train, 3, None))
        traces.append(_curve(held_out[chosen], f"{chosen}, held-out text", top, theme.held_out, 3, "dash"))
        last = max(train[chosen])
        for text, row, color in (
            ("its own text", train[chosen], theme.train),
            ("held-out", held_out[chosen], theme.held_out),
        ):
            p = row[last]
            notes.append(
                {
                    "x": last, "y": _log(p if p is not None else top), "text": f"{text} {p:,.3g}" if p else f"{text} ∞",
                    "showarrow": False, "xanchor": "left", "xshift": 10, "font": {"size": 16, "color": color},
                }
            )  # fmt: skip
    infinite = any(p is None for table in (held_out, train) for row in table.values() for p in row.values())
    shapes = []
    if infinite:
        shapes.append(
            {
                "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": top, "y1": top,
                "line": {"color": theme.reference, "width": 1.5, "dash": "dot"},
            }
        )  # fmt: skip
        notes.append(
            {
                "xref": "paper", "x": 0, "xanchor": "left", "y": _log(top), "yanchor": "bottom", "showarrow": False,
                "text": "∞: some held-out token had probability 0", "font": {"size": 15, "color": theme.quiet},
            }
        )  # fmt: skip
    low = min(finite, default=1.0)
    shared = layout(
        theme,
        x={"title": "order n", "tickvals": orders, "range": [0.8, max(orders, default=5) + 0.2]},
        y={"title": "perplexity", "type": "log", "range": [_log(low * 0.8), _log(top * 1.6)], "dtick": 1},
        height=400,
        margin={"l": 8, "r": 150, "t": 16, "b": 8},
        annotations=notes,
        shapes=shapes,
    )
    return figure(traces, shared)


def _curve(
    row: Mapping[int, float | None], name: str, top: float, color: str, width: float, dash: str | None
) -> dict[str, Any]:
    orders = sorted(row)
    return {
        "type": "scatter", "mode": "lines+markers", "name": name, "x": orders,
        "y": [top if row[order] is None else row[order] for order in orders],
        "line": {"color": color, "width": width, **({"dash": dash} if dash else {})},
        "marker": {"size": 8 if width > 2 else 5, "symbol": [
            "triangle-up" if row[order] is None else "circle" for order in orders
        ]},
        "text": ["∞" if row[order] is None else f"{row[order]:,.4g}" for order in orders],
        "hovertemplate": f"{label(name)}<br>order %{{x}}: %{{text}}<extra></extra>",
    }  # fmt: skip


def _log(x: float) -> float:

    return math.log10(x)
