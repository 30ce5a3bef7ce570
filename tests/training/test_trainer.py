"""The trainer: it learns, it is deterministic, it goes on where it was, it stops at nonsense."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lmcore.batches import Tokens, batches
from lmcore.models.attention import UNWATCHED, Unwatched
from lmcore.models.gpt import GPT, GPTConfig
from lmcore.training import optimizers, trainer
from lmcore.training.config import TrainConfig

SHAPE = GPTConfig(vocab_size=11, block_size=12, n_layer=1, n_head=2, n_embd=16)
CONFIG = TrainConfig(max_steps=20, batch_size=4, learning_rate=1e-2, warmup_steps=3, report_every=1, device="cpu")


def cycle(n: int = 600) -> Tokens:
    """1 2 … 10 1 2 …: what follows is always known, so the loss can go to almost 0."""
    return Tokens(np.arange(n, dtype=np.int32) % 10 + 1, np.array([0], np.int64))


def run(config: TrainConfig = CONFIG, shape: GPTConfig = SHAPE, **more: object) -> tuple[GPT, list[trainer.StepReport]]:
    model = GPT(shape, seed=1)
    return model, list(trainer.train(model, cycle(), cycle(100), config, **more))


def same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


def test_it_learns_and_reports() -> None:
    config = dataclasses.replace(CONFIG, max_steps=150, n_snapshots=5)
    model, reports = run(config, sample=lambda model: "a sample")
    assert [report.step for report in reports] == list(range(151))
    assert reports[0].loss == pytest.approx(math.log(11), abs=0.1)
    assert reports[-1].loss < 0.3
    assert reports[-1].held_out_loss is not None
    assert reports[-1].held_out_loss < 0.3
    assert [r.step for r in reports if r.snapshot is not None] == config.snapshot_steps()
    assert {r.step for r in reports if r.held_out_loss is not None} == config.eval_steps()
    assert {r.step for r in reports if r.sample == "a sample"} == config.sample_steps()
    assert [r.learning_rate for r in reports[1:]] == [config.learning_rate_at(step) for step in range(1, 151)]
    assert all(r.grad_norm > 0 and r.tokens_per_second > 0 for r in reports[1:])
    assert all(a.seconds < b.seconds for a, b in itertools.pairwise(reports))
    assert not any(report.stopped for report in reports)
    assert same(reports[-1].snapshot or {}, model.state_arrays())
    assert reports[-1].loss == pytest.approx(-model.score(cycle(100).ids)[20:].mean(), abs=0.2)


def test_one_update_by_hand() -> None:
    """The first AdamW update in plain arithmetic: p - lr · decay · p - lr · g / (|g| + ε), g clipped to length 1."""
    config = dataclasses.replace(CONFIG, max_steps=1, warmup_steps=0, min_lr_ratio=1.0, weight_decay=0.5)
    model, reports = run(config)
    plain = GPT(SHAPE, seed=1)
    x, y = batches(cycle(), batch_size=4, block_size=12, seed=0).batch_at(0)
    loss = F.cross_entropy(plain(torch.from_numpy(x)).flatten(0, 1), torch.from_numpy(y).flatten())
    loss.backward()
    assert reports[1].loss == pytest.approx(loss.item(), rel=1e-5)
    norm = torch.cat([p.grad.flatten() for p in plain.parameters()]).norm().item()
    assert reports[1].grad_norm == pytest.approx(norm, rel=1e-4)
    lr = config.learning_rate
    for (name, before), after in zip(plain.named_parameters(), model.parameters(), strict=True):
        grad = before.grad * min(1, 1 / norm)
        decay = 0.5 if before.dim() >= 2 else 0.0
        expected = before * (1 - lr * decay) - lr * grad / (grad.abs() + 1e-8)
        # where a gradient is all rounding error its sign is anybody's guess: a key's bias shifts a whole softmax row
        sure = grad.abs() > 1e-6
        torch.testing.assert_close(after[sure], expected[sure], atol=1e-4, rtol=1e-4, msg=name)


def test_the_seed_decides_everything() -> None:
    dropping = dataclasses.replace(SHAPE, dropout=0.2)
    a, _ = run(shape=dropping)
    b, _ = run(shape=dropping)
    c, _ = run(dataclasses.replace(CONFIG, seed=5), shape=dropping)
    assert same(a.state_arrays(), b.state_arrays())
    assert not same(a.state_arrays(), c.state_arrays())


def test_reports_do_not_change_what_is_learnt() -> None:
    a, _ = run()
    b, reports = run(dataclasses.replace(CONFIG, report_every=7, eval_every=100, sample_every=100, n_snapshots=0))
    assert [report.step for report in reports] == [0, 7, 14, 20]
    assert same(a.state_arrays(), b.state_arrays())


@pytest.mark.parametrize("stop", [0, 1, 8])
def test_a_resumed_run_is_the_whole_run(stop: int) -> None:
    dropping = dataclasses.replace(SHAPE, dropout=0.2)
    whole, reports = run(shape=dropping)
    half = GPT(dropping, seed=1)
    for report in trainer.train(half, cycle(), cycle(100), CONFIG):
        if report.step == stop:
            state = report.state_arrays()
            break
    rest, later = run(shape=dropping, resume=state)
    assert [report.step for report in later] == list(range(stop + 1, 21))
    assert same(rest.state_arrays(), whole.state_arrays())
    assert [report.loss for report in later] == [report.loss for report in reports[stop + 1 :]]
    if stop:
        assert later[0].seconds > state["seconds"][0] > 0


def test_a_state_of_another_model_is_refused() -> None:
    _, reports = run()
    state = reports[-1].state_arrays()
    with pytest.raises(ValueError, match="does not fit"):
        run(shape=dataclasses.replace(SHAPE, n_embd=8), resume=state)
    with pytest.raises(ValueError, match="past max_steps"):
        run(dataclasses.replace(CONFIG, max_steps=5), resume=state)
    del state["exp_avg/wte.weight"]
    with pytest.raises(ValueError, match="exp_avg of wte"):
        run(resume=state)


class Breaking(GPT):
    """Its loss is no number after a few batches."""

    def __init__(self, bad: float) -> None:
        super().__init__(SHAPE, seed=1)
        self.bad, self.calls = bad, 0

    def forward(self, idx: torch.Tensor, record: Unwatched = UNWATCHED) -> torch.Tensor:
        self.calls += self.training
        logits = super().forward(idx, record)
        return logits * self.bad if self.calls > 7 and self.training else logits


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_not_finite_stops_it_and_the_last_good_weights_stay(bad: float) -> None:
    model = Breaking(bad)
    reports = list(trainer.train(model, cycle(), cycle(100), dataclasses.replace(CONFIG, report_every=2)))
    last = reports[-1]
    assert last.step < 20
    assert last.stopped is not None
    assert "no longer a finite number" in last.stopped
    assert all(np.isfinite(array).all() for array in model.state_arrays().values())
    assert same(model.state_arrays(), last.snapshot or {})
    assert last.held_out_loss is not None
    assert math.isfinite(last.held_out_loss)
    model.bad = 1.0
    assert np.isfinite(model.log_probs([1, 2])).all()


def test_a_learning_rate_that_is_far_too_high_does_not_leave_nonsense() -> None:
    model, _ = run(dataclasses.replace(CONFIG, learning_rate=10.0, warmup_steps=0, grad_clip=0.0))
    assert all(np.isfinite(array).all() for array in model.state_arrays().values())


def test_bfloat16_learns_too() -> None:
    model, reports = run(dataclasses.replace(CONFIG, max_steps=60, precision="bfloat16"))
    assert reports[-1].loss < reports[0].loss - 0.5
    assert model.wte.weight.dtype == torch.float32


@pytest.mark.parametrize("faster", [True, False])
def test_auto_is_the_faster_precision_here(faster: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found by a product of matrices: bfloat16 has to be faster by half."""
    times = {torch.bfloat16: 1.0, torch.float32: 1.6 if faster else 1.4}
    monkeypatch.setattr(trainer, "_seconds_of_product", lambda a: times[a.dtype])
    trainer.bfloat16_is_faster.cache_clear()
    found, _ = run(dataclasses.replace(CONFIG, precision="auto"))
    trainer.bfloat16_is_faster.cache_clear()
    named, _ = run(dataclasses.replace(CONFIG, precision="bfloat16" if faster else "float32"))
    other, _ = run(dataclasses.replace(CONFIG, precision="float32" if faster else "bfloat16"))
    assert same(found.state_arrays(), named.state_arrays())
    assert not same(found.state_arrays(), other.state_arrays())


