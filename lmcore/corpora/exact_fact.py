"""The rule by which a chatbot's answer is right or wrong, and what a question is without its names.

A question comes with the fact that its answer must give, and with the facts of the same kind that would be wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lmcore.corpora.tales_lexicon import NAMES

PEOPLE = tuple(one.key for one in NAMES)
KINDS = ("told", "world", "sum", "you and me", "not known")
"""Kinds of questions: about what was told before, the world book, sums, names and greetings, what it cannot know."""


@dataclass(frozen=True)
class Turn:
    """What a person says, and what the bot answers. A question also has what its answer must and must not hold."""

    said: str
    reply: str
    kind: str = ""
    """One of KINDS for a question, else ""."""
    question: str = ""
    """The sentence in which it is asked: the last one of `said`."""
    answer: str = ""
    rivals: frozenset[str] = frozenset()


Conversation = tuple[Turn, ...]


def words(text: str) -> list[str]:
    """The words of a text in lower case."""
    return re.findall(r"\w+", text.lower())


def right(reply: str, answer: str, rivals: frozenset[str]) -> bool:
    """Does the reply give exactly this fact: every word of the answer, and none of a rival of the same kind?"""
    found, needed = set(words(reply)), set(words(answer))
    return needed <= found and not found & ({rival.lower() for rival in rivals} - needed)


_NAMES = frozenset(name.lower() for name in PEOPLE)


def masked(question: str) -> str:
    """The question with every name as "name", without case and marks but those of sums."""
    return " ".join("name" if word in _NAMES else word for word in re.findall(r"\w+|[+<>]", question.lower()))
