"""Counted texts, kept by content: a text is counted once, whoever asks, and read in many ways."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lmcore import batches, checkpoints, models, sampling, tokenizers
from lmcore.batches import Tokens
from lmcore.corpora import Corpus
from lmcore.jobs import count
from lmcore.models.ngram import NGram, learned_shares
from lmcore.probes.counting import Corner, busiest
from lmcore.probes.places import Places
from lmcore.tokenizers.base import Tokenizer
from pages.shared.cache import Unhashed

MAX_CHARS = 1_500_000  # a longer text is counted by a worker: it would keep everybody's pages waiting here
MAX_ORDER = 5
WRITTEN = {"char": 160, "word": 45}  # tokens of a text that is written at some order
COPIED = 3  # tokens more than its order: from here on a run counts as copied


@dataclass(frozen=True)
class Counted:
    """A text, cut and counted."""

    key: str
    """Names the content: the text, the tokenizer, the worker's result if there is one."""
    tokenizer: Tokenizer
    model: NGram
    tokens: Tokens


def of(corpus: Corpus, kind: str, folder: Path | None = None) -> Counted:
    """The counts of a text: made here, or read from the folder in which a worker left them."""
    return _of(corpus.sha256, kind, folder, Unhashed(corpus))


def counts_of(corpus: Corpus, kind: str) -> tuple[Tokenizer, NGram, int]:
    """The tokenizer, the counts up to order 5, and the number of tokens of (the beginning of) a text."""
    found = _of(corpus.sha256, kind, None, Unhashed(corpus))
    return found.tokenizer, found.model, int(found.tokens.ids.size)


def read_by(counted: Counted, order: int, smoothing: str, k: float) -> NGram:
    """The counts of an order as a smoothing reads them."""
    return _read_by(counted.key, order, smoothing, k, Unhashed(counted))


def corner_of(counted: Counted, order: int) -> Corner:
    """The part of the table of an order that the heatmap shows."""
    return _corner(counted.key, order, Unhashed(counted))


def places_of(counted: Counted) -> Places:
    """Where each token stands in the text."""
    return _places(counted.key, Unhashed(counted))


@dataclass(frozen=True)
class Written:
    """What a model wrote, and what of it stands in its text word for word."""

    ids: tuple[int, ...]
    runs: tuple[tuple[int, int, str], ...]
    """(begin, end, how the text goes there)."""
    share: float
    """Of its tokens that lie in such a run."""


def written(counted: Counted, order: int, smoothing: str, k: float, seed: int) -> Written:
    """A text drawn at T = 1 from the beginning; it ends early where counting has nothing to say."""
    return _written(counted.key, order, smoothing, k, seed, Unhashed(counted))


def quote(counted: Counted, begin: int, end: int, around: int = 8) -> str:
    """How the text goes at a place."""
    ids = counted.tokens.ids
    said = counted.tokenizer.decode(ids[max(0, begin - around) : end + around].tolist())
    return ("… " if begin > around else "") + " ".join(said.split()) + (" …" if end + around < ids.size else "")


def spelled(tokenizer: Tokenizer, ids: Iterable[int]) -> str:
    """Tokens as one label."""
    return ("" if tokenizer.kind == "char" else " ").join(tokenizer.itos[token] for token in ids) or "(any)"


def pieces(tokenizer: Tokenizer, ids: Sequence[int]) -> tuple[str, ...]:
    """The text of tokens in pieces, one a token, with the spaces between words."""
    found, before = [], ""
    for n in range(1, len(ids) + 1):
        text = tokenizer.decode(ids[:n])
        found.append(text[len(before) :])
        before = text
    return tuple(found)


@functools.lru_cache(maxsize=8)
def _of(sha256: str, kind: str, folder: Path | None, hidden: Unhashed) -> Counted:
    if folder is not None:
        kept = checkpoints.load(folder / "model")
        if not isinstance(kept.model, NGram):
            raise ValueError("the worker left something else than counts")
        return Counted(f"{sha256} {kind} {kept.hash}", kept.tokenizer, kept.model, count.read_tokens(folder))
    text = hidden.value.text[:MAX_CHARS]
    tokenizer = tokenizers.train(kind, text)
    tokens = batches.tokenize(tokenizer, text)
    model = models.build("ngram", {"order": MAX_ORDER, "smoothing": "mle"}, tokenizer.vocab_size).fit(tokens)
    return Counted(f"{sha256} {kind}", tokenizer, model, tokens)


@functools.lru_cache(maxsize=48)
def _read_by(key: str, order: int, smoothing: str, k: float, hidden: Unhashed) -> NGram:
    counted: Counted = hidden.value
    shares = None
    if smoothing == "jelinek-mercer":
        shares = learned_shares(counted.tokens, order, counted.model.vocab_size)
    return counted.model.variant(order, smoothing, k, shares)


@functools.lru_cache(maxsize=64)
def _corner(key: str, order: int, hidden: Unhashed) -> Corner:
    return busiest(hidden.value.model, order)


@functools.lru_cache(maxsize=12)
def _places(key: str, hidden: Unhashed) -> Places:
    return Places(hidden.value.tokens.ids, hidden.value.model.vocab_size)


@functools.lru_cache(maxsize=128)
def _written(key: str, order: int, smoothing: str, k: float, seed: int, hidden: Unhashed) -> Written:
    counted: Counted = hidden.value
    model, places = read_by(counted, order, smoothing, k), places_of(counted)
    ids: list[int] = []
    try:
        for step in sampling.generate(model, max_new_tokens=WRITTEN[counted.tokenizer.kind], seed=seed):
            ids.append(step.token)
    except ValueError:  # no token has a probability here: the context was never seen
        pass
    found = places.copied(ids, order + COPIED)
    runs = [(begin, end, _where(counted, places, ids[begin:end])) for begin, end in found]
    covered = {t for begin, end, _ in runs for t in range(begin, end)}
    return Written(tuple(ids), tuple(runs), len(covered) / max(1, len(ids)))


def _where(counted: Counted, places: Places, gram: Sequence[int]) -> str:
    at = int(places.of(gram)[0])
    return quote(counted, at, at + len(gram), 6)
