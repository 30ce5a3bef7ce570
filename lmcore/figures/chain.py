"""The chain rule as pictures: a factor a token, products that underflow beside the sum of logs, two sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from lmcore.figures.frame import figure, layout
from lmcore.figures.numbers import power, signed, small
from lmcore.figures.theme import Theme, label

Numbers = Sequence[float] | NDArray[np.floating]

LN10 = math.log(10)
MAX_WORDS = 12  # on the two paths; with more they would stand on top of each other


def factor_bars(tokens: Sequence[str], factors: Numbers, log_sums: Numbers, *, theme: Theme) -> go.Figure:
    """A row a token: its factor p(x_i | before) as a bar, the product so far, the sum of the logs so far (nats).

    The product is written from the sum of logs, so that it shows also where a float64 has underflowed.
    """
    rows = list(range(len(tokens)))
    bars = {
        "type": "bar", "orientation": "h", "x": list(factors), "y": rows, "marker": {"color": theme.accent},
        "text": [small(p) for p in factors], "textposition": "outside", "constraintext": "none",
        "cliponaxis": False,
        "textfont": {"size": 16, "color": theme.ink}, "customdata": [label(token) for token in tokens],
        "hovertemplate": "p(%{customdata} | all before) = %{x:.6g}<extra></extra>",
    }  # fmt: skip

    def column(x: float, texts: list[str], color: str) -> dict[str, Any]:
        return {
            "type": "scatter", "mode": "text", "x": [x] * len(rows), "y": rows, "text": texts, "xaxis": "x2",
            "textposition": "middle left", "textfont": {"size": 16, "color": color}, "hoverinfo": "skip",
            "cliponaxis": False,
        }  # fmt: skip

    columns = [
        column(0.5, [power(total / LN10) for total in log_sums], theme.ink),
        column(1.0, [signed(total) for total in log_sums], theme.ink),
    ]
    heads = [
        {
            "xref": "paper", "yref": "paper", "x": x, "y": 1, "xanchor": anchor, "yanchor": "bottom", "text": text,
            "showarrow": False, "font": {"size": 15, "color": theme.quiet},
        }
        for x, anchor, text in ((0, "left", "factor"), (0.76, "right", "product"), (1, "right", "Σ ln p"))
    ]  # fmt: skip
    shared = layout(
        theme,
        x={"domain": [0, 0.52], "range": [0, 1.6], "showticklabels": False, "showline": False, "fixedrange": True},
        y={
            "tickvals": rows, "ticktext": [label(token) for token in tokens],
            "range": [len(rows) - 0.4, -0.6],
            "showline": False, "tickfont": {"size": 17, "color": theme.ink}, "fixedrange": True,
        },
        xaxis2={
            "domain": [0.52, 1], "range": [0, 1], "showticklabels": False, "showline": False, "showgrid": False,
            "zeroline": False, "fixedrange": True,
        },
        height=50 + 34 * max(1, len(rows)),
        margin={"l": 8, "r": 8, "t": 34, "b": 4},
        bargap=0.3,
        annotations=heads,
    )  # fmt: skip
    return figure([bars, *columns], shared)


def underflow_curves(
    log_sums: Numbers, products: Sequence[tuple[str, Numbers, int | None]], *, theme: Theme
) -> go.Figure:
    """The sum of logs (as powers of ten) against the place, and products of real floats until they are 0.

    `products`: (name, (L,) values, the token from 1 at which it is 0 or None), the weakest type first.
    """
    sums = np.asarray(log_sums, dtype=np.float64) / LN10
    # Arrays, not lists: they travel as bytes, and plotly does not copy them number by number.
    living = np.round(sums[sums > -math.inf], 2)
    n, floor = len(sums), float(min(living.min(initial=0.0), -1.0)) * 1.08
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter", "mode": "lines", "x": np.arange(1, len(living) + 1), "y": living,
            "name": "sum of logs", "line": {"color": theme.accent, "width": 3},
            "hovertemplate": "token %{x}<br>sum of logs: 10 to the %{y:.1f}<extra></extra>",
        }
    ]  # fmt: skip
    notes: list[dict[str, Any]] = []
    shapes: list[dict[str, Any]] = []
    for (name, values, death), color in zip(products, (theme.held_out, theme.attention), strict=False):
        floats = np.asarray(values)
        powers = np.round(np.log10(floats[floats > 0].astype(np.float64)), 2)  # a product only falls
        traces.append(
            {
                "type": "scatter", "mode": "lines", "name": name, "x": np.arange(1, len(powers) + 1), "y": powers,
                "line": {"color": color, "width": 7 if name == "float32" else 5}, "opacity": 0.55,
                "hovertemplate": f"token %{{x}}<br>{name} product: 10 to the %{{y:.1f}}<extra></extra>",
            }
        )  # fmt: skip
        if death is None:
            continue
        right = death < 0.7 * n
        traces.append(
            {
                "type": "scatter", "mode": "markers", "x": [death], "y": [float(powers[-1]) if powers.size else 0.0],
                "marker": {"symbol": "x", "size": 13, "color": color}, "hoverinfo": "skip", "name": f"{name} dies",
            }
        )  # fmt: skip
        shapes.append(
            {
                "type": "line", "x0": death, "x1": death, "yref": "paper", "y0": 0, "y1": 1,
                "line": {"color": color, "width": 2, "dash": "dot"},
            }
        )  # fmt: skip
        notes.append(
            {
                "x": death, "yref": "paper", "y": 1, "text": f"{name}<br>is 0 from<br>token {death:,}",
                "showarrow": False, "xanchor": "left" if right else "right", "yanchor": "top",
                "xshift": 6 if right else -6, "align": "left" if right else "right",
                "font": {"size": 16, "color": color},
            }
        )  # fmt: skip
    if living.size:
        middle = round(0.6 * (len(living) - 1))  # below the curve, where a falling curve leaves room
        notes.append(
            {
                "x": middle + 1, "y": float(living[middle]), "xanchor": "right", "yanchor": "top", "showarrow": False,
                "xshift": -12, "yshift": -16, "align": "right",
                "text": f"the sum of logs<br>lives on: {signed(float(living[-1]) * LN10, 0)}<br>nats at token "
                f"{len(living):,}",
                "font": {"size": 16, "color": theme.accent}, "bgcolor": theme.paper,
            }
        )  # fmt: skip
    shared = layout(
        theme,
        x={"title": "token", "range": [0, max(2, n) * 1.02]},
        y={"title": "p of the text so far", "range": [floor, -floor * 0.26], **_powers_of_ten(floor)},
        height=420,
        annotations=notes,
        shapes=shapes,
    )
    return figure(traces, shared)


def _powers_of_ten(floor: float) -> dict[str, Any]:
    """Ticks at 10 to the 0, and at about four round powers down to `floor`; none above 1."""
    rough = max(-floor / 5, 1.0)
    size = 10 ** math.floor(math.log10(rough))
    step = size * next(m for m in (1, 2, 5, 10) if m * size >= rough)
    values = [-step * i for i in range(int(-floor / step) + 1)]
    return {"tickvals": values, "ticktext": [f"10<sup>−{-v:.0f}</sup>" if v else "1" for v in values]}


def two_paths(
    first: tuple[Sequence[str], Numbers], second: tuple[Sequence[str], Numbers], parting: int | None,
    *, theme: Theme,
) -> go.Figure:  # fmt: skip
    """Two sentences, (tokens, (L,) sums of logs in nats) each: how their probability falls word by word.

    They run together until the place `parting` (from 0); each word stands at its point.
    """
    traces: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    lows = [total / LN10 for _, sums in (first, second) for total in sums if total > -math.inf]
    floor = min([*lows, -1.0])
    longest = max(len(first[0]), len(second[0]), 1)
    with_words = longest <= MAX_WORDS
    split = longest if parting is None else parting
    ends = [path[1][-1] if len(path[1]) else 0.0 for path in (first, second)]
    for which, (tokens, sums), color in ((0, first, theme.accent), (1, second, theme.held_out)):
        living = [0.0, *(total / LN10 for total in sums if total > -math.inf)]
        traces.append(
            {
                "type": "scatter", "mode": "lines+markers", "x": list(range(len(living))), "y": living,
                "name": ("first", "second")[which], "marker": {"size": 9}, "hoverinfo": "text",
                "line": {"color": color, "width": 3, "dash": None if which == 0 else "dash"},
                "hovertext": ["before the first token", *(
                    f"{label(token)}: p so far {power(y)}" for token, y in zip(tokens, living[1:], strict=False)
                )],
            }
        )  # fmt: skip
        above = ends[which] > ends[1 - which] or (ends[0] == ends[1] and which == 0)
        for i, token in enumerate(tokens[: len(living) - 1]):
            shared_word = i < split
            if not with_words or (shared_word and which == 1):
                continue
            here = theme.ink if shared_word else color
            notes.append(_word(i + 1, living[i + 1], label(token), here, above or shared_word, i + 1 == longest))
        if len(living) <= len(tokens):  # the next token is impossible
            at = len(living) - 1
            traces.append(
                {
                    "type": "scatter", "mode": "markers", "x": [at], "y": [living[at]], "hoverinfo": "skip",
                    "marker": {"symbol": "x", "size": 14, "color": color}, "name": "impossible from here",
                }
            )  # fmt: skip
            notes.append(_word(at, living[at], f"then {label(tokens[at])}: p = 0", color, not above))
    shared = layout(
        theme,
        x={"range": [-0.4, longest + 0.9], "title": "token", "dtick": 1 if longest <= 20 else None},
        y={
            "range": [floor * 1.2, -floor * 0.16], "title": "p so far", **_powers_of_ten(floor * 1.2),
        },
        height=340,
        annotations=notes,
    )  # fmt: skip
    if parting is not None:
        shared["shapes"] = [
            {
                "type": "line", "x0": parting + 0.5, "x1": parting + 0.5, "yref": "paper", "y0": 0, "y1": 1,
                "line": {"color": theme.reference, "width": 1.5, "dash": "dot"},
            }
        ]  # fmt: skip
    return figure(traces, shared)


def _word(x: float, y: float, text: str, color: str, above: bool, last: bool = False) -> dict[str, Any]:
    """A word at its point of a falling path: to the right above it or to the left below it, where there is room."""
    anchor = "center" if last else "left" if above else "right"
    return {
        "x": x, "y": y, "text": text, "showarrow": False, "yanchor": "bottom" if above else "top",
        "xanchor": anchor, "xshift": 12 if last else -6 if above else 6, "yshift": 8 if above else -8,
        "font": {"size": 16, "color": color},
    }  # fmt: skip
