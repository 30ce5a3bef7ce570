"""Counting as pictures: which token followed which context how often, and the bars of what comes next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from lmcore.figures.frame import figure, layout
from lmcore.figures.theme import Theme, colorscale, ink_on, label


def count_heatmap(
    counts: NDArray[np.int64], contexts: Sequence[str], tokens: Sequence[str], *, theme: Theme
) -> go.Figure:
    """Counts (R, C): row = a context, column = the token after it. The colour grows with the logarithm of the count."""
    rows = [label(context) for context in contexts]
    columns = [label(token) for token in tokens]
    shade = np.log1p(counts.astype(np.float64))
    most = float(shade.max()) if shade.size else 0.0
    written = [
        {
            "x": c, "y": r, "text": short(int(counts[r, c])), "showarrow": False,
            "font": {"size": 15, "color": ink_on(theme.probability, float(shade[r, c]) / most)},
        }
        for r, c in np.argwhere(counts > 0).tolist()
    ]  # fmt: skip
    heatmap = {
        "type": "heatmap", "z": shade, "zmin": 0, "x": list(range(len(columns))),
        "y": list(range(len(rows))), "colorscale": colorscale(theme.probability), "showscale": False, "xgap": 2,
        "ygap": 2, "customdata": [[[column, row] for column in columns] for row in rows],
        "hovertemplate": "%{customdata[1]} → %{customdata[0]}<br>%{hovertext} times<extra></extra>",
        "hovertext": counts.tolist(), "hoverongaps": False,
    }  # fmt: skip
    shared = layout(
        theme,
        x={
            "tickvals": list(range(len(columns))), "ticktext": columns, "side": "top", "title": "next token",
            "tickangle": -45,
        },
        y={"tickvals": list(range(len(rows))), "ticktext": rows, "autorange": "reversed", "title": "context"},
        height=110 + 34 * max(1, len(rows)),
        annotations=written,
    )  # fmt: skip
    return figure([heatmap], shared)


def short(count: int) -> str:
    """A count in at most four characters: 950, 4.0k, 31k."""
    for size, letter in ((1_000_000, "M"), (1000, "k")):
        if count >= size:
            return f"{count / size:.1f}{letter}" if count < 10 * size else f"{count // size}{letter}"
    return str(count)


def next_bars(tokens: Sequence[str], probs: Sequence[float], counts: Sequence[int], *, theme: Theme) -> go.Figure:
    """The most probable next tokens as horizontal bars, each labelled with its probability and count."""
    names = [label(token) for token in tokens]
    bars = {
        "type": "bar", "x": list(probs), "y": list(range(len(names))), "orientation": "h",
        "marker": {"color": theme.accent},
        "text": [f"{p:.3g} · {c:,}×" for p, c in zip(probs, counts, strict=True)], "textposition": "outside",
        "textfont": {"size": 16, "color": theme.ink}, "cliponaxis": False, "hoverinfo": "skip",
    }  # fmt: skip
    shared = layout(
        theme,
        x={"range": [0, max([*probs, 1e-9]) * 1.9], "showticklabels": False, "showline": False},
        y={"tickvals": list(range(len(names))), "ticktext": names, "autorange": "reversed", "showline": False},
        height=70 + 32 * max(1, len(names)),
        bargap=0.25,
    )
    return figure([bars], shared)
