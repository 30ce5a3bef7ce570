"""The pictures on positions draw what they were given."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest

from lmcore.figures import positions as figures
from lmcore.figures.theme import DARK, LIGHT

SQUARE = np.where(np.tri(4, dtype=bool), np.arange(16.0).reshape(4, 4), -np.inf)
CURVES = {"<b>a</b>": np.arange(5.0), "b": np.arange(5.0), "c": -np.arange(5.0)}


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_plotly_takes_them_and_nothing_is_html(theme):
    colors = dict.fromkeys(CURVES, (theme.key, "dash"))
    for figure in (
        figures.square(SQUARE, 15, theme=theme, title="key", hover="%{x} %{y} %{z}"),
        figures.square(SQUARE[:1, :1], 1, theme=theme, title="key", hover=""),
        figures.by_distance(CURVES, colors, theme=theme),
        figures.lengths(["start", "<b>x</b>", "\n"], [1, 2, 3], [3, 2, 1], theme=theme),
        figures.lengths(["x"] * 99, [1] * 99, [2] * 99, theme=theme),
        figures.reordered([0.5, 0.2], [0, 1e-7], theme=theme),
    ):
        go.Figure(figure.to_dict())  # ValueError names a property that plotly does not know
        assert "<b>" not in figure.to_json()


def test_they_draw_their_numbers():
    square = figures.square(SQUARE, 15, theme=LIGHT, title="key", hover="")
    assert square.layout.margin.r >= 20  # else the last place is not written
    assert square.layout.margin.t >= 12
    cells = square.data[0]
    assert cells.z[3][0] == 12
    assert np.isnan(cells.z[0][3])
    token, position = figures.lengths(["a", "b"], [1, 2], [3, 4], theme=LIGHT).data
    assert list(token.y), list(position.y) == ([1, 2], [3, 4])
    kept, bare = figures.reordered([0.5, 0.2], [1e-7, 0.004], theme=LIGHT).data
    assert [text.strip() for text in (*kept.text, *bare.text)] == ["0.50", "0.20", "0", "0.004"]


def test_names_at_the_ends_of_lines_do_not_lie_on_each_other():
    colors = dict.fromkeys(CURVES, (LIGHT.key, "solid"))
    heights = sorted(note.y for note in figures.by_distance(CURVES, colors, theme=LIGHT).layout.annotations)
    assert min(np.diff(heights)) >= 0.1 * 8 - 1e-9
