"""The component that shows a chat as the one text that the model reads: see `assets/components/chat_text.js`."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pages.shared.components import pack, register

_TEXT = register("chat_text")
K = 5  # alternatives shown for each of the bot's tokens
MOST_OUT = 400  # tokens that have fallen out and are still drawn
OF_PERSON, OF_BOT, MARK, UNKNOWN = range(4)


@dataclass(frozen=True)
class Shown:
    """One token of the text. What the bot wrote has a probability and what else could have come."""

    text: str
    id: int
    kind: int
    new_line: bool = False
    prob: float | None = None
    alternatives: Sequence[tuple[str, float, int]] = field(default=())
    typed: str = ""
    """What a person typed where the model reads <unk>."""


def chat_text(tokens: Sequence[Shown], *, n_out: int, at: int, key: str) -> None:
    """Draw it. The first `n_out` tokens have fallen out of the context; `at` is looked at first."""
    hidden = max(0, n_out - MOST_OUT)
    tokens, n_out, at = tokens[hidden:], n_out - hidden, at - hidden
    table: dict[str, int] = {}
    n = len(tokens)
    arrays = {
        "text": np.array([table.setdefault(token.text, len(table)) for token in tokens], np.int32),
        "id": np.array([token.id for token in tokens], np.int32),
        "kind": np.array([token.kind for token in tokens], np.int32),
        "line": np.array([token.new_line for token in tokens], np.int32),
        "prob": np.array([-1 if token.prob is None else token.prob for token in tokens], np.float32),
        "alt_text": np.zeros((n, K), np.int32),
        "alt_prob": np.full((n, K), -1, np.float32),
        "alt_id": np.full((n, K), -1, np.int32),
    }
    typed: Mapping[int, str] = {i: token.typed for i, token in enumerate(tokens) if token.typed}
    for i, token in enumerate(tokens):
        for j, (text, prob, other) in enumerate(token.alternatives[:K]):
            arrays["alt_text"][i, j] = table.setdefault(text, len(table))
            arrays["alt_prob"][i, j], arrays["alt_id"][i, j] = prob, other
    header = {"texts": list(table), "n": n, "k": K, "n_out": n_out, "at": at, "hidden": hidden, "typed": typed}
    header["sig"] = zlib.crc32(
        b"".join(array.tobytes() for array in arrays.values()), zlib.crc32(repr(header).encode("utf-8", "replace"))
    )
    _TEXT(key=key, data=pack(header, **arrays))
