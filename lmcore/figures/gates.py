"""Pictures of an LSTM's what-if, and of the memory race."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from lmcore.figures.frame import figure, layout
from lmcore.figures.numbers import percent
from lmcore.figures.theme import Theme, label

MANY = 90  # tokens; of more than these no names stand below the bars
NAMES = {"ngram": "n-gram", "rnn": "RNN", "lstm": "LSTM"}


def true_and_held(
    names: Sequence[str], true: Sequence[float], held: Sequence[float], gate: int | None, *, theme: Theme
) -> go.Figure:
    """(n,) probabilities of the next token as it is and with something held, beside each other; `gate`: whose hue,
    None for attention's."""
    rows, hue = list(range(len(names))), _hue(gate, theme)
    shared: dict[str, Any] = {
        "type": "bar", "orientation": "h", "y": rows, "textposition": "outside", "constraintext": "none",
        "textfont": {"size": 16, "color": theme.ink}, "cliponaxis": False, "hoverinfo": "skip",
    }  # fmt: skip
    as_it_is = shared | {
        "x": list(true), "marker": {"color": theme.accent}, "name": "as it is",
        "text": [f"\u2002{percent(p)}" for p in true],
    }  # fmt: skip
    other = shared | {
        "x": list(held), "name": "held",
        "marker": {"color": theme.paper, "line": {"color": hue, "width": 2},
                   "pattern": {"shape": "/", "fgcolor": hue, "size": 7, "solidity": 0.45}},
        "text": [f"\u2002{percent(p)}" for p in held],
    }  # fmt: skip
    return figure(
        [as_it_is, other],
        layout(
            theme,
            x={
                "range": [0, max([*true, *held, 1e-9]) * 1.35], "showticklabels": False, "showline": False,
                "fixedrange": True,
            },
            y={
                "tickvals": rows, "ticktext": [label(name) for name in names], "showline": False, "fixedrange": True,
                "range": [len(rows) - 0.4, -0.6], "tickfont": {"size": 17, "color": theme.ink},
            },
            height=24 + 52 * max(1, len(rows)),
            margin={"l": 8, "r": 8, "t": 8, "b": 8},
            barmode="group",
            bargap=0.28,
            bargroupgap=0.06,
        ),
    )  # fmt: skip


def _hue(gate: int | None, theme: Theme) -> str:
    return theme.attention if gate is None else theme.gates[gate]


def moved_along(
    tokens: Sequence[str], distances: Sequence[float], place: int, gate: int | None, *, theme: Theme
) -> go.Figure:
    """(P,) how far the next-token distribution has moved after each token, 0 to 1; the place looked at stands out."""
    at = list(range(len(tokens)))
    colors = [theme.ink if t == place else _hue(gate, theme) for t in at]
    bars = {
        "type": "bar", "x": at, "y": list(distances), "marker": {"color": colors},
        "customdata": [label(token) for token in tokens],
        "hovertemplate": "after %{customdata}<br>moved by %{y:.3f}<extra></extra>",
    }  # fmt: skip
    few, letters = len(tokens) <= MANY, max(map(len, tokens[1:]), default=0) <= 1
    names = [label(token) for token in tokens]
    if letters and names:
        names[0] = ""  # that of the start token is no letter, and would lie over its neighbours
    shared = layout(
        theme,
        x={
            "tickvals": at if few else [], "ticktext": names if few else [],
            "tickangle": 0 if letters else -90, "fixedrange": True,
            "tickfont": {"size": 14, "color": theme.quiet}, "range": [-0.7, len(tokens) - 0.3],
        },
        y={
            "range": [0, 1.02], "tickvals": [0, 0.5, 1], "ticktext": ["0", "½", "1"], "fixedrange": True,
            "title": "moved by",
        },
        height=250,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        bargap=0.15,
    )  # fmt: skip
    return figure([bars], shared)


def race(
    runs: Mapping[str, Mapping[int, Sequence[float]]], distances: Sequence[int], chance: float, *, theme: Theme
) -> go.Figure:
    """Who is how often right, by distance: model -> distance -> the accuracies of its runs. A line is their mean."""
    looks = {
        "ngram": (theme.quiet, "dot", "square"), "rnn": (theme.held_out, "dash", "diamond"),
        "lstm": (theme.train, "solid", "circle"),
    }  # fmt: skip
    traces: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    at = {distance: i for i, distance in enumerate(distances)}
    for row, (model, found) in enumerate(runs.items()):
        color, dash, symbol = looks[model]
        known = sorted(found)
        means = [sum(found[d]) / len(found[d]) for d in known]
        traces.append(
            {
                "type": "scatter", "mode": "lines+markers", "x": [at[d] for d in known], "y": means,
                "name": NAMES[model], "line": {"color": color, "width": 3.5, "dash": dash},
                "marker": {"size": 11, "symbol": symbol, "color": color}, "cliponaxis": False, "customdata": known,
                "hovertemplate": NAMES[model] + ", %{customdata} letters: %{y:.0%} right<extra></extra>",
            }
        )  # fmt: skip
        last = max((d for d, mean in zip(known, means, strict=True) if mean > 0.9), default=None)
        if last is not None:
            notes.append(
                {
                    "x": at[last], "y": 1, "text": f"{NAMES[model]}: to {last}", "showarrow": False,
                    "yshift": 20 + (22 * row if _near(notes, at[last]) else 0), "xanchor": "center",
                    "font": {"size": 17, "color": color},
                }
            )  # fmt: skip
    notes.append(
        {
            "xref": "paper", "x": 0, "xanchor": "left", "y": chance, "yanchor": "top", "showarrow": False,
            "text": f"guessing, {chance:.0%}", "font": {"size": 15, "color": theme.quiet},
        }
    )  # fmt: skip
    line = {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": chance, "y1": chance,
        "line": {"color": theme.reference, "width": 1.5, "dash": "dot"},
    }  # fmt: skip
    shared = layout(
        theme,
        x={
            "tickvals": list(at.values()), "ticktext": [str(d) for d in distances], "fixedrange": True,
            "title": "letters between the brackets", "range": [-0.4, len(at) - 0.6],
        },
        y={
            "range": [0, 1.22], "tickvals": [0, 0.25, 0.5, 0.75, 1], "fixedrange": True,
            "ticktext": ["0%", "25%", "50%", "75%", "100%"], "title": "right bracket brought back",
        },
        height=400,
        margin={"l": 8, "r": 16, "t": 16, "b": 8},
        annotations=notes,
        shapes=[line],
    )  # fmt: skip
    return figure(traces, shared)


def _near(notes: Sequence[Mapping[str, Any]], x: int) -> bool:
    return any(abs(note["x"] - x) < 2 for note in notes)
