"""The component that underlines what a generated text has copied word for word."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from pages.shared.components import pack, register

_COPIED = register("copied_runs")


@dataclass(frozen=True)
class Line:
    """One text: its name, its pieces (joined they are the text), its runs, and what stands at its end."""

    name: str
    tokens: tuple[str, ...]
    runs: tuple[tuple[int, int, str], ...]
    """(begin, end, how the text goes where it was copied from)."""
    share: str


def copied_runs(lines: Sequence[Line], *, key: str, hint: str) -> None:
    """Texts with their copied runs underlined; hovering one says where it stands. Nothing comes back."""
    shown = [
        {"name": line.name, "tokens": line.tokens, "runs": [list(run) for run in line.runs], "share": line.share}
        for line in lines
    ]
    _COPIED(key=key, data=pack({"lines": shown, "hint": hint, "sig": zlib.crc32(repr((shown, hint)).encode())}))
