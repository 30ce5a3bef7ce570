"""The component that turns a query and a key by their positions: the product of both depends on the distance only."""

from __future__ import annotations

import zlib

import numpy as np

from lmcore.figures.theme import THEMES
from lmcore.models.positions import frequencies
from lmcore.probes.positions import content
from pages.shared.components import pack, register

_ROTARY = register("positions_rotary")
WIDTH = 8  # four pairs of dimensions
SEEDS = (35, 48)  # of the query and the key: all their hands are long enough to be seen


def positions_rotary(*, key: str) -> None:
    """One query and one key of 8 dimensions, seeded; two sliders say where they stand."""
    q, k = (content(WIDTH, seed).astype(np.float32) for seed in SEEDS)
    header = {
        "sig": zlib.crc32(q.tobytes() + k.tobytes()),
        "themes": {name: {"query": theme.query, "key": theme.key} for name, theme in THEMES.items()},
    }
    _ROTARY(key=key, data=pack(header, q=q, k=k, frequencies=frequencies(WIDTH).astype(np.float32)))
