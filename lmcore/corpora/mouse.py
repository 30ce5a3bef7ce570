"""The mouse language: a toy small enough to write down every sentence with its exact probability.

    sentence  = the [little] THING [that ACTION] ACTION
    THING     = mouse, cat, dog, or (one time in ten) cheese or ball
    ACTION    = slept | rolled | ate the … | chased the … | saw the …    what is done, and to whom, depends on the doer

"the mouse ate the cheese" is common (3 in 25); "the cheese ate the mouse" is possible, as in a fairy tale, and 80 times
rarer. On purpose: both consist of the same words, so a model that only counts words cannot tell them apart, one that
looks a word or two back can, and with "that chased the ball" between doer and deed it must look further still.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from functools import lru_cache
from random import Random

from lmcore.corpora.base import Corpus, Entry

Words = tuple[str, ...]

# All weights are small whole numbers; a row's weights are divided by their sum.
THINGS = {"mouse": 8, "cat": 6, "dog": 4, "cheese": 1, "ball": 1}
LITTLE = Fraction(1, 4)  # how often the doer is "little"
THAT = Fraction(1, 5)  # how often it is told what else the doer did

VERBS = {
    "mouse": {"ate": 10, "saw": 4, "chased": 2, "slept": 4},
    "cat": {"chased": 8, "ate": 4, "saw": 4, "slept": 4},
    "dog": {"chased": 8, "ate": 3, "saw": 4, "slept": 5},
    "cheese": {"rolled": 17, "ate": 1, "chased": 1, "saw": 1},
    "ball": {"rolled": 17, "ate": 1, "chased": 1, "saw": 1},
}
OBJECTS = {
    ("mouse", "ate"): {"cheese": 1},
    ("mouse", "chased"): {"ball": 5, "cheese": 4, "cat": 1},
    ("mouse", "saw"): {"cheese": 3, "cat": 3, "dog": 2, "ball": 2},
    ("cat", "ate"): {"mouse": 5, "cheese": 5},
    ("cat", "chased"): {"mouse": 7, "ball": 3},
    ("cat", "saw"): {"mouse": 5, "dog": 3, "ball": 1, "cheese": 1},
    ("dog", "ate"): {"cheese": 9, "ball": 1},
    ("dog", "chased"): {"cat": 6, "ball": 4},
    ("dog", "saw"): {"cat": 5, "mouse": 2, "ball": 2, "cheese": 1},
    ("cheese", "ate"): {"mouse": 1},
    ("cheese", "chased"): {"mouse": 1, "cat": 1},
    ("cheese", "saw"): {"mouse": 1, "cat": 1, "dog": 1},
    ("ball", "ate"): {"cheese": 1},
    ("ball", "chased"): {"cat": 1, "dog": 1},
    ("ball", "saw"): {"mouse": 1, "cat": 1, "dog": 1},
}
N_SENTENCES = 10_000


def _shares(weights: dict[str, int]) -> list[tuple[str, Fraction]]:
    total = sum(weights.values())
    return [(word, Fraction(weight, total)) for word, weight in weights.items()]


def _actions(doer: str) -> list[tuple[Words, Fraction]]:
    """Everything this doer may do, with its probability."""
    found: list[tuple[Words, Fraction]] = []
    for verb, p in _shares(VERBS[doer]):
        if (doer, verb) in OBJECTS:
            found += [((verb, "the", thing), p * q) for thing, q in _shares(OBJECTS[doer, verb])]
        else:
            found.append(((verb,), p))
    return found


@lru_cache(maxsize=1)
def enumerate_sentences() -> list[tuple[Words, Fraction]]:
    """Every sentence as a tuple of words with its exact probability, likeliest first; the probabilities sum to 1."""
    total: defaultdict[Words, Fraction] = defaultdict(Fraction)
    for doer, p_doer in _shares(THINGS):
        actions = _actions(doer)
        for adjective, p_adjective in ((("little",), LITTLE), ((), 1 - LITTLE)):
            for deed, p_deed in actions:
                p = p_doer * p_adjective * p_deed
                total["the", *adjective, doer, *deed] += p * (1 - THAT)
                for other, p_other in actions:
                    total["the", *adjective, doer, "that", *other, *deed] += p * THAT * p_other
    return sorted(total.items(), key=lambda item: (-item[1], item[0]))


def vocabulary() -> list[str]:
    """The words of the language, sorted."""
    return sorted({word for words, _ in enumerate_sentences() for word in words})


def generate(n_sentences: int, seed: int) -> str:
    """Sentences drawn one by one, each on its own line. ValueError unless 1 <= n_sentences <= 1,000,000."""
    if not 1 <= n_sentences <= 1_000_000:
        raise ValueError(f"the mouse can say 1 to 1,000,000 sentences, not {n_sentences:,}")
    rng = Random(seed)

    def draw(weights: dict[str, int]) -> str:
        left = rng.random() * sum(weights.values())
        for word, weight in weights.items():
            left -= weight
            if left < 0:
                return word
        return word

    def act(doer: str) -> list[str]:
        verb = draw(VERBS[doer])
        return [verb, "the", draw(OBJECTS[doer, verb])] if (doer, verb) in OBJECTS else [verb]

    lines = []
    for _ in range(n_sentences):
        doer = draw(THINGS)
        words = ["the", "little", doer] if rng.random() < LITTLE else ["the", doer]
        if rng.random() < THAT:
            words += ["that", *act(doer)]
        lines.append(" ".join(words + act(doer)))
    return "\n".join(lines) + "\n"


_SOURCE = "Written for this project: a toy grammar, told from a seed."
_LICENCE = "MIT, like the rest of this project."
ENTRIES = (
    Entry(
        "mouse",
        "The mouse ate the cheese",
        "10,000 sentences of a language of 13 words, so small that every sentence's exact probability is known.",
        _SOURCE,
        _LICENCE,
        load=lambda: Corpus("mouse", "The mouse ate the cheese", generate(N_SENTENCES, seed=1), _SOURCE, _LICENCE),
    ),
)
