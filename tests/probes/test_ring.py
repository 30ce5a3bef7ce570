"""The ring: no two names overlap, and heavy edges are short."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from lmcore.probes.ring import GAP, HEIGHT, name_width, ring, ring_order


@pytest.mark.parametrize("n", [1, 2, 3, 12, 14, 16])
@pytest.mark.parametrize("box", [(340, 560), (380, 500), (460, 500)])
@pytest.mark.parametrize("widest", [34.0, 110.0, 400.0])
def test_names_do_not_overlap_and_stay_inside(n: int, box: tuple[int, int], widest: float):
    width, height = box
    found = ring(n, width, height, widest)
    assert len(found.x) == len(found.y) == n
    assert 44 <= max(found.name_width, 44) <= max(widest, 44)
    for a, b in itertools.combinations(range(n), 2):
        across, down = abs(found.x[a] - found.x[b]), abs(found.y[a] - found.y[b])
        assert across > found.name_width or down > HEIGHT
    assert min(found.x) - found.name_width / 2 >= 0
    assert max(found.x) + found.name_width / 2 <= width
    assert min(found.y) - HEIGHT / 2 >= GAP[1]  # room for a loop
    assert max(found.y) + HEIGHT / 2 <= height - GAP[1]
    assert (found.x[0], found.y[0] < height / 2 or n == 0) == (width / 2, True)


def test_too_many_names_are_refused():
    with pytest.raises(ValueError, match="60 names do not fit"):
        ring(60, 340, 560, 80)


def test_a_circle_is_found_again_in_its_direction():
    """States that follow each other in a circle, given in a shuffled order: the ring is that circle, clockwise."""
    n, rng = 9, np.random.default_rng(1)
    circle = [0, *(rng.permutation(n - 1) + 1).tolist()]
    weights = np.zeros((n, n))
    for a, b in zip(circle, circle[1:] + circle[:1], strict=True):
        weights[a, b] = 1
    assert ring_order(weights) == circle
    assert ring_order(weights.T) == [0, *reversed(circle[1:])]


def test_no_order_of_six_is_shorter():
    """All 120 orders of six states around a circle, tried one by one."""
    weights = np.random.default_rng(7).random((6, 6))

    def length(order: list[int]) -> float:
        return sum(
            weights[order[i], order[j]] * 2 * math.sin(abs(i - j) * math.pi / 6) for i in range(6) for j in range(6)
        )

    best = min(length([0, *rest]) for rest in itertools.permutations(range(1, 6)))
    assert length(ring_order(weights)) == pytest.approx(best)
    assert ring_order(weights) == ring_order(weights)
    assert sorted(ring_order(weights[:3, :3])) == [0, 1, 2]


def test_eastern_characters_take_two_places_and_accents_none():
    assert name_width("日本") == name_width("abcd")
    assert name_width("e\u0301") == name_width("e")
    assert name_width("") == name_width("a")
