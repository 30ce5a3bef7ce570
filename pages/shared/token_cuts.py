"""The component that shows one text cut in several ways, token and index linked both ways."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore.probes.cuts import Cut
from lmcore.tokenizers.checks import clean
from pages.shared.components import pack, register

MAX_DRAWN = 400  # tokens of a cut; of more the first are drawn, and the component says so

_CUTS = register("token_cuts")


@dataclass(frozen=True)
class Shown:
    """One cut as it is drawn. `counts` (size,) says how often each index stands in the text it was learnt from."""

    name: str  # "Words"
    cut: Cut
    size: int  # of the vocabulary
    counts: NDArray[np.int64]
    special: Mapping[int, str] = field(default_factory=dict)  # indices that show a name instead of the text
    gaps: bool = False  # it leaves out the spaces, so that a line may break after every token


def token_cuts(text: str, cuts: Sequence[Shown], *, key: str) -> None:
    """Each cut as a row of chips with their indices. Lives in the browser alone: nothing comes back."""
    text = clean(text)
    arrays: dict[str, NDArray[Any]] = {}
    header = []
    for c, shown in enumerate(cuts):
        ids = shown.cut.ids[:MAX_DRAWN]
        drawn = (ids, shown.cut.starts[:MAX_DRAWN], shown.cut.ends[:MAX_DRAWN], shown.counts[ids])
        arrays |= dict(zip((f"ids{c}", f"starts{c}", f"ends{c}", f"times{c}"), drawn, strict=True))
        header.append(
            {
                "name": shown.name,
                "size": int(shown.size),
                "total": int(shown.cut.ids.size),
                "special": {str(index): name for index, name in shown.special.items()},
                "gaps": shown.gaps,
            }
        )
    sig = zlib.crc32(b"".join(part.tobytes() for part in arrays.values()), zlib.crc32(repr((text, header)).encode()))
    _CUTS(key=key, data=pack({"text": text, "cuts": header, "sig": sig}, **arrays))
