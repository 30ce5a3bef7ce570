"""Text to indices and back: characters, words, byte pairs."""

from __future__ import annotations

from typing import Any

from lmcore.tokenizers.base import START, START_ID, Tokenizer
from lmcore.tokenizers.blanks import BlankTokenizer
from lmcore.tokenizers.bpe import BPETokenizer
from lmcore.tokenizers.char import CharTokenizer
from lmcore.tokenizers.chat import ChatTokenizer
from lmcore.tokenizers.checks import MAX_VOCAB
from lmcore.tokenizers.pairs import PairTokenizer
from lmcore.tokenizers.word import WordTokenizer

_CLASSES: dict[str, type[CharTokenizer] | type[WordTokenizer] | type[BPETokenizer]] = {
    "char": CharTokenizer,
    "word": WordTokenizer,
    "bpe": BPETokenizer,
}
KINDS = tuple(_CLASSES)

__all__ = [
    "KINDS",
    "MAX_VOCAB",
    "START",
    "START_ID",
    "BPETokenizer",
    "BlankTokenizer",
    "CharTokenizer",
    "ChatTokenizer",
    "PairTokenizer",
    "Tokenizer",
    "WordTokenizer",
    "from_dict",
    "train",
]


def train(kind: str, text: str, **options: Any) -> Tokenizer:
    """A tokenizer of one of KINDS made from the text; ValueError for an unknown kind or option, or an empty text."""
    return _class(kind).train(text, **options)


def from_dict(data: Any) -> Tokenizer:
    """Read back what `Tokenizer.to_dict` wrote, checked as a stranger's file; ValueError says what is wrong."""
    if not isinstance(data, dict):
        raise ValueError("this is not the description of a tokenizer")
    if data.get("kind") == PairTokenizer.kind:  # a translator's; it is made from pairs, not from a text
        return PairTokenizer.from_dict(data)
    if data.get("kind") == ChatTokenizer.kind:  # a chatbot's, with tokens for whose turn it is
        return ChatTokenizer.from_dict(data)
    if data.get("kind") == BlankTokenizer.kind:  # with the marks of a model that fills in blanks
        return BlankTokenizer.from_dict(data)
    return _class(data.get("kind")).from_dict(data)


def _class(kind: Any) -> type[CharTokenizer] | type[WordTokenizer] | type[BPETokenizer]:
    if not isinstance(kind, str) or kind not in _CLASSES:
        raise ValueError(f"there is no tokenizer of the kind {kind!r:.40}; there are {', '.join(KINDS)}")
    return _CLASSES[kind]
