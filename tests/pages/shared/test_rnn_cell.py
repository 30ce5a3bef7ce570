"""What goes to the component of an RNN's cell, and what may come back from a browser."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from lmcore import models
from pages.shared import rnn_cell as cell
from pages.shared.rnn_cell import Held
from tests.pages.page import unpack

IDS, TOKENS = [3, 5, 1], ["start", "<b>", "a", "\ud800"]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The payloads that would go to the browser."""
    found: list[bytes] = []
    monkeypatch.setattr(cell, "_CELL", lambda **arguments: found.append(arguments["data"]))
    monkeypatch.setattr(cell.st, "session_state", {})
    monkeypatch.setattr(
        cell, "controlled", lambda key, given, moved, seq: SimpleNamespace(now=moved or given, pushed=given, rev=1)
    )
    return found


@pytest.mark.parametrize(("H", "layer"), [(6, 0), (6, 1), (600, 0)])
def test_the_payload_holds_the_numbers_of_the_equation(sent: list[bytes], H: int, layer: int):
    model = models.build("rnn", {"n_embd": 5, "hidden_size": H, "n_layer": layer + 1}, 11)
    trace, weights = model.trace(IDS), model.weights().layers[layer]
    held = cell.rnn_cell(trace, weights, TOKENS, nonlinearity="relu", layer=layer, held=Held(2, 3), key="k")
    header = arrays = unpack(sent[0])
    assert held == Held(2, 3)
    assert (header["unit"], header["position"], header["f"]) == (2, 3, "ReLU")
    assert header["tokens"] == TOKENS
    assert (header["P"], header["H"], header["E"]) == (4, H, H if layer else 5)
    a = arrays["from_input"] + arrays["from_state"] + np.tile(arrays["b"], 4)
    np.testing.assert_allclose(a, arrays["sum"], atol=1e-6)
    if H <= cell.MAX_NAMED:
        x, W_x = arrays["x"].reshape(4, -1), arrays["W_x"].reshape(H, -1)
        np.testing.assert_allclose(x @ W_x.T, arrays["from_input"].reshape(4, H), atol=1e-6)
        before = arrays["hidden"].reshape(4, H)[:3] @ arrays["W_h"].reshape(H, H).T
        np.testing.assert_allclose(before, arrays["from_state"].reshape(4, H)[1:], atol=1e-6)
    else:
        assert arrays["W_h"].size == arrays["W_x"].size == 0
    assert sorted(arrays["order"].tolist()) == list(range(H))


def test_what_does_not_belong_together_is_refused(sent: list[bytes]):
    model = models.build("rnn", {"n_embd": 5, "hidden_size": 6}, 11)
    trace, weights = model.trace(IDS), model.weights().layers[0]
    with pytest.raises(ValueError, match="4 positions but 3 tokens"):
        cell.rnn_cell(trace, weights, TOKENS[:3], nonlinearity="tanh", held=Held(), key="k")
    for held in (Held(6, 0), Held(0, 4), Held(-1, 0), Held(1, None)):
        with pytest.raises(ValueError, match="6 units at 4 positions"):
            cell.rnn_cell(trace, weights, TOKENS, nonlinearity="tanh", held=held, key="k")


@pytest.mark.parametrize(
    ("state", "found"),
    [
        ({"unit": 3, "position": 2, "seq": 1}, Held(3, 2)),
        ({"unit": None, "position": None, "seq": 1}, Held()),
        ({"unit": 3, "position": None, "seq": 1}, None),
        ({"unit": 99, "position": 2, "seq": 1}, None),
        ({"unit": True, "position": 2, "seq": 1}, None),
        ({"unit": "<script>", "position": 2, "seq": 1}, None),
        ({"unit": 3, "position": 2}, None),
        ("nonsense", None),
    ],
)
def test_what_a_browser_sends_is_data_from_a_stranger(monkeypatch: pytest.MonkeyPatch, state: Any, found: Held | None):
    monkeypatch.setattr(cell.st, "session_state", {"k": {"locked": state}})
    assert cell.held_in("k", 4, 6) == found
    assert cell.held_in("another", 4, 6) is None
