"""Looking into an LSTM: correlations against pandas, held gates against a recurrence written out by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lmcore import models
from lmcore.probes import gates
from lmcore.probes.text_features import features

V = 11
IDS = np.random.default_rng(0).integers(1, V, 30).tolist()


@pytest.fixture(params=[1, 2], ids=["one layer", "two layers"])
def model(request: pytest.FixtureRequest) -> Any:
    return models.build("lstm", {"n_embd": 5, "hidden_size": 7, "n_layer": request.param}, V)


def test_what_is_inside_obeys_the_equations(model: Any) -> None:
    for layer in range(model.config.n_layer):
        x = gates.inside(model.trace(IDS), layer)
        assert x.size == 7
        before = np.vstack([np.zeros(7), x.cell[:-1]])
        np.testing.assert_allclose(x.cell, x.forget_gate * before + x.input_gate * x.candidate, atol=1e-6)
        np.testing.assert_allclose(x.hidden, x.output_gate * np.tanh(x.cell), atol=1e-6)
    with pytest.raises(ValueError, match="no layer 2"):
        gates.inside(model.trace(IDS), 2)


def test_correlations_are_those_of_pandas() -> None:
    rng = np.random.default_rng(1)
    values, feature = rng.normal(size=(40, 6)).astype(np.float32), rng.integers(0, 2, 40).astype(float)
    values[:, 2] = 3.5  # a unit that never moves
    values[:, 3] = 2 * feature + 1
    values[:, 4] = -feature
    found = gates.correlations(values, feature)
    expected = pd.DataFrame(values.astype(np.float64)).corrwith(pd.Series(feature)).to_numpy()
    np.testing.assert_allclose(np.delete(found, 2), np.delete(expected, 2), atol=1e-6)
    assert found[2] == 0
    assert found[[3, 4]].tolist() == pytest.approx([1, -1])
    assert gates.strongest_first(found)[:2].tolist() == [3, 4]
    assert gates.strongest_first(found)[-1] == 2


def test_a_feature_that_never_changes_tells_nothing() -> None:
    values = np.random.default_rng(0).normal(size=(5, 3))
    assert gates.correlations(values, np.ones(5)).tolist() == [0, 0, 0]
    assert gates.correlations(values[:1], np.ones(1)).tolist() == [0, 0, 0]
    assert gates.correlations(values[:0], np.ones(0)).tolist() == [0, 0, 0]
    with pytest.raises(ValueError, match="5 positions but 4"):
        gates.correlations(values, np.ones(4))


def one_unit() -> Any:
    """One unit whose gates and candidate are constants, with the hidden state read as the logit of token 1.

    f = σ(ln 3) = 0.75, i = σ(0) = 0.5, C~ = tanh 1, o = σ(-ln 3) = 0.25.
    """
    config = models.configure("lstm", {"n_embd": 1, "hidden_size": 1}, 2)
    weights = {
        "wte.weight": [0.0, 0.0], "rnn.weight_ih_l0": [0.0] * 4, "rnn.weight_hh_l0": [0.0] * 4,
        "rnn.bias_ih_l0": [0.0, math.log(3), 1.0, -math.log(3)], "rnn.bias_hh_l0": [0.0] * 4,
        "lm_head.weight": [0.0, 1.0], "lm_head.bias": [0.0, 0.0],
    }  # fmt: skip
    arrays = {name: np.array(weights[name], np.float32).reshape(shape) for name, shape in config.shapes().items()}
    return models.model_class("lstm").from_arrays(config, arrays)


@pytest.mark.parametrize("value", [0.0, 1.0])
@pytest.mark.parametrize("gate", gates.HELD)
def test_a_held_gate_by_hand(gate: str, value: float) -> None:
    """The recurrence written out for three positions, then p = softmax([0, h])."""
    numbers = {"forget_gate": 0.75, "input_gate": 0.5, "output_gate": 0.25}

    def p_of_token_1(f: float, i: float, o: float) -> list[float]:
        c, found = 0.0, []
        for _ in range(3):
            c = f * c + i * math.tanh(1)
            found.append(1 / (1 + math.exp(-o * math.tanh(c))))
        return found

    true = p_of_token_1(*numbers.values())
    moved = p_of_token_1(*{**numbers, gate: value}.values())
    found = gates.held(one_unit(), [1, 1], gate, value)
    np.testing.assert_allclose(np.exp(found.log_probs[:, 1]), moved, atol=1e-6)
    np.testing.assert_allclose(found.total_variation, np.abs(np.subtract(true, moved)), atol=1e-6)
    kl = [p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q)) for p, q in zip(true, moved, strict=True)]
    np.testing.assert_allclose(found.kl, kl, atol=1e-6)


def test_laws_of_holding(model: Any) -> None:
    """Nothing held moves nothing; one unit moves less than can be told apart from all; distances keep their bounds."""
    true = model.log_probs(IDS)
    nothing = gates.held(model, IDS, "forget_gate", 0, units=[])
    np.testing.assert_allclose(nothing.log_probs, true, atol=1e-5)
    assert nothing.kl.max() < 1e-6
    last = model.config.n_layer - 1
    for gate in gates.HELD:
        for value in (0, 1):
            found = gates.held(model, IDS, gate, value, layer=last, true=true)
            assert (found.kl >= 0).all()
            assert ((found.total_variation >= 0) & (found.total_variation <= 1)).all()
            assert (found.total_variation <= np.sqrt(found.kl / 2) + 1e-6).all()  # Pinsker's inequality
            np.testing.assert_allclose(np.exp(found.log_probs.astype(np.float64)).sum(axis=1), 1, atol=1e-5)
    shut = gates.held(model, IDS, "output_gate", 0, layer=last)
    assert np.ptp(shut.log_probs, axis=0).max() < 1e-6  # the last hidden state is 0 everywhere: only the bias speaks


def test_distances_of_two_coins() -> None:
    """p = (1/2, 1/2), q = (1/4, 3/4): KL = ln 2 - ½ ln 1.5 … = ½ ln(4/3), TV = 1/4; and an impossible token."""
    p, q = np.log([[0.5, 0.5]]), np.log([[0.25, 0.75]])
    kl, tv = gates.distances(p, q)
    assert (float(kl[0]), float(tv[0])) == pytest.approx((0.5 * math.log(4 / 3), 0.25))
    sure = np.array([[0.0, -np.inf]])
    kl, tv = gates.distances(sure, p)
    assert (float(kl[0]), float(tv[0])) == pytest.approx((math.log(2), 0.5))


def test_the_loss_is_the_mean_of_minus_log_p(model: Any) -> None:
    assert gates.loss(model.log_probs(IDS), IDS) == pytest.approx(-float(model.score(IDS).mean()), abs=1e-5)
    assert math.isnan(gates.loss(model.log_probs([]), []))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("candidate", 0), "no gate 'candidate'"),
        (("forget_gate", 1.5), "between 0 and 1"),
        (("forget_gate", float("nan")), "between 0 and 1"),
        (("forget_gate", 0, [7]), "0 to 6"),
        (("forget_gate", 0, [-1]), "0 to 6"),
        (("forget_gate", 0, None, 5), "no layer 5"),
    ],
)
def test_nonsense_is_refused(model: Any, arguments: tuple[Any, ...], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        gates.held(model, IDS, *arguments)


def test_features_of_characters_by_hand() -> None:
    found = features("char", list('A "b"\nC’s'))
    assert {name: numbers.tolist() for name, numbers in found.items()} == {
        "inside quotes": [0, 0, 1, 1, 0, 0, 0, 0, 0],
        "position in line": [1, 2, 3, 4, 5, 0, 1, 2, 3],
        "after a space": [1, 0, 1, 0, 0, 0, 1, 0, 0],
        "uppercase": [1, 0, 0, 0, 0, 0, 1, 0, 0],
    }


def test_features_of_words_and_pieces_by_hand() -> None:
    words = features("word", ["Mia", ",", "“", "no", "”", "\n", "Yes"])
    assert words["after a mark"].tolist() == [1, 0, 1, 1, 0, 1, 1]
    assert words["inside quotes"].tolist() == [0, 0, 1, 1, 0, 0, 0]
    assert words["uppercase"].tolist() == [1, 0, 0, 0, 0, 0, 1]
    pieces = features("bpe", ["Mi", "a", " s", "aw"])
    assert pieces["begins a word"].tolist() == [1, 0, 1, 0]
    assert all(numbers.size == 0 for numbers in features("char", []).values())
