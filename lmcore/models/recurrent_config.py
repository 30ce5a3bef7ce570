"""The numbers that fix the shape of an RNN or an LSTM. No torch: specs are checked before it is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lmcore.models.config import NetworkConfig

NONLINEARITIES = ("tanh", "relu")


@dataclass(frozen=True)
class RecurrentConfig(NetworkConfig):
    """What RNN and LSTM have in common. ValueError names the field and its limit."""

    n_gates: ClassVar[int]
    """How many rows of weights each hidden unit has: one for an RNN, one a gate and the candidate for an LSTM."""
    whole: ClassVar[dict[str, tuple[int, int]]] = {
        "n_embd": (1, 1024),
        "hidden_size": (1, 2048),
        "n_layer": (1, 2),
        "block_size": (2, 1024),
    }

    n_embd: int = 64
    """E, the width of one token's embedding."""
    hidden_size: int = 128
    """H, units of the hidden state."""
    n_layer: int = 1
    """One layer, or two: the second reads the first one's hidden states."""
    block_size: int = 64
    """Positions of a training window: gradients run back no further. Asked, the model remembers without an end."""
    dropout: float = 0.0
    """The share of embeddings and hidden units set to 0 during training, 0 to below 1."""

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name -> shape of every parameter, as in torch's recurrent layers: W_x is weight_ih, W_h is weight_hh.

        torch keeps the bias in two parts; the b of the equations is their sum.
        """
        V, E, H, G = self.vocab_size, self.n_embd, self.hidden_size, self.n_gates
        shapes: dict[str, tuple[int, ...]] = {"wte.weight": (V, E)}
        for layer in range(self.n_layer):
            shapes |= {
                f"rnn.weight_ih_l{layer}": (G * H, H if layer else E),
                f"rnn.weight_hh_l{layer}": (G * H, H),
                f"rnn.bias_ih_l{layer}": (G * H,),
                f"rnn.bias_hh_l{layer}": (G * H,),
            }
        return shapes | {"lm_head.weight": (V, H), "lm_head.bias": (V,)}

    @property
    def n_params(self) -> int:
        """Trained numbers: V · E + a layer's G · H · (in + H + 2) + V · (H + 1), with G = 1 (RNN) or 4 (LSTM)."""
        V, E, H, G = self.vocab_size, self.n_embd, self.hidden_size, self.n_gates
        layers = sum(G * H * ((H if layer else E) + H + 2) for layer in range(self.n_layer))
        return V * E + layers + V * (H + 1)

    @property
    def flops_per_token(self) -> int:
        """Floating-point operations to train on one token, forward and backward: 6 a number of each matrix product."""
        V, E, H, G = self.vocab_size, self.n_embd, self.hidden_size, self.n_gates
        return 6 * (sum(G * H * ((H if layer else E) + H) for layer in range(self.n_layer)) + V * H)


@dataclass(frozen=True)
class RNNConfig(RecurrentConfig):
    """The shape of an Elman network. ValueError names the field and its limit."""

    called = "an RNN"
    n_gates = 1

    nonlinearity: str = "tanh"
    """"tanh" or "relu": what squashes the sum into the next hidden state."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.nonlinearity not in NONLINEARITIES:
            raise ValueError(f"nonlinearity must be tanh or relu, not {self.nonlinearity!r:.40}")


@dataclass(frozen=True)
class LSTMConfig(RecurrentConfig):
    """The shape of an LSTM. ValueError names the field and its limit."""

    called = "an LSTM"
    n_gates = 4
