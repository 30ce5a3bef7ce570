"""Opinions: short texts that praise or blame something, told from a seed, with their labels or as plain text without.

Two labels each: the sentiment (positive or negative) and the topic (one of five). A word may be turned round ("not bad
at all", "far from good"), and one clause may speak against the other: then the main clause decides ("although the soup
was bland, i enjoyed the evening"). What is said of which thing in the held-out texts ("the soup was bland") is said of
it nowhere else: neither in the labelled texts to learn from nor in the plain text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from lmcore.corpora.base import Corpus
from lmcore.corpora.opinions_lexicon import (
    BARE,
    CLAUSES,
    CONTRAST,
    GENERAL,
    INTENSE,
    NEGATIVE,
    PLAIN,
    POSITIVE,
    TOPICS,
    TURNED,
    UNCOUNTED,
    VERBS,
    VERDICTS,
)
from lmcore.corpora.tales_grammar import pick

__all__ = ["SENTIMENTS", "TOPIC_NAMES", "Opinion", "held_out", "labelled", "plain_text", "unlabelled"]

SENTIMENTS = (NEGATIVE, POSITIVE)
TOPIC_NAMES = tuple(TOPICS)
OTHER = {POSITIVE: NEGATIVE, NEGATIVE: POSITIVE}
MAX_CHARS = 20_000_000
MAX_LABELLED = 5_000
HELD_OUT_IN = 5  # one pair of a thing and a word in five is kept for the held-out texts
KINDS = ("plain", "turned", "contrast")
_MIX = (*["plain"] * 6, *["turned"] * 2, *["contrast"] * 2)  # out of ten labelled texts
_PLAIN_MIX = (*["plain"] * 4, *["turned"] * 4, *["contrast"] * 2)  # out of ten passages without a label
SECOND = 0.5  # share of the texts with a second opinion, plain, that agrees with the first
DETAIL = 0.5  # share with a sentence that says nothing of worth


@dataclass(frozen=True)
class Opinion:
    """A text and what is true of it."""

    text: str
    sentiment: str
    topic: str
    kind: str
    """"plain", "turned" (a word is turned round) or "contrast" (two clauses, of which one decides)."""


def kept_back(thing: str, word: str) -> bool:
    """Is this said of that thing in held-out texts only?"""
    return hashlib.sha256(f"{thing} {word}".encode()).digest()[0] % HELD_OUT_IN == 0


# Saying one thing -----------------------------------------------------------------------------------------------------

Words = Callable[[str, str, list[str]], str]  # (thing, sentiment, from these) -> a word that may be said of it


def _opinion(rng: Random, topic: str, sentiment: str, kind: str, held_out: bool) -> str:
    """One sentence, without its full stop."""
    things = TOPICS[topic]["things"]
    thing = _often(rng, things)
    if kind != "contrast":
        return _clause(rng, topic, sentiment, pick(rng, PLAIN if kind == "plain" else TURNED), thing, held_out)
    frame, other = pick(rng, CONTRAST), thing
    while other == thing:
        other = _often(rng, things)
    if "X" in frame:
        against = _clause(rng, topic, OTHER[sentiment], pick(rng, CLAUSES), other, held_out)
        decides = _clause(rng, topic, sentiment, pick(rng, CLAUSES), thing, held_out)
        return re.sub(r"\b[XY]\b", lambda letter: against if letter[0] == "X" else decides, frame)
    return _clause(rng, topic, sentiment, frame, thing, held_out, other)


def _clause(
    rng: Random, topic: str, sentiment: str, frame: str, thing: str, held_out: bool, other: str | None = None
) -> str:
    """A frame with its letters replaced; S is the `other` thing, of which the opposite is said."""
    turned = OTHER[sentiment]
    spoken_against = other if other is not None and "S" in frame.split(" ") else thing

    def adjective(of: str, polarity: str) -> str:
        own = TOPICS[topic][polarity]
        return _fitting(rng, of, own if rng.random() < 0.4 else GENERAL[polarity], held_out)

    letters: dict[str, Callable[[], str]] = {
        "T": lambda: thing,
        "S": lambda: other or thing,
        "A": lambda: adjective(thing, sentiment),
        "N": lambda: adjective(spoken_against, turned),
        "V": lambda: _fitting(rng, thing, VERBS[sentiment], held_out),
        "W": lambda: _fitting(rng, thing, VERBS[turned], held_out),
        "I": lambda: pick(rng, INTENSE),
    }
    if thing in UNCOUNTED:
        frame = re.sub(r"\ba (?=(really )?[AN] T)", "", frame)
    words = []
    for token in frame.split(" "):
        mark = token[-1] if token[-1] == "," else ""
        words.append(letters[token.rstrip(",")]() + mark if token.rstrip(",") in letters else token)
    said = " ".join(words)
    if "did not" in frame:
        said = re.sub(rf"\bdid not ({'|'.join(BARE)})\b", lambda found: f"did not {BARE[found[1]]}", said)
    return re.sub(r"\ba ([aeiou])", r"an \1", said)


def _fitting(rng: Random, thing: str, words: list[str], held_out: bool) -> str:
    """One of the words that may be said of this thing in this part; LookupError when there is none."""
    fitting = [word for word in words if kept_back(thing, word) == held_out]
    if not fitting:
        raise LookupError(f"nothing may be said of {thing} here")
    return _often(rng, fitting)


def _often(rng: Random, words: list[str]) -> str:
    """One of them, the first ones more often than the last, as in any language."""
    return words[int(len(words) * rng.random() ** 2)]


def _told(rng: Random, held_out: bool) -> Opinion:
    """A labelled text."""
    topic, sentiment, kind = pick(rng, TOPIC_NAMES), pick(rng, SENTIMENTS), pick(rng, _MIX)
    sentences = _sentences(rng, topic, sentiment, kind, held_out)
    return Opinion(_text(sentences), sentiment, topic, kind)


def _sentences(rng: Random, topic: str, sentiment: str, kind: str, held_out: bool) -> list[str]:
    """An opinion; in some a plain one that agrees, and a sentence that says nothing of worth."""
    found = [_opinion(rng, topic, sentiment, kind, held_out)]
    if rng.random() < SECOND:
        found.append(_opinion(rng, topic, sentiment, "plain", held_out))
    if rng.random() < DETAIL:
        found.insert(int(rng.random() * (len(found) + 1)), pick(rng, TOPICS[topic]["details"]))
    return found


def _text(sentences: list[str]) -> str:
    return " ".join(f"{sentence}." for sentence in sentences)


# The three parts ------------------------------------------------------------------------------------------------------


def labelled(n: int, seed: int = 0) -> list[Opinion]:
    """`n` different texts to learn from. ValueError unless 1 <= n <= 5,000."""
    return _different(n, Random(f"labelled {seed}"), False)


def held_out(n: int, seed: int = 0) -> list[Opinion]:
    """`n` different texts to be tested on; nothing of what they say of a thing is said of it elsewhere."""
    return _different(n, Random(f"held out {seed}"), True)


def _different(n: int, rng: Random, held_out: bool) -> list[Opinion]:
    if not 1 <= n <= MAX_LABELLED:
        raise ValueError(f"there can be 1 to {MAX_LABELLED:,} labelled opinions, not {n:,}")
    found: dict[str, Opinion] = {}
    while len(found) < n:
        try:
            told = _told(rng, held_out)
        except LookupError:  # few words are kept back, and none of this sort for that thing: another text
            continue
        found.setdefault(told.text, told)
    return list(found.values())


def unlabelled(n_chars: int, seed: int = 0) -> str:
    """Plain text of the same world, a passage a line: opinions that agree, and what the person then did.

    Nobody says which label a passage has; but whoever wants to know what comes next must find out how the opinion was
    meant. At most `n_chars` characters in whole lines. ValueError unless 1 <= n_chars <= 20,000,000.
    """
    if not 1 <= n_chars <= MAX_CHARS:
        raise ValueError(f"opinions can be 1 to {MAX_CHARS:,} characters long, not {n_chars:,}")
    rng = Random(f"unlabelled {seed}")
    lines = [_passage(rng)]
    length = len(lines[0]) + 1
    while length < n_chars:
        lines.append(_passage(rng))
        length += len(lines[-1]) + 1
    if length > n_chars and len(lines) > 1:
        lines.pop()
    return "\n".join(lines) + "\n"


def _passage(rng: Random) -> str:
    topic, sentiment = pick(rng, TOPIC_NAMES), pick(rng, SENTIMENTS)
    sentences = _sentences(rng, topic, sentiment, pick(rng, _PLAIN_MIX), False)
    own = TOPICS[topic][f"verdict {sentiment}"]
    sentences.append(pick(rng, own if rng.random() < 0.6 else VERDICTS[sentiment]))
    return _text(sentences)


SOURCE = "Written for this project: a small grammar, told from a seed."
LICENCE = "MIT, like the rest of this project."


@lru_cache(maxsize=1)
def plain_text() -> Corpus:
    """The text that the lesson's body has read: 4 MB without a label."""
    return Corpus("opinions", "Opinions", unlabelled(4_000_000, seed=1), SOURCE, LICENCE)
