"""What goes to the components of the lesson on sampling, and what may come back from a browser."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from pages.shared import components, sampling_bench, sampling_rounds, sampling_tree
from pages.shared.sampling_bench import Pipe

GOOD = {"penalty": 1.2, "temperature": "inf", "top_k": 3, "top_p": 0.5, "min_p": 0, "stage": "top_k", "seq": 1}


def asked(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, sent: Any) -> None:
    monkeypatch.setattr(module.st, "session_state", {"k": {name: sent}})


def test_settings_come_back_as_they_were_set(monkeypatch: pytest.MonkeyPatch):
    asked(monkeypatch, sampling_bench, "settings", GOOD)
    assert sampling_bench.pipe_of("k") == Pipe(1.2, math.inf, 3, 0.5, 0.0, "top_k")


@pytest.mark.parametrize(
    "bad",
    [
        {"penalty": 0}, {"penalty": 99}, {"penalty": "x"}, {"temperature": -1}, {"temperature": 7}, {"top_k": -1},
        {"top_p": 2}, {"min_p": "nan"}, {"stage": "<b>"}, {"stage": None}, {"top_k": None}, {"temperature": {}},
    ],
)  # fmt: skip
def test_nonsense_from_a_browser_counts_as_nothing(monkeypatch: pytest.MonkeyPatch, bad: dict[str, Any]):
    asked(monkeypatch, sampling_bench, "settings", GOOD | bad)
    assert sampling_bench.pipe_of("k") is None


@pytest.mark.parametrize("sent", [None, 3, {}, {"seq": 1}, {"seq": 1, "node": 5}, {"seq": 1, "node": -2},
                                  {"seq": 1, "node": True}, {"node": 1}])  # fmt: skip
def test_a_node_that_is_none_counts_as_nothing(monkeypatch: pytest.MonkeyPatch, sent: Any):
    asked(monkeypatch, components, "locked", sent)
    assert sampling_tree.locked_in("k", 5) is None
    asked(monkeypatch, components, "locked", sent and {"guess": "x", "seq": 1})
    assert sampling_rounds.guess_in("k", 5) is None


def test_what_was_locked_comes_back(monkeypatch: pytest.MonkeyPatch):
    asked(monkeypatch, components, "locked", {"node": 4, "seq": 1})
    assert sampling_tree.locked_in("k", 5) == 4
    asked(monkeypatch, components, "locked", {"node": -1, "seq": 1})
    assert sampling_tree.locked_in("k", 5) == -1
    asked(monkeypatch, components, "locked", {"guess": 0, "seq": 1})
    assert sampling_rounds.guess_in("k", 1) == 0


def test_tokens_and_logits_must_match():
    with pytest.raises(ValueError, match="2 tokens but 3 logits"):
        sampling_bench.sampling_pipeline(["a", "b"], np.zeros(3), [], Pipe(), key="k")
