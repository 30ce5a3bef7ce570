"""A classifier as a job: whose lines may be taken, what is kept, and what is left of a run that was cut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from _jobs import cut_and_resumed

from lmcore import checkpoints
from lmcore.corpora import labels
from lmcore.jobs import JobError
from lmcore.jobs import classify as task
from lmcore.jobs import context as contexts
from lmcore.jobs import train as train_task
from lmcore.jobs.context import Context
from lmcore.jobs.local import LocalRunner
from lmcore.library import Library, Text

LINES = "".join(f"the {word} cat {i};{label}\n" for i in range(5) for word, label in (("good", "😀"), ("bad", "😡")))
SMALL = {"family": "classifier", "block_size": 16, "n_layer": 1, "n_head": 2, "n_embd": 8}


@pytest.fixture
def text(library: Library, people: list[str]) -> Text:
    """Lines as the page keeps them."""
    mine = labels.parse(LINES, "Cats")
    return library.add_text(people[0], mine.title, mine.text)


def spec_of(corpus: dict[str, Any], **more: Any) -> dict[str, Any]:
    train = {"max_steps": 6, "batch_size": 4, "n_snapshots": 2, "report_every": 1, "warmup_steps": 1}
    return {"task": "classify", "version": 1, "corpus": corpus, "model": SMALL, "train": train, **more}


def test_a_job_leaves_a_classifier_that_the_library_keeps(
    library: Library, people: list[str], text: Text, tmp_path: Path
) -> None:
    context = Context(tmp_path / "run", library.texts_folder)
    events = list(task.run(task.check(spec_of(text.as_corpus())), context))
    assert events[0]["labels"] == ["😀", "😡"]
    assert any("accuracy" in event for event in events if event["kind"] == "step")
    assert context.result["metrics"].keys() >= {"accuracy", "calibration_error", "n_texts"}
    model = library.keep_model(people[0], context.model_folder, "Cats")
    assert (model.family, model.hash) == ("classifier", context.result["hash"])
    found = checkpoints.load(model.folder)
    assert found.model.config.labels == ("😀", "😡")  # type: ignore[attr-defined]


def test_it_begins_with_the_shipped_body_and_can_be_saved_on_the_way(
    library: Library, text: Text, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contexts, "SAVE_EVERY", -1.0)
    monkeypatch.setattr(contexts, "SAVE_SHARE", 1e9)
    card = checkpoints.read_card(checkpoints.shipped()["opinions-body"])
    shape = {name: card["config"][name] for name in ("block_size", "n_layer", "n_head", "n_embd")}
    spec = spec_of(text.as_corpus(), model={"family": "classifier", **shape}, start={"hash": card["hash"]})
    context = Context(tmp_path / "run", library.texts_folder)
    first, *_rest = task.run(task.check(spec), context)
    assert first["n_new"] > 0
    assert first["config"]["vocab_size"] == card["config"]["vocab_size"] + first["n_new"]
    train_task.rescue(tmp_path / "run")
    assert checkpoints.read_card(tmp_path / "run" / "model")["title"] == "classifier on Cats"


def test_cut_it_is_rescued_and_resumed_exactly(
    library: Library, text: Text, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_and_resumed(task, spec_of(text.as_corpus()), library.texts_folder, tmp_path, monkeypatch, at=4)


def test_somebody_elses_lines_are_not_learnt_from(library: Library, people: list[str], text: Text) -> None:
    runner = LocalRunner(library, n_workers=1)  # never started
    with pytest.raises(JobError, match="text of this run is not in your library"):
        runner.submit(spec_of(text.as_corpus()), people[1])
    with pytest.raises(JobError, match="of the family 'classifier'"):
        runner.submit({**spec_of(text.as_corpus()), "model": {"family": "gpt"}}, people[0])
