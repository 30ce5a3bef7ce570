"""One line of a bench: our figure, the peer's, their ratio, and the goal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Goal:
    """What a row must reach: its ratio at least, its own figure at most, or both limits."""

    of: Literal["ratio", "ours"]
    at_least: float | None = None
    at_most: float | None = None

    def met(self, row: Row) -> bool:
        """Whether the row reaches it."""
        value = row.ratio if self.of == "ratio" else row.ours
        if value is None:
            return False
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)

    def text(self, unit: str) -> str:
        """For people."""
        if self.of == "ours" and self.at_least is not None and self.at_most is not None:
            return f"{quantity(self.at_least, '')} to {quantity(self.at_most, unit)}"
        sign, value = ("≥", self.at_least) if self.at_least is not None else ("≤", self.at_most or 0.0)
        return f"{sign} {value:g} ×" if self.of == "ratio" else f"{sign} {quantity(value or 0.0, unit)}"


def times(at_least: float) -> Goal:
    """So many times the peer."""
    return Goal("ratio", at_least=at_least)


def at_least(value: float) -> Goal:
    """Our figure no less than this."""
    return Goal("ours", at_least=value)


def at_most(value: float) -> Goal:
    """Our figure no more than this."""
    return Goal("ours", at_most=value)


def between(low: float, high: float) -> Goal:
    """Our figure neither less nor more than these."""
    return Goal("ours", at_least=low, at_most=high)


@dataclass(frozen=True)
class Row:
    """A measurement. `ratio` is how many times better ours is than the peer's, whether more or less is better."""

    what: str
    ours: float
    unit: str
    """Of both figures; times in "s" and "ms"."""
    repeats: int
    """The figures are medians (or the percentile that `what` names) of so many."""
    peer: float | None = None
    peer_name: str = ""
    ratio: float | None = None
    goal: Goal | None = None
    note: str = ""
    bench: str = ""
    threads: int = 0
    load: float = 0.0
    """The load average when its bench began."""
    stolen: float = 0.0
    """The share of the cores' time that a virtual machine's host has given to others since then, 0 to 1."""

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None where there is none."""
        return None if self.goal is None else self.goal.met(self)

    def to_json(self) -> str:
        """For programs: one line."""
        return json.dumps({**asdict(self), "met": self.met})

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Row:
        """Read `to_json` back."""
        fields = {name: value for name, value in data.items() if name != "met"}
        return cls(**{**fields, "goal": Goal(**fields["goal"]) if fields.get("goal") else None})

    def text(self) -> str:
        """For people: a line, and below it what else there is to say."""
        line = f"  {self.what:<52} {quantity(self.ours, self.unit):>16}"
        if self.peer is not None:
            line += f"   {self.peer_name} {quantity(self.peer, self.unit)}"
        if self.ratio is not None:
            line += f"   {significant(self.ratio)} ×"
        if self.goal is not None:
            line += f"   goal {self.goal.text(self.unit)}: {'reached' if self.met else 'MISSED'}"
        said = [f"of {self.repeats}" if self.repeats > 1 else "once"]
        said.append(f"{self.threads} thread{'s' * (self.threads > 1)}")
        said += [f"load {self.load:.1f}"] * (self.load > 1)
        said += [f"the host took {self.stolen:.0%}"] * (self.stolen >= 0.01) + [self.note] * bool(self.note)
        return f"{line}\n      {'; '.join(said)}"


def quantity(value: float, unit: str) -> str:
    """A figure with its unit, three digits, times in the unit that fits."""
    if unit == "s" and value < 1:
        value, unit = value * 1000, "ms"
    return f"{significant(value)} {unit}".strip()


def significant(value: float) -> str:
    """Three significant digits, thousands with commas."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
