"""Tokenizers trained on a text, with how often each token stands in it; kept by content, whoever asks."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lmcore import tokenizers
from lmcore.corpora import Corpus
from lmcore.figures.theme import shown
from lmcore.probes.merges import Replay, replay
from lmcore.tokenizers import BPETokenizer, Tokenizer
from lmcore.tokenizers.bpe import MIN_VOCAB, piece_bytes, readable
from pages.shared import texts
from pages.shared.cache import Unhashed

MAX_CHARS = 1_000_000  # of a longer text the beginning is used, and the page says so
N_MERGES = (250, 1000, 4000)


@dataclass(frozen=True)
class Trained:
    """A tokenizer made from a text: `counts` (V,) says how often each token stands there."""

    tokenizer: Tokenizer
    counts: NDArray[np.int64]

    @property
    def n_tokens(self) -> int:
        """Tokens of the whole text."""
        return int(self.counts.sum())


@dataclass(frozen=True)
class Merged(Trained):
    """Byte pair encoding, with the history of its merges."""

    tokenizer: BPETokenizer
    history: Replay


def byte_counts(corpus: Corpus) -> NDArray[np.int64]:
    """(256,) how often each byte stands in the text."""
    return _bytes(corpus.sha256, Unhashed(corpus))


def chars_of(corpus: Corpus) -> Trained:
    """Its characters as tokens."""
    return _chars(corpus.sha256, Unhashed(corpus))


def words_of(corpus: Corpus, min_count: int = 1) -> Trained:
    """Its words that stand there `min_count` times or more. ValueError when there is none."""
    return _words(corpus.sha256, min_count, Unhashed(corpus))


def merges_of(corpus: Corpus, n_merges: int) -> Merged:
    """Byte pairs with so many merges, or fewer when no pair is left that stands there twice."""
    return _merges(corpus.sha256, n_merges, Unhashed(corpus))


def n_written_words(corpus: Corpus) -> int:
    """Words as people count them: what stands between spaces."""
    return _written(corpus.sha256, Unhashed(corpus))


def table_of(corpus: Corpus, kind: str, trained: Trained, **options: int) -> pd.DataFrame:
    """The vocabulary, a row a token in the order of the indices. Read it, do not change it: everybody shares it."""
    return _table(corpus.sha256, kind, tuple(options.items()), Unhashed(trained))


def warm_up() -> None:
    """What the first visitor of the page would wait for."""
    corpus = texts.load(texts.DEFAULT)
    byte_counts(corpus), chars_of(corpus), words_of(corpus), merges_of(corpus, N_MERGES[1]), n_written_words(corpus)


def _text(hidden: Unhashed) -> str:
    text: str = hidden.value.text[:MAX_CHARS]
    return text


def _once_per_text(function: Callable[..., Any]) -> Callable[..., Any]:
    return functools.lru_cache(maxsize=16)(function)


@_once_per_text
def _bytes(sha256: str, hidden: Unhashed) -> NDArray[np.int64]:
    data = np.frombuffer(_text(hidden).encode("utf-8", "replace"), dtype=np.uint8)
    return np.bincount(data, minlength=256)


@_once_per_text
def _written(sha256: str, hidden: Unhashed) -> int:
    return max(1, len(_text(hidden).split()))


@_once_per_text
def _chars(sha256: str, hidden: Unhashed) -> Trained:
    return _counted(tokenizers.train("char", _text(hidden)), _text(hidden))


@_once_per_text
def _words(sha256: str, min_count: int, hidden: Unhashed) -> Trained:
    return _counted(tokenizers.train("word", _text(hidden), min_count=min_count), _text(hidden))


@_once_per_text
def _merges(sha256: str, n_merges: int, hidden: Unhashed) -> Merged:
    text = _text(hidden)
    tokenizer = BPETokenizer.train(text, vocab_size=MIN_VOCAB + n_merges)
    history = replay(text, tokenizer)
    return Merged(tokenizer, history.token_counts, history)


def _counted(tokenizer: Tokenizer, text: str) -> Trained:
    ids = np.array(tokenizer.encode(text), dtype=np.int32)
    return Trained(tokenizer, np.bincount(ids, minlength=tokenizer.vocab_size))


@_once_per_text
def _table(sha256: str, kind: str, options: tuple[tuple[str, int], ...], hidden: Unhashed) -> pd.DataFrame:
    trained: Trained = hidden.value
    columns: dict[str, Any] = {
        "index": np.arange(trained.tokenizer.vocab_size),
        "token": [shown(token) for token in trained.tokenizer.itos],
    }
    if isinstance(trained, Merged):
        made = [""] * trained.tokenizer.vocab_size
        for new, (left, right) in zip(trained.history.new.tolist(), trained.tokenizer.merges, strict=True):
            made[new] = made[new] or " + ".join(shown(readable(piece_bytes(part))) for part in (left, right))
        columns["made of"] = made
    columns["times in the text"] = trained.counts
    return pd.DataFrame(columns)
