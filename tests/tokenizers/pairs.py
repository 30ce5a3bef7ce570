"""Joining pairs the slow and plain way, which the tokenizers are compared with."""

from __future__ import annotations


def join(word: tuple[str, ...], merge: tuple[str, str]) -> tuple[str, ...]:
    """`word` with each `merge` in it joined, from the left."""
    out: list[str] = []
    for letter in word:
        if out and (out[-1], letter) == merge:
            out[-1] += letter
        else:
            out.append(letter)
    return tuple(out)
