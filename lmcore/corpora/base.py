"""What a corpus is: a text with a title, where it comes from, and under which licence it may be used."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

MAX_BYTES = 20 * 1024 * 1024
"""The longest text anyone may bring, in bytes of UTF-8 (20 MB, the same limit as the upload widget's)."""
MIN_CHARS = 200
"""The shortest text anyone may bring, in characters, spaces at both ends not counted."""


class CorpusError(ValueError):
    """A text that cannot be used. The message is plain English, ready to be shown to the person who brought it."""


# Where a text may be cut, best first: after a blank line, after a line, after a sentence, after a word.
_BOUNDARIES = tuple(re.compile(pattern) for pattern in (r"\n(?:[ \t]*\n)+", r"\n", r"[.!?][\"')\]]*\s+", r"\s+"))


@dataclass(frozen=True)
class Corpus:
    """One text. Equal names mean the same shipped text; a person's own text is told apart by its `sha256`."""

    name: str
    title: str
    text: str
    source: str
    licence: str

    @cached_property
    def sha256(self) -> str:
        """Hex SHA-256 of the text as UTF-8: the text's identity in specs and in the library."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()

    def split(self, held_out: float = 0.1) -> tuple[str, str]:
        """The text in two pieces in its own order, (train, held_out); joined they are the text, neither is empty.

        The cut is the passage boundary nearest to `1 - held_out` of the way, if there is one within half of the smaller
        share; else a line's end, a sentence's end, a space; else the very character. ValueError if `held_out` is not
        between 0 and 1, or if the text has fewer than two characters.
        """
        if not 0 < held_out < 1:
            raise ValueError(f"the held-out share must lie between 0 and 1, not {held_out}")
        length = len(self.text)
        if length < 2:
            raise ValueError(f"a text needs at least 2 characters to be split, this one has {length}")
        target = min(max(round(length * (1 - held_out)), 1), length - 1)
        reach = int(length * min(held_out, 1 - held_out) / 2)
        low, high = max(target - reach, 1), min(target + reach, length - 1)
        for boundary in _BOUNDARIES:
            # Searching from a little before `low` lets a boundary that straddles it be seen whole.
            ends = [match.end() for match in boundary.finditer(self.text, max(low - 8, 0), min(high + 8, length))]
            ends = [end for end in ends if low <= end <= high]
            if ends:
                target = min(ends, key=lambda end: abs(end - target))
                break
        return self.text[:target], self.text[target:]


@dataclass(frozen=True)
class Entry:
    """One line of the catalogue: what a corpus is called and how to get it."""

    name: str
    title: str
    description: str
    source: str
    licence: str
    load: Callable[[], Corpus]
    """Makes or reads the text; CorpusError when it cannot."""
    available: Callable[[], bool] = lambda: True
    """False when something that must be installed is missing; cheap to ask."""
