"""Training as a generator: each turn of the loop may hand out a report. It knows no screen, no job and no file.

Letters in shapes: B batch, T positions, V vocabulary.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from lmcore.batches import Ints, Tokens, batches, evaluation_windows
from lmcore.training.config import TrainConfig
from lmcore.training.optimizers import Together, learning, make_optimizer
from lmcore.training.report import REPORT_SECONDS, Arrays, StepReport

Inputs = Tensor | tuple[Tensor, ...]  # what a model is called with; more than one for those that read a source too


def train(
    model: Any,
    train_tokens: Tokens,
    held_out_tokens: Tokens,
    config: TrainConfig,
    *,
    resume: Mapping[str, NDArray[Any]] | None = None,
    sample: Callable[[Any], str] | None = None,
) -> Iterator[StepReport]:
    """Train `model` and report as it goes.

    `model` is a torch module, idx (B, T) -> logits (B, T, V), whose config has the block_size T of a training window.
    The first report is step 0, before any update; the last is step max_steps, or the one that says why it `stopped`: a
    loss or gradient that is not finite brings back the last good weights. `resume` takes the `state_arrays` of an
    earlier run of the same configuration, which then continues exactly, with the report after that step.
    """
    T = model.config.block_size
    share = config.start_share
    data = batches(train_tokens, batch_size=config.batch_size, block_size=T, seed=config.seed, start_share=share)
    held_out = evaluation_windows(held_out_tokens, T, config.eval_windows * T, from_starts=share == 1)

    def evaluate(model: Any) -> float:
        return held_out_loss(model, held_out, config.batch_size)

    yield from learn(model, data, evaluate, config, resume=resume, sample=sample)


def learn(
    model: Any,
    data: Any,
    evaluate: Callable[[Any], float],
    config: TrainConfig,
    *,
    resume: Mapping[str, NDArray[Any]] | None = None,
    sample: Callable[[Any], str] | None = None,
) -> Iterator[StepReport]:
    """The loop of `train` on any data: `data.batch_at(step)` gives x and y, `evaluate(model)` the held-out loss.

    x is an array or a tuple of arrays, which the model is called with; where y is -100 nothing is to be predicted.
    """
    device = pick_device(config.device)
    model.to(device).train()
    optimizer = make_optimizer(model, config, device)
    step, seconds = (0, 0.0) if resume is None else _restore(model, optimizer, resume)
    if step > config.max_steps:
        raise ValueError(f"the run to resume is at step {step:,}, past max_steps of {config.max_steps:,}")
    precision = _precision(config.precision, device, resume)
    autocast = _context(precision, device)
    snapshot_steps, eval_steps = set(config.snapshot_steps()), config.eval_steps()
    sample_steps = config.sample_steps() if sample is not None else set()
    parameters = learning(model)
    drops = getattr(getattr(model, "config", None), "dropout", 0) > 0
    good: Arrays = {}

    def report(loss: float, grad_norm: float, speed: float, stopped: str | None = None) -> StepReport:
        at = step
        text = None
        if sample is not None and (step in sample_steps or stopped):
            model.eval()
            text = sample(model)
            model.train()
        return StepReport(
            step=at,
            loss=loss,
            grad_norm=grad_norm,
            learning_rate=config.learning_rate_at(max(1, step)),
            tokens_per_second=speed,
            seconds=seconds,
            held_out_loss=evaluate(model) if step in eval_steps or stopped else None,
            sample=text,
            snapshot=_copy(model) if step in snapshot_steps or (stopped and snapshot_steps) else None,
            stopped=stopped,
            state_arrays=lambda: _state(model, optimizer, at, seconds, precision),
        )

    if resume is None:
        with torch.no_grad(), autocast():
            first = _loss(model, *_to(device, data.batch_at(0))).item()
        yield report(first, 0.0, 0.0)
    good = _copy(model)

    total, since, busy = torch.zeros((), device=device), 0, 0.0
    while step < config.max_steps:
        began = time.perf_counter()
        x, y = _to(device, data.batch_at(step))
        if drops:  # what is dropped depends on the seed and the step alone, so that resuming is exact
            torch.manual_seed((config.seed << 24) + step)
        for group in optimizer.param_groups:
            group["lr"] = config.learning_rate_at(step + 1)
        loss, grad_norm = update(model, optimizer, parameters, x, y, config.grad_clip, autocast)
        total += loss
        since += 1
        step += 1
        took = time.perf_counter() - began
        busy += took
        seconds += took
        due = since >= config.report_every if config.report_every else busy >= REPORT_SECONDS or step == 1
        if not (due or step in eval_steps or step in snapshot_steps or step in sample_steps):
            continue

        mean, norm = (total / since).item(), float(grad_norm)
        speed = since * y.numel() / busy
        wrong = None if math.isfinite(mean) else "the loss"
        wrong = wrong or (None if math.isfinite(norm) else "the gradient")
        wrong = wrong or (None if _finite(parameters) else "a weight")
        if wrong:
            _load(model, good)
            reason = f"{wrong} was no longer a finite number near step {step:,}; the last good weights were kept"
            yield report(mean, norm, speed, f"Training stopped: {reason}. A lower learning rate may help.")
            return
        good = _copy(model)
        yield report(mean, norm, speed)
        total.zero_()
        since, busy = 0, 0.0


# One step ---------------------------------------------------------------------------------------------------------


def update(
    model: Any,
    optimizer: Together | torch.optim.Optimizer,
    parameters: list[nn.Parameter],
    x: Inputs,
    y: Tensor,
    grad_clip: float = 1.0,
    context: Callable[[], AbstractContextManager[Any]] = nullcontext,
) -> tuple[Tensor, Tensor]:
    """Learn from one batch x, y (B, T): the loss before, and the length of its gradient before clipping."""
    with context():
        loss = _loss(model, x, y)
    loss.backward()
    grad_norm = clip_gradients(parameters, grad_clip)
    with context():  # Muon's products too
        optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return loss.detach(), grad_norm


def _loss(model: Any, x: Inputs, y: Tensor) -> Tensor:
    """Mean -log p(y) in nats; x, y (B, T). What is -100 in y does not count."""
    logits = model(*x) if isinstance(x, tuple) else model(x)  # (B, T, V)
    # loss = -1/(BT) Σ log softmax(logits)[y]
    return F.cross_entropy(logits.flatten(0, 1), y.flatten())  # (B, T, V) -> (BT, V)


def clip_gradients(parameters: list[nn.Parameter], longest: float) -> Tensor:
    """Scale all gradients down together so that their length is at most `longest`; their length before, as a tensor."""
    return nn.utils.clip_grad_norm_(parameters, longest or math.inf, foreach=True)


def pick_device(name: str) -> torch.device:
    """ "auto" is CUDA, else Apple's MPS, else the CPU."""
    if name != "auto":
        return torch.device(name)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def _to(device: torch.device, batch: tuple[Any, Ints]) -> tuple[Inputs, Tensor]:
    def move(array: Ints) -> Tensor:
        return torch.from_numpy(array).to(device, non_blocking=True)

    x, y = batch
    return tuple(map(move, x)) if isinstance(x, tuple) else move(x), move(y)


