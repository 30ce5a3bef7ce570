"""Is this passage a tale? Measures what a model has learnt of the grammar, of its cast, and of copying."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lmcore.corpora.tales_grammar import read
from lmcore.corpora.tales_lexicon import ANIMALS, NAMES, OBJECTS

_NAMES = {one.key: one for one in NAMES}
_OBJECTS = {one.key for one in OBJECTS}
_ANIMALS = {one.key for one in ANIMALS}
# One sentence: up to . ? or ! outside quotes, or to the end of a quotation after which a new sentence begins.
_SENTENCE_END = re.compile(r'[.!?]"?(?=\s+["A-Z]|\s*$)')


def sentences(passage: str) -> list[str]:
    """The sentences of a story, in order; `"Who?" asked Tom.` is one. So is a torn one at the end."""
    found, begin, counted, quotes = [], 0, 0, 0
    for match in _SENTENCE_END.finditer(passage):
        quotes += passage.count('"', counted, match.end())
        counted = match.end()
        if quotes % 2 == 0:  # not inside quotes
            found.append(passage[begin : match.end()].strip())
            begin = match.end()
    found.append(passage[begin:].strip())
    return [sentence for sentence in found if sentence]


@dataclass(frozen=True)
class StoryCheck:
    """What one passage gets right."""

    n_sentences: int
    n_parsed: int
    """Sentences that the grammar could have written."""
    keeps_names: bool
    """Everyone named was introduced before (by a sentence that brings someone in), and one of them is in the ending."""
    keeps_object: bool
    """Every object mentioned was introduced before, and the first one comes back in the last two sentences."""
    keeps_animal: bool
    """Every animal mentioned was introduced before."""
    keeps_pronouns: bool
    """He and she (his, her …) only where someone introduced by then may be called so."""
    is_echo: bool
    echo_correct: bool
    """It is an echo, and each of its two or more lines is the first one word for word."""

    @property
    def ok(self) -> bool:
        """All of it is right: a correct echo, or a story in which every sentence parses and the cast is kept."""
        if self.is_echo:
            return self.echo_correct
        kept = self.keeps_names and self.keeps_object and self.keeps_animal and self.keeps_pronouns
        return kept and self.n_sentences > 0 and self.n_parsed == self.n_sentences


def check_story(passage: str) -> StoryCheck:
    """Judge one passage (between blank lines). Any text may come in: a model's half-learnt attempt gets its counts."""
    passage = passage.strip()
    if passage.startswith("echo:"):
        lines = passage.removeprefix("echo:").strip().split("\n")
        right = len(lines) > 1 and bool(lines[0].strip()) and all(line == lines[0] for line in lines)
        return StoryCheck(0, 0, False, False, False, False, True, right)

    told = sentences(passage)
    n_parsed = 0
    names: set[str] = set()  # introduced so far
    objects: set[str] = set()
    animals: set[str] = set()
    first_object: str | None = None
    keeps_names = keeps_objects = keeps_animals = keeps_pronouns = True
    for place, sentence in enumerate(told):
        reading = read(sentence)
        words = re.findall(r"[A-Za-z]+", sentence)
        if reading is not None:
            n_parsed += 1
            for letter in sorted(reading.enters):
                (one,) = reading.fits[letter]  # a slot that introduces always names
                {"name": names, "object": objects, "animal": animals}[one.kind].add(one.key)
        elif place == 0:  # not our sentence, but be fair: an opening may introduce its cast in other words
            names |= _NAMES.keys() & set(words)
            new = {word for i, word in enumerate(words) if {"a", "an", "A", "An"} & set(words[max(i - 2, 0) : i])}
            objects |= _OBJECTS & new
            animals |= _ANIMALS & new
        mentioned = [word for word in words if word in _OBJECTS]
        if first_object is None and mentioned:
            first_object = mentioned[0]
        keeps_names &= _NAMES.keys() & set(words) <= names
        keeps_objects &= set(mentioned) <= objects
        keeps_animals &= _ANIMALS & set(words) <= animals
        keeps_pronouns &= _pronouns_agree(words, names)
    ending = {word for sentence in told[-2:] for word in re.findall(r"[A-Za-z]+", sentence)}
    return StoryCheck(
        n_sentences=len(told),
        n_parsed=n_parsed,
        keeps_names=keeps_names and bool(names) and bool(names & ending),
        keeps_object=keeps_objects and first_object in ending,
        keeps_animal=keeps_animals,
        keeps_pronouns=keeps_pronouns and bool(told),
        is_echo=False,
        echo_correct=False,
    )


_PRONOUNS = {"he": "boy", "his": "boy", "him": "boy", "she": "girl", "her": "girl"}


def _pronouns_agree(words: list[str], names: set[str]) -> bool:
    needed = {_PRONOUNS[word.lower()] for word in words if word.lower() in _PRONOUNS}
    return needed <= {tag for name in names for tag in _NAMES[name].tags}


def own_share(text: str) -> float:
    """The share of sentences in a text that the grammar could have written, 0 to 1; echoes do not count.

    A sentence torn at the end of the text does not count either. NaN when there is no sentence.
    """
    told = [s for passage in text.split("\n\n") if not passage.startswith("echo:") for s in sentences(passage)]
    if told and not re.search(r'[.!?]"?$', told[-1]):
        told.pop()
    return sum(read(sentence) is not None for sentence in told) / len(told) if told else float("nan")
