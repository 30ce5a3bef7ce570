"""Words as tokens: what people think a language model reads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any

from lmcore.tokenizers.base import START, Tokenizer
from lmcore.tokenizers.checks import MAX_VOCAB, clean, fields, strings, training_text, whole_number
from lmcore.tokenizers.letters import marks

UNK = "<unk>"
UNK_ID = 1
FIRST_WORD = 2
MAX_WORD = 40  # characters; a longer run of letters is cut into several tokens

CLOSING = frozenset(".,;:!?)]}%…”’»")  # no space before these
OPENING = frozenset("([{$“‘«")  # no space after these


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    """A newline; or letters, digits and accents with apostrophes inside ("don't"); or one other character."""
    letter = rf"[\w{marks()}]"
    return re.compile(rf"\n|{letter}{{1,{MAX_WORD}}}(?:['’]{letter}{{1,{MAX_WORD}}}){{0,2}}|[^\w\s]")


def split(text: str) -> list[str]:
    """The words, punctuation marks and newlines of a text, case kept; spaces are left out."""
    return _pattern().findall(text)


class WordTokenizer(Tokenizer):
    """`<s>`, `<unk>` for every word that is not in the vocabulary, then the words, sorted."""

    kind = "word"

    def __init__(self, words: Sequence[str]) -> None:
        """`words`: the known words, sorted."""
        self.itos = [START, UNK, *words]
        # The special tokens are not in it: "<unk>" typed by a user is the three tokens <, unk and >.
        self.stoi = {word: i for i, word in enumerate(self.itos) if i >= FIRST_WORD}

    @property
    def unk_id(self) -> int:
        return UNK_ID

    @classmethod
    def train(cls, text: str, **options: Any) -> WordTokenizer:
        """The words of the text.

        Options: `vocab_size`, the most tokens to have, the special ones counted (the most frequent words stay, ties
        in alphabetical order; default 65,536), and `min_count`, how often a word must occur to be one (default 1).
        """
        vocab_size = whole_number("vocab_size", options.pop("vocab_size", MAX_VOCAB), FIRST_WORD + 1, MAX_VOCAB)
        min_count = whole_number("min_count", options.pop("min_count", 1), 1, 1_000_000)
        if options:
            raise ValueError(f"a word tokenizer has no option {next(iter(options))!r}")
        counts = Counter(split(training_text(text)))
        ranked = sorted((word for word, n in counts.items() if n >= min_count), key=lambda word: (-counts[word], word))
        if not ranked:
            raise ValueError(f"no word occurs {min_count} times in this text; lower min_count")
        return cls(sorted(ranked[: vocab_size - FIRST_WORD]))

    def encode(self, text: str) -> list[int]:
        return list(map(self.stoi.get, split(clean(text)), repeat(UNK_ID)))  # half the time of a loop

    def unknown(self, text: str) -> list[str]:
        return list(dict.fromkeys(word for word in split(clean(text)) if word not in self.stoi))

    def decode(self, ids: Sequence[int]) -> str:
        """The words with spaces where English has them. What the spaces were is not known any more."""
        parts: list[str] = []
        glue = True  # nothing between the last token and the next
        quoted = False
        for i in ids:
            if i == 0:
                continue
            word = self.itos[i]
            opens = word in OPENING or (word == '"' and not quoted)
            closes = word in CLOSING or (word == '"' and quoted)
            quoted = (quoted != (word == '"')) and word != "\n"  # an open quotation ends with its line
            parts.append(word if glue or closes or word == "\n" else " " + word)
            glue = opens or word == "\n"
        return "".join(parts)

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "word", "words": self.itos[FIRST_WORD:]}

    @classmethod
    def from_dict(cls, data: Any) -> WordTokenizer:
        """Read back `to_dict`; ValueError unless the words are sorted, different and such as `split` makes."""
        (words,) = fields(data, "word", "words")
        words = strings("the words of a word tokenizer", words, MAX_VOCAB - FIRST_WORD)
        if words != sorted(words):
            raise ValueError("the words of a word tokenizer must be sorted")
        if not all(_pattern().fullmatch(word) for word in words):
            raise ValueError("a word tokenizer may hold only single words, punctuation marks and the newline")
        return cls(words)
