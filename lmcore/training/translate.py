"""One training of a translator as JSON, and running it; like `spec.py`, but on pairs of sentences. No torch at import.

A spec: {"version": 1, "corpus": {"kind": "shipped", "name": "french"} or {"kind": "text", "sha256": …, "title": …} (a
text with a pair a line), "tokenizer": {"kind": "phrase", options}, "model": {"family": "translator" or "bahdanau", its
settings without the sizes of vocabularies}, "train": TrainConfig's}. Where no tokenizer is named the pairs decide.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from numpy.typing import NDArray

from lmcore.corpora import Corpus
from lmcore.corpora import pairs as sentence_pairs
from lmcore.models import TRANSLATORS, configure
from lmcore.tokenizers.pairs import SIDES, PairTokenizer, train_pairs
from lmcore.training import spec as specs
from lmcore.training.check import VERSION, Spec, check_corpus, check_size
from lmcore.training.config import TrainConfig
from lmcore.training.pairs import Pair, PairData, tokenize_pairs
from lmcore.training.spec import Event, Ready, canonical_json, card_of, code_version

__all__ = ["canonical_json", "code_version", "make", "run", "spec_hash", "validate"]

FRENCH = "french"
DEFAULT_VOCAB = {"phrase": 4096, "bpe": 512}
MAX_VOCAB = 8192
MAX_UNKNOWN = 0.05  # of held-out words: with more, words are too rare to be tokens and byte pairs are taken
MODELS: dict[str, dict[str, Any]] = {
    "translator": {"family": "translator", "n_layer": 2, "n_head": 4, "n_embd": 80, "block_size": 256},
    "bahdanau": {"family": "bahdanau", "n_embd": 64, "hidden_size": 96, "block_size": 256},
}
"""Family -> the shape that is trained unless another is asked for; 256 tokens hold every sentence of 200 letters or so
that is spelled in byte pairs."""
SHARED = {"batch_size": 32, "learning_rate": 5e-3, "weight_decay": 0.01, "eval_windows": 8}
TRAIN: dict[str, dict[str, Any]] = {
    "translator": {**SHARED, "max_steps": 4000, "min_lr_ratio": 0.01},
    "bahdanau": {**SHARED, "max_steps": 3000},
}
"""Family -> how, on the shipped pairs: about six rounds of them, and five."""


def make(corpus: Mapping[str, Any], family: str = "translator", *, seed: int = 0, max_steps: int | None = None) -> Spec:
    """A spec from a few choices; `corpus` as a spec names it."""
    if family not in TRANSLATORS:
        raise ValueError(f"there is no translator {family!r:.40}; there are {', '.join(TRANSLATORS)}")
    train = {**TRAIN[family], "seed": seed}
    if max_steps is not None:
        train |= {"max_steps": max_steps, "warmup_steps": min(50, max_steps)}
    return validate({"version": VERSION, "corpus": dict(corpus), "model": MODELS[family], "train": train})


def validate(spec: Any) -> Spec:
    """The spec in full, every default written out; ValueError says what is wrong and which limit it broke."""
    if not isinstance(spec, dict) or not {"version", "corpus", "model"} <= set(spec):
        raise ValueError("a translator's run needs a version, a corpus and a model")
    unknown = set(spec) - {"version", "corpus", "tokenizer", "model", "train"}
    if unknown:
        raise ValueError(f"a translator's run has no setting named {str(min(unknown))[:40]!r}")
    if spec["version"] != VERSION or isinstance(spec["version"], bool):
        raise ValueError(f"this run has version {spec['version']!r:.20}; only version {VERSION} is known")
    model = spec["model"]
    family = model.get("family") if isinstance(model, dict) else None
    if family not in TRANSLATORS:
        raise ValueError(f"there is no translator {family!r:.40}; there are {', '.join(TRANSLATORS)}")
    if {"vocab_size", "source_vocab_size"} & set(model):
        raise ValueError("the sizes of a translator's vocabularies come from its tokenizer")
    tokenizer = _tokenizer(spec.get("tokenizer"))
    size = tokenizer.get("vocab_size", 256)  # what it comes to is only known when the pairs are read
    config = _configure(family, model, size, size)
    train = TrainConfig.from_dict(spec.get("train") or {})
    check_size(config, train)
    settings = {name: v for name, v in config.to_dict().items() if name not in ("vocab_size", "source_vocab_size")}
    return {
        "version": VERSION,
        "corpus": _corpus(spec["corpus"]),
        "tokenizer": tokenizer,
        "model": {"family": family, **settings},
        "train": train.to_dict(),
    }


def _configure(family: str, model: Mapping[str, Any], source: int, target: int) -> Any:
    settings = {name: value for name, value in model.items() if name != "family"}
    return configure(family, {**settings, "source_vocab_size": source}, target)


def _corpus(corpus: Any) -> dict[str, Any]:
    if isinstance(corpus, dict) and corpus.get("kind") == "shipped":
        if corpus != {"kind": "shipped", "name": FRENCH}:
            raise ValueError(f"the only pairs of sentences that are shipped are named {FRENCH!r}")
        return dict(corpus)
    return check_corpus(corpus)


def _tokenizer(tokenizer: Any) -> dict[str, Any]:
    """Its part of a spec, in full; {"kind": "auto"} where the pairs decide."""
    if tokenizer is None or tokenizer == {"kind": "auto"}:
        return {"kind": "auto"}
    kind = tokenizer.get("kind") if isinstance(tokenizer, dict) else None
    if kind not in SIDES:
        raise ValueError(f"there is no tokenizer of the kind {kind!r:.40} for pairs; there are {', '.join(SIDES)}")
    if kind == "char":
        if tokenizer != {"kind": "char"}:
            raise ValueError("a char tokenizer has no settings")
        return {"kind": "char"}
    if set(tokenizer) - {"kind", "vocab_size"}:
        raise ValueError("a tokenizer for pairs has no settings but its vocab_size")
    size, low = tokenizer.get("vocab_size", DEFAULT_VOCAB[kind]), 300 if kind == "bpe" else 3
    if isinstance(size, bool) or not isinstance(size, int) or not low <= size <= MAX_VOCAB:
        raise ValueError(f"vocab_size must be a whole number between {low:,} and {MAX_VOCAB:,}, not {size!r:.40}")
    return {"kind": kind, "vocab_size": size}


def spec_hash(spec: Spec) -> str:
    """Hex SHA-256 of what a run computes: the pairs themselves, all settings, the seed and the code."""
    spec = validate(spec)
    text = spec["corpus"]["sha256"] if spec["corpus"]["kind"] == "text" else french().sha256
    content = {**spec, "corpus": text, "code": code_version()}
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()


# Pairs --------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def french() -> Corpus:
    """The shipped pairs as a text, a pair a line with a tab between its sides."""
    shipped = sentence_pairs.shipped()
    return Corpus(FRENCH, shipped.title, shipped.text, shipped.source, shipped.licence)


def pairs_of(corpus: Corpus) -> tuple[list[Pair], list[Pair]]:
    """The pairs of a text, (training, held out); CorpusError says which line is wrong."""
    pairs = sentence_pairs.shipped() if corpus.name == FRENCH else sentence_pairs.parse(corpus.text, corpus.title)
    return pairs.split()


def resolve(corpus: Mapping[str, Any], read_text: Callable[[Mapping[str, Any]], str] | None = None) -> Corpus:
    """The pairs of a spec: the shipped ones, or a person's own, whose text `read_text` finds."""
    if corpus["kind"] == "shipped":
        return french()
    if read_text is None:
        raise ValueError("this run needs pairs that are kept in a library")
    title = str(corpus.get("title") or "Your pairs")
    return Corpus("pairs", title, read_text(corpus), sentence_pairs.SOURCE, sentence_pairs.LICENCE)


