"""Going on from a trained model as a job: whose models may be taken, and what is left of a run that was cut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from _jobs import cut_and_resumed

from lmcore import checkpoints
from lmcore.jobs import JobError
from lmcore.jobs import train as task
from lmcore.jobs.context import Context
from lmcore.jobs.local import LocalRunner
from lmcore.library import Library, Model, Text
from lmcore.training import finetune

TEXT = "The mouse ate the cheese. The cat saw the mouse.\n\nA ball is round, and the mouse is small.\n\n" * 20
OTHER = "A frog hid the lamp. Then the frog ran to the pond, and a small bird saw it all.\n\n" * 20


@pytest.fixture
def text(library: Library, people: list[str]) -> Text:
    return library.add_text(people[0], "Frogs", OTHER)


@pytest.fixture
def model(library: Library, people: list[str], tmp_path: Path) -> Model:
    first = library.add_text(people[0], "Mice", TEXT)
    config = {"family": "gpt", "n_layer": 1, "n_head": 1, "n_embd": 8, "block_size": 8}
    train = {"max_steps": 2, "batch_size": 2, "n_snapshots": 0, "eval_windows": 2}
    spec = {"version": 1, "corpus": first.as_corpus(), "tokenizer": {"kind": "char"}, "model": config, "train": train}
    context = Context(tmp_path / "first", library.texts_folder)
    list(task.run(spec, context))
    return library.keep_model(people[0], context.model_folder, "Mouse model")


def spec_of(model: Model, text: Text, what: str = "lora", max_steps: int = 6) -> dict[str, Any]:
    card = checkpoints.read_card(model.folder)
    spec = finetune.described(card, "char", text.as_corpus(), what=what, max_steps=max_steps)
    spec["train"] |= {"batch_size": 2, "report_every": 1, "eval_windows": 2}
    return {"task": "train", **spec}


def test_cut_resumed_and_rescued_it_is_a_plain_model(
    library: Library, text: Text, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    spec = spec_of(model, text)
    start = next(iter(task.run(spec, Context(tmp_path / "begun", library.texts_folder))))
    assert start["first"] is True  # the text that the model came from lies in the library
    rescued = cut_and_resumed(task, spec, library.texts_folder, tmp_path, monkeypatch, at=5)
    assert rescued.card["title"] == "gpt on Mice, then Frogs"
    assert checkpoints.load(tmp_path / "whole" / "model").model.log_probs([]).shape[0] == 1


def test_only_ones_own_and_shipped_models_are_taken(library: Library, people: list[str], text: Text, model: Model):
    runner = LocalRunner(library, n_workers=1)  # not started: what is taken only waits
    library.add_text(people[1], "The same frogs", OTHER)
    assert runner.submit(spec_of(model, text), people[0]).is_new
    with pytest.raises(JobError, match="model that this run starts from is not in your library"):
        runner.submit(spec_of(model, text), people[1])
    shipped = checkpoints.read_card(checkpoints.shipped()["gpt-shakespeare-char"])
    spec = {"task": "train", **finetune.described(shipped, "char", text.as_corpus())}
    assert runner.submit(spec, people[1]).is_new


def test_a_model_that_is_gone_is_named(library: Library, people: list[str], text: Text, model: Model, tmp_path: Path):
    spec = spec_of(model, text)
    library.delete_model(people[0], model.id)
    with pytest.raises(ValueError, match="no longer in the library"):
        list(task.run(spec, Context(tmp_path / "gone", library.texts_folder)))
