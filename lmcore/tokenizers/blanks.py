"""A tokenizer with two marks more, for models that fill in blanks: the mask and the end.

Whatever the tokenizer beneath, they are its two last indices, and no text encodes to either: "<mask>" typed by a person
is plain text. The mask stands where a word was hidden; the end says that a restored passage is complete.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lmcore.tokenizers.base import Tokenizer
from lmcore.tokenizers.bpe import BPETokenizer
from lmcore.tokenizers.char import CharTokenizer
from lmcore.tokenizers.checks import MAX_VOCAB, fields
from lmcore.tokenizers.pairs import END
from lmcore.tokenizers.word import WordTokenizer

MASK = "<mask>"
BENEATH: dict[str, type[CharTokenizer] | type[WordTokenizer] | type[BPETokenizer]] = {
    "char": CharTokenizer,
    "word": WordTokenizer,
    "bpe": BPETokenizer,
}


class BlankTokenizer(Tokenizer):
    """The tokens of another tokenizer 0..V-3, the mask V-2 and the end V-1."""

    kind = "blanks"

    def __init__(self, beneath: Tokenizer) -> None:
        """ValueError when there is no room for two indices more."""
        if beneath.vocab_size > MAX_VOCAB - 2:
            raise ValueError(f"a tokenizer for blanks has at most {MAX_VOCAB - 2:,} tokens of its own")
        self.beneath = beneath
        self.itos = [*beneath.itos, MASK, END]

    @property
    def mask_id(self) -> int:
        """The index that stands for a hidden word, V - 2."""
        return len(self.itos) - 2

    @property
    def end_id(self) -> int:
        """The index that says that a passage is complete, V - 1."""
        return len(self.itos) - 1

    @property
    def unk_id(self) -> int | None:
        return self.beneath.unk_id

    @classmethod
    def train(cls, text: str, **options: Any) -> BlankTokenizer:
        """Words of a text and the two marks; options are those of a word tokenizer."""
        return cls(WordTokenizer.train(text, **options))

    def encode(self, text: str) -> list[int]:
        return self.beneath.encode(text)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of the indices; a mask is shown as "___", the end is the empty string."""
        if self.mask_id not in ids:
            return self.beneath.decode([i for i in ids if i != self.end_id])
        return " ".join("___" if i == self.mask_id else self.beneath.decode([i]) for i in ids if i != self.end_id)

    def unknown(self, text: str) -> list[str]:
        return self.beneath.unknown(text)

    def encode_many(self, texts: Sequence[str]) -> list[list[int]]:
        return self.beneath.encode_many(texts)

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "blanks", "beneath": self.beneath.to_dict()}

    @classmethod
    def from_dict(cls, data: Any) -> BlankTokenizer:
        """Read back `to_dict`; what is beneath is checked as a stranger's file."""
        (beneath,) = fields(data, "blanks", "beneath")
        kind = beneath.get("kind") if isinstance(beneath, dict) else None
        if not isinstance(kind, str) or kind not in BENEATH:
            raise ValueError("beneath a tokenizer for blanks lies one of " + ", ".join(BENEATH))
        return cls(BENEATH[kind].from_dict(beneath))
