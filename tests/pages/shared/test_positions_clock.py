"""What may come back from the browser of the component of waves and hands, and which hands it has."""

from __future__ import annotations

import pytest

from pages.shared import positions_clock as clock
from pages.shared.positions_clock import Place


@pytest.mark.parametrize(
    ("width", "expected"), [(2, [0]), (8, [0, 1, 2, 3]), (16, list(range(8))), (64, [0, 4, 9, 13, 18, 22, 27, 31])]
)
def test_hands_reach_from_the_first_pair_to_the_last(width: int, expected: list[int]) -> None:
    assert clock.hands(width) == expected


@pytest.mark.parametrize(
    "sent",
    [
        None, 3, {}, {"position": 3, "pair": 0},
        {"position": 64, "pair": 0, "seq": 1}, {"position": -1, "pair": 0, "seq": 1},
        {"position": 3, "pair": 8, "seq": 1}, {"position": True, "pair": 0, "seq": 1},
        {"position": "3", "pair": 0, "seq": 1}, {"position": 3.5, "pair": 0, "seq": 1},
        {"position": None, "pair": None, "seq": 1},
    ],
)  # fmt: skip
def test_nonsense_from_a_browser_counts_as_nothing(sent: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock.st, "session_state", {"k": {"moved": sent}})
    assert clock.place_in("k", 64, 16) is None


def test_a_place_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock.st, "session_state", {"k": {"moved": {"position": 63, "pair": 7, "seq": 1}}})
    assert clock.place_in("k", 64, 16) == Place(63, 7)
    for place in (Place(64, 0), Place(0, 8), Place(-1, 0)):
        with pytest.raises(ValueError, match="not among 64 positions"):
            clock.positions_clock(64, 16, place, key="k")
