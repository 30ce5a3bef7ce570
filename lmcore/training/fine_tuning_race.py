"""Fine-tuning against beginning anew, on one second text: what is learnt, what is forgotten, how much text it takes.

A shipped GPT that has read Shakespeare letter by letter goes on with little tales. Every way sees the same windows in
the same order, for as many steps; each has the learning rate that suits it best. Losses are in nats a token, held out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from lmcore import corpora
from lmcore.batches import Tokens, evaluation_windows, tokenize
from lmcore.training import finetune
from lmcore.training.config import TrainConfig
from lmcore.training.finetune import Start

BASE = "gpt-shakespeare-char"
SECOND = "tales"
WAYS = ("scratch", "all", "last", "lora", "head")
SIZES = (2_000, 8_000, 32_000, 128_000)
"""Characters of the second text, for "few"."""
EVAL_EVERY, SAMPLE_EVERY = 10, 25
PATIENCE = 40  # steps of "few" without a lower held-out loss, after which it has become worse for good

Row = dict[str, Any]
Open = Callable[[], Start]


def second_text() -> tuple[str, str]:
    """(train, held out) of the tales; their quotation marks are single, for the letters of the plays have no double."""
    train, held_out = corpora.load(SECOND).split()
    return train.replace('"', "'"), held_out.replace('"', "'")


def race(
    open_base: Open, ways: tuple[str, ...] = WAYS, sizes: tuple[int, ...] = SIZES, **changed: Any
) -> Iterator[Row]:
    """`open_base` gives the trained model anew each time. `changed` are settings of TrainConfig, for tests.

    First a row "texts". Then for each way a row "way" (what, n_trained, n_params, learning_rate), rows "loss" (what,
    step, loss, second, first) and rows "sample" (what, step, text). Last, rows "few" (what, chars, loss, step): the
    lowest held-out loss with so much of the second text, and when it was reached.
    """
    base = open_base()
    train, held_out = second_text()
    tokens, tested = tokenize(base.tokenizer, train), tokenize(base.tokenizer, held_out)
    settings = finetune.settings(base.model.config.block_size) | changed
    yield {
        "about": "texts", "base": BASE, "hash": base.hash, "title": base.title, "on": SECOND,
        "n_chars": len(train), "unknown": finetune.check_known(base.tokenizer, tokens.ids),
        "vocab_size": base.tokenizer.vocab_size, "steps": settings["max_steps"],
        "chars_read": settings["max_steps"] * settings["batch_size"] * base.model.config.block_size,
    }  # fmt: skip
    for what in ways:
        yield from _way(open_base(), what, tokens, tested, changed)
    for chars in sizes:
        some = tokenize(base.tokenizer, train[:chars])
        for what in ("scratch", "all"):
            yield _few(open_base(), what, chars, some, tested, changed)


def _config(start: Start, what: str, changed: dict[str, Any]) -> TrainConfig:
    settings = finetune.settings(start.model.config.block_size, what, seed=1)
    return TrainConfig(
        **{**settings, "n_snapshots": 0, "eval_every": EVAL_EVERY, "sample_every": SAMPLE_EVERY, **changed}
    )


def _way(start: Start, what: str, tokens: Tokens, tested: Tokens, changed: dict[str, Any]) -> Iterator[Row]:
    from lmcore.training.spec import sample_text
    from lmcore.training.trainer import train

    began, config = time.perf_counter(), _config(start, what, changed)
    watch = finetune.watch(start, tested, config)
    model = finetune.mark(start.model, what, seed=config.seed)
    yield {
        "about": "way", "what": what, "n_trained": finetune.n_trained(model), "n_params": model.n_params,
        "learning_rate": config.learning_rate,
    }  # fmt: skip
    write = lambda model: sample_text(model, start.tokenizer, config.seed)  # noqa: E731
    for report in train(model, tokens, tested, config, sample=write):
        losses = watch(model, report.held_out_loss, report.step)
        if losses:
            yield {
                "about": "loss", "what": what, "step": report.step, "loss": report.loss,
                "second": losses["held_out_loss"], "first": losses.get("first_loss"),
                "seconds": time.perf_counter() - began,
            }  # fmt: skip
        if report.sample is not None:
            yield {"about": "sample", "what": what, "step": report.step, "text": report.sample}


def _few(start: Start, what: str, chars: int, tokens: Tokens, tested: Tokens, changed: dict[str, Any]) -> Row:
    from lmcore.training.trainer import held_out_loss, train

    began, config = time.perf_counter(), _config(start, what, changed)
    model = finetune.mark(start.model, what, seed=config.seed)
    windows = evaluation_windows(tested, model.config.block_size, config.eval_windows * model.config.block_size)
    best, at = held_out_loss(model, windows, config.batch_size), 0
    for report in train(model, tokens, tested, config):
        if report.held_out_loss is not None and report.held_out_loss < best:
            best, at = report.held_out_loss, report.step
        if report.step - at > PATIENCE:
            break
    return {
        "about": "few", "what": what, "chars": chars, "loss": best, "step": at,
        "seconds": time.perf_counter() - began,
    }  # fmt: skip
