"""The numbers that fix the shape of the two models that fill in blanks. No torch: specs are checked without it.

Their vocabularies end with the mask and the end token (lmcore.tokenizers.blanks).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lmcore.models.config import NetworkConfig, check_heads
from lmcore.models.translator_config import TranslatorConfig


@dataclass(frozen=True)
class MaskedConfig(NetworkConfig):
    """The shape of an encoder that fills in blanks. ValueError names the field and its limit."""

    called = "a masked model"
    whole: ClassVar[dict[str, tuple[int, int]]] = {
        "vocab_size": (4, 200_000),
        "block_size": (2, 1024),
        "n_layer": (1, 12),
        "n_head": (1, 64),
        "n_embd": (2, 2048),
    }

    block_size: int = 96
    """The longest passage that it is trained on."""
    dropout: float = 0.0
    """The share of activations set to 0 during training, 0 to below 1."""
    n_layer: int = 4
    """How many blocks."""
    n_head: int = 4
    """H, heads in each attention; must divide n_embd."""
    n_embd: int = 96
    """C, the width of the stream."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_heads(self.n_embd, self.n_head)

    @property
    def mask_id(self) -> int:
        """The index of the mask, V - 2."""
        return self.vocab_size - 2

    @property
    def end_id(self) -> int:
        """The index of the end, V - 1."""
        return self.vocab_size - 1

    @property
    def head_dim(self) -> int:
        """D = C / H."""
        return self.n_embd // self.n_head

    def _as_translator(self) -> TranslatorConfig:
        return TranslatorConfig(
            self.vocab_size, 2, self.block_size, self.dropout, self.n_layer, self.n_head, self.n_embd
        )

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name -> shape of every parameter: those of a translator's encoder. lm_head.weight is wte.weight."""
        encoder = {name: s for name, s in self._as_translator().shapes().items() if name.startswith("encoder.")}
        return {
            "wte.weight": (self.vocab_size, self.n_embd),
            **encoder,
            "ln_f.weight": (self.n_embd,),
            "ln_f.bias": (self.n_embd,),
        }


@dataclass(frozen=True)
class DenoiserConfig(MaskedConfig):
    """The shape of an encoder-decoder that restores passages. `n_layer` counts the blocks of each half."""

    called = "a denoiser"
    n_layer: int = 2
    n_embd: int = 88

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Those of a translator, whose source has the same tokens and the same vectors."""
        shapes = self._as_translator().shapes()
        del shapes["source_wte.weight"]
        return shapes
