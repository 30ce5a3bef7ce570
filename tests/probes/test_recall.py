"""The recall task says what it should, and asking about it is fair to who cannot know."""

from __future__ import annotations

import numpy as np
import pytest

from lmcore.models import configure, model_class
from lmcore.probes import recall


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("distance", [0, 1, 7])
def test_a_line_closes_what_it_opened(distance: int) -> None:
    given, closing = recall.lines(rng(), distance, 50)
    assert given.shape == (50, distance + 2)
    assert not given[:, 0].any()
    pairs = dict(zip(recall.OPENING, recall.CLOSING, strict=True))
    for line in recall.written(given, closing):
        assert line[-1] == pairs[line[0]]
        assert len(line) == distance + 2
        assert set(line[1:-1]) <= set(recall.LETTERS)


def test_the_same_seed_gives_the_same_lines_and_every_kind() -> None:
    given, closing = recall.lines(rng(3), 5, 200)
    again, _ = recall.lines(rng(3), 5, 200)
    np.testing.assert_array_equal(given, again)
    assert len(set(closing.tolist())) == len(recall.OPENING)
    with pytest.raises(ValueError, match=r"0 to 1,000"):
        recall.lines(rng(), -1, 3)


def test_who_cannot_know_is_right_a_quarter_of_the_time() -> None:
    closing = np.array([5, 6, 7, 8])
    flat = np.zeros((4, recall.VOCAB_SIZE))
    assert recall.share_right(flat, closing) == 0.25 == recall.CHANCE
    sure = np.full((4, recall.VOCAB_SIZE), -9.0)
    sure[np.arange(4), closing] = 0
    sure[:, 1] = 5  # what is no closing bracket is not asked for
    assert recall.share_right(sure, closing) == 1
    assert recall.share_right(np.roll(sure, 1, axis=0), closing) == 0


@pytest.mark.parametrize(("order", "distance", "knows"), [(3, 1, True), (3, 2, False), (4, 2, True), (5, 4, False)])
def test_an_n_gram_knows_what_it_sees_and_nothing_else(order: int, distance: int, knows: bool) -> None:
    """Order n sees n - 1 tokens: the bracket and n - 2 letters."""
    model = model_class("ngram")(configure("ngram", {"order": order}, recall.VOCAB_SIZE))
    model.fit(recall.as_tokens(*recall.lines(rng(1), distance, 3000)))
    right = recall.accuracy(model, *recall.lines(rng(2), distance, 300))
    assert right > 0.98 if knows else abs(right - recall.CHANCE) < 0.08
