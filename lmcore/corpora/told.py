"""Little scenes that someone tells, questions about them, and what is said when nobody told it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from lmcore.corpora.exact_fact import PEOPLE, Turn
from lmcore.corpora.tales_grammar import pick
from lmcore.corpora.tales_lexicon import OBJECTS, PLACES, article
from lmcore.corpora.world_book import COLORS

THINGS = tuple(one.key for one in OBJECTS if one.goes_with in ("toy", "cloth", "thing"))
WHERE = tuple(one.forms["at"] for one in PLACES)
VERBS = dict(
    pair.split()
    for pair in [
        "found find",
        "lost lose",
        "bought buy",
        "hid hide",
        "carried carry",
        "dropped drop",
        "saw see",
        "kept keep",
    ]
)


@dataclass(frozen=True)
class Scene:
    """Someone did something with a thing somewhere."""

    name: str
    did: str
    color: str
    thing: str
    where: str

    def told(self, rng: Random) -> str:
        """The sentence that says all of it."""
        what = f"{article(self.color)} {self.thing}"
        if rng.random() < 0.25:
            return f"{self.where[0].upper()}{self.where[1:]}, {self.name} {self.did} {what}."
        return f"{self.name} {self.did} {what} {self.where}."

    def asked(self, rng: Random) -> Turn:
        """A question about one part of it, as a turn that only asks."""
        do, it = VERBS[self.did], f"the {self.thing}"
        part = pick(rng, ("who", "who", "what", "what", "color", "color", "where", "where"))
        if part == "who":
            ask = pick(rng, (f"Who {self.did} {it}?", f"Tell me who {self.did} {it}.",
                             f"Who was it that {self.did} {it}?",
                             f"Do you know who {self.did} {it}?", f"And who {self.did} {it}?"))  # fmt: skip
            return _question(ask, f"{self.name} {self.did} {it}.", self.name, PEOPLE)
        if part == "what":
            one = self.name
            ask = pick(rng, (f"What did {one} {do}?", f"Tell me what {one} {self.did}.",
                             f"What was it that {one} {self.did}?",
                             f"Do you know what {one} {self.did}?", f"And what did {one} {do}?",
                             f"Which thing did {one} {do}?"))  # fmt: skip
            return _question(ask, f"{one} {self.did} {article(self.color)} {self.thing}.", self.thing, THINGS)
        if part == "color":
            ask = pick(rng, (f"What color is {it}?", f"What color was {it}?", f"Tell me the color of {it}.",
                             f"What is the color of {it}?", f"Which color has {it}?",
                             f"What color does {it} have?"))  # fmt: skip
            return _question(ask, f"The {self.thing} is {self.color}.", self.color, COLORS)
        ask = pick(rng, (f"Where did {self.name} {do} {it}?", f"Where was {it}?", f"Where was {self.name}?",
                         f"Tell me where {self.name} {self.did} {it}.", f"Do you know where {it} was?",
                         f"And where did {self.name} {do} {it}?"))  # fmt: skip
        who = self.name if "was it" not in ask and f"was {self.name}" in ask else f"The {self.thing}"
        reply = f"{who} was {self.where}." if "did" not in ask else f"{self.name} {self.did} {it} {self.where}."
        place = self.where.split()[-1]
        return _question(ask, reply, place, [where.split()[-1] for where in WHERE])


def _question(ask: str, reply: str, answer: str, kind: Sequence[str]) -> Turn:
    return Turn(ask, reply, "told", ask, answer, frozenset(kind) - {answer})


NOTED = "I will remember that."
NOT_TOLD = "I do not know that. Nobody told me."


def scenes(rng: Random, n: int) -> list[Scene]:
    """Scenes that have nobody, no thing, no colour and no place in common."""
    parts = [_some(rng, pool, n) for pool in (PEOPLE, COLORS, THINGS, WHERE)]
    return [
        Scene(name, pick(rng, tuple(VERBS)), color, thing, where)
        for name, color, thing, where in zip(*parts, strict=True)
    ]


def _some(rng: Random, pool: Sequence[str], n: int) -> list[str]:
    found: list[str] = []
    while len(found) < n:
        one = pick(rng, pool)
        if one not in found:
            found.append(one)
    return found


def told(rng: Random) -> Iterator[Turn]:
    """Someone tells one or two things, in a turn of their own or just before asking, and asks up to three questions."""
    all_ = scenes(rng, 3)
    known, other = all_[: 1 + (rng.random() < 0.55)], all_[2]
    text = " ".join(scene.told(rng) for scene in known)
    before = ""
    if rng.random() < 0.3:
        before = text + " "
    elif len(known) == 2 and rng.random() < 0.5:
        for scene in known:
            yield Turn(scene.told(rng), NOTED)
    else:
        yield Turn(text, NOTED)
    for _ in range(1 + int(rng.random() * 3)):
        if rng.random() < 0.15:  # about something that nobody told
            turn = not_told(other, rng)
        else:
            turn = pick(rng, known).asked(rng)
        yield Turn(before + turn.said, turn.reply, turn.kind, turn.question, turn.answer, turn.rivals)
        before = ""


def near_misses(rng: Random) -> Iterator[Turn]:
    """Something is told; then that is asked about, and as often another thing, of which the same may be said."""
    *known, other = scenes(rng, 2 if rng.random() < 0.4 else 3)
    yield Turn(" ".join(scene.told(rng) for scene in known), NOTED)
    for _ in range(2 + int(rng.random() * 3)):
        if rng.random() < 0.5:
            yield pick(rng, known).asked(rng)
        else:
            did = pick(rng, known).did if rng.random() < 0.5 else other.did
            yield not_told(replace(other, did=did), rng)


def not_told(scene: Scene, rng: Random) -> Turn:
    """A question about a scene that the conversation does not have."""
    ask = scene.asked(rng).question
    return Turn(ask, NOT_TOLD, "not known", ask, "not know", frozenset((*PEOPLE, *COLORS)) - set(ask))
