"""The numbers of the pipeline are the model's own, by hand where one can."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from lmcore import models
from lmcore.probes import feed_forward
from lmcore.probes.feed_forward import NOTHING
from lmcore.probes.one_number import MAX_TOKENS, one_number

V = 4


def by_hand() -> Any:
    """Window 2, one number an embedding, two hidden units, weights that one can reckon with."""
    model = models.build("ffnn", {"window": 2, "n_embd": 1, "hidden_size": 2}, V)
    with torch.no_grad():
        model.wte.weight.copy_(torch.tensor([[0.5], [1.0], [-1.0], [2.0]]))
        model.hidden.weight.copy_(torch.tensor([[1.0, 2.0], [0.0, -0.5]]))
        model.hidden.bias.copy_(torch.tensor([0.25, 0.0]))
        model.lm_head.weight.copy_(torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]))
        model.lm_head.bias.copy_(torch.tensor([0.0, 0.1, 0.2, 0.3]))
    return model


def test_every_number_by_hand() -> None:
    model = by_hand()
    inside = feed_forward.look_into(model, [3, 1, 2])
    assert inside.tokens == (1, 2)
    assert inside.n_before == 2  # <s> and 3
    assert inside.embedding.tolist() == [[1.0], [-1.0]]
    first, second = 1 * 1 + 2 * -1 + 0.25, 0 * 1 + -0.5 * -1
    assert inside.sum.tolist() == pytest.approx([first, second])
    h = [math.tanh(first), math.tanh(second)]
    assert inside.hidden.tolist() == pytest.approx(h)
    logits = [0, h[0] + 0.1, h[1] + 0.2, h[0] + h[1] + 0.3]
    assert inside.logits.tolist() == pytest.approx(logits)
    powers = [math.exp(logit) for logit in logits]
    assert inside.probs.tolist() == pytest.approx([power / sum(powers) for power in powers])

    unit = feed_forward.unit_sum(model, inside, 0)
    assert unit.products.tolist() == [1.0, -2.0]
    assert (unit.bias, unit.total) == (0.25, -0.75)
    word = feed_forward.logit_sum(model, inside, 3)
    assert word.products.tolist() == pytest.approx(h)
    assert word.total == pytest.approx(logits[3])


def test_before_the_text_there_is_nothing() -> None:
    inside = feed_forward.look_into(by_hand(), [])
    assert inside.tokens == (NOTHING, 0)
    assert inside.n_before == 0
    assert inside.embedding.tolist() == [[0.0], [0.5]]
    assert feed_forward.look_into(by_hand(), [3]).tokens == (0, 3)


@pytest.mark.parametrize("n_ids", [0, 1, 2, 3, 4, 9, 3000])
def test_it_is_what_the_model_says(n_ids: int) -> None:
    model = models.build("ffnn", {"window": 3, "n_embd": 5, "hidden_size": 7}, 11)
    ids = np.random.default_rng(n_ids).integers(1, 11, n_ids).tolist()
    inside = feed_forward.look_into(model, ids)
    np.testing.assert_allclose(np.log(inside.probs), model.log_probs(ids)[-1], atol=1e-5)
    for j in range(7):
        assert feed_forward.unit_sum(model, inside, j).total == pytest.approx(float(inside.sum[j]), abs=1e-5)
    for token in range(11):
        assert feed_forward.logit_sum(model, inside, token).total == pytest.approx(
            float(inside.logits[token]), abs=1e-5
        )
    assert sum(feed_forward.parameter_counts(model).values()) == model.n_params
    with pytest.raises(ValueError, match="there are 0 to 6"):
        feed_forward.unit_sum(model, inside, 7)


def test_three_roads_to_one_number() -> None:
    model = by_hand()
    found = one_number(model, [1, 2])
    log_probs = model.log_probs([1, 2])
    p, q = math.exp(log_probs[0, 1]), math.exp(log_probs[1, 2])
    assert found.probs.tolist() == pytest.approx([p, q])
    assert float(found.product) == pytest.approx(p * q)
    want = -(math.log(p) + math.log(q)) / 2
    assert [found.by_product, found.by_sum, found.by_cross_entropy] == pytest.approx([want] * 3, rel=1e-6)


def test_a_product_that_no_float_can_hold() -> None:
    ids = np.random.default_rng(0).integers(1, V, 3000).tolist()
    found = one_number(by_hand(), ids)
    assert len(found.probs) == MAX_TOKENS
    again = one_number(models.build("ffnn", {}, 2000), [5] * MAX_TOKENS)
    assert float(again.product) == 0.0 < again.product
    for result in (found, again):
        assert [result.by_product, result.by_cross_entropy] == pytest.approx([result.by_sum] * 2, rel=1e-6)
    with pytest.raises(ValueError, match="no token"):
        one_number(by_hand(), [])
