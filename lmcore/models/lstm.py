"""LSTM: a cell that keeps what it is told to keep, behind three gates."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

from lmcore.models.base import Floats
from lmcore.models.recurrent import LayerWeights, Recurrent
from lmcore.models.recurrent_config import LSTMConfig
from lmcore.models.rnn import between_layers

GATES = ("forget_gate", "input_gate", "candidate", "output_gate")
HALF = np.float32(0.5)


def sigmoid(a: Floats) -> Floats:
    """σ(a) = 1 / (1 + e^-a), by way of tanh, which no number is too large for."""
    return HALF * np.tanh(HALF * a) + HALF


class LSTM(Recurrent):
    """Long short-term memory. Hochreiter and Schmidhuber (1997), https://doi.org/10.1162/neco.1997.9.8.1735.

    With the forget gate of Gers, Schmidhuber and Cummins, "Learning to forget" (2000).
    """

    family: ClassVar[str] = "lstm"
    parts: ClassVar[int] = 2
    config: LSTMConfig

    def _layers(self, config: LSTMConfig) -> nn.RNNBase:
        shape = config.n_embd, config.hidden_size, config.n_layer
        return nn.LSTM(*shape, dropout=between_layers(config), batch_first=True)

    @torch.no_grad()
    def _initialise(self, generator: torch.Generator) -> None:
        """As in every recurrent model, but the forget gates begin open: their bias is 1. Jozefowicz et al. (2015)."""
        super()._initialise(generator)
        H = self.config.hidden_size
        for layer in range(self.config.n_layer):
            getattr(self.rnn, f"bias_ih_l{layer}")[H : 2 * H] = 1.0
            getattr(self.rnn, f"bias_hh_l{layer}")[H : 2 * H] = 0.0

    def cell(self, from_x: Floats, state: tuple[Floats, ...], weights: LayerWeights, watch: Any) -> tuple[Floats, ...]:
        """One position. Traced: "forget_gate", "input_gate", "candidate", "output_gate", "cell", "hidden"."""
        h, c = state
        # a = W [h_{t-1}, x_t] + b, the four kinds of units at once, in torch's order: input, forget, candidate, output
        a = from_x + weights.W_h @ h + weights.b  # (4H,)
        a_i, a_f, a_c, a_o = a.reshape(4, -1)
        # f_t = σ(a_f)
        f = watch("forget_gate", sigmoid(a_f))
        # i_t = σ(a_i)
        i = watch("input_gate", sigmoid(a_i))
        # C~_t = tanh(a_c)
        candidate = watch("candidate", np.tanh(a_c))
        # o_t = σ(a_o)
        o = watch("output_gate", sigmoid(a_o))
        # C_t = f_t * C_{t-1} + i_t * C~_t
        c = watch("cell", f * c + i * candidate)
        # h_t = o_t * tanh(C_t)
        h = watch("hidden", o * np.tanh(c))
        return h, c
