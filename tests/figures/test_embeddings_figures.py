"""The pictures of word vectors are figures that plotly accepts, with the right things in them."""

from __future__ import annotations

import plotly.graph_objects as go
import pytest

from lmcore.figures import embeddings as figures
from lmcore.figures.theme import THEMES


@pytest.mark.parametrize("theme", THEMES.values(), ids=str)
def test_plotly_accepts_them(theme) -> None:
    corners = [(0.0, 0.0), (1.0, 0.0), (0.2, 1.0), (1.2, 1.0)]
    made = [
        figures.parallelogram(corners, ["<b>", "b", "c"], [("d", (1.0, 0.9)), ("e", (0.5, 0.5))], theme),
        figures.parallelogram([(0.0, 0.0)] * 4, ["a", "b", "c"], [], theme),
        figures.ranked(["king", "<i>"], [0.8, -0.1], theme),
        figures.accuracy_curves([0, 1, 2, 3, 10, 200], [0, 0, 0, 0.2, 0.5, 1], {"x": [0, 0, 0, 0.1, 0.2, 0.3]}, theme),
    ]
    for figure in made:
        go.Figure(figure.to_dict())  # with plotly's own checks
    assert "&lt;b&gt;" in made[0].to_json()
    assert "<i>" not in made[2].to_json()


def test_curves_name_where_they_end_and_leave_room_for_steps() -> None:
    figure = figures.accuracy_curves([0, 1, 2, 200], [0, 0, 0, 0.5], {"royalty": [0, 0, 0, 1.0]}, THEMES["light"])
    assert [note["text"] for note in figure.to_dict()["layout"]["annotations"]] == ["royalty 100%", "all 50%"]
    assert figure.to_dict()["layout"]["xaxis"]["ticktext"] == ["0", "1", "200"]
