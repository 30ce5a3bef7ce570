"""The pictures of the LSTM page draw what they were given; its hues can be told apart, also by the colour-blind."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import plotly.graph_objects as go
import pytest

from lmcore.figures.gates import moved_along, race, true_and_held
from lmcore.figures.theme import DARK, LIGHT

NAMES = ["e", "<b>x</b>", "\n", " "]
RUNS = {"ngram": {1: [1.0, 0.9], 2: [0.25, 0.25]}, "rnn": {1: [1.0, 1.0]}, "lstm": {}}


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_plotly_takes_them_and_nothing_is_html(theme):
    for figure in (
        true_and_held(NAMES, [0.5, 0.3, 0.2, 0], [0.1, 0.2, 0.3, 0.4], 0, theme=theme),
        true_and_held([], [], [], 3, theme=theme),
        moved_along(NAMES, [0, 0.5, 1, 0.2], 2, 1, theme=theme),
        moved_along(["x"] * 200, [0.5] * 200, 3, 1, theme=theme),
        race(RUNS, (1, 2), 0.25, theme=theme),
        race({}, (1, 2), 0.25, theme=theme),
    ):
        go.Figure(figure.to_dict())  # ValueError names a property that plotly does not know
        assert "<b>" not in figure.to_json()


def test_they_draw_their_numbers():
    true, held = true_and_held(NAMES, [0.5, 0.3, 0.2, 0], [0.1, 0.2, 0.3, 0.4], 0, theme=LIGHT).data
    assert list(true.x) == [0.5, 0.3, 0.2, 0]
    assert list(held.x) == [0.1, 0.2, 0.3, 0.4]
    bars = moved_along(NAMES, [0, 0.5, 1, 0.2], 2, 1, theme=LIGHT).data[0]
    assert list(bars.y) == [0, 0.5, 1, 0.2]
    assert bars.marker.color[2] == LIGHT.ink != bars.marker.color[1]
    lines = race(RUNS, (1, 2), 0.25, theme=LIGHT).data
    assert list(lines[0].y) == [0.95, 0.25]
    assert list(lines[0].x) == [0, 1]


# Machado, Oliveira and Fernandes (2009): what people without one kind of cone see, in linear RGB.
SIGHT = {
    "all cones": np.eye(3),
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "tritanopia": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


def linear(color: str) -> np.ndarray:
    c = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def oklab(rgb: np.ndarray) -> np.ndarray:
    """Ottosson (2020): a space in which equal distances look equally far apart."""
    lms = np.array([[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]]) @ np.clip(rgb, 0, 1)
    rows = [[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]]
    return np.array(rows) @ np.cbrt(lms)


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_the_four_hues_can_be_told_apart_and_read(theme, sight):
    seen = [oklab(np.array(SIGHT[sight]) @ linear(color)) for color in theme.gates]
    assert min(float(np.linalg.norm(a - b)) for a, b in combinations(seen, 2)) > 0.085

    def light(color: str) -> float:
        return float(linear(color) @ [0.2126, 0.7152, 0.0722]) + 0.05

    for color in theme.gates:  # WCAG 2, level AA for text of any size
        assert max(light(color), light(theme.paper)) / min(light(color), light(theme.paper)) >= 4.5
