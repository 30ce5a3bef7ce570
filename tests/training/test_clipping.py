"""Clipping on and off: two runs that differ in nothing else, and what is shipped about them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from lmcore import batches, corpora, measured, models, tokenizers
from lmcore.jobs import measure
from lmcore.jobs.context import Context
from lmcore.jobs.tasks import TASKS, checked, identity
from lmcore.training import clipping


def steps(rows: list[dict], f: str) -> list[dict]:
    return [row for row in rows if row["about"] == "step" and row["nonlinearity"] == f]


def test_the_first_steps_against_gradient_descent_by_hand() -> None:
    rows = steps(list(clipping.runs(seed=3, max_steps=3)), "tanh")
    text = corpora.load(clipping.TEXT).text
    tokenizer = tokenizers.train("char", text)
    data = batches.batches(batches.tokenize(tokenizer, text), batch_size=16, block_size=64, seed=3)
    for longest, of in ((np.inf, ""), (clipping.CLIP, "clipped_")):
        config = models.configure("rnn", {**clipping.MODEL, "nonlinearity": "tanh"}, tokenizer.vocab_size)
        model = models.model_class("rnn")(config, seed=3)
        for step in range(3):
            x, y = map(torch.from_numpy, data.batch_at(step))
            loss = torch.nn.functional.cross_entropy(model(x).flatten(0, 1), y.flatten())
            gradients = torch.autograd.grad(loss, list(model.parameters()))
            norm = float(torch.cat([g.flatten() for g in gradients]).norm())
            assert rows[step][f"{of}loss"] == pytest.approx(loss.item(), rel=1e-4)
            assert rows[step][f"{of}norm"] == pytest.approx(norm, rel=1e-4)
            with torch.no_grad():
                for parameter, gradient in zip(model.parameters(), gradients, strict=True):
                    parameter -= clipping.LEARNING_RATE * gradient * min(1.0, longest / norm)


def test_what_is_shipped_blows_up_without_clipping_and_learns_with_it() -> None:
    rows = measured.read("clipping")["rows"]
    relu, tanh = steps(rows, "relu"), steps(rows, "tanh")
    assert relu[-1]["step"] == tanh[-1]["step"] == clipping.MAX_STEPS
    assert relu[-1]["loss"] is None
    assert max(row["norm"] for row in relu if row["norm"] is not None) > 1000
    assert relu[-1]["clipped_loss"] < 2.2
    assert tanh[-1]["loss"] == pytest.approx(tanh[-1]["clipped_loss"], abs=0.1)  # nothing to clip: a finding, shown


def test_the_job_yields_the_rows_of_the_measurement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short = [{"about": "step", "step": 1, "loss": None}]
    monkeypatch.setitem(measured.MEASURES, "clipping", lambda: iter(short))
    events = list(measure.run(checked({"task": "measure", "name": "clipping"}, TASKS), Context(tmp_path, tmp_path)))
    assert events == [{"kind": "row", **short[0]}]
    json.dumps(events, allow_nan=False)


@pytest.mark.parametrize("spec", [{}, {"name": "everything"}, {"name": 3}, {"name": "clipping", "seed": 1}])
def test_nonsense_is_refused_in_words(spec: dict) -> None:
    with pytest.raises(ValueError, match="needs a name"):
        checked({"task": "measure", **spec}, TASKS)


def test_two_measurements_are_two_jobs() -> None:
    one, two = (checked({"task": "measure", "name": name}, TASKS) for name in ("clipping", "token-times"))
    assert identity(one, TASKS) != identity(two, TASKS)
