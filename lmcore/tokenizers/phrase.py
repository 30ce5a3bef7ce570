"""Words as tokens, for sentences that must come back as they were: "l'" and "homme", "vingt-deux", "parlez-vous ?".

The word tokenizer of `word.py` reads text for models that only read and write; a translation is also compared with
one that somebody wrote, so here a sentence of known words decodes to itself, spaces before marks and all.
"""

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
from lmcore.tokenizers.word import CLOSING, FIRST_WORD, MAX_WORD, OPENING, UNK, UNK_ID

APOSTROPHES = ("'", "’")


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    """Letters with hyphens between them; an English ending after an apostrophe stays ("don't"), before any other
    word the apostrophe ends the token, as French has it ("l'" in "l'homme"). Or one other character.
    """
    letter = rf"[\w{marks()}]"
    word = rf"{letter}{{1,{MAX_WORD}}}(?:-{letter}{{1,{MAX_WORD}}}){{0,4}}"
    return re.compile(rf"{word}(?:['’](?i:s|t|m|d|ll|re|ve)(?!{letter})|['’](?={letter}))?|\S")


def split(text: str) -> list[str]:
    """The words and marks of a sentence, case kept; spaces are left out."""
    return _pattern().findall(text)


class PhraseTokenizer(Tokenizer):
    """`<s>`, `<unk>` for every word that is not in the vocabulary, then the words, sorted."""

    kind = "phrase"

    def __init__(self, words: Sequence[str], spaced: Sequence[str] = ()) -> None:
        """`words`: the known words, sorted. `spaced`: marks such as ? that have a space before them, as in French."""
        self.itos = [START, UNK, *words]
        # The special tokens are not in it: "<unk>" typed by a user is the three tokens <, unk and >.
        self.stoi = {word: i for i, word in enumerate(self.itos) if i >= FIRST_WORD}
        self.spaced = sorted(spaced)
        self._closing = CLOSING - set(spaced)

    @property
    def unk_id(self) -> int:
        return UNK_ID

    @classmethod
    def train(cls, text: str, **options: Any) -> PhraseTokenizer:
        """The words of the text. Options: `vocab_size` and `min_count`, as of a word tokenizer."""
        vocab_size = whole_number("vocab_size", options.pop("vocab_size", MAX_VOCAB), FIRST_WORD + 1, MAX_VOCAB)
        min_count = whole_number("min_count", options.pop("min_count", 1), 1, 1_000_000)
        if options:
            raise ValueError(f"a phrase tokenizer has no option {next(iter(options))!r}")
        text = training_text(text)
        counts = Counter(split(text))
        ranked = sorted((word for word, n in counts.items() if n >= min_count), key=lambda word: (-counts[word], word))
        if not ranked:
            raise ValueError(f"no word occurs {min_count} times in these sentences; lower min_count")
        spaced = [mark for mark in CLOSING if counts[mark] and 2 * _after_space(mark, text) > counts[mark]]
        return cls(sorted(ranked[: vocab_size - FIRST_WORD]), spaced)

    def encode(self, text: str) -> list[int]:
        return list(map(self.stoi.get, split(clean(text)), repeat(UNK_ID)))

    def unknown(self, text: str) -> list[str]:
        return list(dict.fromkeys(word for word in split(clean(text)) if word not in self.stoi))

    def decode(self, ids: Sequence[int]) -> str:
        """The sentence, with spaces where the training sentences had them."""
        parts: list[str] = []
        glue = True  # nothing between the last token and the next
        for i in ids:
            if i == 0:
                continue
            word = self.itos[i]
            parts.append(word if glue or word in self._closing else " " + word)
            glue = word in OPENING or (word.endswith(APOSTROPHES) and len(word) > 1)
        return "".join(parts)

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "phrase", "words": self.itos[FIRST_WORD:], "spaced": self.spaced}

    @classmethod
    def from_dict(cls, data: Any) -> PhraseTokenizer:
        """Read back `to_dict`; ValueError unless the words are sorted, different and such as `split` makes."""
        words, spaced = fields(data, "phrase", "words", "spaced")
        words = strings("the words of a phrase tokenizer", words, MAX_VOCAB - FIRST_WORD)
        spaced = strings("the spaced marks of a phrase tokenizer", spaced, len(CLOSING))
        if words != sorted(words) or spaced != sorted(spaced):
            raise ValueError("the words of a phrase tokenizer must be sorted")
        if not all(_is_one(word) for word in words):
            raise ValueError("a phrase tokenizer may hold only single words and marks")
        if not set(spaced) <= CLOSING:
            raise ValueError("only marks that close something can have a space before them")
        return cls(words, spaced)


def _is_one(word: str) -> bool:
    """Is this what `split` makes? An apostrophe at the end needs the letter that follows it in a sentence."""
    elided = word.endswith(APOSTROPHES) and len(word) > 1
    return split(word + "x" if elided else word)[:1] == [word]


def _after_space(mark: str, text: str) -> int:
    """How often a mark comes after a blank."""
    return len(re.findall(rf"\s{re.escape(mark)}", text))
