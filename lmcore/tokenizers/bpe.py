"""Byte pair encoding: between characters and words, learnt from the text.

Sennrich, Haddow and Birch (2016), "Neural machine translation of rare words with subword units"; on bytes as in GPT-2
(Radford et al. 2019). Training and encoding are done by Hugging Face `tokenizers`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from tokenizers import Tokenizer as HuggingFaceTokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer

from lmcore.tokenizers.base import START, Tokenizer
from lmcore.tokenizers.checks import MAX_VOCAB, clean, fields, training_text, whole_number
from lmcore.tokenizers.letters import marks

MIN_VOCAB = 1 + 256  # <s> and every byte, so that any text can be spelled
MAX_PIECE = 33  # characters of a piece, its leading space counted


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    letter, digit, other = rf"(?:[^\W\d_]|[{marks()}])", r"\d", rf"(?:[^\s\w{marks()}]|_)"
    return re.compile(
        rf"'(?:[sdmt]|ll|ve|re)(?!{letter})| ?{letter}{{1,32}}| ?{digit}{{1,32}}| ?{other}{{1,32}}"
        r"|\n{1,32}|[^\S\n]{1,32}(?!\S)|[^\S\n]"
    )


def split(text: str) -> list[str]:
    """The pieces that merges never cross: a word with the space before it, a number, punctuation, newlines, spaces.

    GPT-2's rule with every repetition bounded, so that one "word" of 1 MB costs no more than many short ones.
    """
    return _pattern().findall(text)


@lru_cache(maxsize=1)
def byte_letters() -> dict[int, str]:
    """GPT-2's name for each byte: itself where it is printable, else the next free letter from U+0100 on.

    So that a piece of bytes is a string without spaces: " the" is "Ġthe".
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(0x100 + i) for i, byte in enumerate(others)}


@lru_cache(maxsize=1)
def _letter_bytes() -> dict[str, int]:
    return {letter: byte for byte, letter in byte_letters().items()}


def piece_bytes(piece: str) -> bytes:
    """The bytes of a piece written in `byte_letters`; KeyError when it is not."""
    return bytes(_letter_bytes()[letter] for letter in piece)


def readable(data: bytes) -> str:
    """Bytes as text to look at: those that are no character by themselves, and control characters, as <e2>."""
    text = data.decode("utf-8", "surrogateescape")  # a byte that does not fit becomes U+DC00 + byte
    return "".join(
        f"<{ord(c) & 0xFF:02x}>" if "\udc80" <= c <= "\udcff" or (c < " " and c not in "\t\n\r") or c == "\x7f" else c
        for c in text
    )


