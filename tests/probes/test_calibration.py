"""A classifier's metrics and calibration against scikit-learn, and the expected calibration error by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss

from lmcore.probes.calibration import calibration_error, confusion, reliability, summary


def guesses(n: int, n_labels: int, seed: int = 0) -> tuple[np.ndarray, list[int]]:
    rng = np.random.default_rng(seed)
    probs = rng.dirichlet(np.ones(n_labels) * 0.7, n)
    return probs, [int(rng.choice(n_labels, p=0.7 * p + 0.3 / n_labels)) for p in probs]


@pytest.mark.parametrize("n_labels", [2, 3, 7])
def test_metrics_are_those_of_scikit_learn(n_labels: int):
    probs, y = guesses(400, n_labels)
    predicted = probs.argmax(axis=1)
    np.testing.assert_array_equal(
        confusion(y, predicted.tolist(), n_labels), confusion_matrix(y, predicted, labels=range(n_labels))
    )
    found = summary(probs, y)
    assert found["accuracy"] == pytest.approx(accuracy_score(y, predicted))
    assert found["loss"] == pytest.approx(log_loss(y, probs, labels=range(n_labels)))
    assert found["n"] == 400


@pytest.mark.parametrize("n_labels", [2, 5])
@pytest.mark.parametrize("n_bins", [5, 10])
def test_the_reliability_curve_is_that_of_scikit_learn(n_labels: int, n_bins: int):
    probs, y = guesses(400, n_labels)
    right, sure = calibration_curve(probs.argmax(axis=1) == y, probs.max(axis=1), n_bins=n_bins)
    bins = [b for b in reliability(probs, y, n_bins) if b.n]
    np.testing.assert_allclose([b.right for b in bins], right)
    np.testing.assert_allclose([b.confidence for b in bins], sure)
    assert sum(b.n for b in bins) == 400


def test_the_calibration_error_by_hand():
    """Two texts at 0.9, one of them right; two at 0.6, both right: (2 · 0.4 + 2 · 0.4) / 4."""
    probs = [[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.6, 0.4]]
    assert calibration_error(reliability(probs, [0, 1, 1, 0])) == pytest.approx(0.4)
    assert calibration_error(reliability([[1.0, 0.0]], [0])) == 0
    with pytest.raises(ValueError, match="no text"):
        summary(np.zeros((0, 2)), [])
