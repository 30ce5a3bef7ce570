"""A run of each model that fills in blanks: events, resuming, and blanks that are filled in the end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lmcore import checkpoints
from lmcore.corpora import Corpus
from lmcore.training import spec

WORDS = ("red", "blue", "green", "white")
TEXT = "\n\n".join(f"{WORDS[i % 4]} one two three {WORDS[i % 4]} ." for i in range(200))
CORPUS = Corpus("own", "Colours", TEXT, "", "")


def spec_of(family: str, max_steps: int = 120) -> dict[str, Any]:
    return {
        "version": 1,
        "corpus": {"kind": "text", "sha256": CORPUS.sha256},
        "tokenizer": {"kind": "word"},
        "model": {"family": family, "n_layer": 1, "n_head": 2, "n_embd": 16, "block_size": 10},
        "train": {"max_steps": max_steps, "batch_size": 16, "learning_rate": 1e-2, "warmup_steps": 5, "n_snapshots": 3},
    }


@pytest.mark.parametrize("family", ["masked", "denoiser"])
def test_it_learns_what_only_the_other_side_says(family: str, tmp_path: Path) -> None:
    """The first word is the fifth one: a model that reads to both sides knows it, wherever one of them is left."""
    events = list(checkpoints.record(tmp_path, spec.run(spec_of(family), lambda _: CORPUS)))
    assert events[0]["n_params"] == events[-1]["card"]["n_params"]
    metrics = events[-1]["metrics"]
    assert metrics["filled"] > 0.6 > 0.4 > metrics["commonest"]
    found = checkpoints.load(tmp_path)
    assert found.tokenizer.itos[-2:] == ["<mask>", "</s>"]
    assert "[" in next(event["text"] for event in events if event["kind"] == "sample")
    assert checkpoints.steps(tmp_path) == [0, 1, 120]


def test_a_run_goes_on_exactly() -> None:
    states: list[Any] = []
    whole = list(spec.run(spec_of("masked", 12), lambda _: CORPUS, hold_state=lambda state: states.append(state())))
    at = next(i for i, state in enumerate(states) if 0 < int(state["step"][0]) < 12)
    again = list(spec.run(spec_of("masked", 12), lambda _: CORPUS, resume=states[at]))
    for name, array in whole[-1]["arrays"].items():
        np.testing.assert_array_equal(again[-1]["arrays"][name], array)


def test_it_is_no_model_to_go_on_from() -> None:
    wish = spec_of("masked") | {"start": {}}
    with pytest.raises(ValueError, match="cannot be trained on"):
        spec.validate(wish)
