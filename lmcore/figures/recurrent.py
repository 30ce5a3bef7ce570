"""Pictures about RNNs: gradients on their way back, losses with and without clipping, the time a token takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from lmcore.figures.frame import figure, layout
from lmcore.figures.numbers import small
from lmcore.figures.theme import Theme, label

HEIGHT = 360
LINE = 22  # pixels of a line of text
LOWEST = 1e-15  # what is smaller is drawn there: nobody can tell 10⁻¹⁵ of a gradient from nothing


@dataclass(frozen=True)
class Curve:
    """One line: y at x, what stands at its end, and how it is drawn. None, NaN and infinity leave a gap."""

    name: str
    xs: Sequence[float]
    ys: Sequence[float | None]
    color: str
    dash: str = "solid"
    width: float = 2.5
    marks: bool = False


def gradients(curves: Sequence[Curve], tokens: Sequence[str], *, theme: Theme) -> go.Figure:
    """Norms of a loss's gradient against the steps back, on a log axis; `tokens[k]` is what was read k steps back."""
    names = [label(token) for token in tokens]
    far = max(4, max((len(curve.xs) for curve in curves), default=1) - 1)
    return _logarithmic(
        curves, x={"title": "k, tokens back", "range": [0, far]}, y="‖∂ loss<sub>t</sub> / ∂ h<sub>t−k</sub>‖",
        hover="k = %{x}, after %{customdata}<br>%{y:.3g}", named=names, low=LOWEST, theme=theme,
    )  # fmt: skip


def losses(curve: Curve, guess: float, max_step: int, *, theme: Theme) -> go.Figure:
    """One run's loss against the step, on a log axis, with the line of guessing at `guess` nats.

    What lies above the picture is drawn at its upper edge and said in words; so is where the numbers end.
    """
    top = 12 * guess
    high = [(x, y) for x, y in zip(curve.xs, curve.ys, strict=True) if y is not None and y > top]
    ended = next((x for x, y in zip(curve.xs, curve.ys, strict=True) if y is None), None)
    made = _logarithmic(
        [curve], x={"title": "step", "range": [0, max_step]}, y="loss (nats a token)",
        hover="step %{x}<br>%{customdata:,.4g} nats", named=[math.nan if y is None else y for y in curve.ys],
        low=1.0, high=top, theme=theme,
    )  # fmt: skip
    made.layout.shapes = [
        {
            "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": guess, "y1": guess,
            "line": {"color": theme.reference, "width": 1.5, "dash": "dot"},
        }
    ]  # fmt: skip
    said = {"showarrow": False, "xanchor": "left", "font": {"size": 16, "color": curve.color}}
    notes = [{**said, "x": 1, "xref": "paper", "xanchor": "right", "y": math.log10(guess), "yanchor": "bottom",
              "text": f"guessing: {guess:.2f}", "font": {"size": 15, "color": theme.quiet}}]  # fmt: skip
    if high:
        x, y = max(high, key=lambda point: point[1])
        notes.append({**said, "x": x, "xshift": 8, "y": math.log10(top), "yanchor": "top",
                      "text": f"up to {small(y)}<br>at step {x:g}"})  # fmt: skip
    if ended is not None:
        notes.append({**said, "x": ended, "xshift": 8, "y": 0.35, "yanchor": "middle", "align": "left",
                      "text": f"from step {ended:g} on<br>no longer a number"})  # fmt: skip
        made.layout.annotations = notes
    else:
        made.layout.annotations = [*made.layout.annotations, *notes]
    return made


def token_times(curves: Sequence[Curve], lengths: Sequence[int], *, theme: Theme) -> go.Figure:
    """Microseconds a token against the length L of the text, both on log axes."""
    ends = [math.log10(lengths[0]), math.log10(lengths[-1])]
    x = {"title": "L, tokens in the text", "type": "log", "range": ends, "tickvals": list(lengths)}
    return _logarithmic(curves, x=x, y="microseconds a token", hover="L = %{x}<br>%{y:.3g} µs a token", theme=theme)


