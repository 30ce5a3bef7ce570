"""The Markov page's figures draw what they were given; plotly takes them, and no token is read as HTML."""

from __future__ import annotations

import plotly.graph_objects as go
import pytest

from lmcore.figures.markov import approach_curve, next_beside, percent, shares_beside
from lmcore.figures.theme import DARK, LIGHT

NAMES = ["the", "<b>x</b>", "\n", "a very very long word"]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_plotly_takes_them_and_nothing_is_html(theme):
    for figure in (
        shares_beside(NAMES, [0.5, 0.3, 0.2, 0], [0.4, 0.4, 0.2, 0], theme=theme),
        shares_beside([], [], [], theme=theme),
        approach_curve([10, 20, 100], [0.5, 0.1, 0], theme=theme),
        next_beside(NAMES, [0.5, 0.3, 0.2, 0], {0: 0.1, 3: 0.9}, theme=theme),
        next_beside(NAMES, [0.5, 0.3, 0.2, 0], None, theme=theme),
    ):
        go.Figure(figure.to_dict())  # ValueError names a property that plotly does not know
        assert "<b>" not in figure.to_json()


def test_they_draw_their_numbers():
    bars, marks = shares_beside(NAMES, [0.5, 0.3, 0.2, 0], [0.4, 0.4, 0.2, 0], theme=LIGHT).data
    assert list(bars.x) == [0.5, 0.3, 0.2, 0]
    assert [text.strip() for text in bars.text] == ["50%", "30%", "20%", "0%"]
    assert list(marks.x) == [0.4, 0.4, 0.2, 0]
    chain, longer = next_beside(NAMES, [0.5, 0.3, 0.2, 0], {0: 0.1, 3: 0.9}, theme=LIGHT).data
    assert list(chain.x) == [0.5, 0.3, 0.2, 0]
    assert list(longer.x) == [0.1, 0, 0, 0.9]
    assert len(next_beside(NAMES, [0.5, 0.3, 0.2, 0], None, theme=LIGHT).data) == 1
    line, words = approach_curve([10, 20, 100], [0.5, 0.1, 0.025], theme=LIGHT).data
    assert list(line.y) == [0.5, 0.1, 0.025]
    assert list(words.text) == ["0.5", "0.025"]
    assert list(approach_curve([10], [0.0], theme=LIGHT).data[0].y) == [1e-6]  # 0 has no place on a logarithm


def test_percent():
    assert [percent(p) for p in (0, 1e-9, 0.12345, 1)] == ["0%", "<0.01%", "12.3%", "100%"]
