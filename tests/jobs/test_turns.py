"""Whose turn it is, by hand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lmcore.jobs.turns import Pace, Turn, expected_waits, fair_order


def names(turns: list[Turn]) -> list[str]:
    return [turn.job_id for turn in turns]


def test_workspaces_take_turns_whoever_asked_for_more():
    asked = [Turn("a1", "a", 1), Turn("a2", "a", 2), Turn("a3", "a", 3), Turn("b1", "b", 4), Turn("c1", "c", 5)]
    assert names(fair_order(asked, {}, {})) == ["a1", "b1", "c1", "a2", "a3"]


def test_who_has_a_worker_waits_for_who_has_none():
    asked = [Turn("a2", "a", 1), Turn("b1", "b", 2)]
    assert names(fair_order(asked, {"a": 1}, {"a": 7})) == ["b1", "a2"]


def test_who_was_served_longest_ago_goes_first():
    asked = [Turn("a2", "a", 1), Turn("b2", "b", 2), Turn("c1", "c", 3)]
    assert names(fair_order(asked, {}, {"a": 9, "b": 4})) == ["c1", "b2", "a2"]


def test_what_lost_its_worker_goes_on_before_all():
    asked = [Turn("a1", "a", 1), Turn("b1", "b", 2), Turn("a2", "a", 3, lost=True)]
    assert names(fair_order(asked, {}, {"a": 3})) == ["a2", "b1", "a1"]


@given(st.lists(st.sampled_from("abc"), max_size=12), st.dictionaries(st.sampled_from("abc"), st.integers(0, 3)))
def test_everybody_is_served_once_and_nobody_twice_before_another_once(asked: list[str], served: dict[str, int]):
    turns = [Turn(f"{who}{i}", who, i) for i, who in enumerate(asked)]
    order = fair_order(turns, {}, served)
    assert sorted(names(order)) == sorted(names(turns))
    rounds: dict[str, int] = {}
    for i, turn in enumerate(order):
        rounds[turn.workspace] = rounds.get(turn.workspace, 0) + 1
        for other in order[i + 1 :]:
            assert rounds.get(other.workspace, 0) >= rounds[turn.workspace] - 1


def test_expected_waits_by_hand():
    order = [Turn("x", "a", 1, seconds=10.0), Turn("y", "b", 2, seconds=5.0), Turn("z", "c", 3, seconds=1.0)]
    # Two workers, one busy for 4 s and one free: x at once, y after 4 s, z when y ends at 9 s.
    assert expected_waits(order, [4.0], 2) == [0.0, 4.0, 9.0]
    assert expected_waits(order, [4.0, 7.0], 2) == [4.0, 7.0, 12.0]


def test_what_is_not_known_is_not_invented():
    order = [Turn("x", "a", 1), Turn("y", "b", 2, seconds=5.0)]
    assert expected_waits(order, [None], 1) == [None, None]
    assert expected_waits(order, [2.0], 1) == [2.0, None]


def test_pace_is_the_median_of_its_kind_else_of_all():
    pace = Pace()
    assert pace.seconds("gpt", 10) is None
    for seconds in (1.0, 2.0, 30.0):
        pace.note("gpt", seconds, 10)
    assert pace.seconds("gpt", 100) == 20.0
    assert pace.seconds("other", 50) == 10.0
    pace.note("fit", 3.0, 0)
    assert pace.seconds("fit", None) == 3.0
    assert [pace.of_kind(kind) for kind in ("gpt", "fit", "other")] == [0.2, 3.0, None]
