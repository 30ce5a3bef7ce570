"""Leaving words out: against a classifier whose answers are known by hand."""

from __future__ import annotations

import numpy as np
import pytest

from lmcore.models.word_counts import WordCounts
from lmcore.probes.classifying import leave_one_out, log_odds


def test_where_words_are_counted_a_word_moves_by_its_weight():
    weights = np.array([[0.0, -1.0, 0.5, -0.25], [0.0, 1.0, -0.5, 0.25]])
    counts = WordCounts(weights, np.array([-0.1, 0.1]))
    found = leave_one_out(counts, [1, 2, 2, 3])
    np.testing.assert_allclose(found.moves(1), [2.0, -1.0, -1.0, 0.5])
    np.testing.assert_allclose(found.moves(0), [-2.0, 1.0, 1.0, -0.5])
    assert found.best == 1
    assert found.flips() == [0]
    np.testing.assert_allclose(found.without[0], counts.probabilities([[2, 2, 3]])[0])


def test_no_word_and_one_word():
    counts = WordCounts(np.array([[0.0, -1.0], [0.0, 1.0]]), np.array([0.3, -0.3]))
    nothing = leave_one_out(counts, [])
    assert nothing.without.shape == (0, 2)
    assert nothing.flips() == []
    assert leave_one_out(counts, [1]).without[0] == pytest.approx(nothing.probs)
    assert np.isfinite(log_odds([0.0, 1.0])).all()
