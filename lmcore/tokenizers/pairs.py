"""Two tokenizers for one translator: the source is read with one, the target is written with the other.

To everything that asks a language model, this is the tokenizer of the target, with one token more: the end of a
translation. Its index is the last, and no text ever encodes to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lmcore.tokenizers.base import Tokenizer
from lmcore.tokenizers.bpe import BPETokenizer
from lmcore.tokenizers.char import CharTokenizer
from lmcore.tokenizers.checks import MAX_VOCAB, fields
from lmcore.tokenizers.phrase import PhraseTokenizer

END = "</s>"
SIDES: dict[str, type[PhraseTokenizer] | type[BPETokenizer] | type[CharTokenizer]] = {
    "phrase": PhraseTokenizer,
    "bpe": BPETokenizer,
    "char": CharTokenizer,
}


class PairTokenizer(Tokenizer):
    """The target's tokens 0..V-2 and the end token V-1; the source's tokens by `encode_source`."""

    kind = "pairs"

    def __init__(self, source: Tokenizer, target: Tokenizer) -> None:
        self.source = source
        self.target = target
        self.itos = [*target.itos, END]

    @property
    def end_id(self) -> int:
        """The index of the end token, V - 1."""
        return len(self.itos) - 1

    @property
    def unk_id(self) -> int | None:
        return self.target.unk_id

    @classmethod
    def train(cls, text: str, **options: Any) -> PairTokenizer:
        """From pairs, one a line, a tab between source and target. Options as of `train_pairs`."""
        return train_pairs([(line.split("\t")[0], line.split("\t")[-1]) for line in text.splitlines()], **options)

    def encode_source(self, text: str) -> list[int]:
        """Indices of a source sentence, 1..; the empty string gives []."""
        return self.source.encode(text)

    def unknown_source(self, text: str) -> list[str]:
        """The different words of a source that are read as `<unk>`, in their order."""
        return self.source.unknown(text)

    def encode(self, text: str) -> list[int]:
        """Indices of a target sentence, without the end token."""
        return self.target.encode(text)

    def decode(self, ids: Sequence[int]) -> str:
        """The target sentence of the indices; the end token, like the start token, is the empty string."""
        return self.target.decode([i for i in ids if i != self.end_id])

    def unknown(self, text: str) -> list[str]:
        return self.target.unknown(text)

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "pairs", "source": self.source.to_dict(), "target": self.target.to_dict()}

    @classmethod
    def from_dict(cls, data: Any) -> PairTokenizer:
        """Read back `to_dict`, both sides checked as a stranger's file."""
        source, target = (_side(side) for side in fields(data, "pairs", "source", "target"))
        if target.vocab_size >= MAX_VOCAB:
            raise ValueError(f"a target has at most {MAX_VOCAB - 1} tokens")
        return cls(source, target)


def train_pairs(pairs: Sequence[tuple[str, str]], kind: str = "phrase", **options: Any) -> PairTokenizer:
    """A tokenizer of one of SIDES for each side of the pairs (source, target); options are those of that kind."""
    if kind not in SIDES:
        raise ValueError(f"there is no tokenizer of the kind {kind!r:.40} for pairs; there are {', '.join(SIDES)}")
    if not pairs:
        raise ValueError("there are no pairs to make a vocabulary from")
    source, target = ("\n".join(side) for side in zip(*pairs, strict=True))
    return PairTokenizer(SIDES[kind].train(source, **options), SIDES[kind].train(target, **options))


def _side(data: Any) -> Tokenizer:
    kind = data.get("kind") if isinstance(data, dict) else None
    if not isinstance(kind, str) or kind not in SIDES:
        raise ValueError("each side of a tokenizer for pairs must be one of " + ", ".join(SIDES))
    return SIDES[kind].from_dict(data)
