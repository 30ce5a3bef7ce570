"""Tales: little stories from a grammar that can also tell whether a sentence is one of its own.

Everything is made from one table, the templates of `tales_plots`: each is compiled once into a writer (pick a form for
every slot) and a reader (a regular expression, then a check that one person, one object … fits all the forms read).
So what is written is always read back, and the two cannot drift apart.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from random import Random
from typing import TypeVar

from lmcore.corpora.base import Corpus, Entry
from lmcore.corpora.tales_lexicon import ADJECTIVES, KINDS, OBJECTS, WORDS, Entity
from lmcore.corpora.tales_plots import PLOTS, Beat, Either, Maybe, Plot

X = TypeVar("X")
MAX_CHARS = 5_000_000
ECHO_SHARE = 0.1
"""One passage in ten is an echo: random words said again, so that copying can be learnt."""

# What each capital letter of a template stands for.
_KIND = {
    "N": "name", "M": "name", "O": "object", "Q": "object", "J": "adjective", "K": "adjective",
    "A": "animal", "T": "trait", "P": "place", "R": "place", "F": "fear",
}  # fmt: skip
_RIVALS = (("N", "M"), ("O", "Q"), ("P", "R"))  # never the same one
_FITS = (("J", "O"), ("K", "Q"))  # an adjective must suit its object

Cast = dict[str, Entity]


def _pick(rng: Random, items: Sequence[X]) -> X:
    """One of the items. Only `random()` is promised to give the same numbers in every Python."""
    return items[int(rng.random() * len(items))]


# ---------------------------------------------------------------- one template, both ways


@dataclass(frozen=True)
class _Slot:
    letter: str  # "O", or the name of a word class such as "day"
    form: str
    enters: bool


_Part = str | _Slot | list[list["_Part"]]
_TOKEN = re.compile(r"\{(\+?)(\w+)(?:\.(\w+))?\}|([\[|\]])|([^{}\[\]|]+)")


def _parse(text: str) -> list[_Part]:
    """The template as literal strings, slots, and choices (lists of alternatives)."""
    root: list[_Part] = []
    here, stack = root, []
    for match in _TOKEN.finditer(text):
        plus, letter, form, mark, literal = match.groups()
        if literal is not None:
            here.append(literal)
        elif letter is not None:
            here.append(_Slot(letter, form or "", bool(plus)))
        elif mark == "[":
            choice: list[list[_Part]] = [[]]
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


class _Template:
    def __init__(self, text: str, objects: frozenset[str]) -> None:
        self.text = text
        self.parts = _parse(text)
        self.objects = objects  # the tags {O} may carry: those of all the plots that use this template
        self._slots: list[_Slot] = []
        self._pattern = re.compile(self._regex(self.parts))
        # Words every sentence of this template has: to find the few templates worth trying.
        literals = [part for part in self.parts if isinstance(part, str)]
        self.words = set(re.findall(r"[A-Za-z]+", " ".join(literals)))

    def write(self, cast: Cast, rng: Random) -> str:
        return self._write(self.parts, cast, rng)

    def _write(self, parts: list[_Part], cast: Cast, rng: Random) -> str:
        out = []
        for part in parts:
            if isinstance(part, str):
                out.append(part)
            elif isinstance(part, list):
                out.append(self._write(_pick(rng, part), cast, rng))
            elif part.letter in WORDS:
                out.append(_pick(rng, WORDS[part.letter]))
            else:
                out.append(cast[part.letter].forms[part.form])
        return "".join(out)

    def _regex(self, parts: list[_Part]) -> str:
        out = []
        for part in parts:
            if isinstance(part, str):
                out.append(re.escape(part))
            elif isinstance(part, list):
                out.append(f"(?:{'|'.join(self._regex(option) for option in part)})")
            elif part.letter in WORDS:
                out.append(_any_of(WORDS[part.letter]))
            else:
                self._slots.append(part)
                out.append(f"({_any_of(_by_form(_KIND[part.letter], part.form))})")
        return "".join(out)

    def read(self, sentence: str) -> Reading | None:
        match = self._pattern.fullmatch(sentence)
        if match is None:
            return None
        fits: dict[str, frozenset[Entity]] = {}
        enters = set()
        for slot, words in zip(self._slots, match.groups(), strict=True):
            if words is None:  # in an alternative that was not taken
                continue
            here = _by_form(_KIND[slot.letter], slot.form)[words]
            if slot.letter in "OQ":
                here = frozenset(one for one in here if slot.letter == "Q" or _plays(one, self.objects))
            fits[slot.letter] = fits.get(slot.letter, here) & here
            if slot.enters:
                enters.add(slot.letter)
        if not all(fits.values()):
            return None
        for one, other in _RIVALS:
            if one in fits and len(fits[one]) == 1 and fits[one] == fits.get(other):
                return None
        for adjective, noun in _FITS:
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


def _plays(thing: Entity, tags: frozenset[str]) -> bool:
    return "any" in tags or bool(tags & thing.tags)


def _suit(adjectives: frozenset[Entity], nouns: frozenset[Entity]) -> bool:
    return any(noun.goes_with in adjective.goes_with.split() for adjective in adjectives for noun in nouns)


# ---------------------------------------------------------------- the whole grammar


def _told(beats: Sequence[Beat]) -> Iterator[str]:
    """Every option of every beat, forks included."""
    for beat in beats:
        if isinstance(beat, Either):
            for path in beat.paths:
                yield from _told(path)
        else:
            yield from beat.templates if isinstance(beat, Maybe) else beat


@dataclass(frozen=True)
class _Grammar:
    templates: dict[str, _Template]
    by_word: dict[str, list[_Template]] = field(default_factory=dict)


@lru_cache(maxsize=1)
def _grammar() -> _Grammar:
    objects: dict[str, set[str]] = {}
    for plot in PLOTS:
        for option in _told(plot.beats):
            for text in option.split(" // "):
                objects.setdefault(text, set()).add(plot.objects)
    templates = {text: _Template(text, frozenset(tags)) for text, tags in objects.items()}
    count = Counter(word for template in templates.values() for word in template.words)
    by_word: dict[str, list[_Template]] = {}
    for template in templates.values():
        rarest = min(sorted(template.words), key=lambda word: count[word], default="")
        by_word.setdefault(rarest, []).append(template)
    return _Grammar(templates, by_word)


def read(sentence: str) -> Reading | None:
    """How the grammar could have written this sentence, or None if it could not."""
    by_word = _grammar().by_word
    for word in ["", *dict.fromkeys(re.findall(r"[A-Za-z]+", sentence))]:
        for template in by_word.get(word, ()):
            reading = template.read(sentence)
            if reading is not None:
                return reading
    return None


def parses(sentence: str) -> bool:
    """Is this one sentence of the grammar, its slots filled consistently (he with Tom, an with owl, flew with kite)?"""
    return read(sentence) is not None


# ---------------------------------------------------------------- writing


def _cast(plot: Plot, rng: Random) -> Cast:
    """Who and what plays in this story."""
    cast: Cast = {}
    things = [thing for thing in OBJECTS if _plays(thing, frozenset({plot.objects}))]
    for letter, kind in _KIND.items():
        if letter not in "JK":
            cast[letter] = _pick(rng, things if kind == "object" else KINDS[kind])
    for one, other in _RIVALS:
        while cast[other] is cast[one]:
            cast[other] = _pick(rng, things if other == "Q" else KINDS[_KIND[other]])
    for adjective, noun in _FITS:
        fitting = [one for one in ADJECTIVES if cast[noun].goes_with in one.goes_with.split()]
        cast[adjective] = _pick(rng, fitting)
    return cast


def _course(beats: Sequence[Beat], rng: Random) -> Iterator[str]:
    """The templates of one story of this plot, in order."""
    for beat in beats:
        if isinstance(beat, Either):
            yield from _course(_pick(rng, beat.paths), rng)
        elif not isinstance(beat, Maybe) or rng.random() < 0.5:
            options = beat.templates if isinstance(beat, Maybe) else beat
            yield from _pick(rng, options).split(" // ")


def story(rng: Random) -> str:
    """One story, 4 to 9 sentences on one line."""
    plot = _pick(rng, PLOTS)
    cast = _cast(plot, rng)
    templates = _grammar().templates
    return " ".join(templates[text].write(cast, rng) for text in _course(plot.beats, rng))


def echo(rng: Random) -> str:
    """4 to 8 different random words, said two or three times, a line each: "echo: moon bread" / "moon bread"."""
    words = vocabulary_of_echoes()
    n_words, n_times = 4 + int(rng.random() * 5), 2 + int(rng.random() * 2)
    line: list[str] = []
    while len(line) < n_words:
        word = _pick(rng, words)
        if word not in line:
            line.append(word)
    return "echo: " + "\n".join([" ".join(line)] * n_times)


@lru_cache(maxsize=1)
def vocabulary_of_echoes() -> tuple[str, ...]:
    """The lower-case words of the stories, sorted: an echo has no word that the stories have not."""
    return tuple(sorted(word for word in vocabulary() if word.islower() and len(word) > 1 and word != "echo"))


@lru_cache(maxsize=1)
def vocabulary() -> frozenset[str]:
    """Every word type (case counts) that a tale may contain."""
    words = {"echo"}
    for template in _grammar().templates.values():
        words |= set(re.findall(r"[A-Za-z]+", re.sub(r"\{.*?\}", " ", template.text)))
        for letter, form in re.findall(r"\{\+?(\w+)(?:\.(\w+))?\}", template.text):
            fillers = WORDS[letter] if letter in WORDS else list(_by_form(_KIND[letter], form))
            words |= set(re.findall(r"[A-Za-z]+", " ".join(fillers)))
    return frozenset(words)


def passages(seed: int) -> Iterator[str]:
    """Stories and echoes without end; the same seed gives the same ones."""
    rng = Random(seed)
    while True:
        yield echo(rng) if rng.random() < ECHO_SHARE else story(rng)


def generate(n_chars: int, seed: int) -> str:
    """Whole passages, a blank line between them, together at most `n_chars` characters but at least one passage.

    ValueError unless 1 <= n_chars <= 5,000,000.
    """
    if not 1 <= n_chars <= MAX_CHARS:
        raise ValueError(f"tales can be 1 to {MAX_CHARS:,} characters long, not {n_chars:,}")
    told: list[str] = []
    length = 0
    for passage in passages(seed):
        length += len(passage) + (2 if told else 1)
        if told and length > n_chars:
            break
        told.append(passage)
        if length >= n_chars:
            break
    return "\n\n".join(told) + "\n"


SOURCE = "Written for this project: a story grammar, told from a seed."
LICENCE = "MIT, like the rest of this project."


def _entry(name: str, title: str, n_chars: int, size: str) -> Entry:
    description = (
        f"{size} of gentle stories about lost kites, brave mittens and polite owls, all made by a small grammar."
    )
    return Entry(
        name,
        title,
        description,
        SOURCE,
        LICENCE,
        load=lambda: Corpus(name, title, generate(n_chars, seed=1), SOURCE, LICENCE),
    )


ENTRIES = (
    _entry("tales", "Little tales", 1_000_000, "About 1 MB"),
    _entry("tales-small", "Little tales, a short book", 200_000, "About 200 kB"),
)
