"""The classifier's figures: plotly accepts them, and they hold the numbers they were given."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from lmcore.figures.labels import confusion_matrix, few_labels_curve, reliability_diagram
from lmcore.figures.theme import DARK, LIGHT


def test_a_matrix_shows_counts_and_is_shaded_by_rows():
    table = np.array([[8, 2], [0, 0]])
    figure = confusion_matrix(table, ["<b>yes</b>", "a label that is very long"], theme=LIGHT)
    go.Figure(figure.to_dict())  # checked by plotly
    (heat,) = figure.data
    np.testing.assert_allclose(heat.z, [[0.8, 0.2], [0, 0]])
    assert [note.text for note in figure.layout.annotations] == ["8", "2", "0", "0"]
    assert figure.layout.xaxis.ticktext[0] == "&lt;b&gt;yes&lt;/b&gt;"
    assert len(figure.layout.xaxis.ticktext[1]) == 14
    many = confusion_matrix(np.eye(20, dtype=np.int64), [str(i) for i in range(20)], theme=DARK)
    assert len(many.layout.annotations) == 20


def test_reliability_and_the_curve():
    figure = reliability_diagram({"One": [(0.55, 0.4, 10), (0.95, 0.9, 40)], "Two": []}, 0.5, theme=DARK)
    go.Figure(figure.to_dict())
    assert list(figure.data[0].customdata) == [10, 40]
    assert figure.data[0].marker.size[0] == 8 + 18 * 0.5
    curve = few_labels_curve({"a": {10: [0.5, 0.7], 20: [0.8]}, "b": {10: [0.5]}}, 0.5, theme=LIGHT)
    go.Figure(curve.to_dict())
    np.testing.assert_allclose(curve.data[0].y, [0.6, 0.8])
    np.testing.assert_allclose(curve.data[0].error_y.array, [0.1, 0])
    assert len({line.line.dash for line in curve.data}) == 2  # never colour alone
