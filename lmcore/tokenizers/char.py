"""Characters as tokens: the simplest vocabulary there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from lmcore.tokenizers.base import START, START_ID, Tokenizer
from lmcore.tokenizers.checks import MAX_VOCAB, clean, fields, strings, training_text

HEX = "0123456789abcdef"
FIRST_CHAR = 1 + len(HEX)  # index 0 is <s>, 1..16 are <0>..<f>, then the characters


class CharTokenizer(Tokenizer):
    """One token for each character of the training text, in the order of their code points.

    A character that was never seen is spelled as the two hex halves of each byte of its UTF-8 form: "é" becomes
    <c><3><a><9>. So any text comes back exactly, and no model has to learn thousands of rare characters.
    """

    kind = "char"

    def __init__(self, chars: Sequence[str]) -> None:
        """`chars`: the known characters, sorted."""
        self.itos = [START, *(f"<{digit}>" for digit in HEX), *chars]
        self.stoi = {token: i for i, token in enumerate(self.itos)}
        # Code point -> index, 0 where there is none. A table instead of a dict: 5 MB in 0.1 s.
        self._table = np.zeros(max(map(ord, chars), default=0) + 2, dtype=np.int32)
        self._table[[ord(char) for char in chars]] = np.arange(FIRST_CHAR, len(self.itos))

    @classmethod
    def train(cls, text: str, **options: Any) -> CharTokenizer:
        """The characters of the text; no options. Above 65,519 different ones the rarest are spelled."""
        if options:
            raise ValueError(f"a char tokenizer has no option {next(iter(options))!r}")
        text = training_text(text)
        chars = sorted(set(text))
        if len(chars) > MAX_VOCAB - FIRST_CHAR:
            chars = sorted(char for char, _ in Counter(text).most_common(MAX_VOCAB - FIRST_CHAR))
        return cls(chars)

    def encode(self, text: str) -> list[int]:
        return self.encode_many([text])[0]

    def encode_many(self, texts: Sequence[str]) -> list[list[int]]:
        """All texts in one lookup: characters -> code points -> indices."""
        texts = [clean(text) for text in texts]
        codes = np.frombuffer("".join(texts).encode("utf-32-le"), dtype=np.uint32)
        known = self._table[np.minimum(codes, self._table.size - 1)]
        ids, ends = known.tolist(), np.cumsum([len(text) for text in texts])
        unseen = np.flatnonzero(known == 0)
        if unseen.size:
            spelled = [_spell(chr(code)) for code in codes[unseen].tolist()]
            # Put the spellings in from the back, so that earlier places stay where they are.
            pieces: list[int] = []
            last = 0
            for place, spelling in zip(unseen.tolist(), spelled, strict=True):
                pieces += ids[last:place]
                pieces += spelling
                last = place + 1
            ids = pieces + ids[last:]
            longer = np.zeros(codes.size + 1, dtype=np.int64)  # extra tokens before each character
            longer[unseen + 1] = [len(spelling) - 1 for spelling in spelled]
            ends = ends + np.cumsum(longer)[ends]
        bounds = [0, *ends.tolist()]
        return [ids[a:b] for a, b in pairwise(bounds)]

    def decode(self, ids: Sequence[int]) -> str:
        """The text; hex halves are put together, and those that give no character become U+FFFD."""
        parts: list[str] = []
        halves = ""
        for i in ids:
            if i == START_ID:
                continue
            if i < FIRST_CHAR:
                halves += HEX[i - 1]
                continue
            if halves:
                parts.append(_unspell(halves))
                halves = ""
            parts.append(self.itos[i])
        return "".join(parts) + _unspell(halves)

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "char", "chars": "".join(self.itos[FIRST_CHAR:])}

    @classmethod
    def from_dict(cls, data: Any) -> CharTokenizer:
        """Read back `to_dict`; ValueError unless the characters are sorted, different and not too many."""
        (chars,) = fields(data, "char", "chars")
        if not isinstance(chars, str):
            raise ValueError("the characters of a char tokenizer must be one string")
        known = strings("the characters of a char tokenizer", list(chars[: MAX_VOCAB + 1]), MAX_VOCAB - FIRST_CHAR)
        if known != sorted(known):
            raise ValueError("the characters of a char tokenizer must be sorted by code point")
        return cls(known)


def _spell(char: str) -> list[int]:
    """Hex halves of the character's UTF-8 bytes as token indices."""
    return [1 + HEX.index(digit) for digit in char.encode("utf-8").hex()]


def _unspell(halves: str) -> str:
    """The text of a run of hex halves; a last half without its other one gives U+FFFD."""
    whole = bytes.fromhex(halves[: len(halves) // 2 * 2]).decode("utf-8", "replace")
    return whole + "\ufffd" * (len(halves) % 2)
