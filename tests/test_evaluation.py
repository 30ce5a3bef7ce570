"""Log-likelihood, perplexity and bits, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lmcore import evaluation, models, tokenizers
from lmcore.batches import tokenize

TEXT = "the mouse ate the cheese\n"


def ngram(text: str, kind: str = "word", **config: object) -> tuple[object, tokenizers.Tokenizer]:
    tokenizer = tokenizers.train(kind, text)
    model = models.build("ngram", config, tokenizer.vocab_size)
    return model.fit(tokenize(tokenizer, text)), tokenizer


def test_a_uniform_model_has_perplexity_v() -> None:
    tokenizer = tokenizers.train("word", TEXT)  # <s> <unk> newline and 4 words; all but <s> can come
    model = models.build("ngram", {}, tokenizer.vocab_size)
    result = evaluation.evaluate(model, tokenizer, TEXT)
    assert result.n_tokens == 6
    assert result.n_chars == len(TEXT)
    assert result.perplexity == pytest.approx(6)
    assert result.loss == pytest.approx(math.log(6))
    assert result.bits_per_token == pytest.approx(math.log2(6))
    assert result.bits_per_character == pytest.approx(6 * math.log2(6) / 25)
    assert result.log_likelihood == pytest.approx(-6 * math.log(6))
    assert evaluation.log_likelihood(model, tokenizer.encode(TEXT)) == pytest.approx(result.log_likelihood)


def test_unigrams_by_hand() -> None:
    model, tokenizer = ngram(TEXT, order=1, k=0)
    result = evaluation.evaluate(model, tokenizer, "the mouse")
    # 2 of the 6 tokens are "the", 1 is "mouse"
    assert result.log_likelihood == pytest.approx(math.log(1 / 3) + math.log(1 / 6))
    assert result.perplexity == pytest.approx(math.sqrt(18))
    rows = list(result.table())
    assert [(row.place, row.token) for row in rows] == [(0, "the"), (1, "mouse")]
    assert [row.token_id for row in rows] == tokenizer.encode("the mouse")
    assert [row.prob for row in rows] == pytest.approx([1 / 3, 1 / 6])
    assert [row.bits for row in rows] == pytest.approx([math.log2(3), math.log2(6)])
    assert [row.log_prob for row in rows] == pytest.approx([-math.log(3), -math.log(6)])


def test_probability_0_is_said_as_infinity() -> None:
    model, tokenizer = ngram(TEXT, order=1, k=0)
    result = evaluation.evaluate(model, tokenizer, "the cat")
    assert result.n_unknown == 1
    assert result.log_likelihood == -math.inf
    assert result.perplexity == result.bits_per_token == result.bits_per_character == result.loss == math.inf
    last = list(result.table())[-1]
    assert (last.log_prob, last.prob, last.bits) == (-math.inf, 0.0, math.inf)


def test_certainty_is_0_bits() -> None:
    model, tokenizer = ngram("aaaa", "char", order=1, k=0)
    result = evaluation.evaluate(model, tokenizer, "aa")
    assert (result.perplexity, result.bits_per_character, result.n_unknown) == (1.0, 0.0, 0)
    assert math.copysign(1, next(result.table()).bits) == 1  # 0, not -0


def test_numbers_too_large_are_infinite() -> None:
    assert evaluation.perplexity(1e6, 1) == math.inf
    assert evaluation.perplexity(math.inf, 3) == math.inf
    assert evaluation.bits_per_token(math.inf, 3) == math.inf


@pytest.mark.parametrize("measure", [evaluation.perplexity, evaluation.bits_per_token, evaluation.bits_per_character])
def test_nonsense_is_refused(measure: object) -> None:
    with pytest.raises(ValueError, match="at least one"):
        measure(1.0, 0)
    for total in (-1.0, math.nan):
        with pytest.raises(ValueError, match="minus the log-likelihood"):
            measure(total, 1)


def test_a_text_without_tokens_cannot_be_scored() -> None:
    model, tokenizer = ngram(TEXT)
    with pytest.raises(ValueError, match="no token to score"):
        evaluation.evaluate(model, tokenizer, "  ")


def test_log_likelihood_of_nothing_is_0() -> None:
    model, _ = ngram(TEXT)
    assert evaluation.log_likelihood(model, []) == 0


def test_sums_are_made_in_double_precision() -> None:
    class Constant:
        def score(self, ids: list[int]) -> np.ndarray:
            return np.full(len(ids), np.float32(-0.1))

    n = 1_000_000
    exact = n * float(np.float32(-0.1))
    assert evaluation.log_likelihood(Constant(), range(n)) == pytest.approx(exact, rel=1e-12)
