"""One step of training in slow motion: loss, gradient, update, loss again; with every number to be looked at.

Everything is computed in float64, so that a gradient can be checked by changing one weight a little and looking at the
loss. Letters in shapes: M windows, L tokens in a window, V vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.func import functional_call
from torch.nn import functional as F

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Cell = tuple[int, ...]  # the place of one weight in its array

RULES = ("sgd", "adamw")
NUDGE = 1e-4  # how far a weight is moved to check its gradient


@dataclass(frozen=True)
class Rule:
    """How a gradient becomes an update. ValueError for a rule that is not known."""

    name: str = "sgd"
    learning_rate: float = 0.1
    beta1: float = 0.9
    beta2: float = 0.99
    eps: float = 1e-8
    weight_decay: float = 0.1

    def __post_init__(self) -> None:
        if self.name not in RULES:
            raise ValueError(f"an update is one of {', '.join(RULES)}, not {self.name!r:.40}")
        if not (self.learning_rate > 0 and math.isfinite(self.learning_rate)):
            raise ValueError(f"a learning rate is a number above 0, not {self.learning_rate}")


@dataclass(frozen=True)
class Step:
    """One step of all weights."""

    loss: float
    """Before, in nats a token: the mean over the M · L places."""
    loss_after: float
    """On the same windows, after the step."""
    grad_norm: float
    """The length of the whole gradient."""
    slope: float
    """How fast the loss falls with the learning rate at first: −gradient · direction."""
    n_weights: int
    grads: dict[str, NDArray[np.float32]]
    """Name of a parameter -> d loss / d weight."""


def precise(model: Any) -> Any:
    """A copy of a network in float64, which nobody else changes."""
    return type(model).from_arrays(model.config, model.state_arrays()).double()


def direction(weight: Tensor, grad: Tensor, rule: Rule) -> Tensor:
    """What is subtracted, times the learning rate: weight ← weight − η · direction.

    AdamW from a fresh start (Loshchilov and Hutter, 2019): after one step both of its running means, corrected for
    having begun at 0, are the gradient and its square. Only matrices decay, as in the trainer here.
    """
    if rule.name == "sgd":
        return grad
    m = (1 - rule.beta1) * grad / (1 - rule.beta1)  # m̂ = m / (1 − β₁)
    v = (1 - rule.beta2) * grad**2 / (1 - rule.beta2)  # v̂ = v / (1 − β₂)
    decay = rule.weight_decay if weight.dim() >= 2 else 0.0
    return m / (v.sqrt() + rule.eps) + decay * weight


def take(model: Any, x: Ints, y: Ints, rule: Rule) -> Step:
    """One step of a `precise` model on the windows x, y (M, L). The model stays as it was."""
    weights = dict(model.named_parameters())
    empty = _empty(model, torch.float64)
    loss = _loss(empty, weights, x, y)
    grads = dict(zip(weights, torch.autograd.grad(loss, list(weights.values())), strict=True))
    with torch.no_grad():
        directions = {name: direction(w, grads[name], rule) for name, w in weights.items()}
        after = _loss(empty, _moved(weights, directions, rule.learning_rate), x, y)
        norm = torch.stack([g.square().sum() for g in grads.values()]).sum().sqrt()
        slope = -sum(float((grads[name] * directions[name]).sum()) for name in weights)
    return Step(
        float(loss.detach()), float(after), float(norm), slope, sum(w.numel() for w in weights.values()),
        {name: g.float().numpy() for name, g in grads.items()},
    )  # fmt: skip


def by_rate(model: Any, x: Ints, y: Ints, step: Step, rule: Rule, rates: Sequence[float]) -> list[float]:
    """The loss after the same step with other learning rates, in nats; infinity where it is no number any more."""
    weights = {name: w.detach() for name, w in model.named_parameters()}
    found, empty = [], _empty(model, next(iter(weights.values())).dtype)
    with torch.no_grad():
        directions = {
            name: direction(w, torch.from_numpy(step.grads[name]).to(w.dtype), rule) for name, w in weights.items()
        }
        for rate in rates:
            loss = float(_loss(empty, _moved(weights, directions, rate), x, y))
            found.append(loss if math.isfinite(loss) else math.inf)
    return found


# One weight ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OneWeight:
    """A weight, its gradient found twice, and where the step moves it."""

    weight: float
    grad: float
    """By back-propagation."""
    loss_low: float
    loss_high: float
    """The loss with this weight alone moved down and up by `nudge`."""
    nudge: float
    moved: float
    """The weight after the step."""

    @property
    def measured(self) -> float:
        """The gradient by difference: (high − low) / (2 · nudge)."""
        return (self.loss_high - self.loss_low) / (2 * self.nudge)


def one_weight(model: Any, x: Ints, y: Ints, name: str, cell: Cell, rule: Rule, grad: float) -> OneWeight:
    """One weight of a `precise` model, its gradient checked by two more passes. The model stays as it was."""
    weights = {name: w.detach() for name, w in model.named_parameters()}
    if name not in weights:
        raise ValueError(f"this model has no weights named {name!r:.60}")
    array = weights[name]
    if len(cell) != array.dim() or not all(0 <= i < n for i, n in zip(cell, array.shape, strict=True)):
        raise ValueError(f"{name} has the shape {tuple(array.shape)}, so {cell} is not in it")
    found, empty = [], _empty(model, array.dtype)
    with torch.no_grad():
        for by in (-NUDGE, NUDGE):
            other = array.clone()
            other[cell] += by
            found.append(float(_loss(empty, {**weights, name: other}, x, y)))
        one = array[cell].reshape([1] * array.dim())
        step = direction(one, torch.full_like(one, grad), rule)
    weight = float(array[cell])
    return OneWeight(weight, grad, found[0], found[1], NUDGE, weight - rule.learning_rate * float(step))


def at_logits(logits: Floats, target: int, n_places: int) -> Floats:
    """(V,) d loss / d logits at one place of a mean over `n_places`: (p − 1 at the right token) / n.

    Where every gradient begins; back-propagation carries it to the weights.
    """
    shifted = np.exp(logits - logits.max())
    found = shifted / shifted.sum()
    found[target] -= 1.0
    return found / n_places


# Helpers ------------------------------------------------------------------------------------------------------------


def _empty(model: Any, dtype: torch.dtype) -> Any:
    """A model of the same shape without numbers, which nobody else has.

    `functional_call` puts weights into the module itself while it runs, and others may be reading the model meanwhile.
    """
    with torch.device("meta"):
        return type(model)(model.config, seed=None).to(dtype).eval()


def _loss(empty: Any, weights: Mapping[str, Tensor], x: Ints, y: Ints) -> Tensor:
    """Mean −log p(y) in nats of the model with these weights."""
    idx, targets = (torch.from_numpy(np.ascontiguousarray(array)) for array in (x, y))
    logits = functional_call(empty, dict(weights), (idx,))  # (M, L, V)
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def _moved(weights: Mapping[str, Tensor], directions: Mapping[str, Tensor], rate: float) -> dict[str, Tensor]:
    """weight − η · direction, for all."""
    return {name: w - rate * directions[name] for name, w in weights.items()}
