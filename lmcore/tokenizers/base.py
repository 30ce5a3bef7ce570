"""What a tokenizer is: a map between text and indices, both ways."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

START = "<s>"
START_ID = 0


class Tokenizer(ABC):
    """Text to a list of indices 0..V-1 and back.

    Index 0 is the start token in every vocabulary. No text ever encodes to it: it stands for "before the first
    token", so that a model can say p(x_1). Special tokens typed by a user are plain text.
    """

    kind: ClassVar[str]  # "char", "word" or "bpe"; the name in specs and checkpoints
    itos: list[str]  # index -> the token as text, as it is shown (itos[0] == START)

    @property
    def vocab_size(self) -> int:
        """V, with the start token and any other special tokens."""
        return len(self.itos)

    @property
    def unk_id(self) -> int | None:
        """The index of `<unk>`, or None for tokenizers that can spell out anything."""
        return None

    @classmethod
    @abstractmethod
    def train(cls, text: str, **options: Any) -> Tokenizer:
        """Make the vocabulary from a text. Options are the tokenizer's own (vocab_size, min_count, …)."""

    @abstractmethod
    def encode(self, text: str) -> list[int]:
        """Indices of the text, without the start token. The empty string gives []."""

    @abstractmethod
    def decode(self, ids: Sequence[int]) -> str:
        """The text of the indices; the start token is the empty string."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """JSON-ready state, with "kind"; `tokenizers.from_dict` reads it back."""

    def unknown(self, text: str) -> list[str]:
        """The different words of the text that are read as `<unk>`, in their order; [] where nothing is unknown."""
        return []

    def encode_many(self, texts: Sequence[str]) -> list[list[int]]:
        """`encode` for many texts; faster where the family can."""
        return [self.encode(text) for text in texts]

    def to_json(self) -> str:
        """Canonical JSON: equal tokenizers give equal strings (checkpoints hash it)."""
        return json.dumps(self.to_dict(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
