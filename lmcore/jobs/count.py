"""The task "count": the n-grams of a long text, counted in a worker, so that no page waits for it.

Spec: {"task": "count", "corpus": …as for a run, "tokenizer": "word" or "char"}. The job leaves a checkpoint of an
n-gram model, and the text as tokens beside it (`read_tokens`), from which pages quote. Events: "counted" {tokens, …}.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from lmcore import checkpoints, tokenizers
from lmcore.batches import Tokens, tokenize
from lmcore.jobs.context import Context
from lmcore.models.ngram import NGram, NGramConfig
from lmcore.training import spec as specs
from lmcore.training.check import check_corpus

KINDS = ("word", "char")
TOKENS = "tokens.safetensors"
LONG = 6_000_000  # characters; of a longer text only three tokens in a row are counted, as five would fill the memory


def check(spec: dict[str, Any]) -> dict[str, Any]:
    """The spec in full; ValueError in words."""
    if (
        set(spec) != {"task", "corpus", "tokenizer"}
        or not isinstance(spec["tokenizer"], str)
        or spec["tokenizer"] not in KINDS
    ):
        raise ValueError(f"Counting needs a text and one of the tokenizers {', '.join(KINDS)}.")
    return {"task": spec["task"], "corpus": check_corpus(spec["corpus"]), "tokenizer": spec["tokenizer"]}


def identity(spec: dict[str, Any]) -> str:
    """Equal for the same text, cut and counted by the same code; titles do not count."""
    return f"{specs.text_hash(spec['corpus'])} {spec['tokenizer']} {specs.code_version()}"


def run(spec: dict[str, Any], context: Context) -> Iterator[dict[str, Any]]:
    """Tokenize, count, keep."""
    from safetensors.numpy import save_file

    corpus = context.resolve_text(spec["corpus"])
    tokenizer = tokenizers.train(spec["tokenizer"], corpus.text)
    tokens = tokenize(tokenizer, corpus.text)
    order = 5 if len(corpus.text) <= LONG else 3
    model = NGram(NGramConfig(tokenizer.vocab_size, order, "mle")).fit(tokens)
    context.model_folder.mkdir(parents=True, exist_ok=True)
    save_file({"ids": tokens.ids, "starts": tokens.starts}, str(context.folder / TOKENS))
    card = {
        "title": f"Counts of {corpus.title}"[:200],
        "corpus": {"name": corpus.name, "title": corpus.title, "sha256": corpus.sha256},
        "code": specs.code_version(),
        "n_params": model.n_params,
        "metrics": {},
    }
    digest = checkpoints.save(context.model_folder, model, tokenizer, card)
    yield {"kind": "counted", "tokens": int(tokens.ids.size), "n_grams": model.n_params, "order": order}
    context.result = {"hash": digest}


def read_tokens(folder: Path) -> Tokens:
    """The text behind the counts in a run's folder, as tokens."""
    from safetensors.numpy import load_file

    arrays = load_file(str(folder / TOKENS))
    return Tokens(arrays["ids"].astype(np.int32), arrays["starts"].astype(np.int64))
