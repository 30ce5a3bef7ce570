"""The curves of windows, and the mark on the curves of a loss."""

from __future__ import annotations

import plotly.graph_objects as go
import pytest

from lmcore.figures.curves import loss_curves
from lmcore.figures.theme import LIGHT, THEMES
from lmcore.figures.windows import window_curves


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_every_point_has_its_number(theme):
    figure = window_curves([(1, 18.21), (2, 8.3)], [(1, 17.1)], most=8, theme=theme)
    go.Figure(figure.to_dict())  # plotly's own check
    networks, counted = figure.data
    assert list(networks.y) == [18.21, 8.3]
    assert (networks.line.dash, counted.line.dash) == (None, "dash")
    assert {note.text for note in figure.layout.annotations} >= {"18.2", "8.3", "17.1", "N-gram, dashed"}


def test_before_anything_is_measured():
    go.Figure(window_curves([], [], most=8, theme=LIGHT).to_dict())


def test_the_mark_stands_at_the_step():
    figure = loss_curves([0, 10], [4.0, 2.0], [10], [2.5], vocab_size=50, max_steps=10, theme=LIGHT, at=7)
    go.Figure(figure.to_dict())
    mark = figure.layout.shapes[1]
    assert (mark.x0, mark.x1) == (7, 7)
