"""Time a token: what is counted, what is timed, and what is shipped. No test here depends on how fast a machine is."""

from __future__ import annotations

import numpy as np
import torch

from lmcore import measured, models
from lmcore.probes import token_times


def test_both_models_multiply_as_much_within_5_percent() -> None:
    rnn, gpt = token_times.products("rnn"), token_times.products("gpt")
    assert abs(rnn / gpt - 1) < 0.05


def test_the_products_are_those_of_the_matrices() -> None:
    """Every matrix multiplies once a token, but for the tables of embeddings, of which it takes a row."""
    for name in token_times.MODELS:
        model = models.build(name, token_times.MODELS[name], token_times.V)
        matrices = {key: p.numel() for key, p in model.named_parameters() if p.dim() == 2}
        tables = [key for key in matrices if key.startswith("wpe") or (key.startswith("wte") and name == "rnn")]
        assert token_times.products(name) == sum(matrices.values()) - sum(matrices[key] for key in tables)


def test_both_ways_compute_the_same() -> None:
    ids = [3, 1, 4, 1, 5, 9, 2, 6]
    for name in token_times.MODELS:
        model = models.build(name, token_times.MODELS[name], token_times.V).eval()
        with torch.no_grad():
            whole = model(torch.tensor([[0, *ids]]))[0, -1].log_softmax(-1).numpy()
        state, log_probs = model.start()
        for token in ids:
            state, log_probs = model.step(state, token)
        np.testing.assert_allclose(log_probs, whole, atol=1e-4)


def test_a_short_measurement_has_its_rows() -> None:
    before = torch.get_num_threads()
    rows = list(token_times.times((4, 8)))
    assert torch.get_num_threads() == before
    assert [row["about"] for row in rows] == ["machine", "model", "model", *["time"] * 4]
    assert all(row["whole"] > 0 and row["steps"] > 0 for row in rows if row["about"] == "time")
    assert rows[0]["threads"] == 1


def test_what_is_shipped_has_every_length() -> None:
    rows = [row for row in measured.read("token-times")["rows"] if row["about"] == "time"]
    assert [(row["L"], row["model"]) for row in rows] == [(L, m) for L in token_times.LENGTHS for m in ("rnn", "gpt")]