def _logarithmic(
    curves: Sequence[Curve], *, x: dict[str, Any], y: str, hover: str, theme: Theme,
    named: Sequence[Any] = (), low: float = 0.0, high: float = 0.0,
) -> go.Figure:  # fmt: skip
    """Lines over a logarithmic y axis, their names at their ends, which never lie on top of each other."""
    drawn = [[_point(value, low, high) for value in curve.ys] for curve in curves]
    seen = [value for values in drawn for value in values if value is not None]
    least, most = (low if high else min(seen, default=1.0)), (high or max(seen, default=1.0))
    bottom, top = math.log10(least) - 0.05, math.log10(most) + 0.05
    grow = max(0.0, 1 - (top - bottom)) / 2  # at least one power of ten
    bottom, top = bottom - grow, top + grow
    traces = [
        {
            "type": "scatter", "x": list(curve.xs), "y": values, "name": curve.name, "connectgaps": False,
            "mode": "lines+markers" if curve.marks or sum(v is not None for v in values) == 1 else "lines",
            "line": {"color": curve.color, "width": curve.width, "dash": curve.dash}, "marker": {"size": 8},
            "customdata": list(named[: len(values)]), "hovertemplate": f"{curve.name}<br>{hover}<extra></extra>",
        }
        for curve, values in zip(curves, drawn, strict=True)
    ]  # fmt: skip
    pixels = (HEIGHT - 70) / (top - bottom)
    ends = []
    for curve, values in zip(curves, drawn, strict=True):
        at = next((i for i in range(len(values) - 1, -1, -1) if values[i] is not None), None)
        value = None if at is None else values[at]
        if at is not None and value is not None:
            ends.append((math.log10(value), curve.xs[at], f"{curve.name} {small(value)}".strip(), curve.color))
    y_axis = {
        "title": y, "type": "log", "range": [bottom, top], "exponentformat": "power", "nticks": 7, "fixedrange": True,
        "dtick": max(1, math.ceil((top - bottom) / 7)),
    }  # fmt: skip
    if top - bottom < 2.5:
        y_axis |= {"tickvals": (ticks := _ticks(bottom, top)), "ticktext": [f"{tick:g}" for tick in ticks]}
    return figure(
        traces,
        layout(
            theme, x={"fixedrange": True, **x}, y=y_axis, height=HEIGHT,
            margin={"l": 8, "r": 24 + 8 * max((len(end[2]) for end in ends), default=0), "t": 16, "b": 8},
            annotations=_labels(ends, pixels, x.get("type") == "log"),
        ),
    )  # fmt: skip


def _point(value: float | None, low: float, high: float) -> float | None:
    """A number as a log axis can hold it."""
    if value is None or not math.isfinite(value) or (value <= 0 and not low):
        return None
    return min(max(value, low), high or math.inf)


def _ticks(bottom: float, top: float) -> list[float]:
    """1, 2 and 5 of every power of ten between 10^bottom and 10^top."""
    decades = range(math.floor(bottom), math.ceil(top) + 1)
    found = [float(f"{step}e{decade}") for decade in decades for step in (1, 2, 5)]
    return [tick for tick in found if bottom <= math.log10(tick) <= top]


def _labels(ends: Sequence[tuple[float, float, str, str]], pixels: float, log_x: bool) -> list[dict[str, Any]]:
    """A name at the end of each line, moved apart where they would touch; from the top down."""
    labels, ceiling = [], math.inf
    for y, x, text, color in sorted(ends, key=lambda end: -end[0]):
        at = min(y * pixels, ceiling)
        ceiling = at - LINE
        labels.append(
            {
                "x": math.log10(x) if log_x else x, "y": y, "yshift": round(at - y * pixels), "text": text,
                "xanchor": "left", "xshift": 8, "yanchor": "middle", "showarrow": False, "align": "left",
                "font": {"size": 16, "color": color},
            }
        )  # fmt: skip
    return labels
