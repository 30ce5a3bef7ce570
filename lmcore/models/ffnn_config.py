"""The numbers that fix a feed-forward model's shape. No torch: specs are checked before it is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lmcore.models.config import NetworkConfig


@dataclass(frozen=True)
class FeedForwardConfig(NetworkConfig):
    """The shape of a feed-forward language model. ValueError names the field and its limit."""

    called = "a feed-forward model"
    whole: ClassVar[dict[str, tuple[int, int]]] = {
        "window": (1, 64),
        "n_embd": (1, 1024),
        "hidden_size": (1, 4096),
        "block_size": (2, 1024),
    }

    window: int = 4
    """How many tokens the model sees, the start token counted; Bengio's n - 1."""
    n_embd: int = 32
    """The width of one token's embedding."""
    hidden_size: int = 128
    """Units of the hidden layer."""
    block_size: int = 64
    """Positions of a training window; the model itself never sees more than `window` of them."""
    dropout: float = 0.0
    """The share of hidden units set to 0 during training, 0 to below 1."""

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name -> shape of every parameter; matrices are (out, in) as in nn.Linear."""
        V, E, H = self.vocab_size, self.n_embd, self.hidden_size
        return {
            "wte.weight": (V, E),
            "hidden.weight": (H, self.window * E),
            "hidden.bias": (H,),
            "lm_head.weight": (V, H),
            "lm_head.bias": (V,),
        }

    @property
    def n_params(self) -> int:
        """Trained numbers: V · E + (window · E + 1) · H + (H + 1) · V."""
        V, E, H = self.vocab_size, self.n_embd, self.hidden_size
        return V * E + (self.window * E + 1) * H + (H + 1) * V

    @property
    def flops_per_token(self) -> int:
        """Floating-point operations to train on one token, forward and backward: 6 a number of each matrix product."""
        return 6 * self.hidden_size * (self.window * self.n_embd + self.vocab_size)
