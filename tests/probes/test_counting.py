"""The corner of the table that the heatmap shows is what stands in the text."""

from __future__ import annotations

import numpy as np
import pytest

from lmcore import batches, models, tokenizers
from lmcore.probes.counting import busiest

TEXT = "a b a b a c\n" * 20


@pytest.fixture
def counted():
    tokenizer = tokenizers.train("word", TEXT)
    model = models.build("ngram", {"order": 3, "k": 0.0}, tokenizer.vocab_size)
    return tokenizer, model.fit(batches.tokenize(tokenizer, TEXT))


def test_pairs_by_hand(counted):
    tokenizer, model = counted
    found = busiest(model, 2)
    at = {
        (tokenizer.itos[found.contexts[r][0]], tokenizer.itos[found.tokens[c]]): int(found.counts[r, c])
        for r in range(len(found.contexts))
        for c in range(len(found.tokens))
    }
    # In each line: a b, b a, a b, b a, a c, c newline; and newline a between lines.
    assert at[("a", "b")] == 40
    assert at[("b", "a")] == 40
    assert at[("a", "c")] == 20
    assert at[("c", "\n")] == 20
    assert at[("\n", "a")] == 19
    assert at[("b", "c")] == 0


def test_order_one_has_one_row_with_all_counts(counted):
    _, model = counted
    found = busiest(model, 1)
    assert found.contexts == [()]
    assert found.counts.sum() == 140


@pytest.mark.parametrize("order", [1, 2, 3])
def test_it_stays_within_its_size(counted, order: int):
    found = busiest(counted[1], order, n_contexts=2, n_tokens=3)
    assert found.counts.shape == (len(found.contexts), len(found.tokens))
    assert found.counts.shape[0] <= 2
    assert found.counts.shape[1] <= 3
    assert np.all(found.counts >= 0)
