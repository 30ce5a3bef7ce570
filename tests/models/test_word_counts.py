"""Counting words against scikit-learn's logistic regression, and what its weights promise."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from lmcore.models import word_counts

V = 30


def data(n: int, n_labels: int, seed: int = 0) -> tuple[list[list[int]], list[int]]:
    """Random texts whose first word leans towards their label."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, n_labels, n)
    y[:n_labels] = range(n_labels)
    texts = [[int(1 + label + rng.integers(0, 3)), *rng.integers(1, V, rng.integers(0, 9)).tolist()] for label in y]
    return texts, y.tolist()


def matrix(texts: list[list[int]]) -> np.ndarray:
    table = np.zeros((len(texts), V))
    for row, text in zip(table, texts, strict=True):
        np.add.at(row, text, 1)
    return table


@pytest.mark.parametrize("n_labels", [2, 3, 5])
@pytest.mark.parametrize("n", [10, 120])
def test_the_weights_are_those_of_scikit_learn(n: int, n_labels: int):
    texts, y = data(n, n_labels)
    ours = word_counts.fit(texts, y, V, n_labels)
    theirs = LogisticRegression(tol=1e-10, max_iter=10_000).fit(matrix(texts), y)
    np.testing.assert_allclose(ours.probabilities(texts), theirs.predict_proba(matrix(texts)), atol=2e-4)
    coef = np.vstack([-theirs.coef_ / 2, theirs.coef_ / 2]) if n_labels == 2 else theirs.coef_
    np.testing.assert_allclose(ours.weights, coef - coef.mean(axis=0), atol=2e-3)


def test_a_stronger_penalty_gives_smaller_weights():
    texts, y = data(80, 2)
    ours = word_counts.fit(texts, y, V, 2, penalty=10)
    theirs = LogisticRegression(C=0.1, tol=1e-10, max_iter=10_000).fit(matrix(texts), y)
    np.testing.assert_allclose(ours.probabilities(texts), theirs.predict_proba(matrix(texts)), atol=2e-4)
    assert np.abs(ours.weights).max() < np.abs(word_counts.fit(texts, y, V, 2).weights).max()


def test_only_counts_matter_and_unseen_words_weigh_nothing():
    texts, y = data(50, 3)
    found = word_counts.fit(texts, y, V + 5, 3)
    np.testing.assert_allclose(found.probabilities([[1, 2, 3]]), found.probabilities([[3, 1, 2]]))
    np.testing.assert_allclose(found.probabilities([[1]]), found.probabilities([[1, V + 2]]), atol=1e-9)
    np.testing.assert_allclose(found.probabilities([[], [1, 1]]).sum(axis=1), 1)


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="one text at least"):
        word_counts.fit([], [], V, 2)
    with pytest.raises(ValueError, match="not 1 for 2"):
        word_counts.fit([[1], [2]], [0], V, 2)