@lru_cache(maxsize=4)
def prepare(corpus: Corpus, tokenizer: str, block_size: int) -> tuple[PairTokenizer, PairData, PairData]:
    """The tokenizer, the training and the held-out pairs; remembered for the next run.

    `tokenizer` is its part of the spec as canonical JSON.
    """
    pairs, held_out = pairs_of(corpus)
    options = json.loads(tokenizer)
    kind = options.pop("kind")
    trained = _suited(pairs, held_out) if kind == "auto" else train_pairs(pairs, kind, **options)
    return trained, tokenize_pairs(trained, pairs, block_size), tokenize_pairs(trained, held_out, block_size)


def _suited(pairs: Sequence[Pair], held_out: Sequence[Pair]) -> PairTokenizer:
    """Words, unless too many of the held-out ones would be unknown: then byte pairs, which can spell any."""
    words = train_pairs(pairs, "phrase", vocab_size=DEFAULT_VOCAB["phrase"])
    for side, tokenizer in enumerate((words.source, words.target)):
        ids = [i for pair in held_out for i in tokenizer.encode(pair[side])]
        if ids.count(tokenizer.unk_id or 0) > MAX_UNKNOWN * len(ids):
            return train_pairs(pairs, "bpe", vocab_size=DEFAULT_VOCAB["bpe"])
    return words


# Running ------------------------------------------------------------------------------------------------------------


def run(
    spec: Spec,
    resolve_pairs: Callable[[dict[str, Any]], Corpus] = resolve,
    resume: Mapping[str, NDArray[Any]] | None = None,
    *,
    hold_state: Callable[[Callable[[], dict[str, NDArray[Any]]]], None] | None = None,
) -> Iterator[Event]:
    """Do what a spec says; the events of `spec.run`. In "start", n_tokens are those to be written; there are also
    n_pairs, n_held_out_pairs, and n_dropped (pairs that are too long). With each held-out loss "step" has exact, the
    share of 100 held-out sentences that are translated to the letter. A sample is a few of these translations.
    """
    spec = validate(spec)
    corpus = resolve_pairs(spec["corpus"])
    family, block_size = spec["model"]["family"], spec["model"]["block_size"]
    tokenizer, data, held_out = prepare(corpus, canonical_json(spec["tokenizer"]), block_size)
    config = _configure(family, spec["model"], tokenizer.source.vocab_size, tokenizer.vocab_size)
    train = TrainConfig.from_dict(spec["train"])
    check_size(config, train)
    start: Event = {
        "kind": "start",
        "family": family,
        "config": config.to_dict(),
        "tokenizer": tokenizer.to_dict(),
        "n_tokens": data.n_tokens,
        "n_held_out": held_out.n_tokens,
        "n_pairs": len(data.pairs),
        "n_held_out_pairs": len(held_out.pairs),
        "n_dropped": data.n_dropped + held_out.n_dropped,
        "title": corpus.title,
    }
    card = card_of(f"{family} on {corpus.title}", corpus, spec)
    ready = Ready(config, train, tokenizer, data, held_out, held_out.pairs, start, card)
    yield from specs.train_steps(ready, resume, hold_state)
