"""Words, and three tokens that no text encodes to: whose turn it is, and that an answer is over.

A conversation is one text to a language model. What makes turns of it are these tokens, which only a program can put
there: "<bot>" typed by a person is the three tokens <, bot and >, like everything that people type.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lmcore.tokenizers.base import Tokenizer
from lmcore.tokenizers.checks import MAX_VOCAB, clean, fields
from lmcore.tokenizers.word import FIRST_WORD, UNK_ID, WordTokenizer, split

USER, BOT, END = "<user>", "<bot>", "<end>"
CONTROL = (USER, BOT, END)


class ChatTokenizer(Tokenizer):
    """A word tokenizer's tokens 0..V-4, then <user>, <bot> and <end>."""

    kind = "chat"

    def __init__(self, words: WordTokenizer) -> None:
        self.words = words
        self.itos = [*words.itos, *CONTROL]
        first = len(words.itos)
        self.user_id, self.bot_id, self.end_id = first, first + 1, first + 2

    @property
    def control_ids(self) -> tuple[int, int, int]:
        """The indices of <user>, <bot> and <end>: the last three."""
        return self.user_id, self.bot_id, self.end_id

    @property
    def unk_id(self) -> int:
        return UNK_ID

    @classmethod
    def train(cls, text: str, **options: Any) -> ChatTokenizer:
        """The words of a text; options as of a word tokenizer, whose vocab_size does not count the three."""
        return cls(WordTokenizer.train(text, **options))

    def _index(self, word: str) -> int:
        """A word as it stands, else in lower case, else with a capital, else `<unk>`: people write as they like."""
        stoi = self.words.stoi
        for form in (word, word.lower(), word.lower().capitalize()):
            if form in stoi:
                return stoi[form]
        return UNK_ID

    def encode(self, text: str) -> list[int]:
        """Indices of what someone typed; never one of the three, nor the start token."""
        return [self._index(word) for word in split(clean(text))]

    def unknown(self, text: str) -> list[str]:
        return list(dict.fromkeys(word for word in split(clean(text)) if self._index(word) == UNK_ID))

    def decode(self, ids: Sequence[int]) -> str:
        """The text of the indices; like the start token, the three are nothing in it."""
        first = self.user_id
        return self.words.decode([i for i in ids if i < first])

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "chat", "words": self.words.itos[FIRST_WORD:]}

    @classmethod
    def from_dict(cls, data: Any) -> ChatTokenizer:
        """Read back `to_dict`; ValueError unless the words are such as a word tokenizer has."""
        (words,) = fields(data, "chat", "words")
        read = WordTokenizer.from_dict({"kind": "word", "words": words})
        if read.vocab_size + len(CONTROL) > MAX_VOCAB:
            raise ValueError(f"a chat tokenizer has at most {MAX_VOCAB} tokens")
        return cls(read)
