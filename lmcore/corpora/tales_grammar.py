"""The grammar of the tales: every template both as a writer and as a reader.

A template is compiled once: to write, every slot gets a form of whoever plays it; to read, the same parts make a
regular expression, and a sentence is ours when one person, one object … fits all the forms that were read for it. What
is written is therefore always read back: the two cannot drift apart.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from random import Random
from typing import TypeVar

from lmcore.corpora.tales_lexicon import KINDS, WORDS, Entity
from lmcore.corpora.tales_plots import PLOTS, Beat, Either, Maybe

X = TypeVar("X")
Cast = dict[str, Entity]

# What each capital letter of a template stands for.
KIND_OF = {
    "N": "name", "M": "name", "O": "object", "Q": "object", "J": "adjective", "K": "adjective",
    "A": "animal", "T": "trait", "P": "place", "R": "place", "F": "fear",
}  # fmt: skip
RIVALS = (("N", "M"), ("O", "Q"), ("P", "R"))  # never the same one
FITS = (("J", "O"), ("K", "Q"))  # an adjective must suit its object


def pick(rng: Random, items: Sequence[X]) -> X:
    """One of the items. Only `random()` is promised to give the same numbers in every Python."""
    return items[int(rng.random() * len(items))]


@dataclass(frozen=True)
class Slot:
    """A place in a template, to be filled: {+O.a}."""

    letter: str  # "O", or the name of a word class such as "day"
    form: str  # "a"; "" is the plain name
    enters: bool  # the plus sign: whoever it is enters the story here


Part = str | Slot | list[list["Part"]]
_TOKEN = re.compile(r"\{(\+?)(\w+)(?:\.(\w+))?\}|([\[|\]])|([^{}\[\]|]+)")


def _parse(text: str) -> list[Part]:
    """The template as literal strings, slots, and choices (lists of alternatives)."""
    root: list[Part] = []
    here, stack = root, []
    for match in _TOKEN.finditer(text):
        plus, letter, form, mark, literal = match.groups()
        if literal is not None:
            here.append(literal)
        elif letter is not None:
            here.append(Slot(letter, form or "", bool(plus)))
        elif mark == "[":
            choice: list[list[Part]] = [[]]
            here.append(choice)
            stack.append((here, choice))
            here = choice[0]
        elif mark == "|":
            stack[-1][1].append([])
            here = stack[-1][1][-1]
        else:
            here, _ = stack.pop()
    return root


@dataclass(frozen=True)
class Reading:
    """How a sentence was read: for each slot letter those who fit all its forms, and which letters enter here."""

    template: str
    fits: Mapping[str, frozenset[Entity]]
    enters: frozenset[str]


class Template:
    """One sentence of a plot, as a recipe (`write`) and as a test (`read`)."""

    def __init__(self, text: str, objects: frozenset[str]) -> None:
        self.text = text
        self.parts = _parse(text)
        self.objects = objects  # the tags {O} may carry: those of all the plots that use this template
        # Words every sentence of this template has: to find the few templates worth trying.
        literals = [part for part in self.parts if isinstance(part, str)]
        self.words = set(re.findall(r"[A-Za-z]+", " ".join(literals)))

    @cached_property
    def _reader(self) -> tuple[re.Pattern[str], list[Slot]]:
        """The pattern and the slots of its groups, made when something is read: all take a second to compile."""
        slots: list[Slot] = []
        return re.compile(self._regex(self.parts, slots)), slots

    def write(self, cast: Cast, rng: Random) -> str:
        """The sentence with everyone of the cast in place and the choices drawn."""
        return self._write(self.parts, cast, rng)

    def _write(self, parts: list[Part], cast: Cast, rng: Random) -> str:
        out = []
        for part in parts:
            if isinstance(part, str):
                out.append(part)
            elif isinstance(part, list):
                out.append(self._write(pick(rng, part), cast, rng))
            elif part.letter in WORDS:
                out.append(pick(rng, WORDS[part.letter]))
            else:
                out.append(cast[part.letter].forms[part.form])
        return "".join(out)

    def _regex(self, parts: list[Part], slots: list[Slot]) -> str:
        out = []
        for part in parts:
            if isinstance(part, str):
                out.append(re.escape(part))
            elif isinstance(part, list):
                out.append(f"(?:{'|'.join(self._regex(option, slots) for option in part)})")
            elif part.letter in WORDS:
                out.append(_any_of(WORDS[part.letter]))
            else:
                slots.append(part)
                out.append(f"({_any_of(_by_form(KIND_OF[part.letter], part.form))})")
        return "".join(out)

    def read(self, sentence: str) -> Reading | None:
        """Who fits the sentence, or None if it is not this one, or nobody fits all its forms."""
        pattern, slots = self._reader
        match = pattern.fullmatch(sentence)
        if match is None:
            return None
        fits: dict[str, frozenset[Entity]] = {}
        enters = set()
        for slot, words in zip(slots, match.groups(), strict=True):
            if words is None:  # in an alternative that was not taken
                continue
            here = _by_form(KIND_OF[slot.letter], slot.form)[words]
            if KIND_OF[slot.letter] == "object":
                here = frozenset(one for one in here if plays(one, self.objects))
            fits[slot.letter] = fits.get(slot.letter, here) & here
            if slot.enters:
                enters.add(slot.letter)
        if not all(fits.values()):
            return None
        for one, other in RIVALS:
            if one in fits and len(fits[one]) == 1 and fits[one] == fits.get(other):
                return None
        for adjective, noun in FITS:
            if adjective in fits and noun in fits and not _suit(fits[adjective], fits[noun]):
                return None
        return Reading(self.text, fits, frozenset(enters))


def _any_of(words: Sequence[str] | Mapping[str, object]) -> str:
    return f"(?:{'|'.join(sorted(map(re.escape, words), key=len, reverse=True))})"


@cache
def _by_form(kind: str, form: str) -> dict[str, frozenset[Entity]]:
    """Words -> everyone of that kind who may be mentioned by them in that form."""
    found: dict[str, set[Entity]] = {}
    for one in KINDS[kind]:
        if form in one.forms:
            found.setdefault(one.forms[form], set()).add(one)
    if not found:
        raise ValueError(f"no {kind} has the form {form!r}")
    return {words: frozenset(ones) for words, ones in found.items()}


def plays(thing: Entity, tags: frozenset[str]) -> bool:
    """May this object play in a plot for such objects?"""
    return "any" in tags or bool(tags & thing.tags)


def _suit(adjectives: frozenset[Entity], nouns: frozenset[Entity]) -> bool:
    return any(noun.goes_with in adjective.goes_with.split() for adjective in adjectives for noun in nouns)


def _told(beats: Sequence[Beat]) -> Iterator[str]:
    """Every option of every beat, forks included."""
    for beat in beats:
        if isinstance(beat, Either):
            for path in beat.paths:
                yield from _told(path)
        else:
            yield from beat.templates if isinstance(beat, Maybe) else beat


@dataclass(frozen=True)
class Grammar:
    """All templates by their text, and each under the word of its own that is rarest among them."""

    templates: dict[str, Template]
    by_word: dict[str, list[Template]]


@lru_cache(maxsize=1)
def grammar() -> Grammar:
    """The compiled plots."""
    objects: dict[str, set[str]] = {}
    for plot in PLOTS:
        for option in _told(plot.beats):
            for text in option.split(" // "):
                objects.setdefault(text, set()).add(plot.objects)
    templates = {text: Template(text, frozenset(tags)) for text, tags in objects.items()}
    count = Counter(word for template in templates.values() for word in template.words)
    by_word: dict[str, list[Template]] = {}
    for template in templates.values():
        rarest = min(sorted(template.words), key=lambda word: count[word], default="")
        by_word.setdefault(rarest, []).append(template)
    return Grammar(templates, by_word)


def read(sentence: str) -> Reading | None:
    """How the grammar could have written this sentence, or None if it could not."""
    by_word = grammar().by_word
    for word in ["", *dict.fromkeys(re.findall(r"[A-Za-z]+", sentence))]:
        for template in by_word.get(word, ()):
            reading = template.read(sentence)
            if reading is not None:
                return reading
    return None


def parses(sentence: str) -> bool:
    """Is this one sentence of the grammar, its slots filled consistently (he with Tom, an with owl, flew with kite)?"""
    return read(sentence) is not None


@lru_cache(maxsize=1)
def vocabulary() -> frozenset[str]:
    """Every word type (case counts) that a tale may contain."""
    words = {"echo"}
    for template in grammar().templates.values():
        words |= set(re.findall(r"[A-Za-z]+", re.sub(r"\{.*?\}", " ", template.text)))
        for letter, form in re.findall(r"\{\+?(\w+)(?:\.(\w+))?\}", template.text):
            fillers = WORDS[letter] if letter in WORDS else list(_by_form(KIND_OF[letter], form))
            words |= set(re.findall(r"[A-Za-z]+", " ".join(fillers)))
    return frozenset(words)
