"""How far back a loss reaches: against torch's automatic differentiation, finite differences and hand arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from lmcore import models
from lmcore.probes.gradients import SQUASH, Reach, lstm_norms, reach, stretch

V = 11
IDS = [3, 5, 1, 9, 9, 2, 7]


def network(family: str = "rnn", **config: Any) -> Any:
    return models.build(family, {"n_embd": 5, "hidden_size": 6, **config}, V)


def by_autograd(model: Any, ids: list[int], t: int, scale: float, f: str) -> list[float]:
    """The norms from torch's own cell on copied weights, k = 0..t."""
    last = model.config.n_layer - 1
    cell = torch.nn.RNNCell(model.rnn.input_size if not last else 6, 6, nonlinearity=f).double()
    with torch.no_grad():
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            getattr(cell, name).copy_(getattr(model.rnn, f"{name}_l{last}"))
        cell.weight_hh *= scale
    trace = model.trace(ids)
    x = torch.from_numpy(trace["embedding"] if not last else trace["rnn.0.hidden"]).double()
    h, states = torch.zeros(1, 6, dtype=torch.float64), []
    for row in x[: t + 1]:
        h = cell(row[None], h)
        states.append(h)
    head = model.lm_head.double()
    loss = torch.nn.functional.cross_entropy(head(h), torch.tensor([ids[t]]))
    model.lm_head.float()
    return [g.norm().item() for g in torch.autograd.grad(loss, states[::-1])]


@pytest.mark.parametrize("n_layer", [1, 2])
@pytest.mark.parametrize("own", ["tanh", "relu"])
@pytest.mark.parametrize(("scale", "f"), [(1.0, None), (2.5, "tanh"), (0.4, "relu")])
def test_the_equation_is_what_autograd_gives(n_layer: int, own: str, scale: float, f: str | None) -> None:
    model = network(n_layer=n_layer, nonlinearity=own)
    found = reach(model, IDS, scale=scale, nonlinearity=f)
    for t in (0, 3, len(IDS) - 1):
        expected = by_autograd(model, IDS, t, scale, f or own)
        np.testing.assert_allclose(found.norms[t, : t + 1], expected, rtol=1e-6)
        assert np.isnan(found.norms[t, t + 1 :]).all()
        alone = reach(model, IDS, scale=scale, nonlinearity=f, t=t).norms
        np.testing.assert_allclose(alone[t], found.norms[t], rtol=1e-12)
        assert np.isnan(np.delete(alone, t, axis=0)).all()


def test_the_losses_are_the_models_own() -> None:
    model = network()
    np.testing.assert_allclose(-reach(model, IDS).losses, model.score(IDS), atol=1e-6)


def test_against_finite_differences() -> None:
    """Push one unit of one state a little, read on, and see by how much the loss moves."""
    model, t, k, eps = network(), 5, 3, 1e-6
    weights, trace = model.weights(), model.trace(IDS)
    W_h, head = weights.layers[0].W_h.astype(np.float64), weights.head.astype(np.float64)

    def loss(push: np.ndarray) -> float:
        h = np.zeros(6)
        for at in range(t + 1):
            h = np.tanh(trace["rnn.0.from_input"][at] + W_h @ h + weights.layers[0].b)
            h = h + push if at == t - k else h
        logits = head @ h + weights.head_bias
        return float(np.log(np.exp(logits).sum()) - logits[IDS[t]])

    gradient = [(loss(eps * unit) - loss(-eps * unit)) / (2 * eps) for unit in np.eye(6)]
    assert reach(model, IDS).norms[t, k] == pytest.approx(np.linalg.norm(gradient), rel=1e-5)


def test_without_w_h_nothing_comes_back() -> None:
    norms = reach(network(), IDS, scale=0).norms
    assert (norms[:, 0] > 0).all()
    assert not norms[np.tril_indices(len(IDS), -1)[0], 1:][:, 0].any()
    assert norms[3, 1:4].tolist() == [0, 0, 0]


