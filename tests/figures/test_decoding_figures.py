"""The figures of decoding draw what they were given, plotly accepts them, and no token is read as HTML."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest

from lmcore.figures.decoding import draws, over_temperature, sequences
from lmcore.figures.theme import THEMES

NAMES = ["<b>a</b>", "%{x}", "c d"]


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_plotly_accepts_them_and_tokens_stay_text(theme):
    Ts = [0.1, 1.0, 10.0]
    curves = np.array([[1, 0.6, 0.3], [0, 0.3, 0.3], [0, 0.1, 0.3]])
    over = over_temperature(NAMES, Ts, curves, at=float("inf"), uniform=0.3, theme=theme)
    counts = np.array([120, 50, 30])
    drawn = draws(NAMES, np.array([100.0, 60.0, 40.0]), np.array([7.0, 6.5, 5.7]), counts, theme=theme)
    lines = sequences([("drawn", [-1.0, -2.0], ["<i>x</i>", "y"]), ("beam of 3", [-0.5], ["z"])], theme=theme)
    for figure in (over, drawn, lines):
        checked = go.Figure(figure.to_dict())
        assert "<b>" not in checked.to_json()
        assert "<i>" not in checked.to_json()
    np.testing.assert_array_equal(over.data[0].y, curves[0])
    assert list(drawn.data[1].x) == counts.tolist()
    assert drawn.data[1].marker.symbol == ("diamond-open", "diamond-open", "diamond-open")
    assert list(drawn.data[0].error_x.array) == [7.0, 6.5, 5.7]
    assert list(lines.data[0].x) == [-1.0, -2.0]


def test_no_curve_runs_through_a_name():
    Ts = np.geomspace(0.04, 25, 81)
    weights = np.log([0.28, 0.21, 0.12, *[0.39 / 800] * 800])
    every = np.exp(weights[None] / Ts[:, None])
    curves = (every / every.sum(axis=1, keepdims=True))[:, :3].T
    figure = over_temperature(
        ["balloon", "kite", "drum"], Ts.tolist(), curves, at=1.0, uniform=1 / 803, theme=THEMES["light"]
    )
    names = figure.layout.annotations[:3]
    for name, token in zip(names, ["balloon", "kite", "drum"], strict=True):
        under = (np.log10(Ts) >= name.x) & (np.log10(Ts) <= name.x + 0.035 * len(token))
        assert name.x > 0 or name.x + 0.035 * len(token) < 0  # nor the line at T = 1
        assert np.abs(curves[:, under] - name.y).min() > 0.03