@pytest.mark.parametrize("began_in", ["float32", "bfloat16"])
def test_what_auto_chose_is_kept_by_who_goes_on(began_in: str) -> None:
    """Cut at step 8 and resumed with "auto", a run ends as the one that named its precision."""
    config = dataclasses.replace(CONFIG, precision=began_in, eval_every=8, n_snapshots=0)
    half = next(r for r in trainer.train(GPT(SHAPE, seed=1), cycle(), cycle(100), config) if r.step == 8).state_arrays()
    whole, _ = run(config)
    again, _ = run(dataclasses.replace(config, precision="auto"), resume=half)
    assert same(again.state_arrays(), whole.state_arrays())


def test_only_matrices_decay() -> None:
    model = GPT(SHAPE)
    optimizer = optimizers.make_optimizer(model, CONFIG, torch.device("cpu"))
    decayed, free = (group["params"] for group in optimizer.param_groups)
    assert all(p.dim() == 2 for p in decayed)
    assert all(p.dim() == 1 for p in free)
    assert [group["weight_decay"] for group in optimizer.param_groups] == [0.1, 0.0]


def test_muon_takes_the_matrices_inside_and_goes_on_exactly() -> None:
    """One Muon step by hand: the momentum's directions made equally long (U Vᵀ, roughly), times 0.2 √(longer side)."""
    config = dataclasses.replace(CONFIG, optimizer="muon", weight_decay=0.0, warmup_steps=0, n_snapshots=0)
    model = GPT(SHAPE, seed=1)
    inner = {id(p) for p in optimizers.inner_matrices(model)}
    named = {name for name, p in model.named_parameters() if id(p) in inner}
    parts = ("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj")
    assert named == {f"h.0.{part}.weight" for part in parts}

    before = model.h[0].mlp.c_fc.weight.detach().clone()
    reports = trainer.train(model, cycle(), cycle(100), config)
    next(reports), next(reports)
    moved = (before - model.h[0].mlp.c_fc.weight.detach()) / (config.learning_rate_at(1) * 0.2 * math.sqrt(64))
    singular = torch.linalg.svdvals(moved)  # (16,) of a (64, 16) matrix
    assert 0.6 < singular[-2] <= singular[0] < 1.3
    assert singular[-1] < 1e-3  # what the norm hands on sums to 0, so that one direction has no gradient

    whole, reports_whole = run(config)
    assert reports_whole[-1].loss < reports_whole[0].loss - 0.5
    model = GPT(SHAPE, seed=1)
    half = None
    for report in trainer.train(model, cycle(), cycle(100), config):
        if report.step == 8:
            half = report.state_arrays()
            break
    again, _ = run(config, resume=half)
    assert same(again.state_arrays(), whole.state_arrays())


