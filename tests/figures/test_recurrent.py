"""The pictures about RNNs: what plotly accepts, gaps where there is no number, names that do not touch."""

from __future__ import annotations

import math
from itertools import pairwise

import plotly.graph_objects as go
import pytest

from lmcore.figures.recurrent import HEIGHT, LINE, LOWEST, Curve, gradients, losses, token_times
from lmcore.figures.theme import DARK, LIGHT


def checked(figure: go.Figure) -> go.Figure:
    return go.Figure(figure.to_dict())  # plotly checks what it is given


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_all_three_are_valid(theme):
    curve = Curve("loss", [1, 2, 3], [4.0, 1e7, None], theme.accent)
    made = checked(losses(curve, 4.29, 200, theme=theme))
    assert [note.text for note in made.layout.annotations][1:] == [
        "up to 1·10⁷<br>at step 2",
        "from step 3 on<br>no longer a number",
    ]
    assert max(y for y in made.data[0].y if y) == pytest.approx(12 * 4.29)
    assert made.data[0].customdata[1] == 1e7
    assert checked(gradients([curve], ["<b>", "a", "b"], theme=theme)).data[0].customdata[0] == "&lt;b&gt;"
    assert checked(token_times([curve], [16, 32, 64], theme=theme)).layout.xaxis.type == "log"


def test_what_is_no_number_is_a_gap_and_what_is_nothing_lies_at_the_bottom():
    ys = [1.0, 0.0, math.nan, math.inf, None]
    drawn = gradients([Curve("g", range(5), ys, "#000")], list("abcde"), theme=LIGHT)
    assert list(drawn.data[0].y) == [1.0, LOWEST, None, None, None]
    assert gradients([], [], theme=LIGHT).data == ()
    assert checked(gradients([Curve("g", [0], [math.nan], "#000")], ["a"], theme=LIGHT)).layout.annotations == ()


def test_names_do_not_touch():
    curves = [Curve(name, [1, 2], [1.0, y], "#000") for name, y in (("a", 5.0), ("b", 5.01), ("c", 4.99), ("d", 900))]
    made = checked(token_times(curves, [16, 1024], theme=LIGHT))
    low, high = made.layout.yaxis.range
    per_decade = (HEIGHT - 70) / (high - low)
    at = sorted(note.y * per_decade + note.yshift for note in made.layout.annotations)
    assert all(b - a >= LINE - 1 for a, b in pairwise(at))
