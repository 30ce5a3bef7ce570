"""The component of the logit lens: what a GPT would say after every block, at every token."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore.figures.theme import THEMES
from lmcore.probes.logit_lens import Lens, Norms
from pages.shared.components import controlled, index_sent, nothing, pack, register

_LENS = register("logit_lens")
SHOWN = 5  # guesses a block


def logit_lens(
    lens: Lens,
    norms: Norms,
    tokens: Sequence[str],
    itos: Sequence[str],
    *,
    locked: int | None,
    apart: bool,
    key: str,
    on_locked: Callable[[], None] | None = None,
) -> int | None:
    """The guesses and norms at the P places of `tokens`, the start token's among them; the place that is locked.

    Whoever keeps that elsewhere brings the copy up to date in `on_locked`, with `locked_in(key, P)`. ValueError when
    the arguments do not belong together.
    """
    rows, P = lens.kl.shape
    if len(tokens) != P or norms.residual.shape != (rows - 1, P):
        raise ValueError(f"{P} places and {rows - 1} blocks need as many tokens and norms")
    if locked is not None and not 0 <= locked < P:
        raise ValueError(f"there is no place {locked}; there are {P}")
    moved, seq = index_sent(key, range(P), lets_go=True)
    memory = controlled(key, locked, moved, seq)
    k = min(SHOWN, lens.tokens.shape[2])
    ids = lens.tokens[:, :, :k]
    known, guesses = np.unique(ids, return_inverse=True)
    arrays: dict[str, NDArray[Any]] = {
        "guesses": guesses.reshape(-1).astype(np.int32),
        "probs": lens.probs[:, :, :k],
        "kl": lens.kl,
        "attention": norms.attn_out,
        "mlp": norms.mlp_out,
        "stream": np.vstack([norms.embedding, norms.residual]),
    }
    texts, shown = [itos[i] for i in known.tolist()], [str(token) for token in tokens]
    sig = zlib.crc32(repr((texts, shown, apart)).encode("utf-8", "surrogatepass"))
    for array in arrays.values():
        sig = zlib.crc32(np.ascontiguousarray(array).tobytes(), sig)
    pushed = memory.pushed if memory.pushed is None or memory.pushed < P else None
    header = {
        "sig": sig,
        "rev": memory.rev,
        "at": pushed,
        "L": rows - 1,
        "P": P,
        "k": k,
        "tokens": shown,
        "texts": texts,
        "apart": bool(apart),
        "themes": {
            name: {part: getattr(theme, part) for part in ("attention", "value", "query")}
            for name, theme in THEMES.items()
        },
    }
    _LENS(key=key, data=pack(header, **arrays), on_locked_change=on_locked or nothing)
    now: int | None = memory.now
    return now if now is not None and now < P else None


def locked_in(key: str, n_places: int) -> tuple[bool, int | None]:
    """(did the person touch the component `key`, the place they locked). For callbacks."""
    at, seq = index_sent(key, range(n_places), lets_go=True)
    return seq is not None, at
