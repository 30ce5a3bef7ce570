"""Words are hidden by chance, the same ones for the same seed, and a mask is no text."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from lmcore import tokenizers
from lmcore.batches import tokenize
from lmcore.blanks import IGNORED, SHARES, BlankBatches, choose, infilled, marked, masked
from lmcore.tokenizers import BlankTokenizer

TEXT = "\n\n".join(f"The cat number {i} sat on the mat and slept. Then it woke up." for i in range(40))
TOKENIZER = BlankTokenizer(tokenizers.train("word", TEXT))
M, END = TOKENIZER.mask_id, TOKENIZER.end_id


def data(writes: bool, block_size: int = 12) -> BlankBatches:
    tokens = marked(tokenize(TOKENIZER, TEXT), TOKENIZER)
    return BlankBatches(tokens, batch_size=64, block_size=block_size, seed=5, writes=writes)


def test_marks_typed_by_a_person_are_plain_text() -> None:
    for text in ("<mask>", "</s>", "<s>", "a <mask> b", "[MASK]", "___"):
        assert not {0, M, END} & set(TOKENIZER.encode(text))
    for kind in ("char", "bpe"):
        options = {"vocab_size": 300} if kind == "bpe" else {}
        other = BlankTokenizer(tokenizers.train(kind, TEXT + "<mask></s>", **options))
        assert not {0, other.mask_id, other.end_id} & set(other.encode("<mask></s>"))
        assert other.decode([*other.encode("The cat"), other.end_id]) == "The cat"


def test_it_is_read_back_and_checked() -> None:
    again = tokenizers.from_dict(TOKENIZER.to_dict())
    assert again.itos == TOKENIZER.itos
    assert again.itos[-2:] == ["<mask>", "</s>"]
    for broken in (
        {"kind": "blanks"},
        {"kind": "blanks", "beneath": {"kind": "pairs"}},
        {"kind": "blanks", "beneath": 1},
    ):
        with pytest.raises(ValueError, match=r"blanks"):
            tokenizers.from_dict(broken)


def test_neighbours_become_one_mask() -> None:
    hidden = np.array([1, 1, 0, 1, 0, 0, 1, 1, 1], bool)
    ids = np.arange(2, 11)
    assert masked(ids, hidden, 99).tolist() == [99, 99, 4, 99, 6, 7, 99, 99, 99]
    assert infilled(ids, hidden, 99).tolist() == [99, 4, 99, 6, 7, 99]


def test_at_least_one_word_is_hidden_and_about_the_share_of_them() -> None:
    rng = np.random.default_rng(0)
    assert all(choose(1, 0.01, rng).any() for _ in range(20))
    assert choose(20_000, 0.15, rng).mean() == pytest.approx(0.15, abs=0.01)
    with pytest.raises(ValueError, match="nothing to hide"):
        choose(0, 0.5, rng)


def test_the_masked_models_batches() -> None:
    (x, places), y = data(False).batch_at(3)
    assert (x.flatten()[places] == M).all()  # asked only where a mask is
    assert places.size == (x == M).sum() == y.size
    assert (y < M).all()
    assert x.shape[1] <= 12
    share = (x == M).sum() / (x != 0).sum()
    assert SHARES[0] < share < SHARES[1]
    np.testing.assert_array_equal(x, data(False).batch_at(3)[0][0])
    assert not np.array_equal(x, data(False).batch_at(4)[0][0])


def test_the_denoisers_batches() -> None:
    (source, idx), y = data(True).batch_at(3)
    assert idx.shape == y.shape
    assert y.shape[1] <= 12
    assert (idx[:, 0] == 0).all()
    for read, given, target in zip(source, idx, y, strict=True):
        n = int((target != IGNORED).sum())
        assert target[n - 1] == END
        assert given[1:n].tolist() == target[: n - 1].tolist()
        assert not {M, END} & set(given.tolist())
        words = [i for i in read.tolist() if i not in (0, M, TOKENIZER.unk_id)]
        rest = iter(target.tolist())
        assert all(word in rest for word in words)  # what is read stands in the passage, in its order
        assert not any(a == b == M for a, b in pairwise(read.tolist()))


@pytest.mark.parametrize("block_size", [2, 3, 300])
def test_any_length_of_examples(block_size: int) -> None:
    for writes in (False, True):
        (x, _), y = data(writes, block_size).batch_at(0)
        assert x.shape[1] <= block_size
        assert y.size
