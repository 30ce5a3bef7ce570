"""How a model that sees at most `block_size` positions reads a longer text.

Position 0 is the start token. While position p < block_size its window is everything, [0..p]. When the window is full
it is cut to its last half, and grows again: a cache of what was computed is then rebuilt only once every block_size / 2
tokens, instead of at each one.
"""

from __future__ import annotations

from typing import NamedTuple


class Window(NamedTuple):
    """Positions start..stop-1 seen together; they answer for positions first..stop-1 (each position has one window)."""

    start: int
    first: int
    stop: int


def window_start(position: int, block_size: int) -> int:
    """The first position that is seen from `position`."""
    if position < block_size:
        return 0
    half = block_size // 2
    return ((position - block_size) // half + 1) * half


def windows(n_positions: int, block_size: int) -> list[Window]:
    """The windows that answer for positions 0..n_positions-1, each exactly once and in order."""
    half = block_size // 2
    result = [Window(0, 0, min(block_size, n_positions))]
    while result[-1].stop < n_positions:
        first = result[-1].stop
        result.append(Window(first - half, first, min(first + half, n_positions)))
    return result
