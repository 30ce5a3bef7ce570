"""What if a head were silent, a block skipped, or a moment of another text put in its place?

An intervention shows what a part does for this prediction, which its attention weights alone do not: Jain and Wallace,
"Attention is not Explanation" (2019), https://arxiv.org/abs/1902.10186. Patching: Vig et al. (2020),
https://arxiv.org/abs/2004.12265; Meng et al., "Locating and Editing Factual Associations in GPT" (2022).
Letters in shapes: P positions (the first is the start token), H heads, C width, V vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore.probes.gates import WhatIf, distances

Floats = NDArray[np.float32]
Held = dict[str, Floats]

_PART = re.compile(r"b(\d{1,3})(?:h(\d{1,3})|(a|m))?")


@dataclass(frozen=True)
class Part:
    """Something that can be switched off: a head, a block's attention or MLP, or a whole block."""

    block: int
    head: int | None = None
    only: str = ""
    """"attention" or "MLP" of the block, all its heads together; "" for both."""

    @property
    def code(self) -> str:
        """Its name in links: b0h2, b0a, b0m, b0."""
        return f"b{self.block}" + (f"h{self.head}" if self.head is not None else self.only[:1].lower())

    @property
    def title(self) -> str:
        """For people, who count from 1."""
        if self.head is not None:
            return f"block {self.block + 1} head {self.head + 1}"
        return f"block {self.block + 1} {self.only}".strip()


def parts(n_layer: int, n_head: int) -> list[Part]:
    """All that can be switched off, block by block."""
    found = []
    for b in range(n_layer):
        found += [Part(b, h) for h in range(n_head)]
        found += [Part(b, only="attention"), Part(b, only="MLP"), Part(b)]
    return found


def part(code: str, n_layer: int, n_head: int) -> Part:
    """The part of that code; ValueError when the model has none."""
    match = _PART.fullmatch(code)
    if match and (b := int(match[1])) < n_layer and (match[2] is None or int(match[2]) < n_head):
        return Part(b, None if match[2] is None else int(match[2]), {"a": "attention", "m": "MLP"}.get(match[3], ""))
    raise ValueError(f"there is no part {code!r:.20} in {n_layer} blocks of {n_head} heads")


def off(switched: Iterable[Part], n_head: int) -> Held:
    """What `trace` has to hold so that these parts add nothing to the stream.

    A head's output is 0 before the projection that mixes the heads; the projection's bias stays, which belongs to all.
    """
    held: Held = {}
    for one in switched:
        name = f"block.{one.block}."
        if one.head is not None:
            heads = held.setdefault(name + "attn_heads", np.full((n_head, 1, 1), np.nan, np.float32))
            heads[one.head] = 0
            continue
        if one.only != "MLP":
            held[name + "attn_out"] = np.zeros((1, 1), np.float32)
        if one.only != "attention":
            held[name + "mlp_out"] = np.zeros((1, 1), np.float32)
    return held


def patch(trace: Mapping[str, NDArray[Any]], name: str, position: int, source: NDArray[Any], at: int) -> Held:
    """What `trace` has to hold so that row `position` of `name` is row `at` of `source`, the same part of another text.

    `name` is "embedding" or "block.2.residual" and so on, (P, C). ValueError when they do not fit.
    """
    if name not in trace or trace[name].ndim != 2:
        raise ValueError(f"{name!r:.40} is nothing that can be patched")
    P, C = trace[name].shape
    if source.ndim != 2 or source.shape[1] != C:
        raise ValueError(f"the other text has {source.shape[1:]} numbers a position, this one {C}")
    if not (0 <= position < P and 0 <= at < len(source)):
        raise ValueError(f"the texts have places 0 to {P - 1} and 0 to {len(source) - 1}")
    held = np.full((P, C), np.nan, np.float32)
    held[position] = source[at]
    return {name: held}


def what_if(model: Any, ids: Sequence[int], held: Held, true: NDArray[Any] | None = None) -> WhatIf:
    """Read `ids` with these numbers held, and compare with the (P, V) log-probabilities `true` as they are."""
    true = model.log_probs(ids) if true is None else true
    moved = model.trace(ids, held)["log_probs"] if held else true
    return WhatIf(moved, *distances(true, moved))
