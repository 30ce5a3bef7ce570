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


def test_a_translator_translates_until_its_end(capsys):
    source = ["--source", "The cat is sleeping."]
    assert cli.main(["sample", "translator-french", *source, "--temperature", "0"]) == 0
    assert capsys.readouterr().out == "Le chat dort.\n"
    assert cli.main(["score", "translator-french", "Le chat dort.", *source, "--json"]) == 0
    (right,) = lines(capsys)
    assert cli.main(["score", "translator-french", "La chat dort.", *source, "--json"]) == 0
    (wrong,) = lines(capsys)
    assert right["perplexity"] < 1.5 < wrong["perplexity"]


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


def test_export_and_import_are_two_ways(shipped, tmp_path: Path, capsys):
    assert cli.main(["export", MODEL, str(tmp_path / "theirs")]) == 0
    assert cli.main(["import", str(tmp_path / "theirs"), str(tmp_path / "ours"), "--title", "Back"]) == 0
    assert f"saved in {tmp_path / 'ours'}" in capsys.readouterr().out
    back = checkpoints.load(tmp_path / "ours")
    ids = back.tokenizer.encode("Once there was a")
    assert ids == shipped.tokenizer.encode("Once there was a")
    assert back.model.log_probs(ids) == pytest.approx(shipped.model.log_probs(ids), abs=1e-5)
    assert back.card["title"] == "Back"
    for again in (
        ["export", MODEL, str(tmp_path / "ours")],
        ["import", str(tmp_path / "theirs"), str(tmp_path / "ours")],
    ):
        assert cli.main(again) == 2
        assert "name a new folder" in capsys.readouterr().err
    assert cli.main(["import", str(tmp_path), str(tmp_path / "none")]) == 2
    assert "there is no config.json" in capsys.readouterr().err
    assert cli.main(["export", "rnn-shakespeare-char", str(tmp_path / "none")]) == 2
    assert "only a GPT" in capsys.readouterr().err


SAID = "the cat saw the mouse\nthe mouse ate\na mouse ate the cat\na cat slept\nthe mouse slept\n"
ASKED = "the cat ate the mouse\na dog slept\n\nmouse mouse\n"


@pytest.fixture
def lines_of_text(tmp_path: Path) -> Path:
    (tmp_path / "said.txt").write_text(SAID, encoding="utf-8")
    return tmp_path / "said.txt"


def test_ngram_writes_an_arpa_file_and_reads_it(lines_of_text: Path, tmp_path: Path, capsys):
    out = tmp_path / "model.arpa"
    args = ["ngram", "--text", str(lines_of_text), "--lines", "--order", "2", "--smoothing", "modified-kneser-ney"]
    assert cli.main([*args, "--arpa", str(out), "--score", ASKED, "--json"]) == 0
    (counted,) = lines(capsys)
    assert counted["sentences"] == 5
    assert counted["tokens"] == 24
    assert counted["vocabulary"] == 10
    assert counted["2-grams"] == 16
    assert counted["discounts_of_2-grams"] == "0.5556 1.167 3"
    assert counted["written"] == str(out)
    assert out.read_text(encoding="utf-8").startswith("\\data\\\nngram 1=10\nngram 2=16\n")
    (tmp_path / "asked.txt").write_text(ASKED, encoding="utf-8")
    for asked in (ASKED, str(tmp_path / "asked.txt")):  # a text, and the path of one
        assert cli.main(["ngram", "--from-arpa", str(out), "--score", asked, "--json"]) == 0
        (read,) = lines(capsys)
        assert (read["order"], read["1-grams"], read["2-grams"]) == (2, 10, 16)
        # KenLM's `query` with lmplz's model of the same text: 14 tokens, 1 unknown, 7.536970924 and 6.817536928
        for found in (counted, read):
            assert (found["scored_tokens"], found["unknown_words"]) == (14, 1)
            assert found["perplexity_with_unknown_words"] == pytest.approx(7.536970924, rel=1e-6)
            assert found["perplexity_without_unknown_words"] == pytest.approx(6.817536928, rel=1e-6)
    assert cli.main(["ngram", "--from-arpa", str(out), "--score", ASKED]) == 0
    assert "perplexity with unknown words    7.53697" in capsys.readouterr().out
    assert cli.main(args) == 0
    assert "(stand in)" not in capsys.readouterr().out


