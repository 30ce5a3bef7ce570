"""The loss curves of a run: train solid, held-out dashed, and the ln V line of random guessing."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from lmcore.figures.theme import Theme, layout


def loss_curves(
    steps: Sequence[int],
    losses: Sequence[float],
    held_out_steps: Sequence[int],
    held_out_losses: Sequence[float],
    *,
    vocab_size: int,
    max_steps: int,
    theme: Theme,
) -> go.Figure:
    """Losses in nats a token against the step, marks labelled directly instead of by a legend."""
    guess = math.log(vocab_size)
    figure = go.Figure()
    figure.add_scatter(
        x=steps, y=losses, mode="lines", name="train", line=dict(color=theme.train, width=2.5),
        hovertemplate="step %{x}<br>train %{y:.3f} nats<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=held_out_steps, y=held_out_losses, mode="lines+markers", name="held-out",
        line=dict(color=theme.held_out, width=2.5, dash="dash"), marker=dict(size=7),
        hovertemplate="step %{x}<br>held-out %{y:.3f} nats<extra></extra>",
    )  # fmt: skip
    figure.add_hline(y=guess, line=dict(color=theme.reference, width=1.5, dash="dot"))
    figure.add_annotation(
        x=1, xref="paper", xanchor="right", y=guess, yanchor="bottom", showarrow=False,
        text=f"random guessing, ln {vocab_size:,} = {guess:.2f}", font=dict(size=15, color=theme.quiet),
    )  # fmt: skip
    ends = (
        ("train", steps, losses, theme.train, "top"),
        ("held-out", held_out_steps, held_out_losses, theme.held_out, "bottom"),
    )
    for name, xs, ys, color, side in ends:
        if len(xs):
            figure.add_annotation(
                x=xs[-1], y=ys[-1], text=f"{name} {ys[-1]:.2f}", showarrow=False, xanchor="left", xshift=8,
                yanchor=side, font=dict(size=16, color=color),
            )  # fmt: skip
    top = max([guess, *losses[:1]]) * 1.12
    figure.update_layout(**layout(theme, height=380, margin=dict(l=8, r=130, t=16, b=8)))  # room for the labels
    figure.update_xaxes(title="step", range=[0, max(1, max_steps)])
    figure.update_yaxes(title="loss (nats a token)", range=[0, top])
    return figure
