"""What a longer context buys: losses by place against the model's own, against known ones, and by hand."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from lmcore import measured, models
from lmcore.probes import context_length as probe

V = 11
CONFIGS: dict[str, dict[str, Any]] = {
    "gpt": {"n_layer": 2, "n_head": 2, "n_embd": 8, "block_size": 12},
    "ffnn": {"window": 3, "n_embd": 4, "hidden_size": 8},
    "rnn": {"n_embd": 4, "hidden_size": 8},
    "lstm": {"n_embd": 4, "hidden_size": 8},
}


def some(family: str) -> Any:
    model = models.build(family, CONFIGS[family], V)
    with torch.no_grad():  # new weights say nearly the same everywhere
        for parameter in model.parameters():
            parameter.mul_(3)
    return model


class Known:
    """A model that gives a token p = 1 / (1 + t) at place t, whatever it is."""

    block_size = None
    start_id = 0

    def score(self, ids: Any) -> np.ndarray:
        return -np.log(1 + np.arange(len(ids), dtype=np.float64))


@pytest.mark.parametrize("family", CONFIGS)
def test_the_loss_at_place_t_is_that_of_the_bare_window(family: str):
    """With the start token as its first one, a window is what `log_probs` reads."""
    model, ids = some(family), np.random.default_rng(1).integers(1, V, (3, 9))
    losses = probe.window_losses(model, np.column_stack([np.zeros(3, int), ids]))
    for row, text in zip(losses, ids.tolist(), strict=True):
        log_probs = model.log_probs(text)
        np.testing.assert_allclose(row, [-log_probs[t, token] for t, token in enumerate(text)], atol=1e-5)


@pytest.mark.parametrize("family", CONFIGS)
def test_what_stands_before_a_window_or_after_a_place_changes_nothing(family: str):
    model, window = some(family), np.random.default_rng(2).integers(1, V, (1, 10))
    whole = probe.window_losses(model, window)
    np.testing.assert_allclose(probe.window_losses(model, window[:, :5]), whole[:, :4], atol=1e-5)
    np.testing.assert_allclose(probe.window_losses(model, np.repeat(window, 2000, axis=0))[-1], whole[0], atol=1e-5)


def test_a_model_that_was_training_goes_on_training_and_drops_nothing_meanwhile():
    model = models.build("gpt", {**CONFIGS["gpt"], "dropout": 0.5}, V)
    window = np.random.default_rng(3).integers(1, V, (2, 8))
    model.eval()
    quiet = probe.window_losses(model, window)
    model.train()
    np.testing.assert_array_equal(probe.window_losses(model, window), quiet)
    assert model.training


def test_a_curve_by_hand():
    """Two windows of four lengths: bins 1, 2, 3, 4; the error of two groups is half their difference."""
    found = probe.curve(np.array([[4.0, 3.0, 2.0, 1.0], [6.0, 3.0, 4.0, 2.0]]))
    assert (found.low, found.high) == ([1, 2, 3, 4], [1, 2, 3, 4])
    assert found.loss == [5.0, 3.0, 3.0, 1.5]
    np.testing.assert_allclose(found.se, [1.0, 0.0, 1.0, 0.5])
    assert found.more == [3.5, 1.5, 1.5, 0.0]
    np.testing.assert_allclose(found.more_se, [0.5, 0.5, 0.5, 0.0])


def test_a_known_model_has_its_known_curve():
    windows = probe.windows_of(np.random.default_rng(4).integers(1, V, 400), 6, 50)
    found = probe.curve(probe.window_losses(Known(), windows))  # type: ignore[arg-type]
    assert (found.low, found.high) == ([1, 2, 3, 4, 5], [1, 2, 3, 4, 6])
    expected = [math.log(2), math.log(3), math.log(4), math.log(5), (math.log(6) + math.log(7)) / 2]
    np.testing.assert_allclose(found.loss, expected)
    np.testing.assert_allclose(found.se, 0, atol=1e-12)


def test_bins_cover_every_length_once():
    for longest in (1, 2, 3, 5, 64, 100, 192, 1000):
        covered = [t for low, high in probe.bins(longest) for t in range(low, high + 1)]
        assert covered == list(range(1, longest + 1))
    assert probe.bins(16) == [(1, 1), (2, 2), (3, 3), (4, 4), (5, 6), (7, 8), (9, 12), (13, 16)]
    with pytest.raises(ValueError, match="at least 1 token"):
        probe.bins(0)


def test_windows_begin_anywhere_and_end_with_the_text():
    windows = probe.windows_of(np.arange(100, 120), 3, 5)
    assert windows[0].tolist() == [100, 101, 102, 103]
    assert windows[-1].tolist() == [116, 117, 118, 119]
    assert len(probe.windows_of(np.arange(6), 3, 50)) == 3  # no window comes twice
    with pytest.raises(ValueError, match="fewer than one window"):
        probe.windows_of(np.arange(3), 3)


def test_refusals():
    for windows in (np.zeros((0, 4), int), np.zeros((2, 1), int), np.zeros(5, int)):
        with pytest.raises(ValueError, match="windows are an array"):
            probe.window_losses(some("rnn"), windows)
    with pytest.raises(ValueError, match="at least two windows"):
        probe.curve(np.ones((1, 4)))


@pytest.mark.parametrize("family", CONFIGS)
def test_with_the_last_few_tokens_only(family: str):
    """Token by token, in a loop: the same as a window that ends before it."""
    model, ids = some(family), np.random.default_rng(5).integers(1, V, 10).tolist()
    sequence = [0, *ids]
    for k in (1, 3, 10) if family != "ffnn" else (1, 3):
        expected = [
            probe.window_losses(model, np.array([sequence[max(0, j - k) : j + 1]]))[0, -1] for j in range(1, 11)
        ]
        np.testing.assert_allclose(probe.with_last(model, ids, k), expected, atol=1e-5)
    if family == "gpt":
        np.testing.assert_allclose(probe.with_last(model, ids, 12), -model.score(ids), atol=1e-5)
        with pytest.raises(ValueError, match="from 1 to 12 tokens, not 13"):
            probe.with_last(model, ids, 13)
    assert probe.with_last(model, [], 1).size == 0


def test_a_model_with_a_window_of_three_gains_nothing_from_a_fourth():
    """The curve of a feed-forward model is flat beyond its window: its losses there depend on nothing before it."""
    model, text = some("ffnn"), np.random.default_rng(6).integers(1, V, (1, 9))
    other = text.copy()
    other[0, 0] = text[0, 0] % (V - 1) + 1
    a, b = probe.window_losses(model, text)[0], probe.window_losses(model, other)[0]
    assert not np.allclose(a[:3], b[:3])
    np.testing.assert_array_equal(a[3:], b[3:])


def test_fresh_tales_are_no_shipped_ones():
    from lmcore import corpora

    text = probe.held_out("tales")
    shipped = set(corpora.load("tales").text.split("\n\n"))
    assert probe.held_out("tales-small") == text
    stories = text.split("\n\n")
    assert sum(story in shipped for story in stories) < 0.01 * len(stories)


def test_what_is_shipped_has_a_curve_for_every_shipped_gpt():
    """Made with these very weights, else the page would show another model's curve as its own."""
    from lmcore import checkpoints

    rows = measured.read("context-length")["rows"]
    curves = {row["model"]: row for row in rows if row["about"] == "curve"}
    for name, folder in checkpoints.shipped().items():
        card = checkpoints.read_card(folder)
        if card["family"] == "gpt":
            row = curves[name]
            assert row["hash"] == card["hash"], f"measure anew: python -m lmcore.pretrain context-length ({name})"
            assert len(row["low"]) == len(row["high"]) == len(row["loss"]) == len(row["se"])
            assert (row["low"][0], row["high"][-1]) == (1, card["config"]["block_size"])
            assert row["loss"][-1] < row["loss"][0]
    orders = [row["order"] for row in rows if row["about"] == "order" and row["on"] == "tales"]
    assert orders == list(probe.ORDERS)


