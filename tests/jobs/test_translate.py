"""A translator as a job: whose pairs may be taken, what is kept, and what is left of a run that was cut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _jobs import cut_and_resumed

from lmcore import checkpoints
from lmcore.corpora import pairs
from lmcore.jobs import JobError
from lmcore.jobs import translate as task
from lmcore.jobs.context import Context
from lmcore.jobs.local import LocalRunner
from lmcore.library import Library, Text

COLOURS = (("red", "rouge"), ("white", "blanc"), ("black", "noir"), ("green", "vert"))
THINGS = (("cat", "chat"), ("dog", "chien"), ("book", "livre"))
ROWS = "".join(f"the {one} {thing};le {chose} {une}\n" for one, une in COLOURS for thing, chose in THINGS)


@pytest.fixture
def text(library: Library, people: list[str]) -> Text:
    """Pairs as the page keeps them: shorter than any text that a language model would be trained on may be."""
    mine = pairs.parse(ROWS, "Colours")
    assert len(mine.text) < 400
    return library.add_text(people[0], mine.title, mine.text)


def spec_of(corpus: dict[str, Any], max_steps: int = 6) -> dict[str, Any]:
    model = {"family": "translator", "n_layer": 1, "n_head": 1, "n_embd": 8, "block_size": 16}
    train = {"max_steps": max_steps, "batch_size": 4, "n_snapshots": 3, "report_every": 1, "warmup_steps": 1}
    return {"task": "translate", "version": 1, "corpus": corpus, "model": model, "train": train}


def test_a_job_leaves_a_model_that_the_library_keeps(
    library: Library, people: list[str], text: Text, tmp_path: Path
) -> None:
    context = Context(tmp_path / "run", library.texts_folder)
    events = list(task.run(task.check(spec_of(text.as_corpus())), context))
    start = events[0]
    assert (start["kind"], start["title"]) == ("start", "Colours")
    assert start["n_pairs"] + start["n_held_out_pairs"] == 12
    assert any("exact" in event for event in events if event["kind"] == "step")
    assert not any("arrays" in event for event in events)
    assert context.result["metrics"].keys() >= {"exact", "chrf", "bleu", "held_out_loss"}
    model = library.keep_model(people[0], context.model_folder, "From English to French")
    assert model.family == "translator"
    assert model.hash == context.result["hash"]
    assert model.steps == (0, 1, 6)
    found = checkpoints.load(model.folder)
    assert found.model.given(found.tokenizer.encode_source("the red dog")).start()[1].shape == (  # type: ignore[attr-defined]
        found.tokenizer.vocab_size,
    )


def test_cut_it_is_rescued_and_resumed_exactly(
    library: Library, text: Text, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_and_resumed(task, spec_of(text.as_corpus()), library.texts_folder, tmp_path, monkeypatch, at=4)


def test_equal_pairs_are_one_job_and_other_pairs_another(text: Text) -> None:
    spec = spec_of(text.as_corpus())
    renamed = {**spec, "corpus": {**text.as_corpus(), "title": "Another title"}}
    assert task.identity(task.check(spec)) == task.identity(task.check(spec))
    other = {**spec, "corpus": {"kind": "text", "sha256": "0" * 64}}
    assert task.identity(other) != task.identity(spec)
    assert task.identity({**spec, "train": {**spec["train"], "seed": 1}}) != task.identity(spec)
    assert renamed["corpus"]["sha256"] == spec["corpus"]["sha256"]


def test_somebody_elses_pairs_are_not_translated(library: Library, people: list[str], text: Text) -> None:
    runner = LocalRunner(library, n_workers=1)  # never started
    with pytest.raises(JobError, match="text of this run is not in your library"):
        runner.submit(spec_of(text.as_corpus()), people[1])
    with pytest.raises(JobError, match="there is no translator 'gpt'"):
        runner.submit({**spec_of(text.as_corpus()), "model": {"family": "gpt"}}, people[0])


def test_shipped_pairs_are_found(library: Library, tmp_path: Path) -> None:
    context = Context(tmp_path / "run", library.texts_folder)
    spec = spec_of({"kind": "shipped", "name": "french"}, max_steps=1)
    spec["model"]["block_size"] = 32
    events = task.run(spec, context)
    start = next(events)
    assert (start["n_pairs"], start["n_held_out_pairs"], start["n_dropped"]) == (20_000, 1_000, 0)
    first = next(event for event in events if event["kind"] == "step")
    assert np.isfinite(first["loss"])
