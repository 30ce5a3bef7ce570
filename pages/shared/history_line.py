"""The component that draws systems in time, or models by size: a row each, its dot on one axis, and its card."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from pages.shared.components import controlled, index_sent, nothing, pack, register

_LINE = register("history_line")


@dataclass(frozen=True)
class Card:
    """What is said about a row when it is picked."""

    title: str
    lines: tuple[tuple[str, str], ...]
    """(label, text); no label for the first."""
    door: str = ""
    """What stands on the button; none when empty."""


@dataclass(frozen=True)
class Row:
    """A system or a model: where its dot stands, from 0 to 1, and what is said about it."""

    name: str
    at: float
    value: str
    here: bool
    card: Card
    after: tuple[int, ...] = ()
    """The rows that it stands on."""


def history_line(
    rows: Sequence[Row],
    ticks: Sequence[tuple[float, str]],
    label: str,
    *,
    picked: int,
    key: str,
    on_picked: Callable[[], None] | None = None,
) -> int | None:
    """Draw the rows over an axis with `ticks` (place, text). Returns the row whose door was just opened, if any.

    Whoever keeps the picked row elsewhere brings it up to date in `on_picked`, with `picked_in(key, rows)`.
    """
    if not 0 <= picked < len(rows):
        raise ValueError(f"there are {len(rows)} rows, none is number {picked}")
    if not all(0 <= row.at <= 1 for row in rows):
        raise ValueError("a dot stands from 0 to 1")
    moved, seq = index_sent(key, range(len(rows)), "picked")
    memory = controlled(key, picked, moved, seq)
    shown = [asdict(row) for row in rows]
    header = {
        "rows": shown, "ticks": list(ticks), "label": label, "picked": min(memory.pushed, len(rows) - 1),
        "rev": memory.rev, "sig": zlib.crc32(repr((shown, ticks)).encode("utf-8", "surrogatepass")),
    }  # fmt: skip
    result = _LINE(key=key, data=pack(header), on_picked_change=on_picked or nothing, on_door_change=nothing)
    opened = result.door
    at = opened.get("at") if hasattr(opened, "get") else None
    return at if isinstance(at, int) and not isinstance(at, bool) and 0 <= at < len(rows) else None


def picked_in(key: str, n: int) -> int | None:
    """The row that the person last picked in the component `key`; None before they did. For callbacks."""
    return index_sent(key, range(n), "picked")[0]