def _precision(precision: str, device: torch.device, resume: Mapping[str, Any] | None) -> str:
    """Whether "auto" is "float32" or "bfloat16": the faster here; who goes on keeps to what the run began in."""
    if precision != "auto":
        return precision
    if resume is not None and "bfloat16" in resume:
        return "bfloat16" if resume["bfloat16"][0] else "float32"
    return "bfloat16" if device.type == "cpu" and bfloat16_is_faster() else "float32"


@lru_cache(maxsize=1)
def bfloat16_is_faster() -> bool:
    """Whether a product of matrices takes this processor clearly less time in bfloat16 than in float32.

    Found once in a process, and hardly in doubt: with instructions for it, a third; without, 1.5 times up to tenfold.
    """
    a = torch.ones(256, 128)
    return 1.5 * _seconds_of_product(a.bfloat16()) < _seconds_of_product(a)


def _seconds_of_product(a: Tensor) -> float:
    """Of a · aᵀ, the shortest of a few."""
    took = math.inf
    for _ in range(5):
        began = time.perf_counter()
        _ = a @ a.mT
        took = min(took, time.perf_counter() - began)
    return took


def _context(precision: str, device: torch.device) -> Callable[[], AbstractContextManager[Any]]:
    """In which losses are computed: plain, or with matrix products in bf16."""
    if precision == "float32":
        return nullcontext
    return lambda: torch.autocast(device.type, dtype=torch.bfloat16)


