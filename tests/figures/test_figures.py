"""What the figures draw is what they were given, and no token is read as HTML."""

from __future__ import annotations

import math

import numpy as np
import plotly.graph_objects as go
import pytest

from lmcore.figures.counts import count_heatmap, next_bars, short
from lmcore.figures.curves import loss_curves
from lmcore.figures.theme import DARK, LIGHT, THEMES, ink_on, label, shown


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_curves_show_the_losses_and_the_line_of_guessing(theme):
    figure = loss_curves([0, 10], [4.0, 2.0], [10], [2.5], vocab_size=50, max_steps=10, theme=theme)
    train, held_out = figure.data
    assert list(train.y) == [4.0, 2.0]
    assert list(held_out.y) == [2.5]
    assert held_out.line.dash == "dash"
    assert train.line.dash is None
    assert figure.layout.shapes[0].y0 == pytest.approx(math.log(50))
    assert any("ln 50 = 3.91" in note.text for note in figure.layout.annotations)


def test_plotly_accepts_what_the_figures_leave_unchecked():
    """The figures are made without plotly's own checks, which are slow; here they are made with them."""
    curves = loss_curves([0, 10], [4.0, 2.0], [10], [2.5], vocab_size=50, max_steps=10, theme=LIGHT)
    heatmap = count_heatmap(np.array([[3, 0], [0, 1200]]), ["a", "b"], ["c", "d"], theme=DARK)
    for figure in (curves, heatmap, next_bars(["a"], [1.0], [3], theme=LIGHT)):
        checked = go.Figure(figure.to_dict())  # ValueError names a property that plotly does not know
        assert checked.layout.xaxis.title.text == figure.layout.xaxis.title.text
        assert [trace.type for trace in checked.data] == [trace.type for trace in figure.data]


def test_labels_of_the_curves_stay_apart_and_below_the_line_of_guessing():
    """At 12 % above ln 50 = 3.91 nats for 300 pixels, a nat is 68 pixels; a label takes 22."""
    for losses, held_out in ([3.9, 3.92], [2.0, 2.01], [2.01, 2.0], [0.5, 3.0]):
        figure = loss_curves([0], [losses], [0], [held_out], vocab_size=50, max_steps=10, theme=LIGHT)
        ends = [note for note in figure.layout.annotations if "random" not in note.text]
        centres = sorted(note.y * 300 / (1.12 * max(math.log(50), losses)) + note.yshift for note in ends)
        assert centres[1] - centres[0] >= 21
        assert centres[1] <= math.log(50) * 300 / (1.12 * max(math.log(50), losses)) - 10


def test_curves_of_a_run_that_has_only_begun():
    figure = loss_curves([], [], [], [], vocab_size=10, max_steps=100, theme=LIGHT)
    assert len(figure.data) == 2


def test_the_heatmap_shows_counts_and_leaves_zeros_blank():
    figure = count_heatmap(np.array([[3, 0], [0, 1200]]), ["a", "b"], ["<b>x</b>", "\n"], theme=DARK)
    assert [(note.x, note.y, note.text) for note in figure.layout.annotations] == [(0, 0, "3"), (1, 1, "1.2k")]
    assert list(figure.layout.xaxis.ticktext) == ["&lt;b&gt;x&lt;/b&gt;", "↵"]


@pytest.mark.parametrize("scale", [LIGHT.probability, DARK.probability], ids=["light", "dark"])
def test_ink_is_readable_anywhere_on_a_scale(scale):
    def light(color: str) -> float:
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        return sum(
            share * (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4)
            for share, c in zip((0.2126, 0.7152, 0.0722), parts, strict=True)
        )

    for i, color in enumerate(scale):
        first, second = sorted((light(color), light(ink_on(scale, i / (len(scale) - 1)))))
        assert (second + 0.05) / (first + 0.05) >= 4.5  # WCAG 2, level AA


def test_bars_say_probability_and_count():
    figure = next_bars(["a", "b"], [0.75, 0.25], [3, 1], theme=LIGHT)
    assert list(figure.data[0].x) == [0.75, 0.25]
    assert list(figure.data[0].text) == ["0.75 · 3×", "0.25 · 1×"]


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0"), (999, "999"), (1000, "1.0k"), (9990, "10.0k"), (31_000, "31k"), (2_500_000, "2.5M")]
)
def test_counts_are_short(count: int, text: str):
    assert short(count) == text


def test_whitespace_is_visible_and_html_is_not_read():
    assert shown("a b\n\tc") == "a·b↵→c"
    assert label("<i>&") == "&lt;i&gt;&amp;"


def test_light_and_dark_have_the_same_meanings():
    assert LIGHT.__dataclass_fields__.keys() == DARK.__dataclass_fields__.keys()
    assert len(LIGHT.probability) == len(DARK.probability)
