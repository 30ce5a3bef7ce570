"""What is said of them: nine kinds of sentence, each built in English and in French at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from lmcore.corpora.french_grammar import IL, JE, NOUS, TU, agree, melt
from lmcore.corpora.french_lexicon import (
    ADJECTIVES,
    ALONE,
    EPICENE,
    GIVING,
    LIKING,
    MODALS,
    NUMBERS,
    OFTEN,
    ON,
    STATES,
    TAKING,
    TOWARDS,
    WHEN,
    WHERE,
    Verb,
)
from lmcore.corpora.french_phrases import (
    BY_GROUP,
    NAMED,
    OBJECTS,
    PRONOUNS,
    Phrase,
    belonging,
    known,
    noun_of,
    noun_phrase,
    some_number,
    somebody,
    something,
)
from lmcore.corpora.french_say import ASKS, Manner, Told, say, whole
from lmcore.corpora.tales_grammar import pick

# What can be said ---------------------------------------------------------------------------------------------------


Words = tuple[str, tuple[str, ...]]
_NOTHING: Words = ("", ())
_DEGREES: tuple[Words, ...] = (_NOTHING, _NOTHING, ("very ", ("très",)), ("too ", ("trop",)))


def _place(rng: Random) -> Words:
    english, french = pick(rng, WHERE)
    place = known(rng, noun_of(rng, "place"), 0.1)
    return f"{english} {place.english}", (french, *place.french)


def _when(rng: Random, chance: float) -> Words:
    if rng.random() >= chance:
        return _NOTHING
    english, french = pick(rng, WHEN)
    return english, (french,)


def _doing(rng: Random) -> Told:
    """An action without an object, somewhere or with somebody."""
    verb = pick(rng, ALONE)
    english, french = _NOTHING
    draw = rng.random()
    if draw < 0.45:
        english, french = _place(rng)
    elif draw < 0.6:
        friend = somebody(rng, False)
        english, french = f"with {friend.english}", ("avec", *friend.french)
    when_english, when_french = _when(rng, 0.25)
    return Told(verb.english, f"{english} {when_english}".strip(), verb.french, (*french, *when_french))


def _towards(rng: Random) -> Told:
    verb = pick(rng, TOWARDS)
    place = known(rng, noun_of(rng, "place"))
    when_english, when_french = _when(rng, 0.3)
    french, preposition = verb.french.split(" ")
    return Told(
        verb.english, f"{place.english} {when_english}".strip(), french, (preposition, *place.french, *when_french)
    )


def _with_object(rng: Random, no: bool, subject: Phrase | None = None) -> Told:
    animal = subject is not None and subject.noun is not None and "animal" in subject.noun.groups
    verb = pick(rng, _OF_ANIMALS if animal else TAKING)
    if "person" in verb.takes and rng.random() < 0.25:
        thing = pick(rng, NAMED)
    elif verb.takes >= {"person", "thing"} and rng.random() < 0.1:
        thing = belonging(rng)
    else:
        thing = something(rng, noun_of(rng, *sorted(verb.takes)), negated=no)
    english, french = _when(rng, 0.12)
    return Told(verb.english, f"{thing.english} {english}".strip(), verb.french, (*thing.french, *french),
                lasting=verb.lasting)  # fmt: skip


def _with_pronoun(rng: Random, subject: Phrase) -> Told:
    verb = pick(rng, _OF_PEOPLE)
    group = {JE: (JE, NOUS), NOUS: (JE, NOUS), TU: (TU,)}.get(subject.person, ())
    english, french, _ = pick(rng, [one for one in OBJECTS if one[2] not in group])
    when_english, when_french = _when(rng, 0.2)
    return Told(verb.english, f"{english} {when_english}".strip(), verb.french, when_french, french, verb.lasting)


_OF_ANIMALS = [verb for verb in TAKING if verb.english in ("eat", "drink", "see", "hear", "follow", "look for", "find")]
_OF_PEOPLE = [verb for verb in TAKING if "person" in verb.takes]


def _liking(rng: Random) -> Told:
    verb = pick(rng, LIKING)
    noun = noun_of(rng, "fruit", "mass", "mass", "animal", "clothes", "paper")
    thing = noun_phrase(noun, "all", "mass" not in noun.groups, [])
    return Told(verb.english, thing.english, verb.french, thing.french, lasting=True)


def _giving(rng: Random, no: bool) -> Told:
    verb = pick(rng, GIVING)
    thing = something(rng, noun_of(rng, *sorted(verb.takes)), negated=no, chance=0.15)
    whom = pick(rng, NAMED) if rng.random() < 0.4 else known(rng, noun_of(rng, "person"), 0.1)
    return Told(verb.english, f"{thing.english} to {whom.english}", verb.french, (*thing.french, "à", *whom.french))


def _needing(rng: Random) -> Told:
    if rng.random() < 0.6:
        thing = something(rng, noun_of(rng, "thing", "fruit", "mass", "person"), after_de=True, chance=0.2)
        return Told("need", thing.english, "avoir", ("besoin", "de", *thing.french), lasting=True)
    thing = something(rng, noun_of(rng, "animal", "person"), after_de=True, chance=0.2)
    return Told("be", f"afraid of {thing.english}", "avoir", ("peur", "de", *thing.french))


def _being(rng: Random, subject: Phrase) -> Told:
    """An adjective; I, you and we only what sounds the same for him and for her."""
    groups = subject.noun.groups if subject.noun else frozenset({"person"})
    fitting = [one for one in ADJECTIVES if one.groups & groups]
    if subject.gender == "?":
        fitting = [one for one in fitting if one.english in EPICENE]
    one = pick(rng, fitting)
    form = agree(one.french, "m" if subject.gender == "?" else subject.gender, subject.plural)
    english, french = _NOTHING
    if not one.second and one.english not in ("open", "closed", "broken", "empty"):
        english, french = pick(rng, (("", ()), ("", ()), ("very ", ("très",)), ("too ", ("trop",))))
    return Told("be", english + one.english, "être", (*french, form))


def _job(rng: Random) -> Told:
    noun = pick(rng, BY_GROUP["job"])
    return Told("be", noun_phrase(noun, "a", False, []).english, "être", (noun.french,))


def _somewhere(rng: Random) -> Told:
    if rng.random() < 0.5:
        english, french = _place(rng)
    else:
        (english, preposition), thing = pick(rng, ON), known(rng, noun_of(rng, "flat", "vehicle"), 0.2)
        english, french = f"{english} {thing.english}", (preposition, *thing.french)
    return Told("be", english, "être", french)


def _state(rng: Random) -> Told:
    english, french = pick(rng, STATES)
    return Told("be", english, "avoir", (french,))


# Kinds of sentence --------------------------------------------------------------------------------------------------


def _manner(rng: Random, told: Told, subject: Phrase) -> Manner:
    """Said, denied or asked."""
    draw = rng.random()
    if draw < 0.16:
        return Manner(no="not", now=_now(rng, told))
    if draw < 0.2 and told.english != "be" and told.modal is None:
        return Manner(no="never")
    if draw < 0.32:
        words = (("", ""), ("", ""), ("pourquoi", "why"), ("quand", "when"), ("où", "where"))
        asks, english = pick(rng, words if told.english_rest == "" else words[:3])
        return Manner(asks=asks, asks_english=english, now=_now(rng, told))
    if draw < 0.4 and told.english != "be" and told.modal is None:
        return Manner(often=pick(rng, OFTEN))
    return Manner(now=_now(rng, told))


def _now(rng: Random, told: Told) -> bool:
    return told.english != "be" and not told.lasting and told.modal is None and rng.random() < 0.4


def _plain(rng: Random) -> tuple[str, str]:
    """Somebody does something; sometimes can, must or wants to."""
    subject = somebody(rng, True, *pick(rng, (("person",), ("person",), ("person", "animal"))))
    animal = subject.noun is not None and "animal" in subject.noun.groups
    draw = rng.random() * (0.8 if animal else 1)  # animals give nothing and like nothing
    # A negated verb changes its object (pas de pain), so what is said waits until it is known whether.
    no = rng.random() < 0.18
    told = (
        _doing(rng) if draw < 0.2 else _with_object(rng, no, subject) if draw < 0.55 else _with_pronoun(rng, subject)
        if draw < 0.68 else _towards(rng) if draw < 0.8 else _giving(rng, no) if draw < 0.88 else _liking(rng)
        if draw < 0.94 else _needing(rng)
    )  # fmt: skip
    if told.english not in ("be", "need", "like", "love", "prefer", "hate", "know") and rng.random() < 0.18:
        told = replace(told, modal=pick(rng, MODALS))
    if no:
        never = told.modal is None and told.english != "be" and rng.random() < 0.25
        return say(subject, told, Manner("never") if never else Manner("not", now=_now(rng, told)))
    how = _manner(rng, told, subject)
    while how.no:
        how = _manner(rng, told, subject)
    return say(subject, told, how)


def _is(rng: Random) -> tuple[str, str]:
    """Somebody or something is so, somewhere, something."""
    draw = rng.random()
    if draw < 0.5:
        subject = somebody(rng, True, "person", "animal") if rng.random() < 0.5 else _topic(rng)
        told = _being(rng, subject)
    elif draw < 0.72:
        subject = somebody(rng, True, "person", "animal") if rng.random() < 0.4 else _topic(rng, "thing", "animal")
        told = _somewhere(rng)
    elif draw < 0.84:
        subject = pick(rng, (*(one for one in PRONOUNS if not one.plural), *NAMED))
        told = _job(rng)
    else:
        subject, told = somebody(rng), _state(rng)
    return say(subject, told, _manner(rng, told, subject))


def _topic(rng: Random, *groups: str) -> Phrase:
    if rng.random() < 0.12:
        return belonging(rng)
    return known(rng, noun_of(rng, *(groups or ("thing", "place", "fruit", "mass", "animal"))))


def _there(rng: Random) -> tuple[str, str]:
    """There is a cat under the table: il y a."""
    place = _somewhere(rng)
    noun = noun_of(rng, "thing", "animal", "person", "fruit", "mass")
    mass = "mass" in noun.groups
    plural = not mass and rng.random() < 0.5
    draw = rng.random()
    if draw < 0.2:
        gone = noun_phrase(noun, "none", plural, [])
        english = gone.english.split(" ", 1)[1]
        verb = "are" if plural else "is"
        return _pair(f"there {verb} no {english} {place.english_rest}",
                     ["il", "ne", "y", "a", "pas", *gone.french, *place.french_rest])  # fmt: skip
    if draw < 0.35 and plural:
        what = noun_phrase(noun, "a", True, [], number=some_number(rng))
    elif draw < 0.45 and plural:
        what = noun_phrase(noun, "many", True, [])
    else:
        fitting = [one for one in ADJECTIVES if one.groups & noun.groups]
        what = noun_phrase(noun, "a", plural, [pick(rng, fitting)] if rng.random() < 0.3 else [])
    verb = "are" if plural else "is"
    french = ["il", "y", "a", *what.french, *place.french_rest]
    if rng.random() < 0.15:
        return _pair(f"{verb} there {what.english} {place.english_rest}", ["est-ce", "que", *french], True)
    return _pair(f"there {verb} {what.english} {place.english_rest}", french)


def _pair(english: str, french: list[str], asks: bool = False) -> tuple[str, str]:
    return whole(english, "?" if asks else "."), whole(melt(french), ASKS if asks else ".")


def _age(rng: Random) -> tuple[str, str]:
    """Anna is twelve years old: elle a douze ans."""
    subject = known(rng, noun_of(rng, "person", "animal")) if rng.random() < 0.5 else pick(rng, (*PRONOUNS, *NAMED))
    english, french = NUMBERS[some_number(rng)]
    told = Told("be", f"{english} years old", "avoir", (french, "ans"))
    return say(subject, told, Manner("not") if rng.random() < 0.1 else Manner())


def _where_is(rng: Random) -> tuple[str, str]:
    subject = _topic(rng) if rng.random() < 0.7 else somebody(rng, False)
    plural = subject.plural
    english = f"where {'are' if plural else 'is'} {subject.english}"
    return _pair(english, ["où", "sont" if plural else "est", *subject.french], True)


def _how_many(rng: Random) -> tuple[str, str]:
    verb = pick(rng, [verb for verb in TAKING if verb.takes & {"thing", "fruit"}])
    subject = somebody(rng)
    noun = noun_of(rng, *sorted(verb.takes & {"thing", "fruit"}))
    colours = [one for one in ADJECTIVES if one.groups & noun.groups and one.second]
    chosen = [pick(rng, colours)] if colours and rng.random() < 0.25 else []
    things = noun_phrase(noun, "of", True, chosen)
    counted = melt(["combien", "de", *things.french])
    asked = Manner(asks=counted, asks_english=f"how many {things.english.removeprefix('some ')}")
    return say(subject, Told(verb.english, "", verb.french, ()), asked)


def _what(rng: Random) -> tuple[str, str]:
    verb = pick(rng, [verb for verb in TAKING if not verb.takes <= {"person", "animal"}])
    told = Told(verb.english, "", verb.french, (), lasting=verb.lasting)
    return say(somebody(rng), told, Manner(asks="que", asks_english="what", now=_now(rng, told)))


def _who(rng: Random) -> tuple[str, str]:
    no = rng.random() < 0.2
    told = pick(
        rng, (lambda: _doing(rng), lambda: _with_object(rng, no), lambda: _towards(rng), lambda: _liking(rng))
    )()
    english, french = say(Phrase("who", ("qui",), IL, "m"), told, Manner("not" if no else "", now=_now(rng, told)))
    return english[:-1] + "?", french[:-1] + ASKS


_WEATHER = (("it is cold", "il fait froid"), ("it is hot", "il fait chaud"), ("it is raining", "il pleut"),
            ("it is snowing", "il neige"), ("it is dark", "il fait noir"))  # fmt: skip


def _weather(rng: Random) -> tuple[str, str]:
    english, french = pick(rng, _WEATHER)
    where, place = _place(rng) if rng.random() < 0.7 else _NOTHING
    when, time = _when(rng, 0.5)
    return _pair(" ".join(word for word in (english, where, when) if word), [french, *place, *time])


_KINDS: tuple[tuple[float, Callable[[Random], tuple[str, str]]], ...] = (
    (0.56, _plain), (0.74, _is), (0.82, _there), (0.85, _age), (0.89, _where_is), (0.92, _how_many), (0.95, _what),
    (0.98, _who), (1.0, _weather))  # fmt: skip


def sentence(rng: Random) -> tuple[str, str]:
    """One sentence of some kind in English and in French."""
    draw = rng.random()
    return next(kind for until, kind in _KINDS if draw < until)(rng)


def verbs() -> list[Verb]:
    """Every verb that a sentence may have."""
    return [*ALONE, *TAKING, *LIKING, *TOWARDS, *GIVING]
