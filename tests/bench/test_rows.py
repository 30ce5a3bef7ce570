"""Rows, goals and clocks of the benches. No timing is judged here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lmcore.bench import BENCHES, chosen, main, measured
from lmcore.bench.machine import CoreTime, Machine
from lmcore.bench.row import Goal, Row, at_least, at_most, between, quantity, times
from lmcore.bench.timing import in_turns, percentile, ratio


def test_a_goal_is_met_at_its_limit_and_missed_beyond() -> None:
    row = Row("a thing", ours=2.0, unit="s", repeats=3, peer=8.0, peer_name="peer", ratio=4.0)
    assert times(4.0).met(row)
    assert not times(4.1).met(row)
    assert at_most(2.0).met(row)
    assert not at_most(1.9).met(row)
    assert at_least(2.0).met(row)
    assert not at_least(2.1).met(row)
    assert between(2, 3).met(row)
    assert not between(2.1, 3).met(row)
    assert not between(1, 1.9).met(row)
    assert between(0.8, 1.15).text("") == "0.8 to 1.15"
    assert not times(1).met(Row("no peer", 1.0, "s", 1))
    assert row.met is None


def test_a_row_survives_its_json() -> None:
    row = Row("a thing", 0.0123, "s", 5, 1.5, "peer", 122.0, Goal("ratio", at_least=200), "how", "counting", 1, 0.4)
    line = row.to_json()
    assert "\n" not in line
    assert json.loads(line)["met"] is False
    assert Row.from_dict(json.loads(line)) == row


def test_a_row_for_people_says_everything() -> None:
    text = Row("a thing", 0.0123, "s", 5, 1.5, "the peer", 122.0, times(200), "by a note", "counting", 2, 3.0).text()
    parts = ["a thing", "12.3 ms", "the peer 1.5 s", "122 ×", "≥ 200 ×", "MISSED", "of 5", "2 threads", "load 3"]
    for part in [*parts, "by a note"]:
        assert part in text
    assert "the host took 20%" in Row("x", 0.2, "s", 1, stolen=0.203).text()
    assert "host" not in Row("x", 0.2, "s", 1, stolen=0.004).text()
    assert "reached" in Row("x", 0.2, "s", 1, goal=at_most(0.5)).text()
    assert "≤ 500 ms" in Row("x", 0.2, "s", 1, goal=at_most(0.5)).text()


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0123, "s", "12.3 ms"),
        (17.6, "s", "17.6 s"),
        (12345.6, "tokens/s", "12,346 tokens/s"),
        (0, "frames", "0 frames"),
    ],
)
def test_quantities_have_three_digits(value: float, unit: str, text: str) -> None:
    assert quantity(value, unit) == text


def test_works_take_turns_after_one_warm_up_each() -> None:
    calls: list[str] = []
    taken = in_turns([lambda: calls.append("ours"), lambda: calls.append("peer")], 3)
    assert calls == ["ours", "peer"] * 4
    assert [len(times) for times in taken] == [3, 3]
    assert len(in_turns([int], 9, budget=0)[0]) == 3


def test_the_ratio_compares_neighbours_in_time() -> None:
    # the machine was three times slower in the second turn: that changes no ratio
    assert ratio([4.0, 12.0, 4.4], [1.0, 3.0, 1.0]) == 4.0


def test_percentiles_by_nearest_rank() -> None:
    values = [float(i) for i in range(1, 101)]
    assert percentile(values, 0.95) == 95
    assert percentile(values, 0.5) == 50
    assert percentile(values, 1) == 100
    assert percentile([7.0], 0.95) == 7
    assert percentile([1.0, 2.0], 0.95) == 2
    with pytest.raises(ValueError, match="nothing was measured"):
        percentile([], 0.5)


def test_benches_are_chosen_by_name_in_the_tables_order() -> None:
    assert chosen([]) == list(BENCHES)
    assert chosen(["load", "counting"]) == ["counting", "load"]
    with pytest.raises(ValueError, match="there is no bench 'speed'; there are counting, "):
        main(["speed"])


def test_the_machine_is_named_and_a_busy_one_is_warned_of() -> None:
    machine = Machine.this()
    assert machine.cores >= 1
    assert machine.torch in machine.text()
    busy = Machine(**{**json.loads(machine.to_json())["machine"], "load_average": 3.7})
    assert "Warning: the load average is 3.7" in busy.text()
    assert json.loads(busy.to_json())["warning"]
    quiet = Machine(**{**json.loads(machine.to_json())["machine"], "load_average": 0.2})
    assert "Warning" not in quiet.text()
    assert json.loads(quiet.to_json())["warning"] is None


def test_what_the_host_took_is_read_from_the_kernel(tmp_path: Path) -> None:
    stat = tmp_path / "stat"
    stat.write_text("cpu  100 10 20 800 5 0 3 62 7 1\ncpu0 1 2 3 4 5 6 7 8 9 10\n")  # user … steal, guests in user
    before = CoreTime.now(stat)
    assert before == CoreTime(total=1000, stolen=62)
    stat.write_text("cpu  150 10 20 830 5 0 3 82 7 1\n")
    assert CoreTime.now(stat).stolen_since(before) == 20 / 100
    assert before.stolen_since(before) == 0
    for text in ("", "cpu a b c", "cpu 1 2 3"):
        stat.write_text(text)
        assert CoreTime.now(stat) == CoreTime()
    assert CoreTime.now(tmp_path / "none") == CoreTime()


def test_a_bench_runs_in_a_process_of_its_own() -> None:
    rows = list(measured("counting", "tiny"))
    assert [row.bench for row in rows] == ["counting"] * 9
    assert all(row.threads == 1 and row.ours > 0 for row in rows)
    assert all((row.peer or 0) > 0 for row in rows[:-1])  # the last one's is lmplz, which is seldom there
    assert [row.goal for row in rows if row.goal] == [times(200), times(40), times(50)]
