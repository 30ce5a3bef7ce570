"""One step in slow motion: gradients against differences and hand arithmetic, updates against torch's optimisers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from lmcore import models
from lmcore.models.positions import POSITIONS
from lmcore.probes import one_step
from lmcore.probes.one_step import Rule

V, M, L = 13, 3, 5
RNG = np.random.default_rng(0)
X, Y = RNG.integers(0, V, (M, L)), RNG.integers(1, V, (M, L))
RULES = [Rule("sgd", 0.3), Rule("adamw", 0.004)]


def gpt(position: str = "learned") -> Any:
    shape = {"n_layer": 2, "n_head": 2, "n_embd": 8, "block_size": 8, "position": position}
    found = models.build("gpt", shape, V).eval()
    with torch.no_grad():
        for parameter in found.parameters():
            if parameter.dim() > 1:
                parameter.mul_(6.0)
    return found


@pytest.mark.parametrize("position", POSITIONS)
def test_the_gradient_of_any_weight_is_the_difference_it_makes(position: str) -> None:
    model = one_step.precise(gpt(position))
    step = one_step.take(model, X, Y, RULES[0])
    for name, grad in step.grads.items():
        cell = np.unravel_index(np.abs(grad).argmax(), grad.shape)
        found = one_step.one_weight(model, X, Y, name, tuple(int(i) for i in cell), RULES[0], float(grad[cell]))
        assert found.measured == pytest.approx(found.grad, rel=1e-4, abs=1e-8)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_step_is_that_of_torchs_optimiser(rule: Rule) -> None:
    model = one_step.precise(gpt())
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    step = one_step.take(model, X, Y, rule)
    assert all(torch.equal(before[name], p) for name, p in model.named_parameters())  # the model stays as it was
    if rule.name == "sgd":
        optimizer: Any = torch.optim.SGD(model.parameters(), lr=rule.learning_rate)
    else:
        groups = [
            {"params": [p for p in model.parameters() if p.dim() >= 2], "weight_decay": rule.weight_decay},
            {"params": [p for p in model.parameters() if p.dim() < 2], "weight_decay": 0.0},
        ]
        optimizer = torch.optim.AdamW(groups, lr=rule.learning_rate, betas=(rule.beta1, rule.beta2), eps=rule.eps)

    def loss() -> Any:
        return F.cross_entropy(model(torch.from_numpy(X)).flatten(0, 1), torch.from_numpy(Y).flatten())

    first = loss()
    first.backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), float("inf"))
    optimizer.step()
    assert step.loss == pytest.approx(first.item(), rel=1e-12)
    assert step.grad_norm == pytest.approx(norm.item(), rel=1e-12)
    assert step.loss_after == pytest.approx(loss().item(), rel=1e-9)
    assert step.loss_after < step.loss
    assert step.n_weights == sum(p.numel() for p in model.parameters())
    for name, p in model.named_parameters():
        cell = tuple(n - 1 for n in p.shape)
        grad = float(step.grads[name][cell])
        if abs(grad) < 1e-7:
            continue
        original = one_step.precise(gpt())
        moved = one_step.one_weight(original, X, Y, name, cell, rule, grad).moved
        assert moved == pytest.approx(float(p.detach()[cell]), rel=1e-5, abs=1e-9)


def test_adamw_by_hand() -> None:
    """η = 0.01, λ = 0.1, w = 2, g = −3: m̂ = −3, √v̂ = 3, so w ← 2 − 0.01 (−1 + 0.2) = 2.008."""
    rule = Rule("adamw", 0.01)
    w, g = torch.tensor([[2.0]], dtype=torch.float64), torch.tensor([[-3.0]], dtype=torch.float64)
    assert float(w - 0.01 * one_step.direction(w, g, rule)) == pytest.approx(2.008, abs=1e-9)
    bias = torch.tensor([2.0], dtype=torch.float64)  # does not decay
    assert float(bias - 0.01 * one_step.direction(bias, g[0], rule)) == pytest.approx(2.01, abs=1e-9)


def test_at_the_logits_the_gradient_is_p_minus_one_for_the_right_token() -> None:
    model = one_step.precise(gpt())
    logits = model(torch.from_numpy(X)).detach().requires_grad_()
    F.cross_entropy(logits.flatten(0, 1), torch.from_numpy(Y).flatten()).backward()
    for m, t in ((0, 0), (2, 4)):
        by_hand = one_step.at_logits(logits.detach().numpy()[m, t], int(Y[m, t]), M * L)
        np.testing.assert_allclose(by_hand, logits.grad[m, t].numpy(), atol=1e-14)
        assert by_hand.sum() == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_other_learning_rates(rule: Rule) -> None:
    model = one_step.precise(gpt())
    step = one_step.take(model, X, Y, rule)
    tiny, same, huge = one_step.by_rate(model, X, Y, step, rule, [1e-7, rule.learning_rate, 1e6])
    assert same == pytest.approx(step.loss_after, rel=1e-6)
    assert (tiny - step.loss) / 1e-7 == pytest.approx(step.slope, rel=1e-2)
    assert huge > step.loss


def test_many_people_step_on_one_model_at_once() -> None:
    """A page's model is shared by all sessions, each a thread: nobody may see another one's moved weights."""
    model = one_step.precise(gpt())
    rules = [Rule("sgd", 0.01 * (1 + i)) for i in range(8)]
    alone = [one_step.take(model, X, Y, rule) for rule in rules]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            together = list(pool.map(lambda rule: one_step.take(model, X, Y, rule), rules))
            assert [step.loss for step in together] == [step.loss for step in alone]
            assert [step.loss_after for step in together] == [step.loss_after for step in alone]


def test_nonsense_is_refused() -> None:
    model = one_step.precise(gpt())
    for name, cell in (("h.9.x", (0, 0)), ("ln_f.weight", (8,)), ("wte.weight", (0,)), ("wte.weight", (-1, 0))):
        with pytest.raises(ValueError, match=r"no weights named|not in it"):
            one_step.one_weight(model, X, Y, name, cell, RULES[0], 0.0)
    for rule in ({"name": "magic"}, {"learning_rate": 0.0}, {"learning_rate": float("nan")}):
        with pytest.raises(ValueError, match=r"one of|above 0"):
            Rule(**rule)
