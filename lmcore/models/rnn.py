"""RNN: a hidden state that each token changes, and nothing else to remember by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from torch import nn

from lmcore.models.base import Floats
from lmcore.models.recurrent import LayerWeights, Recurrent
from lmcore.models.recurrent_config import RNNConfig


def relu(a: Floats) -> Floats:
    """What is positive."""
    return np.maximum(a, np.float32(0))


NONLINEAR: dict[str, Callable[[Floats], Floats]] = {"tanh": np.tanh, "relu": relu}


class RNN(Recurrent):
    """The simple recurrent network. Elman, "Finding structure in time" (1990), https://doi.org/10.1207/s15516709cog1402_1.

    Trained by back-propagation through the positions of a window: Werbos (1990), https://doi.org/10.1109/5.58337.
    """

    family: ClassVar[str] = "rnn"
    parts: ClassVar[int] = 1
    config: RNNConfig

    def _layers(self, config: RNNConfig) -> nn.RNNBase:
        shape = config.n_embd, config.hidden_size, config.n_layer
        return nn.RNN(*shape, nonlinearity=config.nonlinearity, dropout=between_layers(config), batch_first=True)

    def cell(self, from_x: Floats, state: tuple[Floats, ...], weights: LayerWeights, watch: Any) -> tuple[Floats, ...]:
        """One position. Traced: "from_input" W_x x_t, "from_state" W_h h_{t-1}, "sum" with b added, "hidden" h_t."""
        (h,) = state
        # h_t = f(W_x x_t + W_h h_{t-1} + b), f = tanh or relu
        from_input = watch("from_input", from_x)
        from_state = watch("from_state", weights.W_h @ h)
        a = watch("sum", from_input + from_state + weights.b)
        return (watch("hidden", NONLINEAR[self.config.nonlinearity](a)),)


def between_layers(config: Any) -> float:
    """torch drops between two layers, and warns when there is only one."""
    return config.dropout if config.n_layer > 1 else 0.0
