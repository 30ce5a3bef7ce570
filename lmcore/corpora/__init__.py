"""Texts to learn from: shipped, generated, or a person's own. Nothing here needs torch or a network."""

from __future__ import annotations

from functools import lru_cache

from lmcore.corpora import kingdoms, mouse, python_docs, shakespeare, tales
from lmcore.corpora.base import MAX_BYTES, MIN_CHARS, Corpus, CorpusError, Entry
from lmcore.corpora.uploads import from_bytes, from_text

__all__ = ["CATALOG", "MAX_BYTES", "MIN_CHARS", "Corpus", "CorpusError", "Entry", "from_bytes", "from_text", "load"]

_ENTRIES = [*tales.ENTRIES, *shakespeare.ENTRIES, *python_docs.ENTRIES, *kingdoms.ENTRIES, *mouse.ENTRIES]
CATALOG: dict[str, Entry] = {entry.name: entry for entry in _ENTRIES}
"""Every shipped text by name, in the order in which to offer them."""


@lru_cache(maxsize=8)
def load(name: str) -> Corpus:
    """The shipped text of that name. CorpusError if there is none, or if what it is made from is not installed."""
    entry = CATALOG.get(name)
    if entry is None:
        raise CorpusError(f"There is no text called {str(name)[:60]!r}. There are: {', '.join(CATALOG)}.")
    return entry.load()