class BPETokenizer(Tokenizer):
    """`<s>`, the 256 bytes, then one token for each merge, the most frequent pair of the training text first.

    No text is ever matched as a special token: "<s>" typed by a user is the pieces "<", "s" and ">".
    """

    kind = "bpe"

    def __init__(self, merges: Sequence[tuple[str, str]], cut: str = "bounded") -> None:
        """`merges`: pairs of pieces in `byte_letters`, in the order in which they were learnt.

        `cut` says where no merge goes across: "bounded" as `split` does it, "gpt2" by GPT-2's own rule, for a
        vocabulary that was learnt with it.
        """
        self.merges = list(merges)
        self.cut = cut
        vocab = {START: 0}
        for piece in [*sorted(byte_letters().values()), *(left + right for left, right in self.merges)]:
            vocab.setdefault(piece, len(vocab))  # two different pairs can give the same piece
        self._bytes = [b"", *(piece_bytes(piece) for piece in list(vocab)[1:])]
        self.itos = [START, *(readable(data) for data in self._bytes[1:])]
        self._tokenizer = HuggingFaceTokenizer(BPE(vocab, self.merges))
        # Bytes to letters, cut by GPT-2's rule before that or not.
        self._tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=cut == "gpt2")

    @classmethod
    def train(cls, text: str, **options: Any) -> BPETokenizer:
        """Learn merges until there are `vocab_size` tokens (default 512), or no pair occurs twice."""
        vocab_size = whole_number("vocab_size", options.pop("vocab_size", 512), MIN_VOCAB, MAX_VOCAB)
        if options:
            raise ValueError(f"a bpe tokenizer has no option {next(iter(options))!r}")
        learner = HuggingFaceTokenizer(BPE())
        learner.pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=False)
        trainer = BpeTrainer(
            vocab_size=vocab_size - 1,  # <s> comes on top, see __init__
            min_frequency=2,
            initial_alphabet=list(byte_letters().values()),
            special_tokens=[],
            show_progress=False,
        )
        learner.train_from_iterator([split(training_text(text))], trainer)
        return cls([(left, right) for left, right in json.loads(learner.to_str())["model"]["merges"]])

    def encode(self, text: str) -> list[int]:
        return self.encode_many([text])[0]

    def encode_many(self, texts: Sequence[str]) -> list[list[int]]:
        """All texts; each different piece is encoded only once, which is four times faster than all of them."""
        if self.cut == "gpt2":
            found = self._tokenizer.encode_batch_fast([clean(text) for text in texts], add_special_tokens=False)
            return [encoding.ids for encoding in found]
        pieces = [split(clean(text)) for text in texts]
        different = list(set(chain.from_iterable(pieces)))
        encoded = self._tokenizer.encode_batch_fast(different, add_special_tokens=False)
        ids = {piece: encoding.ids for piece, encoding in zip(different, encoded, strict=True)}
        return [list(chain.from_iterable(map(ids.__getitem__, part))) for part in pieces]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of all bytes together; those that are no UTF-8 become U+FFFD."""
        return b"".join([self._bytes[i] for i in ids]).decode("utf-8", "replace")

    def token_bytes(self, token: int) -> bytes:
        """The bytes that a token stands for."""
        return self._bytes[token]

    def to_dict(self) -> dict[str, Any]:
        own = {"kind": "bpe", "merges": [list(pair) for pair in self.merges]}
        return own if self.cut == "bounded" else own | {"cut": self.cut}

    @classmethod
    def from_dict(cls, data: Any) -> BPETokenizer:
        """Read back `to_dict`; ValueError unless each merge joins pieces that exist by then, and none comes twice."""
        cut = "bounded"
        if isinstance(data, dict) and "cut" in data:
            cut = data["cut"]
            data = {name: value for name, value in data.items() if name != "cut"}
            if cut != "gpt2":
                raise ValueError("the cut of a bpe tokenizer can only be gpt2")
        (merges,) = fields(data, "bpe", "merges")
        if not isinstance(merges, list) or len(merges) > 2 * MAX_VOCAB:
            raise ValueError(f"the merges of a bpe tokenizer must be a list of at most {2 * MAX_VOCAB} pairs")
        return cls(list(_checked(merges)), cut)


def _checked(merges: Iterable[Any]) -> Iterator[tuple[str, str]]:
    known = set(byte_letters().values())
    seen: set[tuple[str, str]] = set()
    for n, merge in enumerate(merges):
        if not isinstance(merge, (list, tuple)) or len(merge) != 2 or not all(isinstance(part, str) for part in merge):
            raise ValueError(f"merge {n} of a bpe tokenizer must be a pair of strings")
        left, right = merge
        if left not in known or right not in known:
            raise ValueError(f"merge {n} of a bpe tokenizer joins a piece that does not exist yet")
        piece = left + right
        if (left, right) in seen or piece == START or len(piece) > 4 * MAX_PIECE:
            raise ValueError(f"merge {n} of a bpe tokenizer comes twice, is too long, or makes the start token")
        seen.add((left, right))
        known.add(piece)
        if len(known) + 1 > MAX_VOCAB:
            raise ValueError(f"a bpe tokenizer has at most {MAX_VOCAB} tokens")
        yield left, right
