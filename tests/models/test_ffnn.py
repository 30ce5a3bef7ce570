"""The feed-forward model: against a plain torch network on the same weights, and by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lmcore import models

V, n, E, H = 11, 3, 4, 6
IDS = np.random.default_rng(0).integers(1, V, 30).tolist()


def plain(model: Any) -> nn.Sequential:
    """torch's own layers: a window of n tokens in, logits out; one more token than the vocabulary embeds as zeros."""
    net = nn.Sequential(
        nn.Embedding(V + 1, E, padding_idx=V), nn.Flatten(), nn.Linear(n * E, H), nn.Tanh(), nn.Linear(H, V)
    )
    w = {name: torch.from_numpy(array) for name, array in model.state_arrays().items()}
    names = "wte.weight", "hidden.weight", "hidden.bias", "lm_head.weight", "lm_head.bias"
    with torch.no_grad():
        for parameter, name in zip(net.parameters(), names, strict=True):
            parameter[: len(w[name])] = w[name]
    return net


def test_logits_and_gradients_are_those_of_a_plain_network() -> None:
    model = models.build("ffnn", {"window": n, "n_embd": E, "hidden_size": H}, V)
    net = plain(model)
    idx = torch.from_numpy(np.random.default_rng(1).integers(1, V, (2, 8)))
    windows = F.pad(idx, (n - 1, 0), value=V).unfold(1, n, 1).reshape(-1, n)  # V stands for "nothing yet"
    targets = torch.from_numpy(np.random.default_rng(2).integers(1, V, 16))
    ours, theirs = model(idx).flatten(0, 1), net(windows)
    torch.testing.assert_close(ours, theirs)
    for logits in (ours, theirs):
        F.cross_entropy(logits, targets).backward()
    for mine, yours in zip(model.parameters(), net.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, yours.grad[: len(mine)])


def test_by_hand() -> None:
    """Embeddings -1, 1 and 2, a window of 2: h = tanh(0.5 · older + 1 · newer + 0.25), logits (h, -h, 0)."""
    config = models.configure("ffnn", {"window": 2, "n_embd": 1, "hidden_size": 1}, 3)
    weights = {"wte.weight": [-1, 1, 2], "hidden.weight": [0.5, 1], "hidden.bias": [0.25],
               "lm_head.weight": [1, -1, 0], "lm_head.bias": [0, 0, 0]}  # fmt: skip
    arrays = {name: np.array(weights[name], np.float32).reshape(shape) for name, shape in config.shapes().items()}
    traced = models.model_class("ffnn").from_arrays(config, arrays).trace([2, 1])
    assert traced["embedding"][:, :, 0].tolist() == [[0, -1], [-1, 2], [2, 1]]
    assert traced["sum"][:, 0].tolist() == pytest.approx([-0.75, 1.75, 2.25])
    h = math.tanh(2.25)
    assert traced["hidden"][2, 0] == pytest.approx(h)
    expected = np.array([math.exp(h), math.exp(-h), 1]) / (math.exp(h) + math.exp(-h) + 1)
    np.testing.assert_allclose(np.exp(traced["log_probs"][2]), expected, rtol=1e-5)


def test_what_lies_outside_the_window_changes_nothing() -> None:
    model = models.build("ffnn", {"window": n, "n_embd": E, "hidden_size": H}, V)
    other = [token % (V - 1) + 1 for token in IDS[:10]]
    np.testing.assert_array_equal(model.log_probs(IDS)[10 + n :], model.log_probs([*other, *IDS[10:]])[10 + n :])
    assert np.abs(model.log_probs(IDS)[9 + n] - model.log_probs([*other, *IDS[10:]])[9 + n]).max() > 1e-4


def test_chunks_read_what_stands_before_them(monkeypatch: pytest.MonkeyPatch) -> None:
    model = models.build("ffnn", {"window": n, "n_embd": E, "hidden_size": H}, V)
    whole = model.log_probs(IDS)
    monkeypatch.setattr("lmcore.models.ffnn.CHUNK_FLOATS", 4 * max(V, n * E))
    np.testing.assert_allclose(model.log_probs(IDS), whole, atol=1e-6)
    np.testing.assert_allclose(model.score(IDS), whole[np.arange(30), IDS], atol=1e-6)