# Held-out loss ----------------------------------------------------------------------------------------------------


@torch.no_grad()
def held_out_loss(model: Any, windows: tuple[Ints, Ints], batch_size: int) -> float:
    """Mean loss over windows x and y (M, T), in nats a token, without dropout."""
    x, y = windows
    device = next(model.parameters()).device
    model.eval()
    total = 0.0
    for i in range(0, len(x), batch_size):
        part = x[i : i + batch_size], y[i : i + batch_size]
        total += _loss(model, *_to(device, part)).item() * len(part[0])
    model.train()
    return total / len(x)


# Weights and state as arrays --------------------------------------------------------------------------------------


def _copy(model: nn.Module) -> Arrays:
    return {name: p.detach().to("cpu", torch.float32, copy=True).numpy() for name, p in model.named_parameters()}


@torch.no_grad()
def _load(model: nn.Module, arrays: Mapping[str, NDArray[Any]], prefix: str = "") -> None:
    for name, p in model.named_parameters():
        array = arrays.get(prefix + name)
        if array is None or array.shape != tuple(p.shape):
            raise ValueError(f"the saved state does not fit this model: {name}")
        p.copy_(torch.from_numpy(np.ascontiguousarray(array)))


def _finite(parameters: list[nn.Parameter]) -> bool:
    with torch.no_grad():
        return bool(torch.stack([p.sum() for p in parameters]).isfinite().all())


def _state(model: nn.Module, optimizer: Together, step: int, seconds: float, precision: str) -> Arrays:
    """Weights, the optimizer's moments of those that learn, the step, the seconds and the precision.

    Batches and dropout follow from seed and step.
    """
    arrays: Arrays = {f"weights/{name}": array for name, array in _copy(model).items()}
    for name, p in model.named_parameters():
        if not p.requires_grad:
            continue
        memory, moments = optimizer.memory_of(p)
        for moment in moments:
            value = memory.get(moment, torch.zeros_like(p))
            arrays[f"{moment}/{name}"] = value.detach().to("cpu", copy=True).numpy()
    return arrays | {
        "step": np.array([step], np.int64),
        "seconds": np.array([seconds], np.float64),
        "bfloat16": np.array([precision == "bfloat16"]),
    }


def _restore(model: nn.Module, optimizer: Together, arrays: Mapping[str, NDArray[Any]]) -> tuple[int, float]:
    _load(model, arrays, "weights/")
    if "step" not in arrays:
        raise ValueError("the saved state does not say at which step it was")
    step = int(arrays["step"][0])
    for name, p in model.named_parameters():
        if not p.requires_grad:
            continue
        memory, moments = optimizer.memory_of(p)
        state: dict[str, Tensor] = {"step": torch.tensor(float(step), device=p.device)}
        for moment in moments:
            value = arrays.get(f"{moment}/{name}")
            if value is None or value.shape != tuple(p.shape):
                raise ValueError(f"the saved state does not fit this model: {moment} of {name}")
            state[moment] = torch.from_numpy(np.array(value)).to(p.device)
        if step:
            memory.update(state)
    return step, float(arrays["seconds"][0]) if "seconds" in arrays else 0.0
