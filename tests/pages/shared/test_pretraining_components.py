"""The components of Pre-training: arguments that belong together, and browsers that send anything."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lmcore.probes.one_step import Rule, Step
from pages.shared import components, pretraining_loss, pretraining_pairs, pretraining_step
from pages.shared.pretraining_loss import Look, loss_places
from pages.shared.pretraining_pairs import Cut, cut_in, training_pairs
from pages.shared.pretraining_step import Look as StepLook
from pages.shared.pretraining_step import one_step, part_of, written

RNG = np.random.default_rng(0)
LOSSES = np.ones((2, 3, 4))
STEP = Step(2.0, 1.9, 1.0, -0.1, 99, {})
PART = part_of("w", "W", RNG.normal(size=(3, 5)), RNG.normal(size=(3, 5)))


@pytest.mark.parametrize(
    ("tokens", "cut"), [([""], Cut()), (["", "a"], Cut(0)), (["", "a"], Cut(99)), (["", "a"], Cut(at=-1))]
)
def test_nonsense_pairs_are_refused(tokens: list[str], cut: Cut) -> None:
    with pytest.raises(ValueError, match=r"needs a token|is not from 1"):
        training_pairs(tokens, cut, key="x")


@pytest.mark.parametrize(
    "change", [{"given": ["a"]}, {"steps": [1]}, {"look": Look(2, 0)}, {"look": Look(0, 12)}, {"look": Look(-1, 0)}]
)
def test_nonsense_batches_are_refused(change: dict[str, Any]) -> None:
    good: dict[str, Any] = {"given": ["a"] * 12, "asked": ["b"] * 12, "losses": LOSSES, "steps": [0, 5]}
    arguments = good | {"guess": 1.0, "vocab_size": 3, "look": Look(0, 0), "key": "x"} | change
    with pytest.raises(ValueError, match=r"need as many|is not in"):
        loss_places(**arguments)


@pytest.mark.parametrize("change", [{"row_names": ["a"]}, {"look": StepLook(4, 0)}, {"look": StepLook(0, 15)}])
def test_nonsense_steps_are_refused(change: dict[str, Any]) -> None:
    good: dict[str, Any] = {"n_places": 9, "row_names": [""] * 3, "checked": None, "look": StepLook(0, 0), "key": "x"}
    with pytest.raises(ValueError, match=r"need as many|is not in"):
        one_step(PART, STEP, Rule(), **(good | change))


@pytest.mark.parametrize(
    "sent",
    [
        None, [], {}, {"length": 3, "stride": 3, "at": 0}, {"length": 0, "stride": 3, "at": 0, "seq": 1},
        {"length": 3, "stride": 3, "at": 10**9, "seq": 1}, {"length": "3", "stride": 3, "at": 0, "seq": 1},
        {"length": True, "stride": 3, "at": 0, "seq": 1}, {"phase": 9, "step": 9, "at": 0, "seq": 1},
        {"phase": 0, "step": 0, "at": 99, "seq": 1}, {"phase": None, "step": None, "at": None, "seq": 1},
    ],
)  # fmt: skip
def test_nonsense_from_a_browser_counts_as_nothing(sent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(components.st, "session_state", {"x": {"cut": sent, "look": sent}})
    assert cut_in("x") is None
    assert pretraining_loss.look_in("x", 2, 12) is None
    assert pretraining_step.look_in("x", 15) is None


def test_what_a_browser_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = {"length": 4, "stride": 2, "at": 3, "step": 1, "phase": 2, "seq": 5}
    monkeypatch.setattr(components.st, "session_state", {"x": {"cut": sent, "look": sent}})
    assert pretraining_pairs.cut_in("x") == Cut(4, 2, 3)
    assert pretraining_loss.look_in("x", 2, 12) == Look(1, 3)
    assert pretraining_step.look_in("x", 15) == StepLook(2, 3)


def test_the_rows_and_columns_with_the_largest_gradients_are_drawn() -> None:
    weights, grads = RNG.normal(size=(100, 90)), np.zeros((100, 90))
    grads[70, 3] = 5
    grads[8, 60] = -4
    part = part_of("w", "W", weights, grads, keep=(99, 89))
    assert part.weights.shape == (pretraining_step.ROWS, pretraining_step.COLUMNS)
    assert {8, 70, 99} <= set(part.rows)
    assert {3, 60, 89} <= set(part.columns)
    assert (np.diff(part.rows) > 0).all()
    at = part.at((70, 3))
    assert at is not None
    assert part.cell(at) == (70, 3)
    assert part.grads.flat[at] == 5
    assert part.at((98, 3)) is None


@pytest.mark.parametrize(
    ("x", "text"), [(0, "0"), (0.65638, "0.65638"), (-0.001234567, "−0.0012346"), (2.5e-5, "2.500 · 10⁻⁵")]
)
def test_numbers_as_the_component_writes_them(x: float, text: str) -> None:
    assert written(x) == text
