"""The real task: a very small GPT in a real worker."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from _jobs import cut_and_resumed, follow, kind, to_end

from lmcore import checkpoints
from lmcore.jobs import TASKS, JobError
from lmcore.jobs import train as task
from lmcore.jobs.context import Context
from lmcore.jobs.local import LocalRunner
from lmcore.library import Library, Text

MakeRunner = Callable[..., LocalRunner]
TEXT = "The mouse ate the cheese. The cat saw the mouse.\n\nA ball is round, and the mouse is small.\n\n" * 20


def spec_of(text: Text, max_steps: int = 12, **more: Any) -> dict[str, Any]:
    model = {"family": "gpt", "n_layer": 1, "n_head": 1, "n_embd": 8, "block_size": 8}
    train = {"max_steps": max_steps, "batch_size": 2, "n_snapshots": 3, "report_every": 1, "eval_windows": 2}
    return {
        "task": "train",
        "version": 1,
        "corpus": text.as_corpus(),
        "tokenizer": {"kind": "char"},
        "model": model,
        "train": train,
        **more,
    }


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    made = Library(folder=tmp_path_factory.mktemp("data"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def text(library: Library) -> Text:
    return library.add_text(library.workspace_for("a" * 43), "Mice & <cats>", TEXT)


@pytest.fixture(scope="module")
def trainer(library: Library) -> Iterator[LocalRunner]:
    """One worker for all these tests; it imports torch with the first job."""
    runner = LocalRunner(library, n_workers=1, tasks={"train": replace(TASKS["train"], warm=None)})
    runner.start()
    yield runner
    runner.close()


def test_a_trained_model_is_kept_and_loaded(trainer: LocalRunner, library: Library, people: list[str], text: Text):
    job = trainer.submit(spec_of(text), people[0]).job_id
    events = to_end(trainer, job)
    assert events[-1].kind == "done", events[-1]
    assert {"start", "step", "sample", "snapshot"} <= {event.kind for event in events}
    start = next(event.payload for event in events if event.kind == "start")
    assert (start["max_steps"], start["title"]) == (12, "Mice & <cats>")
    assert "tokenizer" not in start
    result = trainer.result(job)
    assert [path.name for path in result.snapshots] == [
        f"step-{step:06d}.safetensors" for step in checkpoints.steps(result.folder)
    ]
    assert result.info["hash"] == checkpoints.read_card(result.folder)["hash"]

    kept = library.keep_model(people[0], result.folder, "My mouse", run_id=job)
    assert kept.hash == result.info["hash"]
    loaded = checkpoints.load(kept.folder)
    assert loaded.model.log_probs([]).shape == (1, loaded.tokenizer.vocab_size)
    assert checkpoints.load(kept.folder, kept.steps[0]).hash != kept.hash
    assert trainer.submit(spec_of(text), people[0]).replay
    assert trainer.status(job).step == trainer.status(job).max_steps == 12


def test_what_a_step_took_is_known_of_a_kind_that_has_run(trainer: LocalRunner, people: list[str], text: Text):
    job = trainer.submit(spec_of(text), people[0]).job_id
    to_end(trainer, job)
    spec = trainer.status(job).spec
    took = trainer.seconds_a_step(spec)
    assert took is not None
    assert took > 0
    assert trainer.seconds_a_step({**spec, "train": {**spec["train"], "max_steps": 5}}) == took
    assert trainer.seconds_a_step({**spec, "train": {**spec["train"], "batch_size": 3}}) is None


def test_a_run_that_is_cut_and_resumed_ends_in_the_same_weights(
    library: Library, text: Text, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    cut_and_resumed(task, spec_of(text), library.texts_folder, tmp_path, monkeypatch, at=7)


def test_a_stopped_run_leaves_its_model_and_goes_on_after_a_death(
    trainer: LocalRunner, library: Library, people: list[str], text: Text
):
    job = trainer.submit(spec_of(text, max_steps=100_000), people[0]).job_id
    with pytest.raises(JobError, match="left no model"):
        trainer.result(job)
    events = follow(trainer, job, kind("step"))
    while not trainer.status(job).resumable:
        events = follow(trainer, job, kind("step"), events[-1].seq)
    trainer.stop(job, people[0])
    stopped = to_end(trainer, job)[-1]
    assert stopped.kind == "stopped"
    result = trainer.result(job)
    card = checkpoints.read_card(result.folder)
    assert card["stopped"].startswith("Ended at step")
    assert checkpoints.load(result.folder).hash == card["hash"]

    trainer.resume(job, people[0])
    resumed = follow(trainer, job, kind("resumed"), stopped.seq)[-1]
    assert 0 < resumed.payload["step"] == card["steps"] <= stopped.payload["step"]
    events = follow(trainer, job, kind("step"), resumed.seq)
    os.kill(trainer.health()["workers"][0], 9)
    again = follow(trainer, job, kind("resumed"), events[-1].seq)[-1]
    assert again.payload["step"] >= resumed.payload["step"]
    assert follow(trainer, job, kind("step"), again.seq)[-1].payload["step"] > again.payload["step"]
    trainer.stop(job, people[0])
    to_end(trainer, job, again.seq)


def test_counting_is_a_job_too(trainer: LocalRunner, people: list[str], text: Text):
    job = trainer.submit(spec_of(text, model={"family": "ngram", "order": 2}), people[0]).job_id
    events = to_end(trainer, job)
    assert events[-1].kind == "done", events[-1]
    assert checkpoints.load(trainer.result(job).folder).model.family == "ngram"


def test_what_cannot_be_trained_is_refused_before_it_waits(trainer: LocalRunner, people: list[str], text: Text):
    for wrong in ({"model": {"family": "gpt", "n_layer": 10_000}}, {"corpus": {"kind": "shipped", "name": "../x"}}):
        with pytest.raises(JobError):
            trainer.submit(spec_of(text, **wrong), people[0])
    with pytest.raises(JobError, match="not in your library"):
        trainer.submit(spec_of(text), people[1])


def test_specs_that_compute_the_same_are_one_job(trainer: LocalRunner, library: Library, people: list[str], text: Text):
    runner = LocalRunner(library, n_workers=1, tasks=trainer.tasks)  # not started: they only wait
    text = library.add_text(people[0], "Another", TEXT + "One more mouse.")
    other = library.add_text(people[1], "The same under another name", TEXT + "One more mouse.")
    assert runner.submit(spec_of(text), people[0]).job_id == runner.submit(spec_of(other), people[1]).job_id
    assert runner.submit(spec_of(text, max_steps=13), people[0]).is_new


def test_a_damaged_state_means_a_fresh_start(tmp_path: Path):
    context = Context(tmp_path, tmp_path)
    context.save({}, {"step": 3})
    assert Context(tmp_path, tmp_path, resume=True).resume == ({}, {"step": 3})
    for damage in (b"", b"x" * 100, (tmp_path / "state.safetensors").read_bytes()[:-1]):
        (tmp_path / "state.safetensors").write_bytes(damage)
        assert Context(tmp_path, tmp_path, resume=True).resume is None
