"""The task "memory-race": who brings a bracket back over how many letters, a row an event (training.memory_race).

Spec: {"task": "memory-race", "seed": a whole number}. Events: "row" as `memory_race.race` yields them.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import lmcore
from lmcore.jobs.context import Context
from lmcore.training import memory_race

MAX_SEED = 9999


def check(spec: dict[str, Any]) -> dict[str, Any]:
    """The spec in full; ValueError in words."""
    seed = spec.get("seed", 1)
    if set(spec) - {"task", "seed"} or isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= MAX_SEED:
        raise ValueError(f"A memory race needs a seed from 0 to {MAX_SEED:,}, and nothing else.")
    return {"task": spec["task"], "seed": seed}


def identity(spec: dict[str, Any]) -> str:
    """Equal for races with the same seed by the same code."""
    return f"{spec['seed']} {lmcore.__version__}\n{inspect.getsource(memory_race)}"


def run(spec: dict[str, Any], context: Context) -> Iterator[dict[str, Any]]:
    """Race, row by row."""
    for row in memory_race.race(seed=spec["seed"]):
        yield {"kind": "row", **row}
    context.result = {}
