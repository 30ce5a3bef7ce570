"""What counts as a letter in a word."""

from __future__ import annotations

import unicodedata
from functools import lru_cache


@lru_cache(maxsize=1)
def marks() -> str:
    """The combining marks, for a regular expression's [ ]: accents written apart, the vowel signs of Hindi or Thai.

    Python's \\w has none of them, so that words would fall to pieces.
    """
    return "".join(chr(c) for c in range(0x300, 0x10000) if unicodedata.category(chr(c)).startswith("M"))
