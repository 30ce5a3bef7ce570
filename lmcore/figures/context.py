"""Pictures about context: what a longer one buys, what it costs, what is learnt within it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from lmcore.figures.frame import figure, layout
from lmcore.figures.theme import Theme, label

HEIGHT = 400
INNER = 320  # pixels that the axes themselves have, about
LINE = 22  # pixels of a line of text
NEAR = 0.12  # of the width: a line that ends so near the edge is named beside the picture


@dataclass(frozen=True)
class Line:
    """One line: y at x, how far each point may be off, what stands at its end, and how it is drawn."""

    name: str
    xs: Sequence[float]
    ys: Sequence[float]
    color: str
    dash: str = "solid"
    errors: Sequence[tuple[float, float]] = ()  # (down, up) from each point
    hover: Sequence[str] = ()  # what is said of each point
    marks: bool = True
    width: float = 2.5


@dataclass(frozen=True)
class Axis:
    """A title, a range as it is shown, and whether steps are multiplications."""

    title: str
    low: float
    high: float
    log: bool = False
    ticks: Sequence[float] = ()

    def at(self, value: float) -> float:
        """Where plotly puts a value: its logarithm on a log axis."""
        return math.log10(value) if self.log else value


@dataclass(frozen=True)
class Mark:
    """A line across the picture at an x, or along it at a y, and what it says."""

    text: str
    x: float | None = None
    y: float | None = None


def lines(
    drawn: Sequence[Line], x: Axis, y: Axis, marks: Sequence[Mark] = (), *, theme: Theme, height: int = HEIGHT
) -> go.Figure:
    """Lines with their names at their ends, which never lie on top of each other."""
    span = y.at(y.high) - y.at(y.low)
    pixels = (height - HEIGHT + INNER) / span if span else 1.0
    ends = [(y.at(line.ys[-1]), line.xs[-1], line.name, line.color) for line in drawn if len(line.ys) and line.name]
    ends += [(y.at(mark.y), x.high, mark.text, theme.quiet) for mark in marks if mark.y is not None]
    widest = max((len(end[2]) for end in ends), default=0)
    shapes, notes = _marks(marks, x, theme)
    return figure(
        [_trace(line) for line in drawn],
        layout(
            theme, x=_axis(x), y=_axis(y), height=height, shapes=shapes,
            margin={"l": 8, "r": 24 + 8 * widest, "t": 28, "b": 8},
            annotations=[*notes, *_ends(ends, pixels, x)],
        ),
    )  # fmt: skip


def bars(
    groups: Sequence[tuple[str, Sequence[float], str, str]], tokens: Sequence[str], y: str, *, theme: Theme
) -> go.Figure:
    """Bars side by side, a group a token: (name, heights, colour, pattern) each, named in a legend above."""
    over = {"fillmode": "overlay", "fgcolor": theme.paper, "solidity": 0.35}
    traces = [
        {
            "type": "bar", "x": list(range(len(tokens))), "y": list(heights), "name": name,
            "marker": {"color": color, "pattern": {"shape": pattern, **over}},
            "hovertemplate": f"%{{customdata}}<br>{name}: %{{y:.3g}}<extra></extra>",
            "customdata": [label(token) for token in tokens],
        }
        for name, heights, color, pattern in groups
    ]  # fmt: skip
    x_axis = {"tickvals": list(range(len(tokens))), "ticktext": [label(token) for token in tokens], "fixedrange": True,
              "tickfont": {"size": 16, "color": theme.ink, "family": "Source Code Pro, monospace"}}  # fmt: skip
    return figure(
        traces,
        layout(
            theme, x=x_axis, y={"title": y, "fixedrange": True, "rangemode": "tozero"}, height=HEIGHT, showlegend=True,
            legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 16}},
            bargap=0.25, margin={"l": 8, "r": 8, "t": 48, "b": 8},
        ),
    )  # fmt: skip


def _trace(line: Line) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": "scatter", "x": list(line.xs), "y": list(line.ys), "name": line.name,
        "mode": "lines+markers" if line.marks or len(line.xs) == 1 else "lines",
        "line": {"color": line.color, "width": line.width, "dash": line.dash}, "marker": {"size": 7},
        "hovertemplate": "%{customdata}<extra></extra>" if line.hover else f"{line.name}<extra></extra>",
    }  # fmt: skip
    if line.hover:
        made["customdata"] = list(line.hover)
    if line.errors:
        made["error_y"] = {
            "type": "data", "symmetric": False, "arrayminus": [down for down, _ in line.errors],
            "array": [up for _, up in line.errors], "color": line.color, "thickness": 1.5, "width": 3,
        }  # fmt: skip
    return made


def _axis(axis: Axis) -> dict[str, Any]:
    made: dict[str, Any] = {
        "title": axis.title, "range": [axis.at(axis.low), axis.at(axis.high)], "fixedrange": True,
        **({"type": "log", "exponentformat": "power"} if axis.log else {}),
    }  # fmt: skip
    if axis.ticks:
        made |= {"tickvals": list(axis.ticks), "ticktext": [f"{tick:,g}" for tick in axis.ticks]}
    elif axis.log:
        made |= {"dtick": max(1, math.ceil((axis.at(axis.high) - axis.at(axis.low)) / 7))}
    return made


def _marks(marks: Sequence[Mark], x: Axis, theme: Theme) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    line = {"color": theme.reference, "width": 1.5, "dash": "dot"}
    said = {"showarrow": False, "font": {"size": 15, "color": theme.quiet}}
    shapes, notes = [], []
    for mark in marks:
        if mark.x is not None:
            shapes.append({"type": "line", "x0": mark.x, "x1": mark.x, "yref": "paper", "y0": 0, "y1": 1, "line": line})
            right = x.at(mark.x) > (x.at(x.low) + x.at(x.high)) / 2
            notes.append({**said, "x": x.at(mark.x), "yref": "paper", "y": 1, "yanchor": "bottom",
                          "xanchor": "right" if right else "left", "text": mark.text})  # fmt: skip
        elif mark.y is not None:
            shapes.append({"type": "line", "y0": mark.y, "y1": mark.y, "xref": "paper", "x0": 0, "x1": 1, "line": line})
    return shapes, notes


def _ends(ends: Sequence[tuple[float, float, str, str]], pixels: float, x: Axis) -> list[dict[str, Any]]:
    """A name at the end of each line, moved apart where they would touch; from the top down."""
    labels, ceiling = [], math.inf
    edge, span = x.at(x.high), x.at(x.high) - x.at(x.low)
    for y, at_x, text, color in sorted(ends, key=lambda end: -end[0]):
        at = min(y * pixels, ceiling)
        ceiling = at - LINE
        right = x.at(at_x) if edge - x.at(at_x) > NEAR * span else edge  # beside the picture, not over its edge
        labels.append(
            {
                "x": right, "y": y, "yshift": round(at - y * pixels), "text": text, "xanchor": "left",
                "xshift": 10, "yanchor": "middle", "showarrow": False, "font": {"size": 16, "color": color},
            }
        )  # fmt: skip
    return labels


def ticks(low: float, high: float, steps: Sequence[float] = (1, 2, 5)) -> list[float]:
    """1, 2 and 5 of every power of ten from low to high."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found = [step * 10.0**decade for decade in decades for step in steps]
    return [tick for tick in found if low <= tick <= high]


def powers_of_two(low: float, high: float) -> list[float]:
    """1, 2, 4, 8, … from low to high, at most nine of them."""
    all_of_them = [2.0**k for k in range(60) if low <= 2**k <= high]
    return all_of_them[:: math.ceil(len(all_of_them) / 9)] if all_of_them else []
