"""The picture of tokens per word."""

from __future__ import annotations

import plotly.graph_objects as go
import pytest

from lmcore.figures.theme import DARK, LIGHT
from lmcore.figures.tokens import tokens_per_word


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("n", [1, 2, 5, 12])
def test_the_curve_and_the_other_tokenizers(theme, n):
    sizes, rates = [257 + 40 * i for i in range(n)], [5.0 / (i + 1) for i in range(n)]
    marks = [("characters", 73, 5.2), ("words", 824, 1.2)]
    figure = tokens_per_word(sizes, rates, marks, at=n - 1, theme=theme)
    go.Figure(figure.to_dict())  # plotly knows every name and value
    curve, others, now = figure.data
    assert list(curve.x) == sizes
    assert list(curve.y) == rates
    assert list(others.x) == [73, 824]
    assert list(others.y) == [5.2, 1.2]
    assert (now.x[0], now.y[0]) == (sizes[-1], rates[-1])
    assert figure.layout.xaxis.type == "log"
    low, high = figure.layout.xaxis.range
    assert 10**low < 73
    assert 10**high > 824
    labels = [note.text for note in figure.layout.annotations]
    assert {"characters 5.2", "words 1.2", "bytes 5"} <= set(labels)
    assert all(note.font.size >= 16 for note in figure.layout.annotations)
