"""The loss curves of a run: train solid, held-out dashed, and the ln V line of random guessing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from lmcore.figures.frame import figure, layout
from lmcore.figures.theme import Theme

HEIGHT = 380
PLOT_HEIGHT = 300  # of which the axes themselves have about so much
RIGHT = 130  # pixels beside the curves, for their labels
LINE = 22  # pixels of a line of text


def loss_curves(
    steps: Sequence[int],
    losses: Sequence[float],
    held_out_steps: Sequence[int],
    held_out_losses: Sequence[float],
    *,
    vocab_size: int,
    max_steps: int,
    theme: Theme,
    at: int | None = None,
) -> go.Figure:
    """Losses in nats a token against the step, marks labelled directly instead of by a legend.

    `at` is a step that somebody looks at.
    """
    guess = math.log(vocab_size)
    top = max([guess, *losses[:1]]) * 1.12
    train = {
        "type": "scatter", "x": list(steps), "y": list(losses), "mode": "lines", "name": "train",
        "line": {"color": theme.train, "width": 2.5},
        "hovertemplate": "step %{x}<br>train %{y:.3f} nats<extra></extra>",
    }  # fmt: skip
    held_out = {
        "type": "scatter", "x": list(held_out_steps), "y": list(held_out_losses), "mode": "lines+markers",
        "name": "held-out", "line": {"color": theme.held_out, "width": 2.5, "dash": "dash"}, "marker": {"size": 7},
        "hovertemplate": "step %{x}<br>held-out %{y:.3f} nats<extra></extra>",
    }  # fmt: skip
    guessing = {
        "x": 1, "xref": "paper", "xanchor": "right", "xshift": RIGHT - 10, "y": guess, "yanchor": "bottom",
        "showarrow": False,
        "text": f"random guessing, ln {vocab_size:,} = {guess:.2f}", "font": {"size": 15, "color": theme.quiet},
    }  # fmt: skip
    line = {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": guess, "y1": guess,
        "line": {"color": theme.reference, "width": 1.5, "dash": "dot"},
    }  # fmt: skip
    looked_at = {
        "type": "line", "x0": at, "x1": at, "y0": 0, "y1": guess,
        "line": {"color": theme.ink, "width": 2},
    }  # fmt: skip
    ends = [
        (name, xs[-1], ys[-1], color)
        for name, xs, ys, color in (
            ("train", steps, losses, theme.train),
            ("held-out", held_out_steps, held_out_losses, theme.held_out),
        )
        if len(xs)
    ]
    shared = layout(
        theme,
        x={"title": "step", "range": [0, max(1, max_steps)]},
        y={"title": "loss (nats a token)", "range": [0, top]},
        height=HEIGHT,
        margin={"l": 8, "r": RIGHT, "t": 16, "b": 8},  # room for the labels
        annotations=[guessing, *_labels(ends, guess, PLOT_HEIGHT / top)],
        shapes=[line] if at is None else [line, looked_at],
    )
    return figure([train, held_out], shared)


def _labels(ends: Sequence[tuple[str, int, float, str]], guess: float, pixels_per_nat: float) -> list[dict[str, Any]]:
    """A label at the end of each curve: below the line of guessing, and never on top of each other."""
    labels = []
    ceiling = guess * pixels_per_nat - LINE / 2
    for name, x, y, color in sorted(ends, key=lambda end: -end[2]):
        at = min(y * pixels_per_nat, ceiling)
        ceiling = at - LINE
        labels.append(
            {
                "x": x, "y": y, "yshift": round(at - y * pixels_per_nat), "text": f"{name} {y:.2f}", "xanchor": "left",
                "xshift": 8, "yanchor": "middle", "showarrow": False, "font": {"size": 16, "color": color},
            }
        )  # fmt: skip
    return labels