def test_ngram_says_which_discounts_stand_in(lines_of_text: Path, capsys):
    assert cli.main(["ngram", "--text", str(lines_of_text), "--lines", "--order", "3"]) == 0
    out = capsys.readouterr().out
    assert "0.5 1.7 3\n" in out
    assert "0.5 1 1.5 (stand in)\n" in out


def test_ngram_counts_the_words_of_the_lessons(capsys):
    args = ["ngram", "--text", "mouse", "--order", "3", "--smoothing", "mle"]
    assert cli.main([*args, "--score", "the cheese cheese", "--json"]) == 0
    (row,) = lines(capsys)
    assert row["tokens"] > 10_000
    assert row["scored_tokens"] == 3
    assert row["perplexity_with_unknown_words"] == "inf"  # JSON has no infinity
    assert cli.main([*args[:-1], "witten-bell", "--score", "the mouse ate the cheese", "--json"]) == 0
    (row,) = lines(capsys)
    assert 1 < row["perplexity_with_unknown_words"] < 13


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["--text", "SAID", "--arpa", "OUT"], "say with --lines"),
        (["--text", "SAID", "--lines", "--order", "6"], "order must be a whole number from 1 to 5"),
        (["--text", "SAID", "--lines", "--order", "0"], "order"),
        (["--text", "no-such-text", "--lines"], "no file 'no-such-text'"),
        (["--text", "no-such-text"], "no text 'no-such-text'"),
        (["--text", "RESERVED", "--lines"], "the word <unk>, which is reserved"),
        (["--text", "EMPTY", "--lines"], "no words"),
        (["--text", "SAID", "--lines", "--smoothing", "stupid-backoff", "--arpa", "OUT"], "interpolates"),
        (["--text", "SAID", "--lines", "--arpa", "/dev/null/model.arpa"], "/dev/null"),
        (["--text", "SAID", "--lines", "--smoothing", "add-k", "--k", "-1"], "k must be a number"),
        (["--text", "mouse", "--score", ""], "no word to score"),
        (["--from-arpa", "SAID"], "no ARPA file"),
        (["--from-arpa", "no-such-file"], "no-such-file"),
        (["--from-arpa", "SAID", "--arpa", "OUT"], "cannot be used with --from-arpa"),
        (["--from-arpa", "ENDLESS", "--score", "a"], "not a model of sentences"),
    ],
)
def test_what_ngram_cannot_do_it_says(args: list[str], reason: str, lines_of_text: Path, tmp_path: Path, capsys):
    (tmp_path / "reserved.txt").write_text("the <unk>\n", encoding="utf-8")
    (tmp_path / "empty.txt").write_text("\n\n", encoding="utf-8")
    endless = "\\data\\\nngram 1=2\n\n\\1-grams:\n-99\t<s>\n0\ta\n\n\\end\\\n"
    (tmp_path / "endless.arpa").write_text(endless, encoding="utf-8")
    names = {
        "SAID": "said.txt",
        "RESERVED": "reserved.txt",
        "EMPTY": "empty.txt",
        "OUT": "out",
        "ENDLESS": "endless.arpa",
    }
    args = [str(tmp_path / names[arg]) if arg in names else arg for arg in args]
    assert cli.main(["ngram", *args]) == 2
    captured = capsys.readouterr()
    assert reason in captured.err
    assert "Traceback" not in captured.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["sample", "no-such-model"], "no model"),
        (["score", "no-such-model", "x"], "no model"),
        (["train", "--corpus", "no-such-text", "--out", "x"], "no text"),
        (["sample", MODEL, "--temperature", "-1"], "temperature"),
        (["sample", MODEL, "--top-p", "2"], "top_p"),
        (["score", MODEL, ""], "token"),
        (["sample", "translator-french"], "give it a sentence by --source"),
        (["score", "translator-french", "Le chat dort.", "--source", " "], "the source is empty"),
        (["sample", MODEL, "--source", "The cat sleeps."], "only a translator reads a source"),
        (["sample", "word2vec-kingdoms"], "does not say what comes next"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(args: list[str], reason: str, capsys):
    assert cli.main(args) == 2
    captured = capsys.readouterr()
    assert reason in captured.err
    assert "Traceback" not in captured.err
