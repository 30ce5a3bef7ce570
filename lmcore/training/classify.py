"""One training of a classifier as JSON, and running it; like `spec.py`, but on labelled texts. No torch at import.

A spec: {"version": 1, "corpus": {"kind": "shipped", "name": "opinions-sentiment" or "opinions-topic"} or {"kind":
"text", "sha256": …, "title": …} (a line a text, a tab, its label), "model": {"family": "classifier", its settings
without labels and vocab_size}, "train": TrainConfig's}, and, where the body is to begin as a trained GPT of the same
shape, "start": {"hash": …, "title": …}. Words that this GPT does not know get new vectors in its table.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore.corpora import Corpus
from lmcore.corpora import labels as labelled
from lmcore.corpora.labels import Labelled, texts_of
from lmcore.corpora.uploads import LICENCE, SOURCE
from lmcore.models import configure
from lmcore.tokenizers.word import FIRST_WORD, WordTokenizer, split
from lmcore.training import spec as specs
from lmcore.training.check import VERSION, Spec, check_corpus, check_size
from lmcore.training.config import TrainConfig
from lmcore.training.finetune import Resolve, check_start
from lmcore.training.labels import tokenize_labels
from lmcore.training.spec import Event, Ready, canonical_json, card_of, code_version

__all__ = ["canonical_json", "code_version", "make", "run", "spec_hash", "validate"]

SHIPPED = {f"opinions-{target}": target for target in labelled.TARGETS}
SHAPE = {"block_size": 64, "n_layer": 3, "n_head": 4, "n_embd": 64}
"""Of the lesson's body, and of a classifier that begins anew."""
MODEL: dict[str, Any] = {"family": "classifier", **SHAPE}
BODY = "opinions-body"
BODY_MODEL: dict[str, Any] = {"family": "body", **SHAPE}
BODY_TRAIN: dict[str, Any] = {
    "max_steps": 3500, "batch_size": 32, "learning_rate": 4e-3, "warmup_steps": 100, "optimizer": "muon",
    "start_share": 1.0, "min_lr_ratio": 0.02, "n_snapshots": 10,
}  # fmt: skip
"""The shipped body and how it is trained: every window begins a passage, as every labelled text begins one."""
MAX_WORDS = 8_192
LEARNING_RATES = {True: 8e-4, False: 2e-3}
"""With a trained body, and without: the best of a few that were tried on the lesson's texts."""
TRAIN: dict[str, Any] = {"max_steps": 120, "batch_size": 16, "warmup_steps": 10, "weight_decay": 0.01, "n_snapshots": 2}
NEW_DEVIATION = 0.02  # of the vectors of words that the body does not know, as of a new GPT's


def make(
    corpus: Mapping[str, Any], start: Mapping[str, Any] | None = None, *, seed: int = 0, max_steps: int | None = None
) -> Spec:
    """A spec from a few choices; `corpus` and `start` as a spec names them."""
    train = {**TRAIN, "learning_rate": LEARNING_RATES[start is not None], "seed": seed}
    if max_steps is not None:
        train |= {"max_steps": max_steps, "warmup_steps": min(10, max_steps)}
    whole: Spec = {"version": VERSION, "corpus": dict(corpus), "model": MODEL, "train": train}
    return validate(whole | ({"start": dict(start)} if start is not None else {}))


def validate(spec: Any) -> Spec:
    """The spec in full, every default written out; ValueError says what is wrong and which limit it broke."""
    if not isinstance(spec, dict) or not {"version", "corpus", "model"} <= set(spec):
        raise ValueError("a classifier's run needs a version, a corpus and a model")
    unknown = set(spec) - {"version", "corpus", "tokenizer", "model", "start", "train"}
    if unknown:
        raise ValueError(f"a classifier's run has no setting named {str(min(unknown))[:40]!r}")
    if spec["version"] != VERSION or isinstance(spec["version"], bool):
        raise ValueError(f"this run has version {spec['version']!r:.20}; only version {VERSION} is known")
    if spec.get("tokenizer", {"kind": "word"}) != {"kind": "word"}:
        raise ValueError("a classifier reads words: its tokenizer has no settings")
    model = spec["model"]
    if not isinstance(model, dict) or model.get("family") != "classifier":
        raise ValueError("the model of a classifier's run must be of the family 'classifier'")
    if {"vocab_size", "labels"} & set(model):
        raise ValueError("a classifier's labels and vocabulary come from its texts")
    config = _configure(model, MAX_WORDS)
    train = TrainConfig.from_dict(spec.get("train") or {})
    check_size(config, train)
    settings = {name: value for name, value in config.to_dict().items() if name not in ("vocab_size", "labels")}
    whole = {
        "version": VERSION,
        "corpus": _corpus(spec["corpus"]),
        "tokenizer": {"kind": "word"},
        "model": {"family": "classifier", **settings},
        "train": train.to_dict(),
    }
    return whole | ({"start": check_start(spec["start"])} if "start" in spec else {})


def _configure(model: Mapping[str, Any], vocab_size: int, labels: tuple[str, ...] = ("no", "yes")) -> Any:
    settings = {name: value for name, value in model.items() if name != "family"}
    return configure("classifier", {**settings, "labels": labels}, vocab_size)


def _corpus(corpus: Any) -> dict[str, Any]:
    if isinstance(corpus, dict) and corpus.get("kind") == "shipped":
        if set(corpus) != {"kind", "name"} or corpus["name"] not in SHIPPED:
            raise ValueError(f"the labelled texts that are shipped are {' and '.join(SHIPPED)}")
        return dict(corpus)
    return check_corpus(corpus)


