"""The race of the lesson, made very short: every way from the same model, on the same windows, told in rows."""

from __future__ import annotations

from lmcore import tokenizers
from lmcore.models.gpt import GPT, GPTConfig
from lmcore.training import fine_tuning_race as races
from lmcore.training.finetune import Start

TRAIN, _HELD_OUT = races.second_text()
TOKENIZER = tokenizers.train("char", TRAIN[:5000])
CONFIG = GPTConfig(vocab_size=TOKENIZER.vocab_size, block_size=8, n_layer=2, n_head=1, n_embd=8)
SHORT = {"max_steps": 4, "batch_size": 2, "eval_windows": 2, "eval_every": 2, "sample_every": 4, "warmup_steps": 1}


def open_base() -> Start:
    return Start(GPT(CONFIG, seed=2), TOKENIZER, "ab" * 32, "The first", "It was the best of times.\n" * 20)


def test_every_way_starts_where_the_base_stands_and_from_scratch_does_not():
    rows = list(races.race(open_base, sizes=(), **SHORT))
    assert rows[0]["about"] == "texts"
    assert rows[0]["chars_read"] == 4 * 2 * 8
    at_zero = {row["what"]: row["second"] for row in rows if row["about"] == "loss" and row["step"] == 0}
    assert set(at_zero) == set(races.WAYS)
    assert len({at_zero[what] for what in races.WAYS if what != "scratch"}) == 1
    assert at_zero["scratch"] != at_zero["all"]
    for what in races.WAYS:
        mine = [row for row in rows if row.get("what") == what]
        assert [row["step"] for row in mine if row["about"] == "loss"] == [0, 2, 4]
        assert [row["step"] for row in mine if row["about"] == "sample"] == [0, 4]
        assert all(row["first"] > 0 for row in mine if row["about"] == "loss")


def test_few_keeps_the_lowest_loss_on_the_way():
    rows = list(races.race(open_base, ways=(), sizes=(200, 400), **SHORT))
    few = [row for row in rows if row["about"] == "few"]
    assert [(row["what"], row["chars"]) for row in few] == [
        ("scratch", 200), ("all", 200), ("scratch", 400), ("all", 400),
    ]  # fmt: skip
    assert all(row["loss"] > 0 and row["step"] in (0, 2, 4) for row in few)


def test_the_tales_are_spelled_with_the_letters_of_the_plays():
    assert '"' not in TRAIN
    assert "'" in TRAIN
