"""The classifier: what stands behind a text does not matter, and its head reads what the body gives."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lmcore import models
from lmcore.models.classifier import Body, Classifier, padded
from lmcore.models.classifier_config import ClassifierConfig

V = 11
SHAPE = {"block_size": 8, "n_layer": 2, "n_head": 2, "n_embd": 8}


def classifier(**changed: object) -> Classifier:
    """Untrained, its weights made larger, with a head that says something."""
    model = models.build("classifier", {**SHAPE, "labels": ("a", "b", "c"), **changed}, V)
    generator = torch.Generator().manual_seed(1)
    for parameter in model.parameters():
        parameter.data.mul_(2)
    model.head.weight.data.normal_(0, 0.3, generator=generator)
    return model.eval()


@pytest.mark.parametrize("pool", ["last", "mean"])
def test_probabilities_sum_to_one_and_neighbours_do_not_matter(pool: str):
    model = classifier(pool=pool)
    texts = [[3, 4], [5], [], [1, 2, 3, 4, 5, 6, 7]]
    together = model.probabilities(texts)
    np.testing.assert_allclose(together.sum(axis=1), 1, atol=1e-6)
    alone = np.concatenate([model.probabilities([text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    assert np.abs(together[0] - together[1]).max() > 1e-3


def test_it_reads_as_far_as_its_block_and_no_further():
    model = classifier()
    np.testing.assert_array_equal(model.probabilities([[1] * 7]), model.probabilities([[1] * 7 + [2, 3]]))
    assert padded([[1, 2], [3]], 8).tolist() == [[0, 1, 2], [0, 3, 0]]
    assert padded([[1, 2, 3]], 2).tolist() == [[0, 1]]
    assert padded([], 8).shape == (0, 1)


def test_the_head_reads_the_last_vector_of_the_body():
    """By hand: softmax(W h + b), h from a GPT with the same weights."""
    model = classifier()
    gpt = models.build("gpt", SHAPE, V)
    gpt.load_state_dict({name.removeprefix("body."): p for name, p in model.state_dict().items() if "body." in name})
    h = gpt.trace([3, 4, 5])["ln_f"][-1]
    W, b = model.head.weight.detach().numpy(), model.head.bias.detach().numpy()
    powers = np.exp(W @ h + b)
    np.testing.assert_allclose(model.probabilities([[3, 4, 5]])[0], powers / powers.sum(), rtol=1e-4)
    trace = model.trace([3, 4, 5])
    np.testing.assert_allclose(trace["pooled"], h, atol=1e-5)
    np.testing.assert_allclose(trace["probs"], powers / powers.sum(), rtol=1e-4)
    np.testing.assert_allclose(
        classifier(pool="mean").trace([3, 4])["pooled"], gpt.trace([3, 4])["ln_f"].mean(0), atol=1e-5
    )


def test_a_new_one_knows_nothing_and_takes_over_a_body():
    model = models.build("classifier", {**SHAPE, "labels": ("a", "b")}, V)
    np.testing.assert_allclose(model.probabilities([[1], [2, 3]]), 0.5)
    body = Body(model.config.body, seed=5)
    model.load_body(body.state_arrays())
    np.testing.assert_array_equal(model.body.trace([1, 2])["ln_f"], body.trace([1, 2])["ln_f"])
    assert model.body.lm_head.weight is model.body.wte.weight
    with pytest.raises(ValueError, match="names and shapes"):
        model.load_body({"wte.weight": np.zeros((V, 8), np.float32)})


def test_arrays_there_and_back():
    model = classifier()
    arrays = model.state_arrays()
    assert {name: array.shape for name, array in arrays.items()} == model.config.shapes()
    assert sum(array.size for array in arrays.values()) == model.n_params
    again = Classifier.from_arrays(ClassifierConfig.from_dict(model.config.to_dict()), arrays)
    np.testing.assert_array_equal(again.probabilities([[3, 4]]), model.probabilities([[3, 4]]))
    assert again.config == model.config


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"labels": ("a",)}, "2 to 20 labels, not 1"),
        ({"labels": tuple(map(str, range(21)))}, "not 21"),
        ({"labels": ("a", "a")}, "must be different"),
        ({"labels": ("a", "")}, "1 to 40 characters"),
        ({"labels": ("a", 3)}, "a list of texts"),
        ({"labels": "ab"}, "a list of texts"),
        ({"pool": "max"}, "pool must be one of last, mean"),
        ({"block_size": 7}, "even"),
        ({"n_head": 3}, "multiple of n_head"),
        ({"taste": 1}, "no setting named 'taste'"),
    ],
)
def test_nonsense_is_refused_in_words(changed: dict, said: str):
    with pytest.raises(ValueError) as refused:
        models.configure("classifier", {**SHAPE, "labels": ("a", "b"), **changed}, V)
    assert said in str(refused.value)


def test_tokens_that_are_none_are_refused():
    with pytest.raises(ValueError, match="not in the vocabulary"):
        classifier().probabilities([[V]])
