"""Counting as pictures: which token followed which context how often, and the bars of what comes next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from lmcore.figures.theme import Theme, colorscale, label, layout


def count_heatmap(
    counts: NDArray[np.int64], contexts: Sequence[str], tokens: Sequence[str], *, theme: Theme
) -> go.Figure:
    """Counts (R, C): row = a context, column = the token after it. The colour grows with the logarithm of the count."""
    shade = np.log1p(counts.astype(np.float64))
    written = np.array([[short(int(count)) if count else "" for count in row] for row in counts])
    rows = [label(context) for context in contexts]
    columns = [label(token) for token in tokens]
    figure = go.Figure(
        go.Heatmap(
            z=shade, x=list(range(len(columns))), y=list(range(len(rows))), colorscale=colorscale(theme.probability),
            showscale=False, xgap=2, ygap=2, text=written, texttemplate="%{text}",
            customdata=np.stack(np.meshgrid(columns, rows), axis=-1) if rows and columns else None,
            hovertemplate="%{customdata[1]} → %{customdata[0]}<br>%{hovertext} times<extra></extra>",
            hovertext=counts, hoverongaps=False,
        )
    )  # fmt: skip
    figure.update_layout(**layout(theme, height=110 + 30 * max(1, len(rows))))
    figure.update_xaxes(
        tickvals=list(range(len(columns))), ticktext=columns, side="top", title="next token", tickangle=-45
    )
    figure.update_yaxes(tickvals=list(range(len(rows))), ticktext=rows, autorange="reversed", title="context")
    return figure


def short(count: int) -> str:
    """A count in at most four characters: 950, 4.0k, 31k."""
    for size, letter in ((1_000_000, "M"), (1000, "k")):
        if count >= size:
            return f"{count / size:.1f}{letter}" if count < 10 * size else f"{count // size}{letter}"
    return str(count)


def next_bars(tokens: Sequence[str], probs: Sequence[float], counts: Sequence[int], *, theme: Theme) -> go.Figure:
    """The most probable next tokens as horizontal bars, each labelled with its probability and count."""
    names = [label(token) for token in tokens]
    figure = go.Figure(
        go.Bar(
            x=list(probs), y=list(range(len(names))), orientation="h", marker=dict(color=theme.accent),
            text=[f"{p:.3g} · {c:,}×" for p, c in zip(probs, counts, strict=True)], textposition="outside",
            textfont=dict(size=16, color=theme.ink), cliponaxis=False, hoverinfo="skip",
        )
    )  # fmt: skip
    figure.update_layout(**layout(theme, height=70 + 32 * max(1, len(names)), bargap=0.25))
    figure.update_xaxes(range=[0, max([*probs, 1e-9]) * 1.6], showticklabels=False, showline=False)
    figure.update_yaxes(tickvals=list(range(len(names))), ticktext=names, autorange="reversed", showline=False)
    return figure
