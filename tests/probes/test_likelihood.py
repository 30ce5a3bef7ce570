"""The likelihood is highest, and the NLL lowest, at the relative frequency."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lmcore.probes.likelihood import curves, log_likelihood


def test_seven_heads_in_ten_by_hand():
    """0.7^7 · 0.3^3 = 0.0823543 · 0.027 = 0.0022236."""
    assert float(np.exp(log_likelihood(0.7, 7, 10))) == pytest.approx(0.0823543 * 0.027)
    assert float(log_likelihood(0.5, 7, 10)) == pytest.approx(-10 * math.log(2))


@pytest.mark.parametrize(("seen", "tries"), [(0, 5), (5, 5), (7, 10), (1, 3), (52, 200)])
def test_both_are_best_at_the_relative_frequency(seen: int, tries: int):
    found = curves(seen, tries, 3001)  # 3000 is a multiple of each of these numbers of tries
    assert found.p[found.likelihood.argmax()] == pytest.approx(seen / tries)
    assert found.nll.argmin() == found.likelihood.argmax()
    assert found.likelihood == pytest.approx(np.exp(-found.nll))


def test_what_was_seen_is_not_impossible_where_0_times_ln_0_is_0():
    assert float(log_likelihood(0.0, 0, 4)) == 0
    assert float(log_likelihood(1.0, 4, 4)) == 0
    assert float(log_likelihood(0.0, 1, 4)) == -math.inf
    assert float(log_likelihood(1.0, 3, 4)) == -math.inf
    assert not np.isnan(curves(0, 1).nll).any()


@pytest.mark.parametrize(
    ("p", "seen", "tries"), [(1.5, 1, 2), (-0.1, 1, 2), (0.5, 3, 2), (0.5, -1, 2), (math.nan, 1, 2)]
)
def test_nonsense_is_refused(p: float, seen: int, tries: int):
    with pytest.raises(ValueError, match="lie"):
        log_likelihood(p, seen, tries)
