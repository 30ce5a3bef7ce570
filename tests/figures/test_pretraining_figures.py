"""The loss by the learning rate: its numbers, and plotly takes them."""

from __future__ import annotations

import math

import plotly.graph_objects as go

from lmcore.figures.pretraining import loss_by_rate
from lmcore.figures.theme import DARK, LIGHT


def test_it_draws_its_numbers_and_cuts_off_what_is_far_above() -> None:
    for theme in (LIGHT, DARK):
        found = loss_by_rate([0.01, 0.1, 1], [1.5, 2.5, math.inf], 2.0, 0.1, theme=theme)
        go.Figure(found.to_dict())
        curve = found.data[0]
        assert list(curve.y)[:2] == [1.5, 2.5]
        assert math.isfinite(curve.y[2])
        assert list(curve.customdata) == ["1.5", "2.5", "∞"]
        assert curve.marker.size[1] > curve.marker.size[0]
        note = found.layout.annotations[0]
        assert "before the step, 2" in note.text
        assert (note.yref, note.y, note.yanchor) == ("paper", 1, "bottom")  # above the picture: no curve runs there


def test_a_loss_above_the_picture_is_marked_at_its_edge_and_written() -> None:
    found = loss_by_rate([0.01, 0.1, 1, 10], [1.9, 1.5, 20.83, 123456.7], 2.0, 1, theme=LIGHT)
    go.Figure(found.to_dict())
    low, top = found.layout.yaxis.range
    edge = found.data[1]
    assert list(edge.x) == [1, 10]
    assert all(low < y < top for y in edge.y)
    assert list(edge.text) == ["20.83", ""]
    assert list(edge.customdata) == ["20.83", "123,457"]
    assert len(loss_by_rate([0.01, 0.1], [1.9, 1.5], 2.0, 0.1, theme=LIGHT).data) == 1
