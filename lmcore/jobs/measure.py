"""The task "measure": one of the measurements that come with the project, anew on this machine, a row an event.

Spec: {"task": "measure", "name": one of lmcore.measured.MEASURES}. Events: "row" as the measurement yields them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lmcore import measured
from lmcore.jobs.context import Context


def check(spec: dict[str, Any]) -> dict[str, Any]:
    """The spec in full; ValueError in words."""
    name = spec.get("name")
    if set(spec) - {"task", "name"} or not isinstance(name, str) or name not in measured.MEASURES:
        raise ValueError(f"A measurement needs a name, one of {', '.join(measured.MEASURES)}, and nothing else.")
    return {"task": spec["task"], "name": name}


def run(spec: dict[str, Any], context: Context) -> Iterator[dict[str, Any]]:
    """Measure, row by row."""
    for row in measured.MEASURES[spec["name"]]():
        yield {"kind": "row", **row}
    context.result = {}
