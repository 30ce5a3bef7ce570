"""A run of Word2Vec as JSON: its events, the checkpoint they make, and going on from the middle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lmcore import checkpoints
from lmcore.corpora import Corpus, kingdoms
from lmcore.training import spec as specs

TEXT = Corpus("text", "A few kingdoms", kingdoms.generate(60_000, seed=2), "", "")


def spec(**model: object) -> dict:
    return {
        "version": 1,
        "corpus": specs.named(TEXT),
        "tokenizer": {"kind": "word", "min_count": 2},
        "model": {"family": "word2vec", "n_embd": 16, **model},
        "train": {"max_steps": 40, "batch_size": 256, "learning_rate": 0.1, "warmup_steps": 0, "n_snapshots": 5},
    }


@pytest.mark.parametrize("method", ["skip-gram", "cbow"])
def test_its_events_make_a_checkpoint(method: str, tmp_path: Path) -> None:
    events = list(checkpoints.record(tmp_path / "made", specs.run(spec(method=method), lambda _: TEXT)))
    assert events[0]["kind"] == "start"
    assert events[0]["n_params"] == 2 * 16 * events[0]["config"]["vocab_size"]
    done = events[-1]
    losses = [event["loss"] for event in events if event["kind"] == "step"]
    assert done["kind"] == "done"
    assert losses[-1] < 0.8 * losses[0]
    assert 0 <= done["metrics"]["analogy_accuracy"] <= 1
    assert done["metrics"]["n_analogies"] > 600
    found = checkpoints.load(tmp_path / "made")
    assert found.model.family == "word2vec"
    assert found.model.config.method == method
    assert checkpoints.steps(tmp_path / "made") == [0, 1, 3, 12, 40]
    first = checkpoints.load(tmp_path / "made", 0).model
    assert np.abs(first.contexts).max() == 0
    assert specs.measure(found.model, found.tokenizer, TEXT.split()[1]) == pytest.approx(done["metrics"])
    samples = [event["text"] for event in events if event["kind"] == "sample"]
    assert samples[-1].startswith("queen: ")


def test_it_goes_on_exactly_from_the_middle() -> None:
    states: dict[int, dict] = {}

    def hold(state) -> None:
        holding[:] = [state]

    holding: list = []
    whole = {}
    for event in specs.run(spec(), lambda _: TEXT, hold_state=hold):
        if event["kind"] == "step":
            states[event["step"]] = holding[0]()
        whole = event
    (resumed,) = [e for e in specs.run(spec(), lambda _: TEXT, states[12]) if e["kind"] == "done"]
    np.testing.assert_array_equal(resumed["arrays"]["vectors"], whole["arrays"]["vectors"])
    with pytest.raises(ValueError, match="does not fit"):
        list(specs.run(spec(n_embd=8), lambda _: TEXT, states[12]))
