"""From gradients to new weights: AdamW for everything, or Muon for the matrices inside and AdamW for the rest."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from lmcore.training.config import TrainConfig


class Together:
    """Several optimizers that step as one; a parameter belongs to one of them.

    `param_groups` and `state` are as in torch.optim.Optimizer.
    """

    def __init__(self, *optimizers: torch.optim.Optimizer) -> None:
        self.optimizers = optimizers
        self.param_groups: list[dict[str, Any]] = [group for one in optimizers for group in one.param_groups]

    def step(self) -> None:
        """Change the weights by their gradients."""
        for one in self.optimizers:
            one.step()

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients."""
        for one in self.optimizers:
            one.zero_grad(set_to_none=set_to_none)

    def memory_of(self, parameter: nn.Parameter) -> tuple[dict[str, Tensor], tuple[str, ...]]:
        """What is remembered of a parameter, by name (empty before the first step), and the names of its moments."""
        (owner,) = (one for one in self.optimizers if _owns(one, parameter))
        return owner.state[parameter], MOMENTS[type(owner)]


class Muon(torch.optim.Muon):
    """torch.optim.Muon, but all matrices of a shape at once, and in bfloat16 only within `torch.autocast`.

    On a CPU its sixteen times fifteen small products, one after the other, take a quarter of a small GPT's step.
    """

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Change the weights by their gradients."""
        for group in self.param_groups:
            for (_, longer), found in _by_shape(group["params"]).items():
                updates = [_lying(self._update(p, gradient, group["momentum"])) for p, gradient in found]
                for (p, _), update in zip(found, orthogonal(torch.stack(updates)), strict=True):
                    p.mul_(1 - group["lr"] * group["weight_decay"])
                    rate = group["lr"] * 0.2 * math.sqrt(longer)
                    p.sub_(rate * (update if update.shape == p.shape else update.mT))

    def _update(self, p: nn.Parameter, gradient: Tensor, momentum: float) -> Tensor:
        """The running mean of the gradients, and a last step further in the newest one's direction (Nesterov)."""
        mean: Tensor = self.state[p].setdefault("momentum_buffer", torch.zeros_like(p))
        mean.lerp_(gradient, 1 - momentum)
        return gradient.lerp(mean, momentum)


def orthogonal(matrices: Tensor) -> Tensor:
    """(n, a, b), a ≤ b -> (n, a, b): each matrix U S Vᵀ with its singular values S brought near 1, between 0.7 and 1.2.

    Five rounds of a polynomial that draws all of them there, by products alone: Jordan et al. (2024),
    https://kellerjordan.github.io/posts/muon/.
    """
    x = matrices / matrices.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)
    for _ in range(5):
        # s ← 3.4445 s - 4.7750 s³ + 2.0315 s⁵ for every singular value s
        gram = x @ x.mT  # (n, a, a)
        gram = torch.baddbmm(gram, gram, gram, beta=-4.7750, alpha=2.0315)
        x = torch.baddbmm(x, gram, x, beta=3.4445)
    return x


MOMENTS = {torch.optim.AdamW: ("exp_avg", "exp_avg_sq"), Muon: ("momentum_buffer",)}
"""What each remembers of a parameter besides the number of its steps; all have the parameter's shape."""


def learning(model: nn.Module) -> list[nn.Parameter]:
    """The parameters that are trained; the others are frozen."""
    return [p for p in model.parameters() if p.requires_grad]


def make_optimizer(model: nn.Module, config: TrainConfig, device: torch.device) -> Together:
    """What `config.optimizer` names, over the parameters that learn: what is frozen does not move by a bit.

    Only matrices are decayed. Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019),
    https://arxiv.org/abs/1711.05101.
    """
    inner = set(map(id, inner_matrices(model))) if config.optimizer == "muon" else set()
    rest = [p for p in learning(model) if id(p) not in inner]
    return Together(*_muon([p for p in learning(model) if id(p) in inner], config), _adamw(rest, config, device))


def inner_matrices(model: nn.Module) -> list[nn.Parameter]:
    """The matrices between the vectors of a token and its logits: those of no embedding, and not lm_head."""
    outer = [module.weight for module in model.modules() if isinstance(module, nn.Embedding)]
    outer += [module.weight for name, module in model.named_modules() if name == "lm_head"]
    return [p for p in learning(model) if p.dim() == 2 and not any(p is other for other in outer)]


def _muon(matrices: list[nn.Parameter], config: TrainConfig) -> Iterable[torch.optim.Optimizer]:
    """Muon makes all directions of a matrix's step equally long, so that the rare ones are learnt too.

    Jordan et al. (2024), https://kellerjordan.github.io/posts/muon/. Its steps are made as long as AdamW's, so that one
    learning rate does for both: Liu et al., "Muon is Scalable for LLM Training" (2025), https://arxiv.org/abs/2502.16982.
    """
    if matrices:
        decay, rate = config.weight_decay, config.learning_rate
        yield Muon(matrices, lr=rate, weight_decay=decay, adjust_lr_fn="match_rms_adamw")


def _adamw(parameters: list[nn.Parameter], config: TrainConfig, device: torch.device) -> torch.optim.AdamW:
    groups = [
        {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": config.weight_decay},
        {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
    ]
    fused = device.type in ("cpu", "cuda")
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=(config.beta1, config.beta2), fused=fused)


def _by_shape(parameters: Iterable[nn.Parameter]) -> dict[tuple[int, int], list[tuple[nn.Parameter, Tensor]]]:
    """The parameters that have a gradient, with it, under (shorter side, longer side)."""
    found: dict[tuple[int, int], list[tuple[nn.Parameter, Tensor]]] = {}
    for p in parameters:
        if p.grad is not None:
            found.setdefault((min(p.shape), max(p.shape)), []).append((p, p.grad))
    return found


def _lying(matrix: Tensor) -> Tensor:
    """The matrix with its longer side across."""
    return matrix if matrix.shape[0] <= matrix.shape[1] else matrix.mT


def _owns(optimizer: torch.optim.Optimizer, parameter: nn.Parameter) -> bool:
    return any(parameter is p for group in optimizer.param_groups for p in group["params"])
