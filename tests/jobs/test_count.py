"""Counting in a worker: what it leaves behind is what counting here gives; the report's rows are plain JSON."""

from __future__ import annotations

import hashlib
import json
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from lmcore import batches, checkpoints, corpora, tokenizers
from lmcore.jobs import count, count_report
from lmcore.jobs.context import Context
from lmcore.jobs.tasks import TASKS, checked, identity
from lmcore.models.ngram import NGram
from lmcore.models.smoothing import SMOOTHINGS

MOUSE = {"kind": "shipped", "name": "mouse"}


def run(task: str, spec: dict, folder: Path) -> list[dict]:
    spec = checked({"task": task, **spec}, TASKS)
    run = {"count": count.run, "count-report": count_report.run}[task]
    return list(run(spec, Context(folder, folder)))


@pytest.mark.parametrize("kind", ["word", "char"])
def test_a_worker_leaves_the_counts_and_the_text_as_tokens(kind: str, tmp_path: Path) -> None:
    (event,) = run("count", {"corpus": MOUSE, "tokenizer": kind}, tmp_path)
    text = corpora.load("mouse").text
    tokenizer = tokenizers.train(kind, text)
    expected = batches.tokenize(tokenizer, text)
    tokens = count.read_tokens(tmp_path)
    np.testing.assert_array_equal(tokens.ids, expected.ids)
    np.testing.assert_array_equal(tokens.starts, expected.starts)
    kept = checkpoints.load(tmp_path / "model")
    assert isinstance(kept.model, NGram)
    assert (kept.model.config.order, event["order"], event["tokens"]) == (5, 5, expected.ids.size)
    for order in range(1, 6):
        ours = NGram(kept.model.config).fit(expected)
        for found, wanted in zip(kept.model.counts(order), ours.counts(order), strict=True):
            np.testing.assert_array_equal(found, wanted)


def test_of_a_long_text_three_tokens_in_a_row_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(count, "LONG", 100)
    (event,) = run("count", {"corpus": MOUSE, "tokenizer": "word"}, tmp_path)
    assert event["order"] == 3


def test_the_report_says_all_that_the_page_draws(tmp_path: Path) -> None:
    rows = run("count-report", {"corpus": MOUSE, "tokenizer": "word"}, tmp_path)
    json.dumps(rows, allow_nan=False)
    tables = {about: [row for row in rows if row["about"] == about] for about in {row["about"] for row in rows}}
    assert set(tables) == {"text", "sparsity", "sight", "prediction", "unknown"}
    assert {(row["order"], row["smoothing"]) for row in tables["prediction"]} == {
        (order, name) for order in range(1, 6) for name in SMOOTHINGS
    }
    train, held_out = corpora.load("mouse").split()
    tokenizer = tokenizers.train("word", train)
    ids, V = tokenizer.encode(held_out), tokenizer.vocab_size - 1
    words, judged = tokenizer.encode(train), list(pairwise(ids))
    pairs = set(pairwise(words))
    row = next(row for row in tables["sparsity"] if row["order"] == 2)
    assert row["possible"] == V**2
    assert row["seen"] == len(pairs)
    assert row["never_seen"] == pytest.approx(sum(pair not in pairs for pair in judged) / len(judged))
    assert sum(tables["sight"][0]["longest"]) == pytest.approx(1)
    # order 1, add k: by hand from the counts of single words
    n = {word: words.count(word) for word in set(words)}
    nats = [-math.log((n.get(word, 0) + 0.01) / (len(words) + 0.01 * V)) for word in ids[:20_000]]
    row = next(row for row in tables["prediction"] if row["order"] == 1 and row["smoothing"] == "add-k")
    assert row["held_out"] == pytest.approx(math.exp(sum(nats) / len(nats)), rel=1e-4)
    # without smoothing one token that was never seen makes it infinite, which is said so
    mle = [row for row in tables["prediction"] if row["smoothing"] == "mle"]
    fives = {tuple(words[i : i + 5]) for i in range(len(words))}
    unseen = any(tuple(ids[i : i + 5]) not in fives for i in range(min(len(ids), 20_000) - 4))
    assert [row["held_out"] is None for row in mle if row["order"] == 5] == [unseen]


@pytest.mark.parametrize("task", ["count", "count-report"])
@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"corpus": MOUSE},
        {"corpus": MOUSE, "tokenizer": "bpe"},
        {"corpus": MOUSE, "tokenizer": ["word"]},
        {"corpus": {"kind": "shipped", "name": "../secret"}, "tokenizer": "word"},
        {"corpus": {"kind": "file", "name": "/etc/passwd"}, "tokenizer": "word"},
        {"corpus": MOUSE, "tokenizer": "word", "more": 1},
    ],
)
def test_nonsense_is_refused_in_words(task: str, spec: dict) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        checked({"task": task, **spec}, TASKS)


def test_the_same_text_is_one_job_whatever_its_title() -> None:
    sha = hashlib.sha256(b"text").hexdigest()
    specs = [
        checked({"task": "count", "corpus": {"kind": "text", "sha256": sha, "title": t}, "tokenizer": "word"}, TASKS)
        for t in ("one", "two")
    ]
    assert identity(specs[0], TASKS) == identity(specs[1], TASKS)
    other = checked({**specs[0], "tokenizer": "char"}, TASKS)
    assert identity(other, TASKS) != identity(specs[0], TASKS)
    assert identity({**specs[0], "task": "count-report"}, TASKS) != identity(specs[0], TASKS)
