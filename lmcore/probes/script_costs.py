"""The same short sentence in several scripts: how many characters, bytes and tokens it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lmcore.tokenizers import Tokenizer

SENTENCES = (  # "The mouse has eaten the cheese."
    ("English", "The mouse has eaten the cheese."),
    ("German", "Die Maus hat den Käse gefressen."),
    ("Greek", "Το ποντίκι έφαγε το τυρί."),
    ("Russian", "Мышь съела сыр."),
    ("Arabic", "أكل الفأر الجبن."),
    ("Hindi", "चूहे ने पनीर खा लिया।"),
    ("Chinese", "老鼠吃了奶酪。"),
    ("Japanese", "ネズミがチーズを食べた。"),
    ("Emoji", "🐭🧀"),
    ("A family", "👨\u200d👩\u200d👧\u200d👦"),  # one picture: four people and three joiners
)


@dataclass(frozen=True)
class Cost:
    """What one sentence takes: `tokens[kind]` under each tokenizer, `unknown[kind]` of them `<unk>`."""

    language: str
    sentence: str
    characters: int
    n_bytes: int
    tokens: dict[str, int]
    unknown: dict[str, int]


def costs(tokenizers: Mapping[str, Tokenizer]) -> list[Cost]:
    """Every sentence under every tokenizer, by the names they are given here."""
    found = []
    for language, sentence in SENTENCES:
        ids = {kind: tokenizer.encode(sentence) for kind, tokenizer in tokenizers.items()}
        unknown = {kind: ids[kind].count(t.unk_id) if t.unk_id is not None else 0 for kind, t in tokenizers.items()}
        tokens = {kind: len(found) for kind, found in ids.items()}
        found.append(Cost(language, sentence, len(sentence), len(sentence.encode()), tokens, unknown))
    return found
