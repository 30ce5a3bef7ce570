"""RNN and LSTM: against torch's layers on copied weights, against the equations by hand, and what holding does."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lmcore import models

V = 11
IDS = np.random.default_rng(0).integers(1, V, 30).tolist()
SHAPES = [("rnn", {"nonlinearity": "tanh"}), ("rnn", {"nonlinearity": "relu"}), ("lstm", {})]


class Bare(nn.Module):
    """The same network as torch's documentation has it."""

    def __init__(self, model: Any):
        super().__init__()
        c = model.config
        self.wte = nn.Embedding(c.vocab_size, c.n_embd)
        if model.family == "lstm":
            self.rnn: nn.RNNBase = nn.LSTM(c.n_embd, c.hidden_size, c.n_layer, batch_first=True)
        else:
            self.rnn = nn.RNN(c.n_embd, c.hidden_size, c.n_layer, nonlinearity=c.nonlinearity, batch_first=True)
        self.lm_head = nn.Linear(c.hidden_size, c.vocab_size)
        self.load_state_dict({name: torch.from_numpy(array) for name, array in model.state_arrays().items()})

    def forward(self, idx: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, Any]:
        hidden, state = self.rnn(self.wte(idx))
        return self.lm_head(hidden), hidden, state


@pytest.fixture(params=[1, 2], ids=["one layer", "two layers"])
def n_layer(request: pytest.FixtureRequest) -> int:
    return request.param


@pytest.fixture(params=SHAPES, ids=["rnn tanh", "rnn relu", "lstm"])
def model(request: pytest.FixtureRequest, n_layer: int) -> Any:
    family, settings = request.param
    return models.build(family, {**settings, "n_embd": 5, "hidden_size": 7, "n_layer": n_layer}, V)


def batch(seed: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    idx = torch.from_numpy(np.random.default_rng(seed).integers(1, V, (3, 9)))
    return idx[:, :-1], idx[:, 1:]


def test_logits_and_gradients_are_those_of_torchs_own_layers(model: Any) -> None:
    bare = Bare(model)
    x, y = batch()
    logits, expected = model(x), bare(x)[0]
    torch.testing.assert_close(logits, expected)
    for output in (logits, expected):
        F.cross_entropy(output.flatten(0, 1), y.flatten()).backward()
    theirs = dict(bare.named_parameters())
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.grad, theirs[name].grad)


def test_states_and_traced_hidden_states_are_torchs(model: Any) -> None:
    _, hidden, state = Bare(model)(torch.tensor([[0, *IDS]]))
    traced = model.trace(IDS)
    last = f"{model.family}.{model.config.n_layer - 1}"
    np.testing.assert_allclose(traced[f"{last}.hidden"], hidden[0].detach(), atol=1e-6)
    state = state if isinstance(state, tuple) else (state,)
    stepped = model.start()[0]
    for token in IDS:
        stepped, _ = model.step(stepped, token)
    for ours in (stepped, model.prompt(IDS)[0]):
        assert len(ours) == len(state) == model.parts
        for array, expected in zip(ours, state, strict=True):
            np.testing.assert_allclose(array, expected[:, 0].detach(), atol=1e-6)
    if model.family == "lstm":
        np.testing.assert_allclose(traced[f"{last}.cell"][-1], state[1][-1, 0].detach(), atol=1e-6)


def constant(family: str, weights: dict[str, list[Any]], **settings: Any) -> Any:
    """A model of one unit with two tokens, whose numbers are given."""
    config = models.configure(family, {"n_embd": 1, "hidden_size": 1, **settings}, 2)
    arrays = {name: np.array(weights[name], np.float32).reshape(shape) for name, shape in config.shapes().items()}
    return models.model_class(family).from_arrays(config, arrays)


def test_one_step_of_an_rnn_by_hand() -> None:
    """x = 0.5, W_x = 2, W_h = -1, b = 0.1 + 0.2. From h = 0: tanh(1.3); then tanh(2 · 1 - tanh(1.3) + 0.3)."""
    weights = {
        "wte.weight": [0.5, 1.0], "rnn.weight_ih_l0": [2.0], "rnn.weight_hh_l0": [-1.0],
        "rnn.bias_ih_l0": [0.1], "rnn.bias_hh_l0": [0.2], "lm_head.weight": [1.0, 0.0], "lm_head.bias": [0.0, 0.0],
    }  # fmt: skip
    traced = constant("rnn", weights).trace([1])
    first = math.tanh(1.3)
    assert traced["rnn.0.hidden"][:, 0].tolist() == pytest.approx([first, math.tanh(2.3 - first)])
    assert traced["rnn.0.from_input"][:, 0].tolist() == pytest.approx([1.0, 2.0])
    assert traced["rnn.0.from_state"][:, 0].tolist() == pytest.approx([0.0, -first])
    assert traced["rnn.0.sum"][1, 0] == pytest.approx(2.3 - first)
    assert traced["logits"][0].tolist() == pytest.approx([first, 0.0])
    rectified = constant("rnn", weights, nonlinearity="relu").trace([1])
    assert rectified["rnn.0.hidden"][:, 0].tolist() == pytest.approx([1.3, 1.0])


