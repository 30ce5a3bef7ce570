"""What a wider window is worth: feed-forward models of growing window trained alike, beside n-grams that see as much.

A model with window n sees n tokens, and so does an n-gram of order n + 1. Every network begins from the same seed and
learns from the same windows of text in the same order, with the same optimiser, learning rate and number of steps.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from lmcore import corpora, tokenizers
from lmcore.batches import Tokens, batches, tokenize
from lmcore.evaluation import perplexity
from lmcore.models import build, configure, model_class
from lmcore.models.counts import MAX_ORDER
from lmcore.training.config import TrainConfig

TEXT = "tales"
TRAIN_CHARS, HELD_OUT_CHARS = 400_000, 40_000
WORDS = 1000  # in the vocabulary
WINDOWS = (1, 2, 3, 4, 6, 8)
NETWORK: dict[str, Any] = {"n_embd": 24, "hidden_size": 96, "block_size": 64}
SMOOTHING = "modified-kneser-ney"
TRAIN = TrainConfig(max_steps=300, batch_size=16, learning_rate=8e-3, warmup_steps=20)

Row = dict[str, Any]


def race(windows: tuple[int, ...] = WINDOWS, steps: int = TRAIN.max_steps, seed: int = 1) -> Iterator[Row]:
    """First a row about the text, then one a window and model: "model", "window", "perplexity", "n_params", "seconds".

    Perplexities are held out. There is no n-gram beyond order MAX_ORDER.
    """
    tokenizer, tokens, held_out = _text()
    yield {
        "about": "text", "text": TEXT, "n_tokens": int(tokens.ids.size), "n_held_out": int(held_out.ids.size),
        "vocab_size": tokenizer.vocab_size, "steps": steps,
        "tokens_seen": steps * TRAIN.batch_size * NETWORK["block_size"],
    }  # fmt: skip
    for window in windows:
        for family in ("ffnn", "ngram"):
            if family == "ngram" and window >= MAX_ORDER:
                continue
            began = time.perf_counter()
            model = _learn(window, steps, seed) if family == "ffnn" else _count(window)
            seconds = time.perf_counter() - began
            nats = -float(model.score(held_out.ids).sum(dtype="float64"))
            yield {
                "about": "race", "model": family, "window": window, "perplexity": perplexity(nats, held_out.ids.size),
                "n_params": model.n_params, "seconds": seconds,
            }  # fmt: skip


@lru_cache(maxsize=1)
def _text() -> tuple[tokenizers.Tokenizer, Tokens, Tokens]:
    """The tokenizer, the tokens to learn from, and those held out."""
    train, held_out = corpora.load(TEXT).split()
    train, held_out = train[:TRAIN_CHARS], held_out[:HELD_OUT_CHARS]
    tokenizer = tokenizers.train("word", train, vocab_size=WORDS)
    return tokenizer, tokenize(tokenizer, train), tokenize(tokenizer, held_out)


def _count(window: int) -> Any:
    tokenizer, tokens, _ = _text()
    return build("ngram", {"order": window + 1, "smoothing": SMOOTHING}, tokenizer.vocab_size).fit(tokens)


def _learn(window: int, steps: int, seed: int) -> Any:
    """A network of this window, trained."""
    import torch

    from lmcore.training.optimizers import make_optimizer
    from lmcore.training.trainer import update

    tokenizer, tokens, _ = _text()
    config = configure("ffnn", {"window": window, **NETWORK}, tokenizer.vocab_size)
    model = model_class("ffnn")(config, seed=seed)
    train = TrainConfig.from_dict({**TRAIN.to_dict(), "max_steps": steps})
    optimizer, parameters = make_optimizer(model, train, torch.device("cpu")), list(model.parameters())
    data = batches(tokens, batch_size=train.batch_size, block_size=config.block_size, seed=seed)
    for step in range(steps):
        x, y = data.batch_at(step)
        for group in optimizer.param_groups:
            group["lr"] = train.learning_rate_at(step + 1)
        update(model, optimizer, parameters, torch.from_numpy(x), torch.from_numpy(y), train.grad_clip)
    return model.eval()
