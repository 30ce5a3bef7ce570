"""Heads by what they do: a perfect head of each kind scores 1, an even one what it must, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from lmcore import checkpoints, models
from lmcore.corpora import tales
from lmcore.probes import heads
from lmcore.probes.heads import KINDS
from lmcore.probes.in_context import random_passages

# places:     0  1  2  3  4  5  6  7
IDS = [5, 6, 7, 5, 6, 9, 5]  # start 5  6  7  5  6  9  5


def perfect(kind: str) -> np.ndarray:
    """(P, P) the weights of a head that does nothing but that, with all weight on itself where there is no place."""
    where = heads.places(IDS)[KINDS.index(kind)].astype(float)
    rows = where.sum(axis=1, keepdims=True)
    return np.where(rows > 0, where / np.maximum(rows, 1), np.eye(len(IDS) + 1))


def test_where_each_kind_looks() -> None:
    previous, first, this, same, induction = heads.places(IDS)
    assert np.argwhere(previous).tolist() == [[t, t - 1] for t in range(2, 8)]
    assert np.argwhere(first).tolist() == [[t, 0] for t in range(2, 8)]
    assert np.argwhere(this).tolist() == [[t, t] for t in range(2, 8)]
    assert np.argwhere(same).tolist() == [[4, 1], [5, 2], [7, 1], [7, 4]]
    assert np.argwhere(induction).tolist() == [[4, 2], [5, 3], [7, 2], [7, 5]]


@pytest.mark.parametrize("kind", KINDS)
def test_a_perfect_head_scores_one(kind: str) -> None:
    found, even = heads.scores([(perfect(kind)[None, None], heads.places(IDS))])
    assert found.shape == (1, 1, len(KINDS))
    assert found[0, 0, KINDS.index(kind)] == pytest.approx(1)
    assert 0 < even[KINDS.index(kind)] < 0.5
    assert heads.Heads(found, even, 7).name(0, 0) == (kind, pytest.approx(1))


def test_an_even_head_scores_what_even_says() -> None:
    P = len(IDS) + 1
    flat = np.tril(np.ones((P, P))) / np.arange(1, P + 1)[:, None]
    found, even = heads.scores([(flat[None, None], heads.places(IDS))])
    np.testing.assert_allclose(found[0, 0], even)
    # by hand: rows 2 to 7 have 3 to 8 places; one is the previous one. Same: row 4 (1/5), row 5 (1/6), row 7 (2/8)
    assert even[0] == pytest.approx(np.mean([1 / n for n in range(3, 9)]))
    assert even[3] == pytest.approx((1 / 5 + 1 / 6 + 2 / 8) / 3)
    flat_head = heads.Heads(found, even, 7)
    assert flat_head.name(0, 0)[0] == "mixed"
    assert not any(map(flat_head.above_chance, KINDS))


def test_two_texts_count_by_their_rows() -> None:
    previous, other = perfect("previous token"), np.eye(3)
    found, _ = heads.scores([(previous[None, None], heads.places(IDS)), (other[None, None], heads.places([1, 2]))])
    assert found[0, 0, 0] == pytest.approx(6 / 7)  # six rows of 1, one of 0
    assert np.isnan(heads.scores([(np.eye(2)[None, None], heads.places([1]))])[0]).all()
    with pytest.raises(ValueError, match="on a text at least"):
        heads.scores([])


def test_only_a_clear_share_gives_a_name() -> None:
    even = np.array([0.03, 0.03, 0.03, 0.04, 0.02])
    found = heads.Heads(np.array([[[0.26, 0.1, 0.05, 0.0, np.nan], [0.14, 0.0, 0.0, 0.0, 0.03]]]), even, 9)
    assert found.name(0, 0) == ("previous token", 0.26)
    assert found.name(0, 1) == ("mixed", 0.14)  # five times what an even head has there, and yet a seventh only
    assert found.above_chance("previous token")
    assert not found.above_chance("induction")
    short = heads.Heads(found.scores, np.array([0.2, 0.2, 0.2, 0.2, 0.1]), 3)
    assert short.name(0, 0) == ("mixed", 0.26)


def test_random_tokens_come_twice_and_only_the_first_copy_tells() -> None:
    ids = heads.repeated(100, 20, seed=3)
    assert ids[:20] == ids[20:]
    assert len(set(ids)) == 20
    assert min(ids) >= 1
    assert heads.repeated(4, 10, 0)[:10] == heads.repeated(4, 10, 0)[10:]
    where = heads._second_copy(ids, 20)[KINDS.index("induction")]
    assert np.argwhere(where).tolist() == [[t, t - 19] for t in range(21, 41)]


def test_a_model_is_measured_and_always_in_the_same_way() -> None:
    model = models.build("gpt", {"n_layer": 2, "n_head": 2, "n_embd": 8, "block_size": 16}, 30)
    texts = [list(range(1, 20)), [5, 5, 5, 5], [1]]
    first, again = (heads.measure(model, texts) for _ in range(2))
    np.testing.assert_array_equal(first.scores, again.scores)
    assert first.scores.shape == (2, 2, len(KINDS))
    assert first.n_tokens == 15 + 4  # the first is cut to the window, the last says nothing
    assert ((first.scores >= 0) & (first.scores <= 1.0001)).all()
    # a model that has learnt nothing looks everywhere nearly alike
    np.testing.assert_allclose(first.scores, np.broadcast_to(first.even, first.scores.shape), atol=0.05)


def test_without_any_text_induction_is_still_measured() -> None:
    model = models.build("gpt", {"n_layer": 1, "n_head": 1, "n_embd": 4, "block_size": 8}, 9)
    assert heads.measure(model, []).n_tokens == 0
    tiny = models.build("gpt", {"n_layer": 1, "n_head": 1, "n_embd": 4, "block_size": 2}, 9)
    with pytest.raises(ValueError, match="a text of two tokens"):
        heads.measure(tiny, [[1]])


def test_the_shipped_gpt_has_a_head_that_copies_what_it_learnt_to_copy() -> None:
    """In the form of its text, an echo of random words, a head looks at what came after the same word before."""
    found = checkpoints.load(checkpoints.shipped()["gpt-tales-word"])
    encode = found.tokenizer.encode
    words = [encode(word)[0] for word in tales.vocabulary_of_echoes()]
    passages = random_passages(sorted(set(words)), 8, 6)
    echoes = [(encode("echo: "), passage, encode("\n")) for passage in passages]
    trained = heads.measure(found.model, [], echoes=echoes)
    kind = KINDS.index("induction")
    assert trained.scores[..., kind].max() > 0.5
    layer, head = np.unravel_index(trained.scores[..., kind].argmax(), trained.scores.shape[:2])
    assert trained.name(int(layer), int(head))[0] == "induction"
    untrained = checkpoints.load(checkpoints.shipped()["gpt-tales-word"], 0).model
    assert not heads.measure(untrained, [], echoes=echoes).above_chance("induction")


def test_what_stands_around_a_repeat_is_not_counted() -> None:
    ids = [7, 8, 1, 2, 3, 9, 1, 2, 3]  # before 7 8, a passage, 9 between
    where = heads._second_copy(ids, 6)[KINDS.index("induction")]
    assert np.argwhere(where).tolist() == [[7, 4], [8, 5], [9, 6]]  # after 1 comes 2, after 2 comes 3, after 3 comes 9
