"""What a vocabulary costs and buys: tokens per word against its size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from lmcore.figures.frame import figure, layout
from lmcore.figures.theme import Theme

HEIGHT = 400


def tokens_per_word(
    sizes: Sequence[int],
    rates: Sequence[float],
    marks: Sequence[tuple[str, int, float]],
    *,
    at: int | None = None,
    theme: Theme,
) -> go.Figure:
    """`rates[i]` tokens a word at a vocabulary of `sizes[i]`, from bytes (no merge) on; `at` is the point to stress.

    `marks`: (name, vocabulary size, tokens a word) of other tokenizers, drawn as labelled points.
    """
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter", "x": list(sizes), "y": list(rates), "mode": "lines+markers", "name": "byte pairs",
            "line": {"color": theme.accent, "width": 2.5}, "marker": {"size": 6},
            "hovertemplate": "vocabulary %{x:,}<br>%{y:.3g} tokens a word<extra></extra>",
        },
        {
            "type": "scatter", "x": [size for _, size, _ in marks], "y": [rate for *_, rate in marks],
            "mode": "markers", "name": "others",
            "marker": {"size": 13, "symbol": "diamond", "color": theme.held_out},
            "text": [name for name, *_ in marks],
            "hovertemplate": "%{text}<br>vocabulary %{x:,}<br>%{y:.3g} tokens a word<extra></extra>",
        },
    ]  # fmt: skip
    widest, narrowest = max([*sizes, *(size for _, size, _ in marks)]), min([*sizes, *(size for _, size, _ in marks)])
    low, high = math.log10(narrowest) - 0.12, math.log10(widest) + 0.2
    labels = [_label(f"{name} {rate:.3g}", size, rate, theme.held_out, below=True) for name, size, rate in marks]
    labels.append(_label(f"bytes {rates[0]:.3g}", sizes[0], rates[0], theme.accent))
    if len(sizes) > 4:
        middle = len(sizes) // 2
        labels.append(_label("pieces", sizes[middle], rates[middle], theme.accent))
    if at is not None:
        traces.append(
            {
                "type": "scatter", "x": [sizes[at]], "y": [rates[at]], "mode": "markers", "name": "now",
                "marker": {"size": 16, "color": "rgba(0,0,0,0)", "line": {"color": theme.ink, "width": 3}},
                "hovertemplate": "the slider<br>vocabulary %{x:,}<br>%{y:.3g} tokens a word<extra></extra>",
            }
        )  # fmt: skip
    ticks = [tick for power in range(1, 6) for tick in (10**power, 2 * 10**power, 5 * 10**power)]
    shared = layout(
        theme,
        x={
            "title": "size of the vocabulary (log scale)", "type": "log", "range": [low, high],
            "tickvals": ticks, "ticktext": [f"{tick:,}" for tick in ticks],
        },
        y={"title": "tokens per word", "range": [0, 1.12 * max([1.0, *rates, *(rate for *_, rate in marks)])]},
        height=HEIGHT,
        annotations=labels,
    )  # fmt: skip
    return figure(traces, shared)


def _label(name: str, size: int, rate: float, color: str, *, below: bool = False) -> dict[str, Any]:
    """A name beside a point: to the right above it; or below it, where nothing else is written."""
    return {
        "x": math.log10(size), "y": rate, "text": name, "showarrow": False, "font": {"size": 16, "color": color},
        "xanchor": "center" if below and rate < 2 else "left", "yanchor": "top" if below else "bottom",
        "xshift": (0 if rate < 2 else -8) if below else 8, "yshift": -10 if below else 4,
    }  # fmt: skip
