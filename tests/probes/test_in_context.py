"""Learning within the prompt: a perfect copier, models that cannot copy, and words at both their uses by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from lmcore import models, tokenizers
from lmcore.probes import in_context as probe

V = 20


class Copier:
    """Says with certainty what followed the last token when it stood before; anything else is 1 in V."""

    block_size = None
    start_id = 0

    def score(self, ids: Any) -> np.ndarray:
        result = []
        for t, token in enumerate(ids):
            last = ids[t - 1] if t else None
            earlier = [j for j in range(1, t) if ids[j - 1] == last]
            if not earlier:
                result.append(-math.log(V))
            else:
                result.append(0.0 if ids[earlier[-1]] == token else -math.inf)
        return np.array(result)


def test_a_perfect_copier_loses_nothing_on_the_second_copy():
    found = probe.copies(Copier(), probe.random_passages(range(1, V), 6))  # type: ignore[arg-type]
    first, second = found.means
    assert first == pytest.approx(math.log(V))
    assert second == 0.0
    assert (found.second[:, 0] > 0).all()  # nothing says that the copy begins
    assert found.errors == pytest.approx((0.0, 0.0), abs=1e-12)


def test_with_words_around_it_the_copy_begins_known():
    found = probe.copies(Copier(), probe.random_passages(range(3, V), 6), [1], [2])  # type: ignore[arg-type]
    assert found.means[1] == 0.0
    assert found.first.shape == found.second.shape == (probe.PASSAGES, 6)


@pytest.mark.parametrize("family", ["gpt", "rnn", "ngram"])
def test_losses_are_those_of_score(family: str):
    configs: dict[str, dict[str, Any]] = {
        "gpt": {"n_layer": 1, "n_head": 1, "n_embd": 8, "block_size": 40},
        "rnn": {"n_embd": 4, "hidden_size": 8},
        "ngram": {"order": 2, "k": 0.5},
    }
    model = models.build(family, configs[family], V)
    passages = probe.random_passages(range(1, V), 5, 3)
    found = probe.copies(model, passages, [7, 8], [9])
    for passage, first, second in zip(passages, found.first, found.second, strict=True):
        scores = -model.score([7, 8, *passage, 9, *passage])
        np.testing.assert_allclose(first, scores[2:7], atol=1e-5)
        np.testing.assert_allclose(second, scores[8:], atol=1e-5)


def test_past_the_window_losses_are_those_of_the_cut_window():
    model = models.build("gpt", {"n_layer": 1, "n_head": 1, "n_embd": 8, "block_size": 8}, V)
    passages = probe.random_passages(range(1, V), 6, 2)
    found = probe.copies(model, passages)
    np.testing.assert_allclose(found.second[0], -model.score(passages[0] * 2)[6:], atol=1e-5)


def test_means_and_errors_by_hand():
    """The first column is left out: 2 and 4 in one copy, 1 and 1 in the other."""
    found = probe.Copies([[1, 2], [3, 4]], np.array([[9.0, 2.0], [9.0, 4.0]]), np.array([[9.0, 1.0], [0.0, 1.0]]))
    assert found.means == (3.0, 1.0)
    assert found.errors == pytest.approx((1.0, 0.0))


def test_passages_are_drawn_without_repeats_and_always_the_same():
    passages = probe.random_passages(range(1, V), 8)
    assert passages == probe.random_passages(range(1, V), 8)
    assert all(len(set(passage)) == 8 for passage in passages)
    assert len({tuple(passage) for passage in passages}) == probe.PASSAGES
    assert len(probe.random_passages([1, 2], 8)[0]) == 8  # too few tokens: they come again
    assert probe.text_passages([5, 6, 7, 8, 9], 2, 2) == [[5, 6], [8, 9]]


def test_refusals():
    for call in (
        lambda: probe.copies(Copier(), [[1, 2]]),  # type: ignore[arg-type]
        lambda: probe.copies(Copier(), [[1, 2], [1, 2, 3]]),  # type: ignore[arg-type]
        lambda: probe.random_passages([], 4),
        lambda: probe.text_passages([1], 2),
        lambda: probe.passage_length(8),
        lambda: probe.two_uses(Copier(), tokenizers.train("char", "abc"), ("a", "b"), ""),  # type: ignore[arg-type]
    ):
        with pytest.raises(ValueError):
            call()
    assert probe.passage_length(None) == probe.LENGTH
    assert probe.passage_length(9) == 4
    assert probe.passage_length(21, 3) == 8


def test_drawable_leaves_out_what_no_text_has():
    char = tokenizers.train("char", "abc abc")
    assert [char.itos[i] for i in probe.drawable(char)] == [" ", "a", "b", "c"]
    word = tokenizers.train("word", "the cat and the dog")
    assert [word.itos[i] for i in probe.drawable(word)] == ["and", "cat", "dog", "the"]


def test_both_uses_of_a_word_by_hand():
    """At its second use the copier knows every letter but those after a letter that stood elsewhere."""
    tokenizer = tokenizers.train("char", "abcdefghij .!")
    found = probe.two_uses(Copier(), tokenizer, ("a.", "!."), "bcd", "efg")  # type: ignore[arg-type]
    assert [tokenizer.itos[i] for i in found.tokens] == ["b", "c", "d"]
    assert found.first == pytest.approx([math.log(V)] * 3)
    assert found.second == pytest.approx([0.0, 0.0, 0.0])
    assert found.control is not None
    assert found.control[0] == math.inf  # after the point stood e
    assert found.control[1:] == pytest.approx([math.log(V)] * 2)


def test_an_unknown_word_is_one_token_to_a_word_model():
    tokenizer = tokenizers.train("word", "the duke is come . where is the duke")
    found = probe.two_uses(Copier(), tokenizer, ("the ", " is come . where is the "), "Zorblax", "Quimpet")  # type: ignore[arg-type]
    assert found.tokens == [tokenizer.unk_id]
    assert found.control is not None
    np.testing.assert_array_equal(found.second, found.control)  # it cannot tell one unknown word from another


def test_a_word_whose_tokens_differ_is_refused():
    tokenizer = tokenizers.train("bpe", "the duke of york is come. dukeof york. " * 20, vocab_size=300)
    with pytest.raises(ValueError, match="other tokens at its second use"):
        probe.two_uses(Copier(), tokenizer, ("", " x "), "duke")  # type: ignore[arg-type]
