"""The Python language reference that every Python carries for its `help()`: real technical English, no download."""

from __future__ import annotations

import re
import sys
from importlib import import_module

from lmcore.corpora.base import Corpus, CorpusError, Entry

LICENCE = "Python Software Foundation License, version 2."
_SOURCE = "The Python documentation (pydoc_data.topics)"

_ASCII = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "--", "…": "...", "\xa0": " "})
_RULE = re.compile(r"^ *([*=~^-])\1{2,} *\n", re.MULTILINE)  # the line under a heading
_TABLE = re.compile(r"^ *(?:\+[-=+]+\+|\|.*\|) *\n", re.MULTILINE)
_FOOTNOTE = re.compile(r"(?<=[\w.)\"]) \[\d+\](?=[.,;:)\s]|$)|^\[\d+\] ", re.MULTILINE)  # never args[0]
_EMPHASIS = re.compile(
    r"(?<![\w*\"'(/])(\*\*?)([A-Za-z_][^*\"]{0,160}?)(?<!\s)\1(?![\w*])"
)  # *word* in prose, not *args


def clean(topic: str) -> str:
    """One topic without rules under headings, tables, footnote marks and emphasis; code keeps its indentation."""
    text = topic.translate(_ASCII).replace("-[ Footnotes ]-", "Footnotes")
    text = _TABLE.sub("", _RULE.sub("", text))
    text = _FOOTNOTE.sub("", _EMPHASIS.sub(r"\2", text))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def text() -> str:
    """All topics in the order of their names; a paragraph that several topics share is kept where it comes first.

    Were it kept each time, the held-out part would be full of sentences that the model has seen in training.
    """
    try:
        topics: dict[str, str] = import_module("pydoc_data.topics").topics
    except (ImportError, AttributeError) as error:
        raise CorpusError("This Python was installed without its help texts (pydoc_data).") from error
    seen: set[str] = set()
    kept = []
    for name in sorted(topics):
        for paragraph in clean(topics[name]).split("\n\n"):
            key = " ".join(paragraph.split())
            if not key or (len(key) > 40 and key in seen):
                continue
            seen.add(key)
            kept.append(paragraph)
    return "\n\n".join(kept) + "\n"


def available() -> bool:
    """Whether this Python carries the texts; some slim builds leave them out."""
    try:
        return hasattr(import_module("pydoc_data.topics"), "topics")
    except ImportError:
        return False


def _load() -> Corpus:
    source = f"{_SOURCE}, Python {sys.version_info.major}.{sys.version_info.minor}."
    return Corpus("python-docs", "The Python reference", text(), source, LICENCE)


ENTRIES = (
    Entry(
        "python-docs",
        "The Python reference",
        "About 340 kB: how the Python language works, in the words of its own manual.",
        _SOURCE + ".",
        LICENCE,
        load=_load,
        available=available,
    ),
)