def test_matrices_are_made_orthogonal_all_at_once() -> None:
    """Five rounds of s ← 3.4445 s - 4.7750 s³ + 2.0315 s⁵ for each singular value, whose directions stay."""
    generator = torch.Generator().manual_seed(3)
    matrices = torch.randn(3, 5, 9, generator=generator, dtype=torch.float64)
    U, S, Vh = torch.linalg.svd(matrices / matrices.norm(dim=(1, 2), keepdim=True), full_matrices=False)
    for _ in range(5):
        S = 3.4445 * S - 4.7750 * S**3 + 2.0315 * S**5
    torch.testing.assert_close(optimizers.orthogonal(matrices), U * S[:, None, :] @ Vh)
    assert not torch.isnan(optimizers.orthogonal(torch.zeros(2, 3, 4))).any()


def test_muon_is_torchs() -> None:
    """On matrices of all shapes, five steps with decay; torch's products are in bfloat16, so within some percent."""
    generator = torch.Generator().manual_seed(4)
    shapes = [(8, 24), (24, 8), (8, 8), (24, 8), (8, 24)]
    ours, theirs = ([nn.Parameter(torch.zeros(shape)) for shape in shapes] for _ in range(2))
    frozen = nn.Parameter(torch.ones(8, 8))
    settings: dict[str, Any] = {"lr": 0.1, "weight_decay": 0.2, "adjust_lr_fn": "match_rms_adamw"}
    pair = optimizers.Muon([*ours, frozen], **settings), torch.optim.Muon(theirs, **settings)
    for _ in range(5):
        for a, b in zip(ours, theirs, strict=True):
            a.grad = torch.randn(a.shape, generator=generator)
            b.grad = a.grad.clone()
        for optimizer in pair:
            optimizer.step()
    for a, b in zip(ours, theirs, strict=True):
        assert (a - b).norm() < 0.03 * b.norm()
        torch.testing.assert_close(pair[0].state[a]["momentum_buffer"], pair[1].state[b]["momentum_buffer"])
    assert torch.equal(frozen, torch.ones(8, 8))


def test_muons_products_are_in_bfloat16_where_the_run_is() -> None:
    matrices = torch.randn(3, 8, 24, generator=torch.Generator().manual_seed(5))
    fine = optimizers.orthogonal(matrices)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = optimizers.orthogonal(matrices)
    assert rough.dtype == torch.bfloat16
    assert 0 < (rough - fine).norm() < 0.02 * fine.norm()
    moved = {}
    for precision in ("float32", "bfloat16"):
        model, _ = run(dataclasses.replace(CONFIG, optimizer="muon", max_steps=1, warmup_steps=0, precision=precision))
        assert model.h[0].mlp.c_fc.weight.dtype == torch.float32
        moved[precision] = model.h[0].mlp.c_fc.weight.detach() - GPT(SHAPE, seed=1).h[0].mlp.c_fc.weight.detach()
    far = (moved["bfloat16"] - moved["float32"]).norm() / moved["float32"].norm()
    assert 0 < far < 0.2


def test_a_very_short_text_can_be_trained_on() -> None:
    short = Tokens(np.array([1, 2, 3], np.int32), np.array([0], np.int64))
    reports = list(trainer.train(GPT(SHAPE), short, short, dataclasses.replace(CONFIG, max_steps=3)))
    assert reports[-1].step == 3
