"""The word vectors of a run, snapshot by snapshot: the shipped one, a finished job, or one that still learns."""

from __future__ import annotations

import functools
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore import checkpoints, tokenizers
from lmcore.corpora import Corpus, kingdoms
from lmcore.jobs import JobError, JobStatus
from lmcore.models import configure
from lmcore.probes.embeddings import Accuracy, accuracy, real_words
from lmcore.tokenizers.base import Tokenizer
from lmcore.tokenizers.word import split
from lmcore.training import spec as specs
from lmcore.training.config import TrainConfig
from lmcore.training.presets import WORD_VECTORS
from lmcore.weights import read_weights
from pages.shared import services, work
from pages.shared.cache import Unhashed

SHIPPED = "word2vec-kingdoms"
TEXT = "kingdoms"
CBOW_STEPS = 600
MAX_CHARS = 2_000_000  # of a text that the web process reads itself; a worker reads all of it


@dataclass(frozen=True)
class Vectors:
    """One run as far as it got; S snapshots of V words, E numbers each."""

    hash: str
    """Equal hashes: equal words and numbers."""
    tokenizer: Tokenizer
    steps: tuple[int, ...]
    arrays: NDArray[np.float32]
    """(S, V, E)"""
    max_steps: int
    folder: Path | None = None
    """Where the finished checkpoint lies."""

    @functools.cached_property
    def stoi(self) -> dict[str, int]:
        """Word -> index, of real words only: marks and special tokens are none."""
        return {self.tokenizer.itos[i]: i for i in self.words}

    @functools.cached_property
    def words(self) -> list[int]:
        """The indices of real words."""
        return real_words(self.tokenizer.itos)


def spec_of(corpus: Corpus, seed: int, **model: Any) -> dict[str, Any]:
    """The run that the lesson's controls describe."""
    more = {"max_steps": CBOW_STEPS} if model.get("method") == "cbow" else {}  # on batches, not on the whole text
    return specs.validate(
        {
            "version": specs.VERSION,
            "corpus": specs.named(corpus),
            "tokenizer": WORD_VECTORS["tokenizer"],
            "model": {**WORD_VECTORS["model"], **model},
            "train": {**WORD_VECTORS["train"], **more, "seed": seed},
        }
    )


def is_shipped(spec: dict[str, Any]) -> bool:
    """Whether a run is the one that comes with the playground."""
    return specs.canonical_json({**spec, "corpus": 0}) == specs.canonical_json({**_shipped_spec(), "corpus": 0}) and (
        spec["corpus"] == {"kind": "shipped", "name": TEXT}
    )


@functools.cache
def _shipped_spec() -> dict[str, Any]:
    made = dict(checkpoints.read_card(checkpoints.shipped()[SHIPPED])["spec"])
    return {**made, "train": TrainConfig.from_dict(made["train"]).to_dict()}  # settings that came later: as they were


def shipped() -> Vectors:
    """The run that comes with the playground."""
    folder = checkpoints.shipped()[SHIPPED]
    return _finished(folder, (folder / "config.json").stat().st_mtime_ns)


def of_job(job: JobStatus, corpus: Corpus) -> Vectors | None:
    """The vectors of a job: all of them when it has ended, else those so far; None while there are none.

    Of a text longer than MAX_CHARS there are none before the end: to know its words takes a while.
    """
    if not job.active:
        try:
            folder = services.runner().result(job.job_id).folder
        except JobError:
            return None
        return _finished(folder, (folder / "config.json").stat().st_mtime_ns)
    folder = services.library().run_folder(job.job_id) / "model"
    steps = tuple(checkpoints.steps(folder))
    if not steps or len(corpus.text) > MAX_CHARS:
        return None
    spec = job.spec
    tokenizer = _tokenizer(corpus.sha256, specs.canonical_json(spec["tokenizer"]), Unhashed(corpus))
    settings = {name: value for name, value in spec["model"].items() if name != "family"}
    config = configure("word2vec", settings, tokenizer.vocab_size)
    arrays = np.stack([_snapshot(folder, step, config) for step in steps])
    return Vectors(f"{job.job_id}-{steps[-1]}", tokenizer, steps, arrays, int(spec["train"]["max_steps"]))


@functools.lru_cache(maxsize=12)
def _finished(folder: Path, written: int) -> Vectors:
    found = checkpoints.load(folder)
    model: Any = found.model
    steps = tuple(checkpoints.steps(folder)) or (int(found.card.get("steps", 0)),)
    kept = [_snapshot(folder, step, model.config) for step in steps[:-1]]
    arrays = np.stack([*kept, model.vectors])  # of the last step there are the exact numbers
    arrays.flags.writeable = False
    return Vectors(found.hash, found.tokenizer, steps, arrays, steps[-1], folder)


@functools.lru_cache(maxsize=64)
def _snapshot(folder: Path, step: int, config: Any) -> NDArray[np.float32]:
    path = folder / "snapshots" / f"step-{step:06d}.safetensors"
    return read_weights(path, config)["vectors"].astype(np.float32)


@functools.lru_cache(maxsize=8)
def _tokenizer(sha256: str, options: str, corpus: Unhashed) -> Tokenizer:
    settings = json.loads(options)
    return tokenizers.train(settings.pop("kind"), corpus.value.split()[0], **settings)


# What is asked of them ---------------------------------------------------------------------------------------------


def counts(corpus: Corpus) -> Counter[str]:
    """How often each word stands in a text, of a long one in its first MAX_CHARS."""
    return _counts(corpus.sha256, Unhashed(corpus))


@functools.lru_cache(maxsize=8)
def _counts(sha256: str, corpus: Unhashed) -> Counter[str]:
    return Counter(split(corpus.value.text[:MAX_CHARS]))


def accuracies(vectors: Vectors) -> list[Accuracy]:
    """The analogies of kingdoms, snapshot by snapshot; none is asked whose words are not all known."""
    return _accuracies(vectors.hash, Unhashed(vectors))


@functools.lru_cache(maxsize=16)
def _accuracies(content: str, hidden: Unhashed) -> list[Accuracy]:
    vectors: Vectors = hidden.value
    return [accuracy(part, vectors.stoi, kingdoms.questions(), vectors.words) for part in vectors.arrays]


def job_of(spec: dict[str, Any], slot: str) -> JobStatus | None:
    """The job of a run; None when it is refused."""
    return work.wanted({"task": "train", **spec}, slot)


def warm_up() -> None:
    """Read the shipped run before the first visitor does."""
    accuracies(shipped())