def test_a_measurement_of_few_windows(monkeypatch: pytest.MonkeyPatch):
    """One tiny model and a short text: every row that the page reads."""
    from lmcore import batches, corpora, tokenizers

    text = "the cat saw a dog. a dog saw the cat.\n\n" * 40
    tokenizer = tokenizers.train("char", text)
    model = models.build("gpt", CONFIGS["gpt"], tokenizer.vocab_size)
    card = {"family": "gpt", "corpus": {"name": "cats", "title": "Cats"}}
    loaded = SimpleNamespace(model=model, tokenizer=tokenizer, hash="0" * 64)
    monkeypatch.setattr(probe, "held_out", lambda name: text)
    monkeypatch.setattr(corpora, "load", lambda name: corpora.from_text(text))
    rows = list(probe.measure({"gpt-cats": (card, lambda: loaded)}, 30))
    assert [row["about"] for row in rows] == ["text", "curve", *["order"] * 5]
    assert rows[0]["n_chars"] == len(text)
    assert rows[0]["windows"] == 30
    losses = [row["loss"] for row in rows if row["about"] == "order"]
    counted = models.build("ngram", {"order": 2, "smoothing": probe.SMOOTHING}, tokenizer.vocab_size)
    counted.fit(batches.tokenize(tokenizer, corpora.from_text(text).split()[0]))
    assert losses[1] == pytest.approx(-float(counted.score(tokenizer.encode(text)).astype(float).mean()), abs=1e-4)
    assert losses[0] > losses[1] > losses[2]
