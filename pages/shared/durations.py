"""How long a size of the Train page takes on this machine: as measured here, once one has run."""

from __future__ import annotations

import functools
import statistics
from typing import Any

from lmcore import corpora
from lmcore.training import spec as specs
from lmcore.training.presets import PRESETS
from pages.shared import services


def seconds_a_step() -> dict[str, float]:
    """Size -> what a step takes: as runs took here; where none has run, as elsewhere, scaled by those that have."""
    there = {size: preset.seconds / preset.train["max_steps"] for size, preset in PRESETS.items()}
    measured = {size: services.runner().seconds_a_step(_spec(size)) for size in PRESETS}
    here = {size: seconds for size, seconds in measured.items() if seconds is not None}
    slower = statistics.median(here[size] / there[size] for size in here) if here else 1.0
    return {size: here.get(size, slower * there[size]) for size in PRESETS}


def size_of(model: dict[str, Any]) -> str:
    """The size whose network this is, of a run's spec; "" where it is none of them."""
    return next((size for size in PRESETS if _spec(size)["model"] == model), "")


@functools.cache
def _spec(size: str) -> dict[str, Any]:
    """A run of that size: on which text makes no difference to its pace."""
    return {**specs.make(corpora.load("mouse"), preset=size), "task": "train"}
