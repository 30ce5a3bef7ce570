"""The world book: a few hundred plain facts of the tales' world, each as a statement, and as questions with an answer.

The statements stand in the text that the chatbot's base learns from; the questions only in its conversations. So what
fine-tuning teaches is to answer, not the facts.
"""
# ruff: noqa: SIM905  (lists of words read better as a line of words)

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from lmcore.corpora.tales_lexicon import article


@dataclass(frozen=True)
class Fact:
    """Something that is always so. `questions` are different ways to ask for `answer`, one word or two."""

    kind: str
    statements: tuple[str, ...]
    questions: tuple[str, ...]
    reply: str
    answer: str
    rivals: frozenset[str]
    """The other answers of the same kind: a reply that names one of them is wrong."""


CRAFTS = dict(
    pair.split()
    for pair in """baker bread, tailor shirts, shoemaker shoes, carpenter tables, potter plates, weaver cloth,
    blacksmith horseshoes, cook soup, beekeeper honey, miller flour, clockmaker clocks, gardener flowers,
    basketmaker baskets, jeweler rings, painter pictures, shipbuilder ships""".split(",")
)
HOMES = dict(
    pair.split()
    for pair in """owl tree, fox den, hare field, hedgehog hedge, mouse barn, duck pond, goose lake, crow tower,
    squirrel oak, frog well, dog kennel, pony stable, goat hill, bear cave, mole tunnel, badger forest, robin nest,
    otter river, cat house, tortoise garden""".split(",")
)
FOODS = dict(
    pair.split()
    for pair in """mouse cheese, squirrel nuts, bear berries, pony hay, duck bread, frog flies, otter fish, cat cream,
    dog bones, robin worms, goat grass, hare carrots, mole beetles, tortoise lettuce, hedgehog slugs,
    crow corn""".split(",")
)
OPPOSITES = [
    pair.split()
    for pair in """big small, hot cold, day night, old new, up down, happy sad, fast slow, wet dry, open closed,
    light dark, full empty, early late, loud quiet, rich poor, sweet sour, high low, long short, hard soft, left right,
    first last""".split(",")
]
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November December".split()
COLORS = "red blue green yellow white".split()
THINGS = dict(pair.split() for pair in "grass green, snow white, fire red, butter yellow, water blue".split(","))
NUMBERS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty""".split()
LARGEST = 10  # the largest number that is added


@lru_cache(maxsize=1)
def facts() -> tuple[Fact, ...]:
    """All facts of the book, sums among them, in a fixed order."""
    return (*_crafts(), *_homes(), *_foods(), *_opposites(), *_rounds(), *_colors(), *_sums())


def _crafts() -> Iterator[Fact]:
    makers, made = frozenset(CRAFTS), frozenset(CRAFTS.values())
    for who, what in CRAFTS.items():
        one = article(who)
        told = (f"{one.capitalize()} makes {what}.", f"The {what} in the village come from {one}.") if (
            what.endswith("s")
        ) else (f"{one.capitalize()} makes {what}.", f"The {what} in the village comes from {one}.")  # fmt: skip
        asked = (f"What does {one} make?", f"Tell me what {one} makes.", f"What do we get from {one}?",
                 f"What comes from {one}?", f"Do you know what {one} makes?")  # fmt: skip
        yield Fact("craft", told, asked, f"{one.capitalize()} makes {what}.", what, made - {what})
        who_asked = (f"Who makes {what}?", f"Tell me who makes {what}.", f"Who can make {what}?",
                     f"Do you know who makes {what}?")  # fmt: skip
        yield Fact("craft", (), who_asked, f"{one.capitalize()} makes {what}.", who, makers - {who})


def _homes() -> Iterator[Fact]:
    homes = frozenset(HOMES.values())
    for who, where in HOMES.items():
        one, home = article(who), article(where)
        at = "by" if where in ("pond", "lake", "well", "river") else "on" if where == "hill" else "in"
        told = (f"{one.capitalize()} lives {at} {home}.", f"The home of {one} is {home}.")
        asked = (f"Where does {one} live?", f"Tell me where {one} lives.", f"What is the home of {one}?",
                 f"Do you know where {one} lives?", f"Where is {one} at home?")  # fmt: skip
        yield Fact("home", told, asked, f"{one.capitalize()} lives {at} {home}.", where, homes - {where})


def _foods() -> Iterator[Fact]:
    foods, animals = frozenset(FOODS.values()), frozenset(FOODS)
    for who, what in FOODS.items():
        one = article(who)
        told = (f"{one.capitalize()} eats {what}.", f"The food of {one} is {what}.")
        asked = (f"What does {one} eat?", f"Tell me what {one} eats.", f"What is the food of {one}?",
                 f"Do you know what {one} eats?", f"What do you give {one} to eat?")  # fmt: skip
        yield Fact("food", told, asked, f"{one.capitalize()} eats {what}.", what, foods - {what})
        who_asked = (f"Who eats {what}?", f"Which animal eats {what}?", f"Tell me which animal eats {what}.")
        yield Fact("food", (), who_asked, f"{one.capitalize()} eats {what}.", who, animals - {who})


def _opposites() -> Iterator[Fact]:
    words = frozenset(word for pair in OPPOSITES for word in pair)
    for pair in OPPOSITES:
        for one, other in (pair, pair[::-1]):
            told = (f"The opposite of {one} is {other}.", f"What is not {one} is {other}.")
            asked = (f"What is the opposite of {one}?", f"Tell me the opposite of {one}.",
                     f"Which word is the opposite of {one}?", f"What is not {one}?")  # fmt: skip
            yield Fact("opposite", told, asked, f"It is {other}.", other, words - {other})


def _rounds() -> Iterator[Fact]:
    for unit, names in (("day", DAYS), ("month", MONTHS)):
        for here, name in enumerate(names):
            for word, other in (("after", names[here - 1]), ("before", names[(here + 1) % len(names)])):
                told = (f"The {unit} {word} {other} is {name}.", f"{word.capitalize()} {other}, {name} comes." if
                        word == "after" else f"{name} comes before {other}.")  # fmt: skip
                asked = (f"Which {unit} comes {word} {other}?", f"What {unit} comes {word} {other}?",
                         f"What is the {unit} {word} {other}?", f"Tell me the {unit} {word} {other}.",
                         f"What comes {word} {other}?")  # fmt: skip
                yield Fact(unit, told, asked, f"It is {name}.", name, frozenset(names) - {name})


def _colors() -> Iterator[Fact]:
    for thing, color in THINGS.items():
        told = (f"{thing.capitalize()} is {color}.", f"The color of {thing} is {color}.")
        asked = (f"What color is {thing}?", f"What color does {thing} have?", f"Tell me the color of {thing}.",
                 f"What is the color of {thing}?", f"Which color has {thing}?")  # fmt: skip
        yield Fact("color", told, asked, f"It is {color}.", color, frozenset(COLORS) - {color})


def _sums() -> Iterator[Fact]:
    digits = [str(n) for n in range(2 * LARGEST + 1)]
    for names, other in ((NUMBERS, digits), (digits, NUMBERS)):
        plus, equals = ("plus", "is") if names is NUMBERS else ("+", "=")
        for a in range(LARGEST + 1):
            for b in range(LARGEST + 1):
                x, y, sum_ = names[a], names[b], names[a + b]
                told = (f"{x.capitalize()} {plus} {y} {equals} {sum_}.",)
                asked = (f"What is {x} {plus} {y}?", f"How much is {x} {plus} {y}?", f"Add {x} and {y}.",
                         f"Can you add {x} and {y}?", f"{x.capitalize()} {plus} {y}?",
                         *((f"What is {x} plus {y}?",) if names is digits else ()))  # fmt: skip
                rivals = frozenset([*names, *other]) - {sum_}
                yield Fact("sum", told, asked, f"The sum is {sum_}.", sum_, rivals)
