"""Train the checkpoints that come with the project: `python -m lmcore.pretrain` (or `make pretrained`).

Each recipe is a spec like those of the Train page, so that anyone can read, and repeat, how a shipped model came to be.
"""

from __future__ import annotations

import argparse
import functools
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lmcore import checkpoints, corpora, measured, paths
from lmcore.corpora import Corpus, conversations, opinions, tales
from lmcore.models import TRANSLATORS
from lmcore.training import chat, classify, translate
from lmcore.training.presets import WORD_VECTORS


@dataclass(frozen=True)
class Recipe:
    """One shipped checkpoint."""

    title: str
    corpus: Callable[[], Corpus]
    tokenizer: dict[str, Any]
    model: dict[str, Any]
    train: dict[str, Any]
    start: str | None = None
    """The recipe whose model it goes on from; it must be there already."""


@functools.cache
def twenty_books_of_tales() -> Corpus:
    """20 MB of tales, whose first 1 MB is the shipped text: none is seen so often that it is learnt by heart."""
    shipped = corpora.CATALOG["tales"]
    return Corpus("tales", shipped.title, tales.generate(20_000_000, seed=1), shipped.source, shipped.licence)


RECIPES: dict[str, Recipe] = {
    "gpt-tales-word": Recipe(
        "GPT on little tales, word by word",
        twenty_books_of_tales,
        {"kind": "word", "vocab_size": 1500},
        # When its window is cut, a whole tale (95 in 100 have at most 94 tokens) still lies in what is left of it.
        {"family": "gpt", "n_layer": 4, "n_head": 4, "n_embd": 96, "block_size": 192, "init": "wide-unsure"},
        # Long enough for the heads that copy whatever stood before: they come between 2,300 and 7,000 steps.
        {
            "max_steps": 7000,
            "batch_size": 16,
            "learning_rate": 4e-3,
            "min_lr_ratio": 0.02,
            "warmup_steps": 100,
            "optimizer": "muon",
            "weight_decay": 0.01,
            "n_snapshots": 10,
            "seed": 1,
        },
    ),
    "gpt-shakespeare-char": Recipe(
        "GPT on Shakespeare, letter by letter",
        lambda: corpora.load("shakespeare-1mb"),
        {"kind": "char"},
        {"family": "gpt", "n_layer": 4, "n_head": 4, "n_embd": 96, "block_size": 128},
        {"max_steps": 2400, "batch_size": 32, "learning_rate": 4e-3, "warmup_steps": 100, "n_snapshots": 12, "seed": 1},
    ),
    "ffnn-tales-word": Recipe(
        "Feed-forward model on little tales, word by word",
        lambda: corpora.load("tales"),
        {"kind": "word", "vocab_size": 1500},
        {"family": "ffnn", "window": 6, "n_embd": 48, "hidden_size": 192, "block_size": 64},
        {"max_steps": 3000, "batch_size": 32, "learning_rate": 3e-3, "warmup_steps": 100, "n_snapshots": 12, "seed": 1},
    ),
    "rnn-shakespeare-char": Recipe(
        "RNN on Shakespeare, letter by letter",
        lambda: corpora.load("shakespeare-1mb"),
        {"kind": "char"},
        {"family": "rnn", "n_embd": 64, "hidden_size": 192, "block_size": 64},
        {"max_steps": 4000, "batch_size": 32, "learning_rate": 2e-3, "warmup_steps": 100, "n_snapshots": 12, "seed": 1},
    ),
    "lstm-shakespeare-char": Recipe(
        "LSTM on Shakespeare, letter by letter",
        lambda: corpora.load("shakespeare-1mb"),
        {"kind": "char"},
        {"family": "lstm", "n_embd": 64, "hidden_size": 192, "block_size": 64},
        {"max_steps": 4000, "batch_size": 32, "learning_rate": 6e-3, "warmup_steps": 100, "n_snapshots": 12, "seed": 1},
    ),
    "word2vec-kingdoms": Recipe(
        "Word2Vec on kingdoms",
        lambda: corpora.load("kingdoms"),
        WORD_VECTORS["tokenizer"],
        WORD_VECTORS["model"],
        {**WORD_VECTORS["train"], "seed": 1},
    ),
    **{
        f"{family}-french": Recipe(
            title,
            translate.french,
            {"kind": "phrase"},
            translate.MODELS[family],
            {**translate.TRAIN[family], "n_snapshots": 11, "seed": 1},
        )
        for family, title in (
            ("translator", "Translator from English to French"),
            ("bahdanau", "Recurrent translator from English to French"),
        )
    },
    **{
        f"{family}-tales": Recipe(
            title,
            twenty_books_of_tales,
            {"kind": "word", "vocab_size": 1500},
            {"family": family, "n_layer": n_layer, "n_head": 4, "n_embd": n_embd, "block_size": block_size},
            {
                "max_steps": max_steps,
                "batch_size": 32,
                "learning_rate": 6e-3,
                "min_lr_ratio": 0.02,
                "optimizer": "muon",
                "weight_decay": 0.01,
                "n_snapshots": 10,
                "seed": 1,
            },
        )
        for family, n_layer, n_embd, block_size, max_steps, title in (
            ("masked", 3, 96, 64, 4000, "Masked model on little tales"),
            ("denoiser", 2, 64, 96, 700, "Denoiser on little tales"),
        )
    },
    "chatbot": Recipe(
        "Chatbot of the tales' world", conversations.shipped, {"kind": "chat"}, chat.MODEL, {**chat.TRAIN, "seed": 1}
    ),
    classify.BODY: Recipe(
        "Body that has read opinions",
        opinions.plain_text,
        {"kind": "word", "vocab_size": 1500},
        classify.BODY_MODEL,
        {**classify.BODY_TRAIN, "seed": 1},
    ),
    **{
        f"classifier-{target}": Recipe(
            f"Classifier of opinions by {target}",
            functools.partial(classify.shipped, f"opinions-{target}"),
            {"kind": "word"},
            classify.MODEL,
            {**classify.TRAIN, "learning_rate": classify.LEARNING_RATES[True], "seed": 1},
            start=classify.BODY,
        )
        for target in ("sentiment", "topic")
    },
}


