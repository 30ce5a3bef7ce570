"""The memory race: fair, repeatable, and as shipped."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from lmcore import measured
from lmcore.training import memory_race


def test_the_networks_have_as_many_parameters() -> None:
    rows = [row for row in measured.read("memory-race")["rows"] if row["about"] == "model"]
    size = {row["model"]: row["n_params"] for row in rows}
    assert abs(size["rnn"] / size["lstm"] - 1) < 0.02


def test_all_models_learn_from_the_same_lines_and_are_asked_about_others() -> None:
    (x, a), (y, b) = memory_race.batch(4, 1, 0, 7), memory_race.batch(4, 1, 0, 7)
    np.testing.assert_array_equal(x, y)
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(x, memory_race.batch(4, 1, 0, 8)[0])
    assert not np.array_equal(x, memory_race.batch(4, 1, 1, 7)[0])


def test_a_short_race_is_won_by_all_and_can_be_repeated(tmp_path: Path) -> None:
    """At distance 2 an n-gram of order 5 still sees the bracket."""
    rows = list(memory_race.race((2,), runs=1, seed=3))
    again = list(memory_race.race((2,), runs=1, seed=3))
    result = [{**row, "seconds": 0} for row in rows if row["about"] == "race"]
    assert result == [{**row, "seconds": 0} for row in again if row["about"] == "race"]
    assert {row["model"]: row["accuracy"] for row in result}["lstm"] == 1
    assert min(row["accuracy"] for row in result) > 0.95


def test_what_comes_back_is_less_the_longer_the_way() -> None:
    for family in memory_race.NETWORKS:
        shares = [memory_race.arrives(family, distance, 1, 0) for distance in (1, 4, 12)]
        assert shares == sorted(shares, reverse=True)
        assert 0 < shares[-1] < shares[0] < 2
    assert memory_race.arrives("lstm", 12, 1, 0) > 10 * memory_race.arrives("rnn", 12, 1, 0)


def test_the_file_says_what_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short = [{"about": "race", "model": "rnn", "distance": 1, "run": 0, "accuracy": 1 / 3, "steps": None}]
    monkeypatch.setattr(memory_race, "race", lambda: iter(short))
    assert list(measured.make("memory-race", tmp_path)) == short
    assert measured.read("memory-race", tmp_path)["rows"] == [{**short[0], "accuracy": 0.3333}]
    with pytest.raises(ValueError, match="not been measured"):
        measured.read("another", tmp_path)


def test_what_is_shipped_has_every_row() -> None:
    found = measured.read("memory-race")
    rows = [row for row in found["rows"] if row["about"] == "race"]
    assert len(rows) == 3 * memory_race.RUNS * len(memory_race.DISTANCES)
    mean: dict[tuple[str, int], list[float]] = defaultdict(list)
    for row in rows:
        assert 0 <= row["accuracy"] <= 1
        mean[row["model"], row["distance"]].append(row["accuracy"])
    for distance in memory_race.DISTANCES:  # what the counts alone decide is the same on every machine
        right = np.mean(mean["ngram", distance])
        assert right > 0.97 if distance <= memory_race.ORDER - 2 else right < 0.35
