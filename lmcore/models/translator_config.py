"""The numbers that fix the shape of a translator. No torch: specs are checked before it is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lmcore.models.config import MAX_VOCAB, NetworkConfig, check_heads


@dataclass(frozen=True)
class SourceConfig(NetworkConfig):
    """What all encoder-decoders have in common; `vocab_size` counts the tokens that are written."""

    source_vocab_size: int = 2
    """How many tokens there are to read, the start token counted; it stands for padding, no text encodes to it."""
    block_size: int = 64
    """The longest source, and the longest translation with the start token, that it is trained on."""
    dropout: float = 0.0
    """The share of activations set to 0 during training, 0 to below 1."""

    def _linear(self, name: str, out: int, into: int) -> dict[str, tuple[int, ...]]:
        return {f"{name}.weight": (out, into), f"{name}.bias": (out,)}


@dataclass(frozen=True)
class TranslatorConfig(SourceConfig):
    """The shape of a transformer with an encoder and a decoder. ValueError names the field and its limit."""

    called = "a translator"
    whole: ClassVar[dict[str, tuple[int, int]]] = {
        "source_vocab_size": (2, MAX_VOCAB),
        "block_size": (2, 1024),
        "n_layer": (1, 12),
        "n_head": (1, 64),
        "n_embd": (2, 2048),
    }

    n_layer: int = 2
    """How many blocks the encoder has, and how many the decoder."""
    n_head: int = 4
    """H, heads in each attention; must divide n_embd."""
    n_embd: int = 96
    """C, the width of both streams."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_heads(self.n_embd, self.n_head)

    @property
    def head_dim(self) -> int:
        """D = C / H."""
        return self.n_embd // self.n_head

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name -> shape of every parameter; matrices are (out, in). lm_head.weight is wte.weight, not named twice."""
        C = self.n_embd

        def norm(name: str) -> dict[str, tuple[int, ...]]:
            return {f"{name}.weight": (C,), f"{name}.bias": (C,)}

        def attention(name: str) -> dict[str, tuple[int, ...]]:
            parts = {"c_q": C, "c_kv": 2 * C, "c_proj": C}
            return {k: v for part, out in parts.items() for k, v in self._linear(f"{name}.{part}", out, C).items()}

        def mlp(name: str) -> dict[str, tuple[int, ...]]:
            return self._linear(f"{name}.c_fc", 4 * C, C) | self._linear(f"{name}.c_proj", C, 4 * C)

        shapes: dict[str, tuple[int, ...]] = {
            "source_wte.weight": (self.source_vocab_size, C),
            "wte.weight": (self.vocab_size, C),
        }
        for i in range(self.n_layer):
            name = f"encoder.{i}"
            shapes |= norm(f"{name}.ln_1") | attention(f"{name}.attn") | norm(f"{name}.ln_2") | mlp(f"{name}.mlp")
        shapes |= norm("ln_source")
        for i in range(self.n_layer):
            name = f"decoder.{i}"
            shapes |= norm(f"{name}.ln_1") | attention(f"{name}.attn")
            shapes |= norm(f"{name}.ln_2") | attention(f"{name}.cross")
            shapes |= norm(f"{name}.ln_3") | mlp(f"{name}.mlp")
        return shapes | norm("ln_f")


@dataclass(frozen=True)
class BahdanauConfig(SourceConfig):
    """The shape of a recurrent encoder-decoder with attention. ValueError names the field and its limit."""

    called = "a recurrent translator"
    whole: ClassVar[dict[str, tuple[int, int]]] = {
        "source_vocab_size": (2, MAX_VOCAB),
        "block_size": (2, 1024),
        "n_embd": (1, 1024),
        "hidden_size": (1, 1024),
    }

    n_embd: int = 64
    """E, the width of one token's embedding."""
    hidden_size: int = 96
    """H, units of the decoder's state and of each of the encoder's two directions."""

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name -> shape of every parameter; the recurrent ones as in torch's GRU, three gates a unit."""
        V, E, H = self.vocab_size, self.n_embd, self.hidden_size
        shapes: dict[str, tuple[int, ...]] = {
            "source_wte.weight": (self.source_vocab_size, E),
            "wte.weight": (V, E),
        }
        for way in ("", "_reverse"):
            shapes |= {
                f"encoder.weight_ih_l0{way}": (3 * H, E),
                f"encoder.weight_hh_l0{way}": (3 * H, H),
                f"encoder.bias_ih_l0{way}": (3 * H,),
                f"encoder.bias_hh_l0{way}": (3 * H,),
            }
        shapes |= self._linear("first", H, H)
        shapes |= {"align_state.weight": (H, H)} | self._linear("align_source", H, 2 * H) | {"align_v.weight": (1, H)}
        shapes |= {
            "decoder.weight_ih": (3 * H, E + 2 * H),
            "decoder.weight_hh": (3 * H, H),
            "decoder.bias_ih": (3 * H,),
            "decoder.bias_hh": (3 * H,),
        }
        return shapes | self._linear("readout", E, 3 * H + E) | self._linear("lm_head", V, E)
