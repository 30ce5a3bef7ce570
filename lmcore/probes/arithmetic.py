"""Where a GPT's parameters and multiplications are: it is matrix multiplication, almost all of it.

Letters in shapes: C width (n_embd), V vocabulary, B block_size, p places that are seen (the token's own among them).
"""

from __future__ import annotations

from dataclasses import dataclass

from lmcore.models.gpt_config import GPTConfig


@dataclass(frozen=True)
class Piece:
    """One part of the model."""

    kind: str
    """"embedding", "positions", "attention", "mlp", "ln_f" or "head"."""
    block: int | None
    matrices: tuple[tuple[str, tuple[int, int]], ...]
    """What a vector is multiplied by: (name, (out, in))."""
    n_params: int
    n_products: int
    """Multiplications for one token, with the keys and values of the earlier ones kept (a KV cache)."""


def pieces(config: GPTConfig, seen: int) -> list[Piece]:
    """The parts in the order that a token passes them, when `seen` places are looked at.

    Counted are the products of matrices and of queries with keys and weights with values. What is done number by
    number (norms, softmax, GELU, adding) is left out: it grows with C, not with C². ValueError on fewer than one place.
    """
    if not 1 <= seen <= config.block_size:
        raise ValueError(f"1 to {config.block_size} places can be seen, not {seen}")
    V, C = config.vocab_size, config.n_embd
    sizes = {name: _size(shape) for name, shape in config.shapes().items()}

    def params(*prefixes: str) -> int:
        return sum(size for name, size in sizes.items() if name.startswith(prefixes))

    found = [
        Piece("embedding", None, (), params("wte."), 0),  # a row is read, nothing is multiplied
        Piece("positions", None, (), params("wpe."), 0),
    ]
    for b in range(config.n_layer):
        h = f"h.{b}."
        attention = (("c_attn", (3 * C, C)), ("c_proj", (C, C)))
        mlp = (("c_fc", (4 * C, C)), ("c_proj", (C, 4 * C)))
        # q · k with each of p places, over all heads C products each; and as many for weights · v
        found.append(Piece("attention", b, attention, params(h + "ln_1", h + "attn"), _all(attention) + 2 * seen * C))
        found.append(Piece("mlp", b, mlp, params(h + "ln_2", h + "mlp"), _all(mlp)))
    head = (("lm_head", (V, C)),)
    found.append(Piece("ln_f", None, (), params("ln_f."), 0))
    found.append(Piece("head", None, head, params("lm_head."), _all(head)))  # tied to wte: no parameters of its own
    return found


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for n in shape:
        size *= n
    return size


def _all(matrices: tuple[tuple[str, tuple[int, int]], ...]) -> int:
    return sum(_size(shape) for _, shape in matrices)
