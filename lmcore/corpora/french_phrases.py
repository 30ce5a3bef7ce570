"""Who and what: subjects and noun phrases, each said in English and in French at once."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from lmcore.corpora.french_grammar import IL, ILS, JE, NOUS, TU, agree, vowel_first
from lmcore.corpora.french_lexicon import ADJECTIVES, NAMES, NOUNS, NUMBERS, PARTS, Adjective, Noun
from lmcore.corpora.tales_grammar import pick

BY_GROUP: dict[str, list[Noun]] = {
    group: [noun for noun in NOUNS if group in noun.groups] for group in sorted({g for n in NOUNS for g in n.groups})
}


@dataclass(frozen=True)
class Phrase:
    """`french` is still in separate words (le homme), so that the whole sentence can melt (de l'homme)."""

    english: str
    french: tuple[str, ...]
    person: int
    gender: str
    noun: Noun | None = None

    @property
    def plural(self) -> bool:
        return self.person in (NOUS, ILS)


PRONOUNS = (
    Phrase("I", ("je",), JE, "?"),
    Phrase("you", ("tu",), TU, "?"),
    Phrase("he", ("il",), IL, "m"),
    Phrase("she", ("elle",), IL, "f"),
    Phrase("we", ("nous",), NOUS, "?"),
    Phrase("they", ("ils",), ILS, "m"),
)
NAMED = tuple(Phrase(name, (name,), IL, gender) for name, gender in NAMES)
OBJECTS = (("me", "me", JE), ("you", "te", TU), ("him", "le", IL), ("her", "la", IL), ("us", "nous", NOUS),
           ("them", "les", ILS))  # fmt: skip
"""Object pronouns, which stand before the verb in French, and whose they are: nobody sees himself here."""

# my, your, …: French before a masculine, a feminine, a plural noun.
_OWNERS = {
    "my": "mon ma mes", "your": "ton ta tes", "his": "son sa ses", "her": "son sa ses", "our": "notre notre nos",
    "their": "leur leur leurs",
}  # fmt: skip


def some_number(rng: Random, most: int = 20) -> int:
    """2 to `most`; small ones come more often, as they do among people."""
    return 2 + int((min(most, 20 if rng.random() < 0.3 else 10) - 1) * rng.random())


def noun_of(rng: Random, *groups: str) -> Noun:
    """A noun of one of the groups."""
    return pick(rng, BY_GROUP[pick(rng, groups)])


def adjectives(rng: Random, noun: Noun, chance: float) -> list[Adjective]:
    """None, one, or two: of two, one stands before the noun in French, the other, a colour or a country, after it."""
    if rng.random() >= chance:
        return []
    fitting = [one for one in ADJECTIVES if one.groups & noun.groups]
    first = pick(rng, fitting)
    if first.before and rng.random() < 0.25:
        seconds = [one for one in fitting if one.second]
        if seconds:
            return [first, pick(rng, seconds)]
    return [first]


def noun_phrase(noun: Noun, determiner: str, plural: bool, chosen: list[Adjective], number: int = 0) -> Phrase:
    """A noun with all that agrees with it.

    `determiner` is "the", "a" ("some" in the plural and for what is not counted), "none" (the same after a negated
    verb), "bare" (the same without a word in English), "all" (taste: "I like bread"), "this", "every", "many", "of"
    (after besoin de, where des and du are left out), or whose it is. `number` 2 to 20 stands beside "the", "this",
    whose it is, or instead of an article.
    """
    mass = "mass" in noun.groups
    front = [agree(one.french, noun.gender, plural, noun.french) for one in chosen if one.before]
    back = [agree(one.french, noun.gender, plural) for one in chosen if not one.before]
    body = [*front, noun.french_plural if plural else noun.french, *back]
    if number:
        body = [NUMBERS[number][1], *body]
    words = [one.english for one in chosen] + [noun.english_plural if plural else noun.english]
    if number:
        words = [NUMBERS[number][0], *words]
    english, french = _determine(determiner, noun.gender, plural, mass, bool(number), bool(front), body[0], words[0])
    return Phrase(" ".join([*english, *words]), (*french, *body), ILS if plural else IL, noun.gender, noun)


def _determine(
    determiner: str, gender: str, plural: bool, mass: bool, counted: bool, front: bool, next_fr: str, next_en: str
) -> tuple[list[str], list[str]]:
    """The words before a noun phrase, in English and in French."""
    the = "les" if plural else "la" if gender == "f" else "le"
    feminine = gender == "f" and not vowel_first(next_fr)  # mon école, ton histoire
    if determiner == "the":
        return ["the"], [the]
    if determiner == "all":
        return [], [the]
    if determiner in _OWNERS:
        return [determiner], [_OWNERS[determiner].split()[2 if plural else 1 if feminine else 0]]
    if determiner == "this":
        masculine = "cet" if vowel_first(next_fr) else "ce"
        return ["these" if plural else "this"], ["ces" if plural else "cette" if gender == "f" else masculine]
    if determiner == "every":
        return ["every"], ["chaque"]
    if determiner == "many":
        return ["much" if mass else "many"], ["beaucoup", "de"]
    article = [] if counted else [] if determiner == "bare" and (plural or mass) else ["some"]
    if not plural and not mass:
        article = ["an" if next_en[0] in "aeiouAEIOU" and not next_en.startswith(("use", "one")) else "a"]
    if determiner == "none":
        return ["any"] if (plural or mass) and not counted else article, [] if counted else ["de"]
    if counted:
        return [], []
    if determiner == "of":
        return article, [] if plural or mass else ["une" if gender == "f" else "un"]
    if plural:
        return article, ["de"] if front else ["de", "les"]
    return article, ["de", the] if mass else ["une" if gender == "f" else "un"]


def something(rng: Random, noun: Noun, negated: bool = False, after_de: bool = False, chance: float = 0.35) -> Phrase:
    """A noun phrase such as an object is, with a determiner that fits. `negated`: after ne … pas, where des is de."""
    chosen = adjectives(rng, noun, chance)
    mass = "mass" in noun.groups
    plural = not mass and rng.random() < 0.3
    draw = rng.random()
    if mass:
        plain = "none" if negated else "of" if after_de else pick(rng, ("a", "bare"))
        return noun_phrase(noun, pick(rng, ("the", plain, plain, "my", "his")), False, chosen)
    if draw < 0.12 and not negated:
        number = some_number(rng)
        determiner = "a" if rng.random() < 0.7 else pick(rng, ("the", "this", *_OWNERS))
        return noun_phrase(noun, determiner, True, chosen[:1], number)
    if draw < 0.17 and not negated and not after_de:
        return noun_phrase(noun, "many", True, chosen)
    if draw < 0.45:
        plain = "none" if negated else "of" if after_de else "a" if rng.random() < 0.6 else "bare"
        return noun_phrase(noun, plain, plural, chosen)
    if draw < 0.7:
        return noun_phrase(noun, "the", plural, chosen)
    if draw < 0.78:
        return noun_phrase(noun, "this", plural, chosen)
    return noun_phrase(noun, pick(rng, tuple(_OWNERS)), plural, chosen)


def known(rng: Random, noun: Noun, chance: float = 0.22) -> Phrase:
    """A definite noun phrase, as places and the topics of a sentence are: the park, my house, this old village."""
    plural = rng.random() < 0.12 and "mass" not in noun.groups
    determiner = pick(rng, ("the", "the", "the", "this", *_OWNERS))
    return noun_phrase(noun, determiner, plural, adjectives(rng, noun, chance))


def belonging(rng: Random) -> Phrase:
    """Somebody's thing: "Anna's car", "the king's horse", "the door of the house"; French says it in one way."""
    if rng.random() < 0.35:
        part = pick(rng, tuple(PARTS))
        thing = next(n for n in NOUNS if n.english == part)
        wanted = pick(rng, PARTS[part].split())
        whole = next(n for n in NOUNS if n.english == wanted)
        owner = noun_phrase(whole, pick(rng, ("the", "the", "this", "my", "our")), rng.random() < 0.15, [])
        owned = noun_phrase(thing, "the", rng.random() < 0.35, [])
        return Phrase(f"{owned.english} of {owner.english}", (*owned.french, "de", *owner.french), owned.person,
                      owned.gender, thing)  # fmt: skip
    thing = noun_of(rng, "thing", "thing", "animal", "place", "person")
    plural = rng.random() < 0.25
    chosen = adjectives(rng, thing, 0.22)
    owned = noun_phrase(thing, "the", plural, chosen)
    bare = owned.english.removeprefix("the ")
    if rng.random() < 0.5:
        person = pick(rng, NAMED)
    else:
        person = noun_phrase(noun_of(rng, "person"), pick(rng, ("the", "the", "my", "this")), False, [])
    return Phrase(
        f"{person.english}'s {bare}", (*owned.french, "de", *person.french), owned.person, owned.gender, thing
    )


def somebody(rng: Random, pronouns: bool = True, *groups: str) -> Phrase:
    """A subject: a pronoun, a name, two people, or a noun phrase of the groups (people, if none is named)."""
    draw = rng.random()
    if pronouns and draw < 0.42:
        return pick(rng, PRONOUNS)
    if draw < 0.55:
        return pick(rng, NAMED)
    if draw < 0.63:
        return _two(rng)
    noun = noun_of(rng, *(groups or ("person",)))
    draw = rng.random()
    if draw < 0.12:
        number = some_number(rng, 10)
        return noun_phrase(noun, pick(rng, ("a", "the", "his", "my")), True, adjectives(rng, noun, 0.25), number)
    if draw < 0.2:
        return noun_phrase(noun, "every", False, [])
    plural = rng.random() < 0.3
    determiner = pick(rng, ("the", "the", "the", "a", "this", *_OWNERS))
    return noun_phrase(noun, determiner, plural, adjectives(rng, noun, 0.25))


def _two(rng: Random) -> Phrase:
    """Two of them: both women are "elles" (their adjective is feminine), all others masculine."""
    if rng.random() < 0.5:
        one, other = pick(rng, NAMED), pick(rng, NAMED)
        if one != other:
            return _and(one, other)
    left = right = noun_of(rng, "person")
    while right == left:
        right = noun_of(rng, "person")
    determiner = pick(rng, ("the", "my", "his", "her"))
    return _and(noun_phrase(left, determiner, False, []), noun_phrase(right, determiner, False, []))


def _and(one: Phrase, other: Phrase) -> Phrase:
    gender = "f" if one.gender == other.gender == "f" else "m"
    return Phrase(f"{one.english} and {other.english}", (*one.french, "et", *other.french), ILS, gender)
