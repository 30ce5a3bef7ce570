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
        assert "before the step: 2" in found.layout.annotations[0].text
