"""The race of windows: fair, repeatable, and as shipped."""

from __future__ import annotations

import numpy as np
import pytest

from lmcore import evaluation, measured
from lmcore.models import build
from lmcore.training import window_race


def test_a_short_race_can_be_repeated_and_is_scored_by_the_one_interface() -> None:
    rows, again = (
        [{**row, "seconds": 0} for row in window_race.race((1, 6), steps=3, seed=2)] for _ in range(2)
    )  # fmt: skip
    assert rows == again
    text, *found = rows
    assert [(row["model"], row["window"]) for row in found] == [("ffnn", 1), ("ngram", 1), ("ffnn", 6)]
    tokenizer, tokens, held_out = window_race._text()
    assert text["n_tokens"] == tokens.ids.size
    counted = build("ngram", {"order": 2, "smoothing": window_race.SMOOTHING}, tokenizer.vocab_size).fit(tokens)
    nats = -evaluation.log_likelihood(counted, held_out.ids)
    assert found[1]["perplexity"] == pytest.approx(np.exp(nats / held_out.ids.size))
    E, H = window_race.NETWORK["n_embd"], window_race.NETWORK["hidden_size"]
    assert found[2]["n_params"] - found[0]["n_params"] == 5 * E * H  # the window is all that differs
    assert found[0]["perplexity"] < tokenizer.vocab_size  # already after three steps


def test_the_shipped_race_is_of_these_settings() -> None:
    rows = measured.read("window-race")["rows"]
    text = rows[0]
    assert text["steps"] == window_race.TRAIN.max_steps
    assert text["tokens_seen"] == text["steps"] * window_race.TRAIN.batch_size * window_race.NETWORK["block_size"]
    assert [row["window"] for row in rows if row.get("model") == "ngram"] == [1, 2, 3, 4]
    again = next(row for row in window_race.race((1,), steps=1) if row.get("model") == "ngram")
    assert again["perplexity"] == pytest.approx(
        next(r for r in rows if r.get("model") == "ngram")["perplexity"], rel=1e-3
    )