def spec_hash(spec: Spec) -> str:
    """Hex SHA-256 of what a run computes: the lines themselves, what it starts from, all settings and the code."""
    spec = validate(spec)
    corpus = spec["corpus"]
    content = {
        **spec,
        "corpus": corpus["sha256"] if corpus["kind"] == "text" else shipped(corpus["name"]).sha256,
        "start": spec.get("start", {}).get("hash"),
        "code": code_version(),
    }
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()


# Lines --------------------------------------------------------------------------------------------------------------


def shipped(name: str) -> Corpus:
    """The shipped lines as a text."""
    return labelled.as_corpus(labelled.shipped(SHIPPED[name]), name)


def lines_of(corpus: Corpus) -> Labelled:
    """The labelled lines of a text; CorpusError says which line is wrong."""
    if corpus.name in SHIPPED:
        return labelled.shipped(SHIPPED[corpus.name])
    return labelled.parse(corpus.text, corpus.title)


def resolve(corpus: Mapping[str, Any], read_text: Callable[[Mapping[str, Any]], str] | None = None) -> Corpus:
    """The lines of a spec: shipped ones, or a person's own, whose text `read_text` finds."""
    if corpus["kind"] == "shipped":
        return shipped(corpus["name"])
    if read_text is None:
        raise ValueError("this run needs lines that are kept in a library")
    title = str(corpus.get("title") or "Your labels")
    return Corpus("labels", title, read_text(corpus), SOURCE, LICENCE)


def words_of(texts: list[str]) -> WordTokenizer:
    """A tokenizer of all words of these texts, of the most frequent ones where they are too many."""
    return WordTokenizer.train("\n".join(texts), vocab_size=MAX_WORDS)


def widened(
    tokenizer: WordTokenizer, arrays: Mapping[str, NDArray[Any]], texts: list[str], seed: int = 0
) -> tuple[WordTokenizer, dict[str, NDArray[Any]], int]:
    """The tokenizer with the words of these texts added, the GPT's weights with a row for each; how many are new.

    A new word's vector is drawn as those of a new GPT are. ValueError when the words become too many.
    """
    known = set(tokenizer.itos[FIRST_WORD:])
    new = sorted({word for text in texts for word in split(text)} - known)
    if FIRST_WORD + len(known) + len(new) > MAX_WORDS:
        raise ValueError(f"the texts have {len(new):,} words that are new to the body; with its own that is too many")
    wider = WordTokenizer(sorted(known | set(new)))
    old = arrays["wte.weight"]
    table = np.random.default_rng(seed).normal(0, NEW_DEVIATION, (wider.vocab_size, old.shape[1])).astype(np.float32)
    table[:FIRST_WORD] = old[:FIRST_WORD]
    for word, i in tokenizer.stoi.items():
        table[wider.stoi[word]] = old[i]
    return wider, {**arrays, "wte.weight": table}, len(new)


# Running ------------------------------------------------------------------------------------------------------------


def run(
    spec: Spec,
    resolve_lines: Callable[[dict[str, Any]], Corpus] = resolve,
    resume: Mapping[str, NDArray[Any]] | None = None,
    *,
    hold_state: Callable[[Callable[[], dict[str, NDArray[Any]]]], None] | None = None,
    resolve_start: Resolve | None = None,
) -> Iterator[Event]:
    """Do what a spec says; the events of `spec.run`. "start" has n_texts, n_held_out_texts, labels, n_new (words that
    the body did not know) and n_cut (texts longer than block_size). With each held-out loss "step" has accuracy.
    """
    spec = validate(spec)
    corpus = resolve_lines(spec["corpus"])
    lines = lines_of(corpus)
    rows, held_out_rows = lines.split()
    train = TrainConfig.from_dict(spec["train"])
    texts = texts_of(rows)
    body, n_new = None, 0
    if "start" in spec:
        if resolve_start is None:
            raise ValueError("this run needs a model to start from, and nobody who opens it")
        begin = resolve_start(spec["start"])
        if begin.model.family not in ("gpt", "body") or begin.tokenizer.kind != "word":
            raise ValueError("a classifier's body can only begin as a GPT that reads words")
        tokenizer, body, n_new = widened(begin.tokenizer, begin.model.state_arrays(), texts, train.seed)
    else:
        tokenizer = words_of(texts)
    config = _configure(spec["model"], tokenizer.vocab_size, lines.labels)
    check_size(config, train)
    if body is not None:
        config.body.check_arrays(body)
    data = tokenize_labels(tokenizer, rows, lines.labels, config.block_size, body)
    held_out = tokenize_labels(tokenizer, held_out_rows, lines.labels, config.block_size)
    start: Event = {
        "kind": "start",
        "family": "classifier",
        "config": config.to_dict(),
        "tokenizer": tokenizer.to_dict(),
        "n_tokens": data.n_tokens,
        "n_held_out": held_out.n_tokens,
        "n_texts": len(rows),
        "n_held_out_texts": len(held_out_rows),
        "labels": list(lines.labels),
        "n_new": n_new,
        "n_cut": data.n_cut + held_out.n_cut,
        "title": corpus.title,
    }
    card = card_of(f"Classifier on {corpus.title}", corpus, spec) | {"n_texts": len(rows)}
    ready = Ready(config, train, tokenizer, data, held_out, held_out_rows, start, card)
    yield from specs.train_steps(ready, resume, hold_state)
