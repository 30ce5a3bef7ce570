"""How a sentence is put together: said, denied or asked, in the order of words of each language."""

from __future__ import annotations

from dataclasses import dataclass

from lmcore.corpora.french_grammar import IL, JE, conjugate, melt
from lmcore.corpora.french_phrases import Phrase

# English verbs ------------------------------------------------------------------------------------------------------

_DOUBLED = {"swim": "swimming", "run": "running", "cut": "cutting"}
_BE = {JE: "am", IL: "is"}


def third(verb: str) -> str:
    """he goes, she has, it carries; of two words the first is the verb."""
    word, _, rest = verb.partition(" ")
    if word == "have":
        word = "has"
    elif word.endswith("y") and word[-2] not in "aeiou":
        word = word[:-1] + "ies"
    else:
        word += "es" if word.endswith(("o", "s", "x", "ch", "sh")) else "s"
    return f"{word} {rest}".rstrip()


def going(verb: str) -> str:
    """running, dancing, looking at."""
    word, _, rest = verb.partition(" ")
    if word in _DOUBLED:
        word = _DOUBLED[word]
    else:
        word = (word[:-1] if word.endswith("e") and not word.endswith("ee") else word) + "ing"
    return f"{word} {rest}".rstrip()


# A sentence ---------------------------------------------------------------------------------------------------------


ASKS = " ?"
"""French has a space before its question mark."""


@dataclass(frozen=True)
class Told:
    """What is said of a subject, before it is said whether, whether not, or asked."""

    english: str  # the verb as it is after "to"; "be" for all that English says with it
    english_rest: str
    french: str  # infinitive
    french_rest: tuple[str, ...]
    pronoun: str = ""  # an object pronoun, which goes before the French verb
    lasting: bool = False  # never "is …ing"
    modal: tuple[str, str] | None = None


@dataclass(frozen=True)
class Manner:
    """How it is said: `no` is "", "not" or "never"; `asks` is None, "" (yes or no) or a question word in French."""

    no: str = ""
    asks: str | None = None
    asks_english: str = ""
    now: bool = False  # is …ing
    often: tuple[str, str] | None = None


def say(subject: Phrase, told: Told, how: Manner) -> tuple[str, str]:
    """The sentence in both languages."""
    return _english(subject, told, how), _french(subject, told, how)


def _english(subject: Phrase, told: Told, how: Manner) -> str:
    single = subject.person == IL
    asks = how.asks is not None
    if told.modal and told.modal[0] in ("can", "must"):
        helper, rest = told.modal[0], [told.english]
        helper_no = "cannot" if helper == "can" else "must not"
    elif told.english == "be" or how.now:
        helper = _BE.get(subject.person, "are")
        rest = [] if told.english == "be" else [going(told.english)]
        helper_no = f"{helper} not"
    else:
        base = f"{told.modal[0]} {told.english}" if told.modal else told.english
        if asks or how.no == "not":
            helper = "does" if single else "do"
            rest, helper_no = [base], f"{helper} not"
        else:
            helper, helper_no = "", ""
            word, _, tail = base.partition(" ")
            rest = [f"{third(word) if single else word} {tail}".rstrip()]
    between = "never" if how.no == "never" else how.often[0] if how.often else ""
    if asks:
        words = [how.asks_english, helper, subject.english, between, *rest, told.english_rest]
    else:
        words = [subject.english, helper_no if how.no == "not" else helper, between, *rest, told.english_rest]
    return whole(" ".join(word for word in words if word), "?" if asks else ".")


def _french(subject: Phrase, told: Told, how: Manner) -> str:
    clitic = [told.pronoun] if told.pronoun else []
    finite = told.modal[1] if told.modal else told.french
    verb = [*([] if told.modal else clitic), conjugate(finite, subject.person)]
    if how.no:
        verb = ["ne", *verb, "pas" if how.no == "not" else "jamais"]
    if how.often:
        verb.append(how.often[1])
    if told.modal:
        verb += [*clitic, told.french]
    words = [*subject.french, *verb, *told.french_rest]
    if how.asks is not None:
        words = [*([how.asks] if how.asks else []), "est-ce", "que", *words]
    return whole(melt(words), ASKS if how.asks is not None else ".")


def whole(words: str, mark: str) -> str:
    """With a capital, and a mark at its end."""
    return words[0].upper() + words[1:] + mark
