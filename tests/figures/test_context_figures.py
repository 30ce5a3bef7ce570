"""The pictures about context: what plotly accepts, error bars that stay, names that do not touch, text as text."""

from __future__ import annotations

import math
from itertools import pairwise

import plotly.graph_objects as go
import pytest

from lmcore.figures.context import HEIGHT, INNER, LINE, Axis, Line, Mark, bars, lines, powers_of_two, ticks
from lmcore.figures.theme import DARK, LIGHT


def checked(figure: go.Figure) -> go.Figure:
    return go.Figure(figure.to_dict())  # plotly checks what it is given


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_lines_with_errors_and_marks_are_valid(theme):
    line = Line(
        "GPT", [1, 2, 128], [20.0, 5.0, 2.0], theme.attention, "dash", [(1, 2), (0.5, 0.5), (0, 0)], ["a", "b", "c"]
    )
    made = checked(
        lines(
            [line], Axis("context", 0.9, 130, True, [1, 8, 64]), Axis("perplexity", 1, 30, True),
            [Mark("block_size 128", x=128), Mark("guessing", y=10)], theme=theme,
        )
    )  # fmt: skip
    assert list(made.data[0].error_y.array) == [2, 0.5, 0]
    assert list(made.data[0].error_y.arrayminus) == [1, 0.5, 0]
    assert list(made.layout.xaxis.range) == pytest.approx([math.log10(0.9), math.log10(130)])
    assert list(made.layout.xaxis.ticktext) == ["1", "8", "64"]
    assert [note.text for note in made.layout.annotations] == ["block_size 128", "guessing", "GPT"]
    assert made.layout.annotations[0].xanchor == "right"  # near the right edge it is written to the left
    assert [note.xanchor for note in made.layout.annotations[1:]] == ["left", "left"]
    assert made.layout.annotations[2].x == pytest.approx(math.log10(130))  # beside the picture, not over its edge
    assert made.layout.shapes[0].x0 == 128


def test_names_at_the_ends_do_not_touch():
    same = [Line(f"name {i}", [1, 2], [3.0, 3.0 + 0.001 * i], "#000") for i in range(5)]
    made = lines(same, Axis("x", 0, 2), Axis("y", 0, 10), theme=LIGHT)
    heights = sorted(note.y * INNER / 10 + note.yshift for note in checked(made).layout.annotations)
    assert all(b - a >= LINE - 1 for a, b in pairwise(heights))


def test_nothing_to_draw_is_an_empty_picture():
    made = checked(lines([], Axis("x", 0, 1), Axis("y", 0, 1), theme=LIGHT, height=HEIGHT))
    assert len(made.data) == 0


def test_one_point_is_a_mark():
    assert lines([Line("a", [1], [1.0], "#000", marks=False)], Axis("x", 0, 1), Axis("y", 0, 1), theme=LIGHT).data[
        0
    ].mode == ("lines+markers")


def test_bars_show_strange_tokens_as_text():
    made = checked(
        bars([("first use", [1.0, 2.0], "#111", "/"), ("second use", [0.5, 1.0], "#222", "")], ["<b>", " "], "bits",
             theme=LIGHT)
    )  # fmt: skip
    assert list(made.layout.xaxis.ticktext) == ["&lt;b&gt;", "·"]
    assert [bar.name for bar in made.data] == ["first use", "second use"]
    assert list(made.data[1].y) == [0.5, 1.0]
    assert made.data[0].marker.pattern.shape == "/"  # told apart without colour too


def test_ticks():
    assert ticks(1.5, 30) == [2, 5, 10, 20]
    assert powers_of_two(1, 192) == [1, 2, 4, 8, 16, 32, 64, 128]
    assert powers_of_two(64, 4096) == [64, 128, 256, 512, 1024, 2048, 4096]
    assert len(powers_of_two(1, 2**20)) <= 9
    assert powers_of_two(5, 7) == []
