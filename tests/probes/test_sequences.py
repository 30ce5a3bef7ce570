"""Every sequence sums to exactly 1; a coin, a die and the mouse language by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from lmcore import batches, models, tokenizers
from lmcore.corpora import mouse
from lmcore.probes import sequences
from lmcore.probes.sequences import END, coin, counted, die, every_sequence, mouse_grammar, mouse_probability, total


def by_name(found: sequences.Outcomes) -> dict[str, Fraction]:
    return {" ".join(words): p for words, p in found}


def test_a_bent_coin_by_hand():
    """p(H) = 3/4: HH is 9/16, HT and TH are 3/16 each, TT is 1/16."""
    found = every_sequence(coin(Fraction(3, 4)), 2)
    assert by_name(found) == {
        "H H": Fraction(9, 16), "H T": Fraction(3, 16), "T H": Fraction(3, 16), "T T": Fraction(1, 16),
    }  # fmt: skip
    assert [p for _, p in found] == sorted((p for _, p in found), reverse=True)


def test_a_fair_coin_and_a_die_share_alike():
    assert {p for _, p in every_sequence(coin(Fraction(1, 2)), 3)} == {Fraction(1, 8)}
    twice = every_sequence(die(), 2)
    assert len(twice) == 36
    assert {p for _, p in twice} == {Fraction(1, 36)}
    seven = sum(p for words, p in twice if sum(map(int, words)) == 7)
    assert seven == Fraction(1, 6)


def test_a_coin_that_always_shows_heads_has_impossible_outcomes():
    found = by_name(every_sequence(coin(Fraction(1)), 2))
    assert found == {"H H": 1, "H T": 0, "T H": 0, "T T": 0}


@pytest.mark.parametrize("length", range(12))
def test_the_mouse_language_sums_to_exactly_1_at_every_length(length: int):
    found = every_sequence(mouse_grammar, length)
    assert total(found) == 1
    assert len({words for words, _ in found}) == len(found)
    assert all(len(words) == length or words[-1] == END for words, _ in found)


def test_at_the_last_length_stand_all_its_sentences():
    found = {words[:-1]: p for words, p in every_sequence(mouse_grammar, 11)}
    assert found == dict(mouse.enumerate_sentences())


def test_mouse_sentences_by_hand():
    """A mouse 8/20, not little 3/4, told nothing else 4/5, ate 10/20 the cheese; the cheese 1/20 · 3/4 · 4/5 · 1/20."""
    mouse_ate = Fraction(8, 20) * Fraction(3, 4) * Fraction(4, 5) * Fraction(10, 20)
    assert mouse_probability(["the", "mouse", "ate", "the", "cheese"]) == mouse_ate == Fraction(3, 25)
    cheese_ate = Fraction(1, 20) * Fraction(3, 4) * Fraction(4, 5) * Fraction(1, 20)
    assert mouse_probability(["the", "cheese", "ate", "the", "mouse"]) == cheese_ate == Fraction(3, 2000)
    assert mouse_probability(["the", "little"]) == Fraction(1, 4)
    assert mouse_probability([]) == 1
    assert mouse_probability(["cheese", "the"]) == 0


def test_the_chain_rule_of_the_grammar_multiplies_to_the_probability():
    sentence = ("the", "cat", "that", "slept", "saw", "the", "ball")
    product = Fraction(1)
    for i, word in enumerate(sentence):
        product *= dict(mouse_grammar(sentence[:i]))[word]
    assert product == mouse_probability(sentence) > 0


def counting(text: str, order: int):
    tokenizer = tokenizers.train("word", text)
    config = {"order": order, "smoothing": "add-k", "k": 0.0}
    return counted(
        models.build("ngram", config, tokenizer.vocab_size).fit(batches.tokenize(tokenizer, text)), tokenizer.itos
    )


def test_counted_pairs_by_hand():
    """After "a": twice b, once c. After "b" and "c": always the end."""
    found = by_name(every_sequence(counting("a b\na b\na c\n", 2), 3))
    assert found == {f"a b {END}": Fraction(2, 3), f"a c {END}": Fraction(1, 3)}


@pytest.mark.parametrize("order", [1, 2, 3])
def test_counted_sequences_sum_to_exactly_1(order: int):
    following = counting(mouse.generate(60, seed=3), order)
    for length in range(4):
        assert total(every_sequence(following, length)) == 1


def test_nonsense_and_too_many():
    with pytest.raises(ValueError, match="from 0 to 1"):
        coin(Fraction(3, 2))
    with pytest.raises(ValueError, match="0 tokens or more"):
        every_sequence(die(), -1)
    with pytest.raises(ValueError, match="more than 50,000 sequences of 7 tokens"):
        every_sequence(die(), 7)
