"""The numbers that fix a GPT's shape. No torch here: specs and foreign checkpoints are checked before it is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lmcore.models.config import NetworkConfig, check_heads
from lmcore.models.positions import POSITIONS

INITS = ("gpt-2", "wide", "wide-unsure")


@dataclass(frozen=True)
class GPTConfig(NetworkConfig):
    """The shape of a GPT. ValueError names the field and its limit."""

    called = "a GPT"
    whole: ClassVar[dict[str, tuple[int, int]]] = {
        "block_size": (2, 4096),
        "n_layer": (1, 48),
        "n_head": (1, 64),
        "n_embd": (1, 4096),
    }

    block_size: int = 128
    """How many positions the model sees at once, the start token counted; even."""
    n_layer: int = 4
    """How many blocks (attention, then MLP) are stacked."""
    n_head: int = 4
    """H, attention heads in each block; must divide n_embd."""
    n_embd: int = 128
    """C, the width of the stream that runs through all blocks."""
    dropout: float = 0.0
    """The share of activations set to 0 during training, 0 to below 1."""
    position: str = "learned"
    """How it knows where a token stands: learned, sinusoidal, rotary, alibi or none; see `models/positions.py`."""

    init: str = "gpt-2"
    """How large the new weights are: "gpt-2" (0.02), "wide" or "wide-unsure"; see `GPT._initialise`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_heads(self.n_embd, self.n_head)
        if self.block_size % 2:
            raise ValueError(f"block_size must be even, not {self.block_size}")
        if self.position not in POSITIONS:
            raise ValueError(f"position must be one of {', '.join(POSITIONS)}, not {self.position!r:.40}")
        if self.init not in INITS:
            raise ValueError(f"init must be one of {', '.join(INITS)}, not {self.init!r:.40}")
        if self.position == "rotary" and self.head_dim % 2:
            raise ValueError(f"rotary positions turn pairs of dimensions, so a head's {self.head_dim} must be even")

    @property
    def head_dim(self) -> int:
        """D = C / H."""
        return self.n_embd // self.n_head

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name -> shape of every parameter, as in GPT-2; lm_head.weight is wte.weight and is not named twice.

        Matrices are (out, in) as in nn.Linear. GPT-2's own Conv1D keeps them transposed, (in, out).
        """
        V, B, C = self.vocab_size, self.block_size, self.n_embd
        shapes: dict[str, tuple[int, ...]] = {"wte.weight": (V, C)}
        if self.position == "learned":
            shapes["wpe.weight"] = (B, C)
        for i in range(self.n_layer):
            block: dict[str, tuple[int, ...]] = {
                "ln_1.weight": (C,),
                "ln_1.bias": (C,),
                "attn.c_attn.weight": (3 * C, C),
                "attn.c_attn.bias": (3 * C,),
                "attn.c_proj.weight": (C, C),
                "attn.c_proj.bias": (C,),
                "ln_2.weight": (C,),
                "ln_2.bias": (C,),
                "mlp.c_fc.weight": (4 * C, C),
                "mlp.c_fc.bias": (4 * C,),
                "mlp.c_proj.weight": (C, 4 * C),
                "mlp.c_proj.bias": (C,),
            }
            shapes |= {f"h.{i}.{name}": shape for name, shape in block.items()}
        return shapes | {"ln_f.weight": (C,), "ln_f.bias": (C,)}

    @property
    def n_params(self) -> int:
        """Trained numbers: V C + n_layer (12 C² + 13 C) + 2 C, and block_size C for learned positions."""
        V, C = self.vocab_size, self.n_embd
        B = self.block_size if self.position == "learned" else 0
        return (V + B) * C + self.n_layer * (12 * C * C + 13 * C) + 2 * C

    @property
    def flops_per_token(self) -> int:
        """Floating-point operations to train on one token of a full window, forward and backward.

        6 a parameter of every matrix product (position and norm parameters take part in none), and 12 · n_layer · C ·
        block_size for attention, its causal half counted in full as is usual. Chowdhery et al., "PaLM" (2022), app. B.
        """
        products = self.vocab_size * self.n_embd + self.n_layer * 12 * self.n_embd**2
        return 6 * products + 12 * self.n_layer * self.n_embd * self.block_size
