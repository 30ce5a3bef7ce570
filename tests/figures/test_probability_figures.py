"""The Probability page's figures draw what they were given, plotly takes them, and no token is read as HTML."""

from __future__ import annotations

import math

import numpy as np
import plotly.graph_objects as go
import pytest

from lmcore.figures.chain import factor_bars, two_paths, underflow_curves
from lmcore.figures.numbers import power, signed, small
from lmcore.figures.outcomes import line_of_outcomes, outcome_bars
from lmcore.figures.theme import DARK, LIGHT


@pytest.mark.parametrize(
    ("log10", "text"),
    [
        (math.log10(0.25), "0.25"), (-2.9, "0.00126"), (-4.5, "3.16·10⁻⁵"), (-456.97, "1.07·10⁻⁴⁵⁷"), (-math.inf, "0"),
        (math.inf, "∞"), (0, "1"), (4, "10,000"), (7, "1·10⁷"), (math.log10(9.999e-10), "1·10⁻⁹"), (2, "100"),
    ],
)  # fmt: skip
def test_small_numbers_are_readable(log10: float, text: str):
    assert power(log10) == text


def test_numbers_without_logarithms():
    assert small(0) == "0"
    assert small(0.125) == "0.125"
    assert signed(-1234.567) == "−1,234.57"
    assert signed(-math.inf) == "−∞"
    assert signed(-0.0001) == "0.00"


def figures(theme):
    names = ["HH", "<b>x</b>", "T T"]
    sums = np.log([0.5, 0.1, 0.05])
    return [
        line_of_outcomes(names, [0.5, 0.3, 0.2], theme=theme),
        outcome_bars(names, [0.5, 0.3, 0.1], ["1/2", "3/10", "1/10"], rest=("9 others", 0.1, "0.1"), theme=theme),
        outcome_bars(["a name of many words"], [1.0], ["1"], rest=None, theme=theme),
        factor_bars(names, [0.5, 0.2, 0.0], [-0.7, -2.3, -math.inf], theme=theme),
        underflow_curves(sums, [("float32", np.array([0.5, 0.1, 0.0], np.float32), 3)], theme=theme),
        two_paths((names, sums), (names[:2], sums[:2]), 2, theme=theme),
    ]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_plotly_takes_them_and_nothing_is_html(theme):
    for figure in figures(theme):
        go.Figure(figure.to_dict())  # ValueError names a property that plotly does not know
        assert "<b>" not in figure.to_json()


def test_the_line_ends_where_the_sum_is():
    figure = line_of_outcomes(["a", "b"], [0.5, 0.25], theme=LIGHT)
    assert list(figure.data[0].base) == [0, 0.5]
    assert figure.layout.shapes[0].x0 == 0.75
    assert [note.text for note in figure.layout.annotations] == ["a", "b"]


def test_the_others_are_one_bar_more_of_another_colour():
    figure = outcome_bars(["a", "b"], [0.5, 0.3], ["½", "0.3"], rest=("7 others", 0.2, "0.2"), theme=LIGHT)
    assert list(figure.data[0].x) == [0.5, 0.3, 0.2]
    assert figure.data[0].marker.color[0] == figure.data[0].marker.color[1] != figure.data[0].marker.color[2]
    assert list(figure.layout.yaxis.ticktext) == ["a", "b", "7 others"]


def test_the_columns_say_the_product_and_the_sum():
    figure = factor_bars(["a", "b"], [0.5, 0.0], [math.log(0.5), -math.inf], theme=LIGHT)
    bars, product, total = figure.data
    assert list(bars.x) == [0.5, 0.0]
    assert list(product.text) == ["0.5", "0"]
    assert list(total.text) == ["−0.69", "−∞"]


def test_a_product_is_drawn_until_it_is_0():
    products = np.array([1e-30, 1e-44, 0.0, 0.0], np.float32)
    figure = underflow_curves([-70, -101, -140, -170], [("float32", products, 3)], theme=LIGHT)
    traces = {trace.name: trace for trace in figure.data}
    assert list(traces["float32"].x) == [1, 2]
    assert list(traces["float32 dies"].x) == [3]
    assert len(traces["sum of logs"].x) == 4
    assert any("token 3" in note.text for note in figure.layout.annotations)
    assert max(figure.layout.yaxis.tickvals) == 0


def test_after_an_impossible_token_nothing_is_drawn():
    figure = underflow_curves([-1, -math.inf], [("float32", np.array([0.3, 0], np.float32), 2)], theme=LIGHT)
    assert list(figure.data[0].x) == [1]
    paths = two_paths((["a", "b"], [-1, -math.inf]), (["a", "c"], [-1, -2]), 1, theme=LIGHT)
    assert len(paths.data[0].x) == 2
    assert any("then b: p = 0" in note.text for note in paths.layout.annotations)
    nothing = two_paths((["a"], [-math.inf]), ([], []), 0, theme=LIGHT)
    assert len(nothing.data[0].x) == 1
    for figure in (paths, nothing):
        assert "NaN" not in figure.to_json()
        assert "Infinity" not in figure.to_json()


def test_shared_words_stand_once():
    figure = two_paths((["the", "cat"], [-1, -2]), (["the", "dog"], [-1, -3]), 1, theme=LIGHT)
    assert sorted(note.text for note in figure.layout.annotations) == ["cat", "dog", "the"]
