"""How a chatbot's answers become right while it is fine-tuned, by the kind of question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from lmcore.figures.frame import figure, layout
from lmcore.figures.theme import Theme

DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
MARKERS = ("circle", "square", "diamond", "triangle-up", "x")


def exam(rows: Sequence[Mapping[str, Any]], theme: Theme) -> go.Figure:
    """Rows {"step", "kind", "right", "asked"} as a line for each kind: the share answered right, by step."""
    kinds = list(dict.fromkeys(str(row["kind"]) for row in rows))
    colours = [theme.accent, *theme.gates]
    traces: list[dict[str, Any]] = []
    for n, kind in enumerate(kinds):
        own = [row for row in rows if row["kind"] == kind]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": kind,
                "x": [row["step"] for row in own],
                "y": [row["right"] / row["asked"] for row in own],
                "line": {"color": colours[n % len(colours)], "width": 3, "dash": DASHES[n % len(DASHES)]},
                "marker": {"size": 9, "symbol": MARKERS[n % len(MARKERS)]},
                "customdata": [f"{row['right']} of {row['asked']}" for row in own],
                "hovertemplate": f"{kind}<br>step %{{x}}: %{{customdata}} right<extra></extra>",
            }
        )
    return figure(
        traces,
        layout(
            theme,
            x={"title": "steps of fine-tuning", "fixedrange": True},
            y={"title": "answered right", "range": [-0.03, 1.05], "tickformat": ".0%", "fixedrange": True},
            height=340, showlegend=True, margin={"l": 8, "r": 8, "t": 48, "b": 8},
            legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 16}},
        ),
    )  # fmt: skip
