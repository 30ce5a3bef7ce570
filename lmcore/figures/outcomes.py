"""All outcomes as pictures: laid end to end they fill the line from 0 to 1, and the likeliest as bars."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go

from lmcore.figures.frame import figure, layout
from lmcore.figures.theme import Theme, colorscale

LONG = 14  # characters of a name that still fit beside a bar
WIDE = 0.08  # an outcome that takes so much of the line has room for its name


def line_of_outcomes(names: Sequence[str], probs: Sequence[float], *, theme: Theme) -> go.Figure:
    """(N,) probabilities laid end to end from 0: where they end is their sum. Hovering names each."""
    starts = list(itertools.accumulate(probs, initial=0.0))
    named = [escape(name, quote=False) for name in names]
    shades = theme.probability[2:5]
    line = {
        "type": "bar", "orientation": "h", "x": np.asarray(probs), "base": np.array(starts[:-1]),
        "y": np.zeros(len(named), np.int8),
        "marker": {
            "color": np.arange(len(named)) % 3, "cmin": 0, "cmax": 2, "colorscale": colorscale(shades),
            "line": {"width": 1 if len(named) <= 64 else 0, "color": theme.paper},
        },
        "customdata": named,
        "hovertemplate": "%{customdata}<br>%{x:.4g}, from %{base:.4g}<extra></extra>",
    }  # fmt: skip
    notes = [
        {
            "x": start + p / 2, "y": 0, "text": name, "showarrow": False, "textangle": 0,
            "font": {"size": 16, "color": ink_on(shades[i % 3])},
        }
        for i, (name, p, start) in enumerate(zip(named, probs, starts[:-1], strict=True))
        if p >= WIDE and len(name) * 0.0085 < p
    ]  # fmt: skip
    end = starts[-1]
    shared = layout(
        theme,
        x={
            "range": [-0.012, 1.012], "tickvals": [0, 0.25, 0.5, 0.75, 1], "ticktext": ["0", "¼", "½", "¾", "1"],
            "showline": False, "fixedrange": True, "tickfont": {"size": 17, "color": theme.ink}, "automargin": False,
            "ticklabeloverflow": "allow",
        },
        y={"showticklabels": False, "showline": False, "fixedrange": True, "automargin": False},
        height=116,
        margin={"l": 6, "r": 6, "t": 8, "b": 36},
        bargap=0,
        annotations=notes,
        shapes=[
            {
                "type": "line", "x0": end, "x1": end, "yref": "paper", "y0": -0.08, "y1": 1.08,
                "line": {"color": theme.ink, "width": 3},
            }
        ],
    )  # fmt: skip
    return figure([line], shared)


def ink_on(colour: str) -> str:
    """Black or white, whichever reads better on a colour."""
    r, g, b = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return "#0b0e14" if 0.2126 * r**2.2 + 0.7152 * g**2.2 + 0.0722 * b**2.2 > 0.18 else "#ffffff"


def outcome_bars(
    names: Sequence[str], probs: Sequence[float], texts: Sequence[str], *, rest: tuple[str, float, str] | None,
    theme: Theme,
) -> go.Figure:  # fmt: skip
    """The likeliest outcomes as horizontal bars, each with its number, and all `rest` as one bar of another colour.

    Short names stand beside their bars, long ones above them, so that a phone has room for the bars.
    """
    names, probs, texts = list(names), list(probs), list(texts)
    colours = [theme.accent] * len(names)
    if rest is not None:
        names, probs, texts = [*names, rest[0]], [*probs, rest[1]], [*texts, rest[2]]
        colours.append(theme.reference)
    rows = list(range(len(names)))
    labels = [escape(name, quote=False) for name in names]
    above = max(map(len, names)) > LONG
    bars = {
        "type": "bar", "orientation": "h", "x": probs, "y": rows, "marker": {"color": colours}, "text": texts,
        "textposition": "outside", "constraintext": "none", "textfont": {"size": 16, "color": theme.ink},
        "cliponaxis": False, "customdata": labels,
        "hovertemplate": "%{customdata}<br>%{x:.6g}<extra></extra>",
        **({"width": 0.4, "offset": 0} if above else {}),
    }  # fmt: skip
    notes = [
        {
            "x": 0, "y": row, "text": name, "showarrow": False, "xanchor": "left", "yanchor": "bottom", "yshift": -1,
            "font": {"size": 16, "color": theme.ink},
        }
        for row, name in zip(rows, labels, strict=True)
    ]  # fmt: skip
    beside = {"tickvals": rows, "ticktext": labels, "tickfont": {"size": 16, "color": theme.ink}}
    shared = layout(
        theme,
        x={"range": [0, max([*probs, 1e-9]) * 1.55], "showticklabels": False, "showline": False, "fixedrange": True},
        y={
            "range": [len(rows) - 0.4, -0.6], "showline": False, "fixedrange": True,
            **({"showticklabels": False, "automargin": False} if above else beside),
        },
        height=30 + (48 if above else 30) * len(rows),
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        bargap=0.25,
        annotations=notes if above else [],
    )  # fmt: skip
    return figure([bars], shared)
