"""What a reader could know at each token of a text, as numbers: inside quotes, how far along its line, and so on.

A feature stands beside the state that a network has just after reading the token. Letters in shapes: T tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Feature = NDArray[np.float64]

OPENING, CLOSING, EITHER = "“«", "”»", '"'
"""Quotation marks. An apostrophe is none: most of those in a text are letters left out."""


def features(kind: str, texts: Sequence[str]) -> dict[str, Feature]:
    """Name -> (T,) a number a token, for tokens with these `texts` from a tokenizer of this kind.

    "inside quotes", "position in line" (tokens since the line began), "uppercase", and what a space is in that kind:
    for characters "after a space"; for words, which have no spaces, "after a mark"; for pieces "begins a word".
    """
    third = {"char": after_a_space, "word": after_a_mark}.get(kind, begins_a_word)
    name = {"char": "after a space", "word": "after a mark"}.get(kind, "begins a word")
    found: dict[str, Callable[[Sequence[str]], list[float]]] = {
        "inside quotes": inside_quotes, "position in line": position_in_line, name: third, "uppercase": uppercase,
    }  # fmt: skip
    return {name: np.array(feature(texts), dtype=np.float64) for name, feature in found.items()}


def inside_quotes(texts: Sequence[str]) -> list[float]:
    """1 from an opening quotation mark until its closing one, which is outside again; it ends with its line."""
    inside, result = False, []
    for text in texts:
        for char in text:
            if char in OPENING:
                inside = True
            elif char in CLOSING or char == "\n":
                inside = False
            elif char in EITHER:
                inside = not inside
        result.append(float(inside))
    return result


def position_in_line(texts: Sequence[str]) -> list[float]:
    """Tokens since the line began: 1 at its first, 0 at a newline."""
    at, result = 0, []
    for text in texts:
        at = 0 if "\n" in text else at + 1
        result.append(float(at))
    return result


def uppercase(texts: Sequence[str]) -> list[float]:
    """1 where the token's first letter is a capital."""
    return [float(next((char for char in text if char.isalpha()), "a").isupper()) for text in texts]


def after_a_space(texts: Sequence[str]) -> list[float]:
    """1 where white space, or nothing, stands before the token."""
    return [float(i == 0 or texts[i - 1][-1:].isspace()) for i in range(len(texts))]


def after_a_mark(texts: Sequence[str]) -> list[float]:
    """1 where a mark such as a comma, a newline, or nothing stands before the token."""
    return [float(i == 0 or not any(char.isalnum() for char in texts[i - 1])) for i in range(len(texts))]


def begins_a_word(texts: Sequence[str]) -> list[float]:
    """1 where the token begins with white space, stands after it, or is the first."""
    return [float(a or b[:1].isspace()) for a, b in zip(after_a_space(texts), texts, strict=True)]
