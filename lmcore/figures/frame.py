"""What every plotly figure is made in: plain dictionaries, one layout."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from lmcore.figures.theme import Theme


def figure(traces: list[dict[str, Any]], layout: dict[str, Any]) -> go.Figure:
    """A figure of plain dictionaries, as plotly's reference names their parts.

    Plotly does not check them here: that takes 20 ms of a rerun, and everybody's pages wait for it. The tests do.
    """
    return go.Figure({"data": traces, "layout": layout}, _validate=False)


def layout(
    theme: Theme, x: dict[str, Any] | None = None, y: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """The layout that all figures share: quiet paper, 16 px text, no gridline that carries nothing.

    `x` and `y` are added to the axes, whose titles are given as text.
    """
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"size": 16, "color": theme.ink, "family": "Source Sans, system-ui, sans-serif"},
        "margin": {"l": 8, "r": 8, "t": 16, "b": 8},
        "showlegend": False,
        "hoverlabel": {"font": {"size": 15}},
        "xaxis": _axis(theme, x or {}),
        "yaxis": _axis(theme, y or {}),
        **more,
    }


def _axis(theme: Theme, more: dict[str, Any]) -> dict[str, Any]:
    return {
        "showgrid": False,
        "zeroline": False,
        "linecolor": theme.quiet,
        "tickfont": {"size": 15, "color": theme.quiet},
        "automargin": True,
        **more,
        "title": {"text": more.get("title", "")},
    }
