"""How far back a loss reaches: the gradient of one token's loss with respect to the hidden states before it.

Letters in shapes: T tokens, P = T + 1 positions (the first is the start token), H units, V vocabulary, N losses.
Vanishing and exploding: Bengio, Simard and Frasconi, "Learning long-term dependencies with gradient descent is
difficult" (1994); Pascanu, Mikolov and Bengio (2013), https://arxiv.org/abs/1211.5063.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore.models.recurrent_config import NONLINEARITIES

Floats = NDArray[np.float64]

SQUASH: dict[str, Callable[[Floats], Floats]] = {"tanh": np.tanh, "relu": lambda a: np.maximum(a, 0)}
SLOPE: dict[str, Callable[[Floats], Floats]] = {
    "tanh": lambda a: np.asarray(1 - np.tanh(a) ** 2),
    "relu": lambda a: (a > 0).astype(np.float64),
}
MAX_SCALE = 10.0


@dataclass(frozen=True)
class Reach:
    """What the losses of one text reach, in float64."""

    scale: float
    nonlinearity: str
    sums: Floats
    """(P, H) a_t = W_x x_t + s W_h h_{t-1} + b."""
    losses: Floats
    """(T,) nats: -log p(x_{t+1} | x_1..x_t), for t = 0..T-1."""
    norms: Floats
    """(T, T): row t holds ||d loss_t / d h_{t-k}|| at k = 0..t, and NaN after it and in rows not asked for.

    NaN or infinite numbers say that a state or a gradient has outgrown float64.
    """

    def half_life(self, t: int) -> int | None:
        """After how many steps back less than half of the gradient of loss t is left for good; None if it never is."""
        norms = self.norms[t, : t + 1]
        below = norms < norms[0] / 2
        kept = np.flatnonzero(~below)
        return int(kept[-1]) + 1 if below[-1] else None


def reach(
    model: Any,
    ids: Sequence[int],
    *,
    scale: float = 1.0,
    nonlinearity: str | None = None,
    trace: Mapping[str, NDArray[Any]] | None = None,
    t: int | None = None,
) -> Reach:
    """The gradients of every token's loss, or of loss `t` alone, by the hidden states of an RNN's last layer.

    W_h is multiplied by `scale` (0 to 10) and f is `nonlinearity` ("tanh" or "relu"; None: the model's own); with these
    the last layer reads the text anew. Without them the numbers are those of the model itself. `trace` is
    `model.trace(ids)`, computed when not given. ValueError names what is wrong.
    """
    if model.family != "rnn":
        raise ValueError(f"this equation is that of an RNN; the model is a {model.family}")
    name = model.config.nonlinearity if nonlinearity is None else nonlinearity
    if name not in NONLINEARITIES:
        raise ValueError(f"nonlinearity must be tanh or relu, not {nonlinearity!r:.40}")
    if not 0 <= scale <= MAX_SCALE:
        raise ValueError(f"W_h is multiplied by a number from 0 to {MAX_SCALE:g}, not by {scale}")
    if t is not None and not 0 <= t < len(ids):
        raise ValueError(f"loss {t} is not among the {len(ids)} of this text")
    trace = model.trace(ids) if trace is None else trace
    weights, last = model.weights(), model.config.n_layer - 1
    from_input = trace[f"rnn.{last}.from_input"].astype(np.float64)  # (P, H)
    W_h, b = (part.astype(np.float64) for part in weights.layers[last][1:])
    W_h = scale * W_h
    with np.errstate(over="ignore", invalid="ignore"):  # a state that explodes is what this is about
        sums, hidden = read(from_input, W_h, b, name)
        logits = hidden[:-1] @ weights.head.T.astype(np.float64) + weights.head_bias  # (T, H) @ (H, V)
        errors, losses = _wrong(logits, np.asarray(ids, np.int64))
        asked = np.arange(len(losses)) if t is None else np.array([t])
        g = errors[asked] @ weights.head.astype(np.float64)  # d loss_t / d h_t: (N, V) @ (V, H)
        norms = np.full((len(losses), len(losses)), np.nan)
        norms[asked] = back(g, asked, sums, W_h, SLOPE[name])
    return Reach(float(scale), name, sums, losses, norms)


def read(from_input: Floats, W_h: Floats, b: Floats, nonlinearity: str) -> tuple[Floats, Floats]:
    """(P, H) sums a_t and hidden states h_t of a layer whose inputs give W_x x_t = `from_input` (P, H)."""
    sums, hidden = np.empty_like(from_input), np.empty_like(from_input)
    h = np.zeros(len(b))
    for t, from_x in enumerate(from_input):
        # h_t = f(W_x x_t + W_h h_{t-1} + b)
        sums[t] = from_x + W_h @ h + b
        h = hidden[t] = SQUASH[nonlinearity](sums[t])
    return sums, hidden


def back(g: Floats, at: NDArray[np.intp], sums: Floats, W_h: Floats, slope: Callable[[Floats], Floats]) -> Floats:
    """From g (N, H), row i d loss / d h_t of the loss at t = at[i], to the norms (N, T) at k = 0..t steps back."""
    norms, slopes, rows = np.full((len(at), len(sums) - 1), np.nan), slope(sums), np.arange(len(at))
    for k in range(int(at.max(initial=-1)) + 1):
        inside = at[rows] >= k  # the other losses have no more states before them
        rows, g = rows[inside], g[inside]
        norms[rows, k] = _length(g)
        # g_{t-k} = W_hᵀ (f'(a_{t-k+1}) * g_{t-k+1}), for the next k
        g = (slopes[at[rows] - k] * g) @ W_h
    return norms


def _length(g: Floats) -> Floats:
    """(N, H) -> (N,) the lengths of the rows; scaled first, so that squares do not outgrow float64 before they do."""
    size = np.abs(g).max(axis=1, initial=0)
    return size * np.linalg.norm(g / np.where(size > 0, size, 1)[:, None], axis=1)


def _wrong(logits: Floats, ids: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """d loss / d logits = p - y (T, V), y being 1 at the token that came; and the losses (T,)."""
    logits = logits - logits.max(axis=1, keepdims=True, initial=-np.inf)
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    rows = np.arange(len(ids))
    errors = np.exp(log_p)
    errors[rows, ids] -= 1
    return errors, -log_p[rows, ids]


# What W_h itself says ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stretch:
    """How much W_h can stretch what it multiplies."""

    largest: float
    """The largest singular value: by so much one step can lengthen a gradient, and tanh or ReLU only shorten it."""
    radius: float
    """The spectral radius, the largest |eigenvalue|: the growth a step in the long run, if f did nothing."""


def stretch(model: Any, scale: float = 1.0) -> Stretch:
    """Of W_h of an RNN's last layer, multiplied by `scale`."""
    W_h = scale * model.weights().layers[-1].W_h.astype(np.float64)
    return Stretch(float(np.linalg.norm(W_h, 2)), float(np.abs(np.linalg.eigvals(W_h)).max()))


# The LSTM beside it -----------------------------------------------------------------------------------------------


def lstm_norms(model: Any, ids: Sequence[int], t: int) -> Floats:
    """(t + 1,) ||d loss_t / d C_{t-k}|| at k = 0..t of an LSTM's last layer, by torch's automatic differentiation.

    With respect to the cell state, which is what an LSTM carries along. ValueError when t is no token's place.
    """
    if model.family != "lstm":
        raise ValueError(f"this asks an LSTM; the model is a {model.family}")
    if not 0 <= t < len(ids):
        raise ValueError(f"loss {t} is not among the {len(ids)} of this text")
    import torch

    rnn, last = model.rnn, model.config.n_layer - 1
    with torch.no_grad():
        x = torch.from_numpy(model.trace(ids[:t])["embedding"] if not last else _below(model, ids[:t]))
        W_h = getattr(rnn, f"weight_hh_l{last}")
        b = getattr(rnn, f"bias_ih_l{last}") + getattr(rnn, f"bias_hh_l{last}")
        from_x = x @ getattr(rnn, f"weight_ih_l{last}").T + b  # (t + 1, 4H)
        head, head_bias = model.lm_head.weight.detach(), model.lm_head.bias.detach()
    # The first cell state is the root; every later one is a step on the way from it.
    h, c = torch.zeros(W_h.shape[1]), torch.zeros(W_h.shape[1])
    W_h, cells = W_h.detach(), list[torch.Tensor]()
    for row in from_x:
        a_i, a_f, a_c, a_o = (row + W_h @ h).chunk(4)
        c = a_f.sigmoid() * c + a_i.sigmoid() * a_c.tanh()
        c = c.requires_grad_() if not cells else c
        cells.append(c)
        h = a_o.sigmoid() * c.tanh()
    loss = torch.nn.functional.cross_entropy(head @ h + head_bias, torch.tensor(ids[t]))
    gradients = torch.autograd.grad(loss, cells[::-1])
    return np.array([gradient.norm().item() for gradient in gradients])


def _below(model: Any, ids: Sequence[int]) -> NDArray[np.float32]:
    """What the last of two layers reads: the first one's hidden states (P, H)."""
    return model.trace(ids)["lstm.0.hidden"]
