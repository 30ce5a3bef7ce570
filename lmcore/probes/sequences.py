"""Every sequence of a length with its exact probability: a coin, a die, a toy language and counted pairs, in one way.

A model is anything that says what comes next: (tokens so far) -> [(token, probability), …]. Whatever it is, the
probabilities of all its sequences of one length sum to 1, because each step only shares out what it was given. Here
they are fractions of whole numbers, so that the sum is 1 and not nearly 1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache

from lmcore.corpora import mouse
from lmcore.models.ngram import NGram

Words = tuple[str, ...]
Next = Callable[[Words], list[tuple[str, Fraction]]]  # [] when the sequence has ended
Outcomes = list[tuple[Words, Fraction]]

END = "\n"  # the end of a sentence is a token like any other
MAX_SEQUENCES = 50_000


def coin(heads: Fraction) -> Next:
    """A coin that shows heads (H) with probability `heads`; it remembers nothing. ValueError unless 0 <= heads <= 1."""
    if not 0 <= heads <= 1:
        raise ValueError(f"the probability of heads lies from 0 to 1, not {heads}")
    return lambda _before: [("H", heads), ("T", 1 - heads)]


def die() -> Next:
    """A fair die."""
    return lambda _before: [(str(eyes), Fraction(1, 6)) for eyes in range(1, 7)]


@lru_cache(maxsize=1)
def _prefixes() -> dict[Words, Fraction]:
    """Every beginning of a sentence of the mouse language, with the probability that a sentence begins so."""
    total: defaultdict[Words, Fraction] = defaultdict(Fraction)
    for words, p in mouse.enumerate_sentences():
        sentence = (*words, END)
        for i in range(len(sentence) + 1):
            total[sentence[:i]] += p
    return dict(total)


@lru_cache(maxsize=1)
def _followers() -> dict[Words, list[tuple[str, Fraction]]]:
    followers: defaultdict[Words, list[tuple[str, Fraction]]] = defaultdict(list)
    for words, p in sorted(_prefixes().items()):
        if words:
            before = words[:-1]
            # p(next | before) = p(before, next) / p(before)
            followers[before].append((words[-1], p / _prefixes()[before]))
    return dict(followers)


def mouse_grammar(before: Words) -> list[tuple[str, Fraction]]:
    """The mouse language itself: what may come next in a sentence, exactly; nothing after its end."""
    return _followers().get(before, [])


def mouse_probability(words: Sequence[str]) -> Fraction:
    """The exact probability that a sentence of the mouse language begins with these words; 1 for no words."""
    return _prefixes().get(tuple(words), Fraction(0))


def counted(model: NGram, itos: Sequence[str]) -> Next:
    """The maximum likelihood estimate of a counted model, as fractions: c(context, token) / c(context)."""
    stoi = {token: i for i, token in enumerate(itos)}

    @lru_cache(maxsize=4096)
    def after(context: tuple[int, ...]) -> list[tuple[str, Fraction]]:
        tokens, counts = model.continuations(context)
        total = int(counts.sum())
        return [(itos[token], Fraction(int(count), total)) for token, count in zip(tokens, counts, strict=True)]

    def following(before: Words) -> list[tuple[str, Fraction]]:
        if before and before[-1] == END:
            return []
        return after(model.context([stoi[token] for token in before]))

    return following


def every_sequence(following: Next, length: int) -> Outcomes:
    """All sequences of `length` tokens (those that end earlier stay as they are), likeliest first; they sum to 1.

    Grown level by level: a sequence hands its probability on to its continuations. ValueError when `length` is
    negative, or when there are more than MAX_SEQUENCES.
    """
    if length < 0:
        raise ValueError(f"a sequence has 0 tokens or more, not {length}")
    level: Outcomes = [((), Fraction(1))]
    for _ in range(length):
        grown: Outcomes = []
        for words, p in level:
            options = following(words)
            # p(x_1, …, x_i) = p(x_1, …, x_{i-1}) · p(x_i | x_1, …, x_{i-1})
            grown += [((*words, token), p * q) for token, q in options] if options else [(words, p)]
        if len(grown) > MAX_SEQUENCES:
            raise ValueError(
                f"there are more than {MAX_SEQUENCES:,} sequences of {length} tokens; take a shorter length"
            )
        level = grown
    return sorted(level, key=lambda item: (-item[1], item[0]))


def total(outcomes: Outcomes) -> Fraction:
    """The sum of all probabilities, exactly."""
    return sum((p for _, p in outcomes), Fraction(0))
