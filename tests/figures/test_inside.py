"""The pictures of Inside a GPT draw what they were given, and plotly takes them."""

from __future__ import annotations

import plotly.graph_objects as go
import pytest

from lmcore.figures.gates import moved_along, true_and_held
from lmcore.figures.inside import lengths, pushes, through_training
from lmcore.figures.theme import DARK, LIGHT

NAMES = ["start", "<b>x</b>", "\n"]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_plotly_takes_them_and_nothing_is_html(theme):
    for figure in (
        lengths(NAMES, {"token": [1, 2, 3], "position": [3, 2, 1]}, 1, theme=theme),
        lengths(NAMES * 40, {"token": [1.0] * 120}, 1, theme=theme),
        pushes(NAMES, [2, 0, -1], theme=theme),
        pushes([], [], theme=theme),
        through_training([0, 5], {"induction": [0, 0.5], "this": [float("nan"), 1]}, 5, theme=theme),
        true_and_held(NAMES, [0.5, 0.3, 0.2], [0.1, 0.2, 0.7], None, theme=theme),
        moved_along(NAMES, [0, 0.5, 1], 2, None, theme=theme),
    ):
        go.Figure(figure.to_dict())
        assert "<b>" not in figure.to_json()


def test_they_draw_their_numbers():
    first, second = lengths(NAMES, {"token": [1, 2, 3], "position": [3, 2, 1]}, 1, theme=LIGHT).data
    assert (list(first.y), list(second.y)) == ([1, 2, 3], [3, 2, 1])
    assert first.marker.pattern.shape != second.marker.pattern.shape  # never colour alone
    bars = pushes(NAMES, [2, 0, -1], theme=LIGHT).data[0]
    assert list(bars.x) == [2, 0, -1]
    assert list(bars.text) == ["+2.00", "+0.00", "−1.00"]
    lines = through_training([1, 5], {"a": [0, 0.5], "b": [1, 1]}, 5, theme=LIGHT).data
    assert lines[0].marker.symbol != lines[1].marker.symbol
    assert list(lines[0].y) == [0, 0.5]
    assert true_and_held(NAMES, [1, 0, 0], [0, 0, 1], None, theme=LIGHT).data[1].marker.line.color == LIGHT.attention
