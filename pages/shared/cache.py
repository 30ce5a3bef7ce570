"""Caching by content: a big thing rides along as an argument, its hash beside it is what the cache compares."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Unhashed:
    """A value that a cache does not look at."""

    value: Any = field(compare=False)
