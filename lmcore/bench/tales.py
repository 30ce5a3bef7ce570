"""What a class gets for a minute and a half: a GPT of four layers trained on tales, and how well it tells its own."""

from __future__ import annotations

import time
from collections.abc import Iterator

import torch

from lmcore import corpora, models, sampling, tokenizers
from lmcore.batches import tokenize
from lmcore.bench.machine import cores
from lmcore.bench.row import Row, at_least, at_most
from lmcore.corpora.tales_check import StoryCheck, check_story
from lmcore.models.base import LanguageModel
from lmcore.tokenizers import Tokenizer
from lmcore.training.config import TrainConfig
from lmcore.training.presets import preset_named
from lmcore.training.trainer import train

PRESET = "stories"
SECONDS = 90.0
TEXT = "tales-5mb"  # of one megabyte it learns too much by heart
STORIES = {"full": 400, "tiny": 3}
LONGEST = 150  # tokens; 95 in 100 tales have at most 94
TEMPERATURES = (0.5, 0.8)


def run(size: str) -> Iterator[Row]:
    """Train the size "stories" on all cores, then let it tell stories."""
    torch.set_num_threads(cores())
    preset = preset_named(PRESET)
    text, held_out = corpora.load(TEXT).split()
    tokenizer = tokenizers.train("word", text, vocab_size=1500)
    settings = {name: value for name, value in preset.model.items() if name != "family"}
    model = models.build("gpt", settings, tokenizer.vocab_size)
    config = TrainConfig.from_dict({**preset.train, "n_snapshots": 0} | ({"max_steps": 4} if size == "tiny" else {}))
    began = time.perf_counter()
    for report in train(model, tokenize(tokenizer, text), tokenize(tokenizer, held_out), config):
        last = report
    seconds = time.perf_counter() - began
    model.eval()
    shape = f"{model.config.n_layer} layers, {model.config.n_head} heads, {model.config.n_embd} wide"
    yield Row(
        "training a GPT on tales", seconds, "s", repeats=1, goal=at_most(SECONDS),
        note=f"{shape}, {last.step:,} steps, held-out loss {last.held_out_loss:.3f} nats a word",
    )  # fmt: skip
    for temperature in TEMPERATURES:
        passages = [story(model, tokenizer, temperature, seed) for seed in range(STORIES[size])]
        told = [check for check in passages if not check.is_echo]
        n_sentences = max(1, sum(check.n_sentences for check in told))
        parsed = sum(check.n_parsed for check in told) / n_sentences
        kept = sum(check.keeps_names and check.keeps_object for check in told) / max(1, len(told))
        yield Row(
            f"sentences that the grammar could have written, T = {temperature}", 100 * parsed, "%",
            repeats=n_sentences, goal=at_least(95),
        )  # fmt: skip
        yield Row(
            f"stories that keep names and object, T = {temperature}", 100 * kept, "%",
            repeats=len(told), goal=at_least(50),
        )  # fmt: skip


def story(model: LanguageModel, tokenizer: Tokenizer, temperature: float, seed: int) -> StoryCheck:
    """One passage from the model, up to the blank line after it, judged."""
    ids: list[int] = []
    for step in sampling.generate(
        model, [], max_new_tokens=LONGEST, temperature=temperature, seed=seed, n_alternatives=0
    ):
        ids.append(step.token)
        if tokenizer.decode(ids[-2:]).endswith("\n\n"):
            break
    return check_story(tokenizer.decode(ids))
