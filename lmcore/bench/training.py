"""Training: our trainer's steps beside transformers' GPT-2 in a plain AdamW loop, and both beside bare matrix products.

FLOPs are counted as in PaLM's appendix B (`GPTConfig.flops_per_token`). The machine's own rate is that of one large
float32 matrix product, measured in the same turns.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch

from lmcore.batches import Tokens
from lmcore.bench.machine import cores
from lmcore.bench.peers import gpt2
from lmcore.bench.row import Row, times
from lmcore.bench.timing import in_turns, ratio
from lmcore.models.gpt import GPT, GPTConfig
from lmcore.training.config import TrainConfig
from lmcore.training.trainer import train

SQUARE = 2048  # side of the matrices whose product is the machine's own rate
LEARNING_RATE = 1e-3


def run(size: str) -> Iterator[Row]:
    """Widths 128 and 256: float32 beside the peer, its share of the machine's rate, and bf16 beside float32."""
    torch.set_num_threads(cores())
    full = size == "full"
    # steps in a turn: about a second each
    for width, steps, repeats in ((128, 5, 11), (256, 2, 9)) if full else ((16, 1, 2),):
        shape = GPTConfig(
            vocab_size=100 if full else 20, block_size=128 if full else 16, n_layer=4, n_head=4, n_embd=width
        )
        yield from at_width(shape, 32 if full else 2, steps, repeats, SQUARE if full else 64)


def at_width(shape: GPTConfig, batch_size: int, steps: int, repeats: int, square: int) -> Iterator[Row]:
    """The rows of one width; every turn is `steps` steps of each, and one matrix product."""
    tokens = some_tokens(shape.vocab_size)
    config = TrainConfig(
        max_steps=100_000, batch_size=batch_size, learning_rate=LEARNING_RATE, warmup_steps=0, n_snapshots=0,
        report_every=steps, eval_every=100_000, device="cpu", precision="float32",
    )  # fmt: skip
    works = [
        ours(shape, tokens, config),
        peer(shape, tokens, config, steps),
        ours(shape, tokens, TrainConfig(**{**config.to_dict(), "precision": "bfloat16"})),
        product(square),
    ]
    # of a single thread the processor time, which neighbours change less; several must wait for each other
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    plain, theirs, bf16, products = in_turns(works, repeats, clock)
    per_turn = steps * batch_size * shape.block_size
    flops = per_turn * shape.flops_per_token
    own = statistics.median(2 * square**3 / taken for taken in products)
    rate = statistics.median(flops / taken for taken in plain)
    share = statistics.median(
        (flops / mine) / (2 * square**3 / bare) for mine, bare in zip(plain, products, strict=True)
    )
    where = f"width {shape.n_embd}"
    note = (
        f"{shape.n_layer} layers, {shape.n_head} heads, V = {shape.vocab_size}, "
        f"batch {batch_size} × {shape.block_size}, {steps} steps a turn"
    )

    def speed(taken: list[float]) -> float:
        return per_turn / statistics.median(taken)

    yield Row(
        what=f"the trainer's steps, float32, {where}", ours=speed(plain), unit="tokens/s", repeats=len(plain),
        peer=speed(theirs), peer_name="transformers, plain AdamW loop", ratio=ratio(theirs, plain), goal=times(1.1),
        note=note,
    )  # fmt: skip
    yield Row(
        what=f"share of the machine's sgemm rate, {where}", ours=rate / 1e9, unit="GFLOP/s", repeats=len(plain),
        peer=own / 1e9, peer_name=f"{square} × {square} product", ratio=share, goal=times(0.5),
        note=f"{shape.flops_per_token / 1e6:.3g} MFLOP a token, float32",
    )  # fmt: skip
    yield Row(
        what=f"the trainer's steps, bf16, {where}", ours=speed(bf16), unit="tokens/s", repeats=len(plain),
        peer=speed(plain), peer_name="ours, float32", ratio=ratio(plain, bf16), note=note,
    )  # fmt: skip


def some_tokens(vocab_size: int) -> Tokens:
    """Random tokens: what is in them changes no timing."""
    ids = np.random.default_rng(1).integers(1, vocab_size, 200_000).astype(np.int32)
    return Tokens(ids, np.arange(0, ids.size, 200, dtype=np.int64))


def ours(shape: GPTConfig, tokens: Tokens, config: TrainConfig) -> Callable[[], object]:
    """A call that lets the trainer go on to its next report, `report_every` steps further."""
    reports = train(GPT(shape, seed=1), tokens, tokens, config)
    next(reports)  # step 0
    return lambda: next(reports)


def peer(shape: GPTConfig, tokens: Tokens, config: TrainConfig, steps: int) -> Callable[[], object]:
    """The same number of steps as people write them: random windows, the model's own loss, clipping, AdamW."""
    model = gpt2(shape).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=config.weight_decay)
    ids = torch.from_numpy(tokens.ids.astype(np.int64))
    T = shape.block_size

    def go_on() -> None:
        for _ in range(steps):
            first = torch.randint(ids.numel() - T, (config.batch_size,)).tolist()
            x = torch.stack([ids[i : i + T] for i in first])
            loss = model(input_ids=x, labels=x).loss
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), config.grad_clip)
            optimizer.step()
        loss.item()

    return go_on


def product(square: int) -> Callable[[], object]:
    """One product of two square float32 matrices."""
    generator = torch.Generator().manual_seed(1)
    a, b = (torch.randn(square, square, generator=generator) for _ in range(2))
    out = torch.empty(square, square)
    return lambda: torch.mm(a, b, out=out)