def test_one_step_of_an_lstm_by_hand() -> None:
    """All sums made equal to their biases (W_x = W_h = 0), which torch keeps as input, forget, candidate, output.

    i = σ(0) = 0.5, f = σ(ln 3) = 0.75, C~ = tanh(1), o = σ(-ln 3) = 0.25.
    C_1 = 0.5 tanh 1; C_2 = 0.75 C_1 + 0.5 tanh 1 = 0.875 tanh 1; h_2 = 0.25 tanh(C_2).
    """
    weights = {
        "wte.weight": [0.0, 0.0], "rnn.weight_ih_l0": [0.0] * 4, "rnn.weight_hh_l0": [0.0] * 4,
        "rnn.bias_ih_l0": [0.0, math.log(3), 0.4, -math.log(3)], "rnn.bias_hh_l0": [0.0, 0.0, 0.6, 0.0],
        "lm_head.weight": [1.0, 0.0], "lm_head.bias": [0.0, 0.0],
    }  # fmt: skip
    traced = constant("lstm", weights).trace([1])
    values = {name.removeprefix("lstm.0."): array[-1, 0] for name, array in traced.items() if name.startswith("lstm")}
    assert values == pytest.approx(
        {
            "input_gate": 0.5,
            "forget_gate": 0.75,
            "candidate": math.tanh(1),
            "output_gate": 0.25,
            "cell": 0.875 * math.tanh(1),
            "hidden": 0.25 * math.tanh(0.875 * math.tanh(1)),
        }
    )


def test_traced_gates_obey_the_equations() -> None:
    """On random weights, in float64, for every position: nothing is traced that was not used."""
    model = models.build("lstm", {"n_embd": 5, "hidden_size": 7}, V)
    t = {name: array.astype(np.float64) for name, array in model.trace(IDS).items()}
    w = {name: array.astype(np.float64) for name, array in model.state_arrays().items()}
    before = np.vstack([np.zeros(7), t["lstm.0.hidden"][:-1]])
    a = (
        t["embedding"] @ w["rnn.weight_ih_l0"].T + before @ w["rnn.weight_hh_l0"].T
        + w["rnn.bias_ih_l0"] + w["rnn.bias_hh_l0"]
    )  # fmt: skip
    i, f, g, o = np.split(a, 4, axis=1)
    for name, expected in (
        ("input_gate", 1 / (1 + np.exp(-i))),
        ("forget_gate", 1 / (1 + np.exp(-f))),
        ("candidate", np.tanh(g)),
        ("output_gate", 1 / (1 + np.exp(-o))),
    ):
        np.testing.assert_allclose(t[f"lstm.0.{name}"], expected, atol=1e-6)
    cells = np.vstack([np.zeros(7), t["lstm.0.cell"][:-1]])
    kept = t["lstm.0.forget_gate"] * cells + t["lstm.0.input_gate"] * t["lstm.0.candidate"]
    np.testing.assert_allclose(t["lstm.0.cell"], kept, atol=1e-6)
    np.testing.assert_allclose(t["lstm.0.hidden"], t["lstm.0.output_gate"] * np.tanh(t["lstm.0.cell"]), atol=1e-6)


def test_a_gate_that_is_held() -> None:
    """With forget at 1 and input at 0 nothing enters the cell; one unit held leaves the others to themselves."""
    model = models.build("lstm", {"n_embd": 5, "hidden_size": 7}, V)
    free = model.trace(IDS)
    shut = model.trace(IDS, {"lstm.0.forget_gate": np.ones(7), "lstm.0.input_gate": np.zeros(7)})
    assert not shut["lstm.0.cell"].any()
    np.testing.assert_allclose(shut["log_probs"], np.broadcast_to(shut["log_probs"][0], shut["log_probs"].shape))
    assert np.abs(shut["log_probs"] - free["log_probs"]).max() > 0.01
    one = np.full(7, np.nan)
    one[3] = 0
    held = model.trace(IDS, {"lstm.0.output_gate": one})
    assert not held["lstm.0.hidden"][:, 3].any()
    np.testing.assert_array_equal(held["lstm.0.forget_gate"][0], free["lstm.0.forget_gate"][0])
    np.testing.assert_array_equal(
        model.trace(IDS, {"lstm.0.output_gate": np.full(7, np.nan)})["logits"], free["logits"]
    )


def test_dropout_drops_in_training_only(model: Any) -> None:
    dropping = models.build(model.family, {**model.config.to_dict(), "dropout": 0.5} | {"vocab_size": V}, V)
    x, _ = batch()
    torch.manual_seed(0)
    assert not torch.equal(dropping.train()(x), dropping(x))
    dropping.eval()
    torch.testing.assert_close(dropping(x), model(x))


def test_a_long_text_is_read_in_chunks_that_carry_the_state(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = model.log_probs(IDS)
    monkeypatch.setattr("lmcore.models.recurrent.CHUNK", 7)
    np.testing.assert_allclose(model.log_probs(IDS), whole, atol=1e-5)
    np.testing.assert_allclose(model.score(IDS), whole[np.arange(30), IDS], atol=1e-5)
    np.testing.assert_allclose(model.prompt(IDS)[1], whole[-1], atol=1e-5)


def test_weights_that_changed_are_seen(model: Any) -> None:
    before = model.start()[1]
    with torch.no_grad():
        model.lm_head.bias[3] += 5
    after = model.start()[1]
    assert after[3] > before[3] + 1
    np.testing.assert_allclose(after, model.log_probs([])[0], atol=1e-5)
