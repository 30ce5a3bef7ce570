"""Every place of a text: probabilities by hand, ranks and alternatives in order."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lmcore import batches, models, tokenizers
from lmcore.probes.alternatives import place, places

TEXT = "a b a b a c\n" * 20


def test_one_place_by_hand():
    # Index 0 is the start token. p = (0.1, 0.2, 0.6, 0.1): token 1 has rank 2, and the start token is no alternative.
    probs = np.array([0.1, 0.2, 0.6, 0.1])
    found = place(np.log(probs), 1, n_alternatives=3)
    assert found.prob == pytest.approx(0.2)
    assert found.rank == 2
    assert [token for token, _ in found.alternatives] == [2, 1, 3]
    assert found.entropy == pytest.approx(-sum(p * math.log(p) for p in probs))


def test_an_impossible_token_has_log_probability_minus_infinity():
    with np.errstate(divide="ignore"):
        found = place(np.log([0.0, 0.0, 1.0]), 1)
    assert found.log_prob == -math.inf
    assert found.prob == 0
    assert found.alternatives == ((2, 1.0),)
    assert found.entropy == 0


def test_the_places_add_up_to_the_score():
    tokenizer = tokenizers.train("word", TEXT)
    model = models.build("ngram", {"order": 2, "k": 0.5}, tokenizer.vocab_size)
    model.fit(batches.tokenize(tokenizer, TEXT))
    ids = tokenizer.encode("a b a c a")
    found = places(model, ids)
    np.testing.assert_allclose([p.log_prob for p in found], model.score(ids), rtol=1e-5)
    assert [p.token for p in found] == list(ids)
    for p in found:
        by_probability = [probability for _, probability in p.alternatives]
        assert by_probability == sorted(by_probability, reverse=True)
        assert all(token != 0 for token, _ in p.alternatives)


def test_no_text_has_no_places():
    model = models.build("ngram", {"order": 1, "k": 1.0}, 5)
    assert places(model, []) == []
