"""TrainConfig: limits, schedule, moments."""

from __future__ import annotations

import dataclasses
import math

import pytest

from lmcore.training.config import TrainConfig


def test_round_trip() -> None:
    config = TrainConfig(max_steps=7, learning_rate=0.5, precision="auto")
    assert TrainConfig.from_dict(config.to_dict()) == config
    assert TrainConfig.from_dict({}) == TrainConfig()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"max_steps": 0}, "max_steps must lie between 1 and 100,000"),
        ({"max_steps": 100_001}, "max_steps"),
        ({"max_steps": 2.5}, "whole number"),
        ({"max_steps": "9"}, "whole number"),
        ({"batch_size": True}, "whole number"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"learning_rate": float("inf")}, "learning_rate"),
        ({"learning_rate": -1}, "learning_rate"),
        ({"beta1": 1}, "beta1"),
        ({"seed": -1}, "seed"),
        ({"precision": "float16"}, "one of float32, bfloat16, auto"),
        ({"device": ["cpu"]}, "device"),
        ({"decay": "exponential"}, "one of cosine, linear"),
        ({"dropout": 0.1}, "'dropout'"),
        (["max_steps"], "object"),
    ],
)
def test_nonsense_is_refused(settings: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        TrainConfig.from_dict(settings)  # type: ignore[arg-type]


def test_schedule_by_hand() -> None:
    config = TrainConfig(max_steps=110, warmup_steps=10, learning_rate=1.0, min_lr_ratio=0.1)
    assert config.learning_rate_at(1) == pytest.approx(0.1)
    assert config.learning_rate_at(10) == pytest.approx(1.0)
    # a quarter of the way down: 0.1 + 0.9 · (1 + cos 45°) / 2
    assert config.learning_rate_at(35) == pytest.approx(0.1 + 0.45 * (1 + math.sqrt(0.5)))
    assert config.learning_rate_at(60) == pytest.approx(0.55)
    assert config.learning_rate_at(110) == pytest.approx(0.1)
    straight = dataclasses.replace(config, decay="linear")
    assert [straight.learning_rate_at(step) for step in (5, 10, 35, 60, 110)] == pytest.approx(
        [0.5, 1.0, 0.775, 0.55, 0.1]
    )


def test_a_schedule_without_warm_up_and_one_of_warm_up_only() -> None:
    config = TrainConfig(max_steps=4, warmup_steps=0, learning_rate=1.0, min_lr_ratio=0.0)
    assert [config.learning_rate_at(step) for step in (1, 2, 4)] == pytest.approx([0.853553, 0.5, 0], abs=1e-6)
    config = TrainConfig(max_steps=4, warmup_steps=50, learning_rate=1.0)
    assert [config.learning_rate_at(step) for step in (1, 4)] == pytest.approx([0.25, 1.0])


def test_snapshots_are_at_equal_ratios_first_and_last_always() -> None:
    assert TrainConfig(max_steps=1024, n_snapshots=12).snapshot_steps() == [
        0,
        1,
        2,
        4,
        8,
        16,
        32,
        64,
        128,
        256,
        512,
        1024,
    ]
    assert TrainConfig(max_steps=1, n_snapshots=12).snapshot_steps() == [0, 1]
    assert TrainConfig(max_steps=9, n_snapshots=1).snapshot_steps() == [9]
    assert TrainConfig(max_steps=9, n_snapshots=2).snapshot_steps() == [0, 9]
    assert TrainConfig(max_steps=9, n_snapshots=0).snapshot_steps() == []


def test_moments() -> None:
    config = TrainConfig(max_steps=10, eval_every=4, sample_every=20)
    assert config.eval_steps() == {4, 8, 10}
    assert config.sample_steps() == {0, 10}
    assert TrainConfig(max_steps=2000).eval_steps() >= {1, 100, 1900, 2000}