def test_no_step_stretches_more_than_the_largest_singular_value() -> None:
    model = network()
    for scale in (0.5, 1.0, 3.0):
        found, most = reach(model, IDS, scale=scale), stretch(model, scale).largest
        for t in range(1, len(IDS)):
            steps = found.norms[t, : t + 1]
            assert (steps[1:] <= most * steps[:-1] * (1 + 1e-9)).all()


def test_the_stretch_of_w_h() -> None:
    model = network()
    W_h = model.rnn.weight_hh_l0.detach().double()
    found = stretch(model, 1.5)
    assert found.largest == pytest.approx(1.5 * torch.linalg.svdvals(W_h).max().item())
    assert found.radius == pytest.approx(1.5 * torch.linalg.eigvals(W_h).abs().max().item())
    assert found.radius <= found.largest


def test_by_hand() -> None:
    """One unit, h_t = tanh(w h_{t-1} + x_t): each step back multiplies by w (1 - h²)."""
    model = network(hidden_size=1)
    found = reach(model, IDS)
    w, h = float(model.weights().layers[0].W_h[0, 0]), np.tanh(found.sums[:, 0])
    assert found.norms[4, 2] == pytest.approx(found.norms[4, 0] * w**2 * (1 - h[4] ** 2) * (1 - h[3] ** 2))


def test_short_texts_and_explosions() -> None:
    model = network(nonlinearity="relu")
    assert reach(model, []).norms.shape == (0, 0)
    assert reach(model, [4]).norms.shape == (1, 1)
    with torch.no_grad():
        model.rnn.weight_hh_l0.fill_(0.15)  # 0.9 a step
        model.rnn.bias_ih_l0.fill_(5)
    gone = reach(model, IDS * 60, scale=10)  # 9 a step: past float64 after some 320 of them
    assert not np.isfinite(gone.norms[-1, 0])
    assert np.isfinite(gone.norms[10, :11]).all()


def test_half_life() -> None:
    rows = np.array([[8.0, np.nan, np.nan, np.nan], [8, 5, np.nan, np.nan], [8, 3, 5, np.nan], [8, 3, 5, 2]])
    found = Reach(1.0, "tanh", np.zeros((5, 1)), np.zeros(4), rows)
    assert [found.half_life(t) for t in range(4)] == [None, None, None, 3]


@pytest.mark.parametrize("n_layer", [1, 2])
def test_the_lstm_beside_it(n_layer: int) -> None:
    """Finite differences on the cell state of the last layer, by the model's own equations."""
    model, t, k, eps = network("lstm", n_layer=n_layer), 5, 2, 1e-3
    layer = n_layer - 1

    def loss(push: np.ndarray) -> float:
        state, log_probs = model.start()
        for at, token in enumerate([None, *IDS[:t]]):
            if at:
                state, log_probs = model.step(state, int(token or 0))
            if at == t - k:
                h, c = (array.copy() for array in state)
                o = h[layer] / np.tanh(c[layer])
                c[layer] += push
                h[layer] = o * np.tanh(c[layer])
                state = h, c
        return -float(log_probs[IDS[t]])

    gradient = [(loss(eps * unit) - loss(-eps * unit)) / (2 * eps) for unit in np.eye(6, dtype=np.float32)]
    norms = lstm_norms(model, IDS, t)
    assert norms.shape == (t + 1,)
    assert norms[k] == pytest.approx(np.linalg.norm(gradient), rel=0.02)


def test_nonsense_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="that of an RNN"):
        reach(network("lstm"), IDS)
    with pytest.raises(ValueError, match="asks an LSTM"):
        lstm_norms(network(), IDS, 0)
    with pytest.raises(ValueError, match="loss 7 is not among the 7"):
        lstm_norms(network("lstm"), IDS, 7)
    with pytest.raises(ValueError, match="loss -1 is not among the 7"):
        reach(network(), IDS, t=-1)
    with pytest.raises(ValueError, match="tanh or relu"):
        reach(network(), IDS, nonlinearity="sine")
    with pytest.raises(ValueError, match="from 0 to 10"):
        reach(network(), IDS, scale=float("nan"))


def test_the_names_are_those_of_the_model() -> None:
    assert set(SQUASH) == {"tanh", "relu"}
