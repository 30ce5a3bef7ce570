"""RNN and LSTM: the trainer's steps beside torch's own layers in a plain loop, and beside a loop over time steps in
Python; and how long it takes to look inside a sentence.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lmcore import models
from lmcore.batches import Tokens
from lmcore.bench.machine import cores
from lmcore.bench.row import Row, at_most, quantity, times
from lmcore.bench.timing import in_turns, ratio
from lmcore.bench.training import LEARNING_RATE, some_tokens
from lmcore.training.config import TrainConfig
from lmcore.training.trainer import train

CELLS: dict[str, tuple[Any, Any]] = {
    "lstm": (nn.LSTM, nn.LSTMCell),
    "rnn": (nn.RNN, nn.RNNCell),
}
V, E = 100, 64


class Bare(nn.Module):
    """Embedding, torch's own recurrent layer, a linear layer; as its documentation puts them together."""

    def __init__(self, family: str, hidden_size: int):
        super().__init__()
        self.wte = nn.Embedding(V, E)
        self.rnn = CELLS[family][0](E, hidden_size, batch_first=True)
        self.head = nn.Linear(hidden_size, V)

    def forward(self, idx: Tensor) -> Tensor:
        return self.head(self.rnn(self.wte(idx))[0])


class Stepwise(nn.Module):
    """The same with a loop over the time steps in Python."""

    def __init__(self, family: str, hidden_size: int):
        super().__init__()
        self.wte = nn.Embedding(V, E)
        self.cell = CELLS[family][1](E, hidden_size)
        self.head = nn.Linear(hidden_size, V)

    def forward(self, idx: Tensor) -> Tensor:
        state: Any = None
        hidden = []
        for x in self.wte(idx).unbind(1):
            state = self.cell(x, state)
            hidden.append(state[0] if isinstance(state, tuple) else state)
        return self.head(torch.stack(hidden, 1))


def run(size: str) -> Iterator[Row]:
    """Batch 32, 64 steps, hidden 128."""
    torch.set_num_threads(cores())
    full = size == "full"
    batch_size, T, H, steps, repeats = (32, 64, 128, 8, 11) if full else (2, 8, 8, 1, 2)
    tokens = some_tokens(V)
    for family in CELLS:
        shape = {"n_embd": E, "hidden_size": H, "block_size": T}
        works = [
            ours(family, shape, tokens, batch_size, steps),
            plain(Bare(family, H), tokens, batch_size, T, steps),
            plain(Stepwise(family, H), tokens, batch_size, T, steps),
        ]
        mine, bare, stepwise = in_turns(works, repeats)
        per_turn = steps * batch_size * T
        name = family.upper()
        loop = ratio(stepwise, mine)
        yield Row(
            what=f"the trainer's steps, {name}", ours=per_turn / statistics.median(mine), unit="tokens/s",
            repeats=len(mine), peer=per_turn / statistics.median(bare), peer_name=f"torch.nn.{name}, plain AdamW loop",
            ratio=ratio(bare, mine), goal=times(0.95), note=f"batch {batch_size} × {T}, hidden {H}, V = {V}",
        )  # fmt: skip
        yield Row(
            what=f"the trainer's steps, {name}", ours=per_turn / statistics.median(mine), unit="tokens/s",
            repeats=len(mine), peer=per_turn / statistics.median(stepwise), peer_name="a Python loop over time steps",
            ratio=loop, goal=times(2) if family == "lstm" else None,
            note=f"torch.nn.{CELLS[family][1].__name__}, {quantity(per_turn, 'tokens')} a turn",
        )  # fmt: skip
        yield traced(family, H, 200 if full else 10, repeats)


def ours(family: str, shape: dict[str, Any], tokens: Tokens, batch_size: int, steps: int) -> Callable[[], object]:
    """A call that lets the trainer go on to its next report, `steps` steps further."""
    config = TrainConfig(
        max_steps=100_000, batch_size=batch_size, learning_rate=LEARNING_RATE, warmup_steps=0, n_snapshots=0,
        report_every=steps, eval_every=100_000, device="cpu",
    )  # fmt: skip
    reports = train(models.build(family, shape, V), tokens, tokens, config)
    next(reports)  # step 0
    return lambda: next(reports)


def plain(model: nn.Module, tokens: Tokens, batch_size: int, T: int, steps: int) -> Callable[[], object]:
    """The same number of steps as people write them: random windows, cross-entropy, clipping, AdamW."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    ids = torch.from_numpy(tokens.ids.astype(np.int64))

    def go_on() -> None:
        for _ in range(steps):
            first = torch.randint(ids.numel() - T - 1, (batch_size,)).tolist()
            x = torch.stack([ids[i : i + T] for i in first])
            y = torch.stack([ids[i + 1 : i + T + 1] for i in first])
            loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten())
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        loss.item()

    return go_on


def traced(family: str, hidden_size: int, n_tokens: int, repeats: int) -> Row:
    """One trace of a sentence."""
    model = models.build(family, {"n_embd": E, "hidden_size": hidden_size}, V).eval()
    ids = np.random.default_rng(1).integers(1, V, n_tokens).tolist()
    (taken,) = in_turns([lambda: model.trace(ids)], repeats, time.perf_counter)
    return Row(
        what=f"one trace of {n_tokens} tokens, {family.upper()}", ours=statistics.median(taken), unit="s",
        repeats=len(taken), goal=at_most(0.03), note=f"every gate and state, hidden {hidden_size}, one layer",
    )  # fmt: skip