def trainer_of(recipe: Recipe) -> Any:
    """The module that checks and runs the recipe's spec: of translators their own."""
    from lmcore.training import spec

    if recipe.model["family"] == "chatbot":
        return chat
    if recipe.model["family"] == "classifier":
        return classify
    return translate if recipe.model["family"] in TRANSLATORS else spec


def spec_of(recipe: Recipe, corpus: Corpus, folder: Path = paths.CHECKPOINTS) -> dict[str, Any]:
    """The run of a recipe, as JSON; `folder` has the model it starts from, if it does."""
    text = {"kind": "text", "sha256": corpus.sha256, "title": corpus.title}
    spec = {"version": 1, "corpus": text, "tokenizer": recipe.tokenizer, "model": recipe.model, "train": recipe.train}
    if recipe.start is None:
        return spec
    card = checkpoints.read_card(folder / recipe.start)
    return spec | {"start": {"hash": card["hash"], "title": str(card["title"])}}


def make(name: str, folder: Path) -> Iterator[dict[str, Any]]:
    """Train one recipe into folder/name, replacing what is there only when all is done; its events, without arrays."""
    recipe = RECIPES[name]
    corpus = recipe.corpus()
    unfinished = folder / f".{name}.part"
    shutil.rmtree(unfinished, ignore_errors=True)
    run = trainer_of(recipe).run
    if recipe.start is not None:
        run = functools.partial(run, resolve_start=functools.partial(_begin, folder / recipe.start))
    events = run(spec_of(recipe, corpus, folder), lambda _: corpus)
    yield from checkpoints.record(unfinished, (_titled(event, recipe.title) for event in events))
    shutil.rmtree(folder / name, ignore_errors=True)
    unfinished.rename(folder / name)


def _begin(folder: Path, start: Mapping[str, Any]) -> Any:
    from lmcore.jobs.starts import of_folder
    from lmcore.training.spec import resolve_shipped

    return of_folder(folder, str(start["title"]), resolve_shipped)


def _titled(event: dict[str, Any], title: str) -> dict[str, Any]:
    return event | {"card": event["card"] | {"title": title}} if event["kind"] == "done" else event


def main() -> None:
    """Train all recipes and measure what pages open with, or those named."""
    everything = (*RECIPES, *measured.MEASURES)
    parser = argparse.ArgumentParser(prog="python -m lmcore.pretrain", description="Train the shipped checkpoints.")
    parser.add_argument("names", nargs="*", help=f"which of {', '.join(everything)} (default: all)")
    parser.add_argument("--out", type=Path, default=paths.CHECKPOINTS)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    args = parser.parse_args()
    unknown = sorted(set(args.names) - set(everything))
    if unknown:
        parser.error(f"there is no recipe {unknown[0]!r}; there are {', '.join(everything)}")

    import torch

    torch.set_num_threads(args.threads)
    for name in args.names or everything:
        if name in measured.MEASURES:
            for row in measured.make(name):
                print(name, row, flush=True)
            continue
        for event in make(name, args.out):
            if event["kind"] == "step" and event["held_out_loss"] is not None:
                print(
                    f"{name} {event['step']}/{event['max_steps']}  loss {event['loss']:.3f}  held out "
                    f"{event['held_out_loss']:.3f}  {event['tokens_per_second']:,.0f} tokens/s",
                    flush=True,
                )
            elif event["kind"] == "sample":
                print(f"--- step {event['step']}\n{event['text']}\n---", flush=True)
            elif event["kind"] == "done":
                print(f"{name}: {event['metrics']}, {event['seconds']:.0f} s", flush=True)


if __name__ == "__main__":
    main()
