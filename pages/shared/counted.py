"""Counted texts, kept by content: a text is counted once, whoever asks."""

from __future__ import annotations

import functools

from lmcore import batches, models, tokenizers
from lmcore.corpora import Corpus
from lmcore.models.ngram import NGram
from lmcore.probes.counting import Corner, busiest
from lmcore.tokenizers.base import Tokenizer
from pages.shared.cache import Unhashed

MAX_CHARS = 5_000_000  # of a longer text the beginning is counted, and the page says so
MAX_ORDER = 5


def counts_of(corpus: Corpus, kind: str) -> tuple[Tokenizer, NGram, int]:
    """The tokenizer, the counts up to order 5, and the number of tokens of a text."""
    return _counts(corpus.sha256, kind, Unhashed(corpus))


def corner_of(corpus: Corpus, kind: str, order: int) -> Corner:
    """The part of the table of an order that the heatmap shows."""
    return _corner(corpus.sha256, kind, order, Unhashed(corpus))


@functools.lru_cache(maxsize=12)
def _counts(sha256: str, kind: str, hidden: Unhashed) -> tuple[Tokenizer, NGram, int]:
    text = hidden.value.text[:MAX_CHARS]
    tokenizer = tokenizers.train(kind, text)
    tokens = batches.tokenize(tokenizer, text)
    model = models.build("ngram", {"order": MAX_ORDER, "smoothing": "add-k", "k": 0.0}, tokenizer.vocab_size)
    return tokenizer, model.fit(tokens), int(tokens.ids.size)


@functools.lru_cache(maxsize=64)
def _corner(sha256: str, kind: str, order: int, hidden: Unhashed) -> Corner:
    return busiest(_counts(sha256, kind, hidden)[1], order)
