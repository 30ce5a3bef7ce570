"""The component that shows two classifiers' verdicts on a text, and what each makes of it when a word is left out."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from lmcore.figures.theme import THEMES
from lmcore.probes.classifying import Verdict
from pages.shared.components import pack, register

_VOTES = register("word_votes")
MOST_LABELS = 8  # rows a classifier; the likeliest labels are shown


def word_votes(
    tokens: Sequence[str], labels: Sequence[str], verdicts: Sequence[tuple[str, Verdict]], *,
    unknown: Sequence[int] = (), hint: str, empty: str, key: str,
) -> None:  # fmt: skip
    """T tokens, K labels, and one or two classifiers by name. Nothing comes back. ValueError on other shapes."""
    T, K = len(tokens), len(labels)
    if not 1 <= len(verdicts) <= 2 or any(v.probs.shape != (K,) or v.without.shape != (T, K) for _, v in verdicts):
        raise ValueError(f"{T} tokens and {K} labels need one or two verdicts on them")
    arrays = {}
    for side, (_, verdict) in enumerate(verdicts):
        arrays[f"probs{side}"] = np.asarray(verdict.probs, np.float32)
        arrays[f"without{side}"] = np.asarray(verdict.without, np.float32).ravel()
    names = [name for name, _ in verdicts]
    about = (list(tokens), list(labels), names, list(unknown), hint, empty)
    sig = zlib.crc32(repr(about).encode("utf-8", "surrogatepass"))
    for array in arrays.values():
        sig = zlib.crc32(np.ascontiguousarray(array).tobytes(), sig)
    header = {
        "sig": sig,
        "tokens": list(tokens),
        "labels": list(labels),
        "names": names,
        "unknown": list(unknown),
        "most": MOST_LABELS,
        "hint": hint,
        "empty": empty,
        "signed": {name: list(theme.signed) for name, theme in THEMES.items()},
    }
    _VOTES(key=key, data=pack(header, **arrays))
