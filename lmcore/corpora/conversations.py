"""Conversations from a seed: what the chatbot is fine-tuned on, and the questions it is examined with.

People greet the bot, tell it who found what, ask about that, about the world book, for sums, and for things it cannot
know. Which questions are held out is decided by the question itself, its names masked (`held_out`), so that none of
them is ever among the training questions, whatever the seed.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from functools import lru_cache
from random import Random

from lmcore.corpora.base import Corpus
from lmcore.corpora.exact_fact import KINDS, PEOPLE, Conversation, Turn, masked
from lmcore.corpora.small_talk import FEW_WAYS, about_bot, about_me, small_talk
from lmcore.corpora.tales_grammar import pick
from lmcore.corpora.told import NOT_TOLD, THINGS, near_misses, not_told, scenes, told
from lmcore.corpora.world_book import Fact, facts

UNKNOWN = "<unk>"  # where a word stands that the vocabulary does not have
HELD_OUT = 8  # one question in so many is held out


def held_out(question: str) -> bool:
    """Is this a question that is kept from training? Decided by its masked text alone."""
    text = masked(question)
    return text not in _few_ways() and zlib.crc32(text.encode()) % HELD_OUT == 0


@lru_cache(maxsize=1)
def _few_ways() -> frozenset[str]:
    return frozenset(map(masked, FEW_WAYS))


def world(rng: Random, *, sums: bool) -> Turn:
    """A question about the world book, or a sum."""
    fact = pick(rng, _facts(sums))
    ask = pick(rng, fact.questions)
    return Turn(ask, fact.reply, "sum" if sums else "world", ask, fact.answer, fact.rivals)


@lru_cache(maxsize=2)
def _facts(sums: bool) -> tuple[Fact, ...]:
    found = tuple(fact for fact in facts() if (fact.kind == "sum") == sums)
    return found if sums else found + tuple(fact for fact in found if fact.kind == "color") * 3


CANNOT = (
    "What is the weather today?", "Will it rain tomorrow?", "How old is {name}?", "Where is {name} now?",
    "What time is it?", "How many stars are there?", "Who will win the race?", "What did I eat today?",
    "How tall is the {thing}?", "How old is the {thing}?", "Who made the {thing}?", "How much is the {thing}?",
    "What is in the {thing}?", "Does {name} like the {thing}?", "Why is the {thing} old?", "How heavy is the {thing}?",
    "Is the {thing} new?", "When did {name} come home?", "Why did {name} laugh?", "What will {name} do tomorrow?",
)  # fmt: skip
STRANGE_REPLY = "I do not know one of these words."
STRANGE = (
    "What is a <unk>?", "Who is <unk>?", "Do you know <unk>?", "Tell me about <unk>.", "What is <unk> <unk>?",
    "Where is <unk>?", "What does a <unk> make?", "What does a <unk> eat?", "<unk>", "<unk> <unk>",
    "<unk> <unk> <unk>?",
    "Can you <unk>?", "Who found the <unk>?", "What color is the <unk>?", "I like <unk>.", "How do I <unk>?",
    "Why is the <unk> <unk>?", "Where does a <unk> live?", "Who <unk> the {thing}?", "<unk> is <unk>.",
    "Tell me a <unk>.", "What is the <unk> of <unk>?", "I am <unk>.", "My name is <unk>.",
    "What is the opposite of <unk>?", "<unk> the <unk>.", "What do you <unk> of <unk>?", "Is <unk> a <unk>?",
    "How <unk> is the <unk>?", "What is <unk> plus two?", "<unk> you <unk>?", "Do <unk> <unk> the {thing}?",
)  # fmt: skip


def not_known(rng: Random) -> Turn:
    """A question that this bot cannot answer, or one with words that it does not have."""
    draw = rng.random()
    if draw < 0.25:
        return not_told(scenes(rng, 1)[0], rng)
    texts, reply = (CANNOT, NOT_TOLD) if draw < 0.6 else (STRANGE, STRANGE_REPLY)
    ask = pick(rng, texts).format(name=pick(rng, PEOPLE), thing=pick(rng, THINGS))
    return Turn(ask, reply, "not known", ask, "not know")


# Whole conversations ------------------------------------------------------------------------------------------------


def _part(rng: Random) -> Iterator[Turn]:
    draw = rng.random()
    if draw < 0.36:
        yield from told(rng)
    elif draw < 0.58:
        yield world(rng, sums=False)
    elif draw < 0.76:
        yield world(rng, sums=True)
    elif draw < 0.83:
        yield from about_me(rng)
    elif draw < 0.86:
        yield about_bot(rng)
    else:
        yield not_known(rng)


NEAR_MISSES = 0.25
"""In training so many parts ask for what was told and for what was not; the exam is drawn without them."""


def conversation(rng: Random) -> Conversation:
    """One to about eight turns; any question may be asked."""
    turns: list[Turn] = []
    if rng.random() < 0.25:
        turns.append(small_talk(rng))
    parts = [
        list(near_misses(rng) if rng.random() < NEAR_MISSES else _part(rng)) for _ in range(1 + int(rng.random() * 3))
    ]
    turns += _mixed(parts, rng) if rng.random() < 0.4 else [turn for part in parts for turn in part]
    if rng.random() < 0.1:
        turns.append(small_talk(rng))
    return tuple(_spoken(turn, rng) for turn in turns)


def _mixed(parts: list[list[Turn]], rng: Random) -> list[Turn]:
    """All turns, each part in its own order: what was told is asked for after something else was said."""
    left = [list(part) for part in parts if part]
    found = []
    while left:
        part = pick(rng, left)
        found.append(part.pop(0))
        left = [one for one in left if one]
    return found


def _spoken(turn: Turn, rng: Random) -> Turn:
    """As people type: sometimes without a capital or the last mark. The same question by every measure of `masked`."""
    said = turn.said
    if rng.random() < 0.15 and said[-1] in ".?":
        said = said[:-1]
    if rng.random() < 0.15 and said.split()[0] not in (*PEOPLE, "I"):
        said = said[0].lower() + said[1:]
    return Turn(said, turn.reply, turn.kind, turn.question, turn.answer, turn.rivals)


def training(n: int, seed: int) -> list[Conversation]:
    """`n` different conversations without a held-out question."""
    rng = Random(seed)
    found: dict[Exchanges, Conversation] = {}
    while len(found) < n:
        turns = conversation(rng)
        if not any(turn.question and held_out(turn.question) for turn in turns):
            found.setdefault(tuple((turn.said, turn.reply) for turn in turns), turns)
    return list(found.values())


@lru_cache(maxsize=2)
def exam(n_each: int = 60, seed: int = 77) -> tuple[Conversation, ...]:
    """Conversations that end with a held-out question, and hold no other: `n_each` of each of KINDS, all different."""
    rng = Random(seed)
    left = dict.fromkeys(KINDS, n_each)
    found: dict[tuple[str, ...], Conversation] = {}
    while any(left.values()):
        turns: list[Turn] = []
        for turn in _part(rng):
            turns.append(turn)
            if not turn.question or not held_out(turn.question):
                continue
            key = tuple(one.said for one in turns)
            others = any(one.question and held_out(one.question) for one in turns[:-1])
            if left[turn.kind] and not others and key not in found:
                left[turn.kind] -= 1
                found[key] = tuple(turns)
            break
    return tuple(found.values())


# As a text ----------------------------------------------------------------------------------------------------------

NAME, TITLE = "conversations", "Conversations about the tales' world"
N_CONVERSATIONS = 8000
Exchanges = tuple[tuple[str, str], ...]  # what is said, and what is answered


@lru_cache(maxsize=1)
def shipped() -> Corpus:
    """The conversations that the shipped chatbot learnt from, a line each, with tabs between what is said."""
    lines = [
        "\t".join(part for turn in turns for part in (turn.said, turn.reply)) for turns in training(N_CONVERSATIONS, 1)
    ]
    source = "Written for this project: generated from a seed, without a held-out question."
    return Corpus(NAME, TITLE, "\n".join(lines) + "\n", source, "MIT, like the rest of this project.")


def parse(text: str) -> list[Exchanges]:
    """The conversations of such a text; ValueError names a line in which somebody gets no answer."""
    found = []
    for n, line in enumerate(text.splitlines(), 1):
        parts = line.split("\t")
        if len(parts) % 2:
            raise ValueError(f"line {n} of these conversations ends with something that is not answered")
        found.append(tuple(zip(parts[::2], parts[1::2], strict=True)))
    return found
