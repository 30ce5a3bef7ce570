"""What a trace of a GPT may be told to hold: given numbers in the place of computed ones.

Letters in shapes: P positions with the start token, C width, H heads, D width of a head, V vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lmcore.models.gpt_config import GPTConfig
from lmcore.models.windows import Window

Arrays = Mapping[str, NDArray[Any]]

# The axes of every name, by its last part; those of INSIDE come once for each block.
OUTSIDE: dict[str, Sequence[str]] = {
    **dict.fromkeys(("token_embedding", "position_embedding", "embedding", "ln_f"), "PC"),
    "logits": "PV",
}
INSIDE: dict[str, Sequence[str]] = {
    **dict.fromkeys(("q", "k", "v", "attn_heads"), "HPD"),
    **dict.fromkeys(("attn_scores", "attn_weights"), "HPP"),
    **dict.fromkeys(("attn_out", "residual_mid", "mlp_out", "residual"), "PC"),
    "mlp_hidden": ("P", "4C"),
}


def check_held(config: GPTConfig, held: Arrays, P: int) -> Arrays:
    """The arrays with as many axes as their names have, of full length or 1; ValueError says what does not fit."""
    C, D = config.n_embd, config.head_dim
    sizes = {"P": P, "C": C, "4C": 4 * C, "H": config.n_head, "D": D, "V": config.vocab_size}
    result = {}
    for name, array in held.items():
        shape = tuple(sizes[letter] for letter in _axes(config, name))
        try:
            np.broadcast_to(array, shape)
        except ValueError:
            raise ValueError(f"what is held for {name} must broadcast to {shape}, not be {np.shape(array)}") from None
        result[name] = np.reshape(array, (1,) * (len(shape) - np.ndim(array)) + np.shape(array))
    return result


def held_in(held: Arrays, window: Window, device: torch.device) -> dict[str, Tensor]:
    """The part of each checked array that a window sees, with an axis for the batch before it."""
    result = {}
    for name, array in held.items():
        for axis, letter in enumerate((OUTSIDE | INSIDE)[name.split(".")[-1]]):
            if letter == "P" and array.shape[axis] > 1:
                array = array.take(range(window.start, window.stop), axis)
        result[name] = torch.from_numpy(np.array(array[None], np.float32)).to(device)
    return result


def _axes(config: GPTConfig, name: str) -> Sequence[str]:
    if name in OUTSIDE:
        return OUTSIDE[name]
    inside = re.fullmatch(r"block\.(\d+)\.(\w+)", name)
    if inside is None or inside[2] not in INSIDE or int(inside[1]) >= config.n_layer:
        raise ValueError(f"a GPT of {config.n_layer} blocks has nothing named {name!r:.60} that can be held")
    return INSIDE[inside[2]]
