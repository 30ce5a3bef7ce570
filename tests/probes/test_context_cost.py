"""What a longer context costs: counted here, by torch's own counter, and by hand. No test depends on how fast it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from lmcore import measured, models
from lmcore.models.attention import Recorder
from lmcore.probes import context_cost as probe

GPT = {"n_layer": 3, "n_head": 2, "n_embd": 8, "block_size": 20}


def test_by_hand():
    """One block, C = 2, L = 3: 12 · 4 · 3 = 144 with weights; 2 · 2 · 9 = 36 of tokens with tokens."""
    assert probe.linear_products(1, 2, 3) == 144
    assert probe.square_products(1, 2, 3) == 36
    assert probe.pass_products(1, 2, 3) == 180
    assert probe.step_products(1, 2, 3) == 48 + 12
    assert probe.cache_numbers(1, 2, 3) == 12
    assert probe.rnn_products(2, 4, 3) == 3 * 4 * (2 + 4)


@pytest.mark.parametrize("length", [1, 7, 20])
def test_torch_counts_the_same_in_a_pass(length: int):
    """Its counter counts an addition with each multiplication; the watched pass multiplies matrices as written."""
    model = models.build("gpt", GPT, 11)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model.hidden(torch.ones(1, length, dtype=torch.long), Recorder())
    assert counter.get_total_flops() == 2 * probe.pass_products(GPT["n_layer"], GPT["n_embd"], length)


def test_steps_sum_to_a_pass_without_what_the_mask_hides():
    """Σ 12 C² + 2 C n over n = 1..L is the pass with half of its L²: a step never looks ahead."""
    L, size = 9, (GPT["n_layer"], GPT["n_embd"])
    steps = sum(probe.step_products(*size, n) for n in range(1, L + 1))
    assert steps == probe.linear_products(*size, L) + probe.square_products(*size, L) * (L + 1) // (2 * L)


def test_the_cache_is_as_large_as_said():
    model = models.build("gpt", GPT, 11)
    state, _ = model.prompt([1, 2, 3])
    assert state.cache.kv.size == probe.cache_numbers(GPT["n_layer"], GPT["n_embd"], GPT["block_size"])


def test_an_rnn_multiplies_its_two_matrices_once_a_token():
    rnn = models.build("rnn", {"n_embd": 4, "hidden_size": 6}, 11)
    matrices = [p.numel() for name, p in rnn.rnn.named_parameters() if "weight" in name]
    assert probe.rnn_products(4, 6, 10) == 10 * sum(matrices)


def test_slopes():
    xs = [1.0, 2.0, 4.0]
    assert probe.slope(xs, [3.0, 6.0, 12.0]) == pytest.approx(1)
    assert probe.slope(xs, [3.0, 12.0, 48.0]) == pytest.approx(2)
    for ys in ([1.0], [0.0, 1.0, 2.0]):
        with pytest.raises(ValueError, match="slope on log axes"):
            probe.slope(xs[: len(ys)], ys)


def test_a_short_measurement_has_its_rows():
    before = torch.get_num_threads()
    rows = list(probe.measure((16, 32)))
    assert torch.get_num_threads() == before
    assert [row["about"] for row in rows] == ["machine", "model", "model", *["pass", "pass", "step"] * 2]
    steps = [row for row in rows if row["about"] == "step"]
    assert [row["L"] for row in steps] == [16, 32]
    assert all(row["cached"] > 0 and row["anew"] > 0 for row in steps)


def test_what_is_timed_as_a_step_is_the_pass(monkeypatch: pytest.MonkeyPatch):
    """A prompt and the steps after it end where one pass over all ends."""
    model: Any = models.build("gpt", GPT, 11)
    ids = np.random.default_rng(1).integers(1, 11, 15).tolist()
    state, _ = model.prompt(ids[:8])
    for token in ids[8:]:
        state, log_probs = model.step(state, token)
    np.testing.assert_allclose(log_probs, model.log_probs(ids)[-1], atol=1e-4)


def test_what_is_shipped_has_every_length():
    rows = measured.read("context-cost")["rows"]
    assert [row["L"] for row in rows if row["about"] == "step"] == list(probe.LENGTHS)
    assert [(row["model"], row["L"]) for row in rows if row["about"] == "pass"] == [
        (model, L) for L in probe.LENGTHS for model in ("gpt", "rnn")
    ]
