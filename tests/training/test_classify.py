"""Training a classifier: what a spec may say, what a body brings with it, exact resuming, and the few-label race."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lmcore import measured, models
from lmcore.corpora import Corpus
from lmcore.models.classifier import Body
from lmcore.tokenizers.word import WordTokenizer
from lmcore.training import classify, few_labels
from lmcore.training import labels as training
from lmcore.training.finetune import Start

HASH = "a" * 64
JUDGED = (("good", "yes"), ("bad", "no"))
LINES = Corpus("mine", "Mine", "".join(f"the {w} cat {i}\t{k}\n" for i in range(10) for w, k in JUDGED), "", "")
SMALL = {"family": "classifier", "block_size": 8, "n_layer": 1, "n_head": 2, "n_embd": 8}
TRAIN = {"max_steps": 6, "batch_size": 4, "n_snapshots": 2, "report_every": 1, "warmup_steps": 1}


def spec_of(**changed: Any) -> dict[str, Any]:
    return {
        "version": 1, "corpus": {"kind": "text", "sha256": LINES.sha256}, "model": SMALL, "train": TRAIN, **changed,
    }  # fmt: skip


def start() -> Start:
    """A body that knows some of the words."""
    tokenizer = WordTokenizer(["bad", "cat", "good"])
    config = {name: value for name, value in SMALL.items() if name != "family"}
    body = Body(models.configure("body", config, tokenizer.vocab_size), seed=3)
    return Start(body, tokenizer, HASH)


def test_a_run_from_scratch_and_one_from_a_body():
    events = list(classify.run(spec_of(), lambda _: LINES))
    assert events[0]["labels"] == ["no", "yes"]
    assert (events[0]["n_texts"], events[0]["n_held_out_texts"], events[0]["n_new"]) == (16, 4, 0)
    assert all(0 <= e["accuracy"] <= 1 for e in events if e["kind"] == "step" and e["held_out_loss"] is not None)
    assert not [e for e in events if e["kind"] == "sample"]
    assert events[-1]["metrics"].keys() == {"held_out_loss", "accuracy", "calibration_error", "n_texts"}

    first, *_rest, last = classify.run(
        spec_of(start={"hash": HASH}), lambda _: LINES, resolve_start=lambda named: start()
    )
    assert 2 <= first["n_new"] <= 11  # "the", and the numbers that are not kept back
    tokenizer = WordTokenizer.from_dict(first["tokenizer"])
    body, wider = start(), first["config"]["vocab_size"]
    assert wider == tokenizer.vocab_size == body.tokenizer.vocab_size + first["n_new"]
    assert last["arrays"]["body.wte.weight"].shape == (wider, 8)


def test_a_word_keeps_its_vector_and_a_new_one_gets_its_own():
    body = start()
    tokenizer, arrays, n_new = classify.widened(body.tokenizer, body.model.state_arrays(), ["a good dog", "a cat"])
    assert n_new == 2
    assert tokenizer.itos[2:] == ["a", "bad", "cat", "dog", "good"]
    old = body.model.state_arrays()["wte.weight"]
    for word in ("bad", "cat", "good"):
        np.testing.assert_array_equal(
            arrays["wte.weight"][tokenizer.stoi[word]], old[body.tokenizer.stoi[word]], err_msg=word
        )
    np.testing.assert_array_equal(arrays["wte.weight"][:2], old[:2])
    assert 0 < np.abs(arrays["wte.weight"][tokenizer.stoi["dog"]]).max() < 0.2


def test_it_begins_as_the_body_does_and_resumes_exactly():
    spec = spec_of(start={"hash": HASH}, train={**TRAIN, "eval_every": 2})
    events = list(classify.run(spec, lambda _: LINES, resolve_start=lambda named: start()))
    kept = next(e["arrays"] for e in events if e["kind"] == "snapshot")
    body = start()
    wider = classify.widened(body.tokenizer, body.model.state_arrays(), ["the 0 1 2 3 4 5 6 7 8 9"])[1]
    np.testing.assert_array_equal(kept["body.h.0.attn.c_attn.weight"], wider["h.0.attn.c_attn.weight"])

    states: list[Any] = []
    for event in classify.run(
        spec, lambda _: LINES, resolve_start=lambda named: start(), hold_state=lambda state: states.append(state)
    ):
        if event["kind"] == "step" and event["step"] == 3:
            resume = states[-1]()
            break
    again = list(classify.run(spec, lambda _: LINES, resume, resolve_start=lambda named: start()))
    for name, array in events[-1]["arrays"].items():
        np.testing.assert_array_equal(again[-1]["arrays"][name], array, err_msg=name)


def test_a_batch_is_fixed_by_its_step_and_a_round_has_every_text_once():
    data = training.LabelData([[i + 2] for i in range(10)], [i % 2 for i in range(10)])
    batches = training.LabelBatches(data, batch_size=5, block_size=8, seed=1)
    one, two = batches.batch_at(0), batches.batch_at(1)
    np.testing.assert_array_equal(batches.batch_at(0)[0], one[0])
    seen = {int(x) for batch in (one, two) for x in batch[0][:, 1]} - {data.unk_id}
    assert len(seen) >= 8  # a few may be read as <unk>
    for idx, y in (one, two):
        for (_, token), (label,) in zip(idx.tolist(), y.tolist(), strict=True):
            assert token == data.unk_id or label == token % 2


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"version": 2}, "only version 1"),
        ({"taste": 1}, "no setting named 'taste'"),
        ({"model": {"family": "gpt"}}, "of the family 'classifier'"),
        ({"model": {**SMALL, "labels": ["a", "b"]}}, "come from its texts"),
        ({"model": {**SMALL, "pool": "max"}}, "pool must be one of"),
        ({"tokenizer": {"kind": "char"}}, "reads words"),
        ({"corpus": {"kind": "shipped", "name": "tales"}}, "opinions-sentiment and opinions-topic"),
        ({"start": {"hash": "x"}}, "64 hex digits"),
        ({"train": {"max_steps": 0}}, "max_steps"),
        ({"model": {**SMALL, "n_layer": 48, "n_embd": 1024, "n_head": 8}}, "are too many"),
    ],
)
def test_nonsense_is_refused_in_words(changed: dict[str, Any], said: str):
    with pytest.raises(ValueError) as refused:
        classify.validate(spec_of(**changed))
    assert said in str(refused.value)


def test_a_start_of_another_shape_or_nobody_who_opens_it():
    other = start()
    spec = spec_of(start={"hash": HASH}, model={**SMALL, "n_embd": 16})
    with pytest.raises(ValueError, match="names and shapes"):
        next(classify.run(spec, lambda _: LINES, resolve_start=lambda named: other))
    with pytest.raises(ValueError, match="nobody who opens it"):
        next(classify.run(spec, lambda _: LINES))
    words = [" ".join(f"w{i}x{j}" for j in range(90)) for i in range(100)]
    with pytest.raises(ValueError, match="too many"):
        classify.widened(other.tokenizer, other.model.state_arrays(), words)


def test_equal_runs_have_equal_hashes():
    spec = classify.make({"kind": "shipped", "name": "opinions-topic"}, {"hash": HASH, "title": "One"}, max_steps=5)
    assert spec["train"]["learning_rate"] == classify.LEARNING_RATES[True]
    renamed = classify.make({"kind": "shipped", "name": "opinions-topic"}, {"hash": HASH, "title": "Two"}, max_steps=5)
    assert classify.spec_hash(spec) == classify.spec_hash(renamed)
    scratch = classify.make({"kind": "shipped", "name": "opinions-topic"}, max_steps=5)
    assert classify.spec_hash(scratch) != classify.spec_hash(spec)
    assert classify.validate(spec) == spec


def test_the_race_has_a_row_for_every_way(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(classify, "SHAPE", {**classify.SHAPE, "n_layer": 1, "n_embd": 8, "n_head": 2})
    monkeypatch.setattr(classify, "MODEL", {"family": "classifier", **classify.SHAPE})
    from lmcore.corpora import opinions

    tokenizer = WordTokenizer.train(opinions.unlabelled(100_000, 1))
    body = Body(models.configure("body", classify.SHAPE, tokenizer.vocab_size), seed=1)
    rows = list(few_labels.race(lambda: Start(body, tokenizer, HASH), sizes=(10,), seeds=(0,), max_steps=2))
    assert [row["way"] for row in rows] == list(few_labels.WAYS)
    assert all(0.3 < row["accuracy"] < 0.8 for row in rows)


def test_what_is_shipped_has_every_way_and_says_what_the_lesson_says():
    rows = measured.read("few-labels")["rows"]
    assert len(rows) == len(few_labels.SIZES) * len(few_labels.SEEDS) * len(few_labels.WAYS)
    mean = {
        way: float(np.mean([row["accuracy"] for row in rows if row["way"] == way and row["n"] == 200]))
        for way in few_labels.WAYS
    }
    assert mean["pretrained"] > 0.9
    assert mean["scratch"] < 0.75
    assert mean["counts"] < 0.75
