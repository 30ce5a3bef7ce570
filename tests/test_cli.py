"""The command line does the same work as the pages, and says in words what it cannot do."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from lmcore import checkpoints, cli, sampling

MODEL = "gpt-tales-word"


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.fixture(scope="module")
def shipped():
    return checkpoints.load(checkpoints.shipped()[MODEL])


def test_sample_writes_what_generate_draws(shipped, capsys):
    assert (
        cli.main(["sample", MODEL, "--prompt", "Once there was a", "--max-new-tokens", "8", "--seed", "3", "--json"])
        == 0
    )
    rows = lines(capsys)
    ids = shipped.tokenizer.encode("Once there was a")
    steps = list(sampling.generate(shipped.model, ids, max_new_tokens=8, seed=3))
    assert [row["token"] for row in rows] == [step.token for step in steps]
    assert [row["prob"] for row in rows] == pytest.approx([step.prob for step in steps])
    text = shipped.tokenizer.decode([*ids, *(step.token for step in steps)])
    assert cli.main(["sample", MODEL, "--prompt", "Once there was a", "--max-new-tokens", "8", "--seed", "3"]) == 0
    assert capsys.readouterr().out.strip() == text.strip()


def test_score_agrees_with_the_model(shipped, capsys):
    text = "Ella hugged the squirrel first and the drum second."
    assert cli.main(["score", MODEL, text, "--json"]) == 0
    (row,) = lines(capsys)
    ids = shipped.tokenizer.encode(text)
    assert row["log_likelihood"] == pytest.approx(float(shipped.model.score(ids).sum()), rel=1e-5)
    assert row["perplexity"] == pytest.approx(math.exp(-row["log_likelihood"] / len(ids)), rel=1e-5)
    assert row["n_chars"] == len(text)
    assert cli.main(["score", MODEL, text]) == 0
    assert "perplexity" in capsys.readouterr().out


def test_train_saves_a_model_that_can_be_sampled(tmp_path: Path, capsys):
    out = tmp_path / "model"
    args = [
        "train",
        "--corpus",
        "mouse",
        "--tokenizer",
        "word",
        "--preset",
        "tiny",
        "--max-steps",
        "3",
        "--out",
        str(out),
    ]
    assert cli.main([*args, "--json"]) == 0
    events = lines(capsys)
    assert next(event["kind"] for event in events) == "start"
    assert events[-1]["kind"] == "done"
    assert events[-1]["step"] == 3
    assert cli.main(["sample", str(out), "--max-new-tokens", "4"]) == 0
    assert capsys.readouterr().out.strip()


def test_train_counts_a_file_of_ones_own(tmp_path: Path, capsys):
    (tmp_path / "mine.txt").write_text("the cat sat on the mat\n" * 40, encoding="utf-8")
    args = ["train", "--corpus", str(tmp_path / "mine.txt"), "--family", "ngram", "--tokenizer", "word"]
    assert cli.main([*args, "--out", str(tmp_path / "model")]) == 0
    assert "saved in" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["sample", "no-such-model"], "no model"),
        (["score", "no-such-model", "x"], "no model"),
        (["train", "--corpus", "no-such-text", "--out", "x"], "no text"),
        (["sample", MODEL, "--temperature", "-1"], "temperature"),
        (["sample", MODEL, "--top-p", "2"], "top_p"),
        (["score", MODEL, ""], "token"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(args: list[str], reason: str, capsys):
    assert cli.main(args) == 2
    captured = capsys.readouterr()
    assert reason in captured.err
    assert "Traceback" not in captured.err
