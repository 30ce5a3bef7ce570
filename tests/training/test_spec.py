"""A run as JSON: checked, identified, done."""

from __future__ import annotations

import copy
import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from lmcore import checkpoints, corpora
from lmcore.corpora import Corpus
from lmcore.models import configure, model_class
from lmcore.tokenizers import from_dict
from lmcore.training import spec as specs
from lmcore.training import trainer

TEXT = Corpus("mine", "Mine", "The cat sat on the mat. The dog ran to the cat.\n\n" * 60, "", "")
SPEC = {
    "version": 1,
    "corpus": {"kind": "text", "sha256": TEXT.sha256, "title": "Mine"},
    "tokenizer": {"kind": "char"},
    "model": {"family": "gpt", "n_layer": 1, "n_head": 2, "n_embd": 16, "block_size": 16},
    "train": {"max_steps": 6, "batch_size": 4, "report_every": 1, "warmup_steps": 2},
}


def changed(path: str, value: object) -> dict:
    spec = copy.deepcopy(SPEC)
    *parents, last = path.split(".")
    target = spec
    for name in parents:
        target = target[name]
    target[last] = value
    return spec


def test_a_valid_spec_is_completed_and_then_stays_as_it_is() -> None:
    full = specs.validate(SPEC)
    assert full["model"]["dropout"] == 0.0
    assert full["train"]["beta1"] == 0.9
    assert specs.validate(json.loads(json.dumps(full))) == full
    words = specs.validate(changed("tokenizer", {"kind": "word"}))
    assert words["tokenizer"] == {"kind": "word", "vocab_size": 4096, "min_count": 1}


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("version", 2, "version"),
        ("version", True, "version"),
        ("corpus", {"kind": "shipped", "name": "../etc/passwd"}, "no text named"),
        ("corpus", {"kind": "shipped", "name": ["tales"]}, "no text named"),
        ("corpus", {"kind": "text", "sha256": "../" * 21 + "x"}, "SHA-256"),
        ("corpus", {"kind": "text", "sha256": TEXT.sha256, "title": "x" * 201}, "200 characters"),
        ("corpus", {"kind": "text", "sha256": TEXT.sha256, "path": "/etc/passwd"}, "'path'"),
        ("corpus", "tales", "kind"),
        ("tokenizer", {"kind": "sentencepiece"}, "no tokenizer of kind"),
        ("tokenizer", {"kind": "char", "vocab_size": 10}, "vocab_size"),
        ("tokenizer", {"kind": "bpe", "vocab_size": 10}, "between 300 and"),
        ("tokenizer", {"kind": "word", "vocab_size": 10**7}, "between 3 and"),
        ("model.family", "lstm2", "family"),
        ("model.family", ["gpt"], "family"),
        ("model.vocab_size", 5, "vocab_size"),
        ("model.n_head", 3, "multiple"),
        ("model.block_size", 2048, "positions of block_size"),
        ("model.n_layer", 49, "n_layer"),
        ("model", [], "must be an object"),
        ("train.max_steps", 10**6, "max_steps"),
        ("train.batch_size", 10**6, "batch_size"),
        ("train.learning_rate", "fast", "learning_rate"),
        ("extra", 1, "'extra'"),
    ],
)
def test_nonsense_is_refused(path: str, value: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        specs.validate(changed(path, value))


def test_sizes_that_would_hang_a_server_are_refused() -> None:
    big = {"family": "gpt", "n_layer": 12, "n_head": 12, "n_embd": 768, "block_size": 1024}
    with pytest.raises(ValueError, match="parameters are too many; the limit is 20,000,000"):
        specs.validate(changed("model", big))
    wide = SPEC | {"model": {"family": "gpt", "block_size": 1024}, "train": {"batch_size": 128}}
    with pytest.raises(ValueError, match="tokens in a batch"):
        specs.validate(wide)
    many = SPEC | {"tokenizer": {"kind": "word", "vocab_size": 30_000}, "model": {"family": "gpt"}, "train": {}}
    with pytest.raises(ValueError, match="numbers in a batch's predictions"):
        specs.validate(many)
    long = SPEC | {"model": {"family": "gpt", "n_embd": 512, "n_layer": 6}, "train": {"max_steps": 100_000}}
    with pytest.raises(ValueError, match="operations"):
        specs.validate(long)
    for junk in (None, [], "gpt", 3):
        with pytest.raises(ValueError, match="object"):
            specs.validate(junk)


def test_the_hash_is_of_what_is_computed() -> None:
    digest = specs.spec_hash(SPEC)
    assert len(digest) == 64
    assert specs.spec_hash(specs.validate(SPEC)) == digest
    assert specs.spec_hash(changed("corpus.title", "Another title")) == digest
    others = [
        changed("corpus.sha256", "0" * 64),
        changed("train.seed", 1),
        changed("model.n_embd", 18),
        changed("tokenizer", {"kind": "word"}),
    ]
    assert len({digest, *map(specs.spec_hash, others)}) == 5


def test_a_shipped_text_and_the_same_text_brought_are_one_run() -> None:
    shipped = changed("corpus", {"kind": "shipped", "name": "mouse"})
    brought = changed("corpus", {"kind": "text", "sha256": corpora.load("mouse").sha256})
    assert specs.spec_hash(shipped) == specs.spec_hash(brought)


def test_a_run_tells_all_that_is_needed_to_keep_it() -> None:
    events = list(specs.run(SPEC, lambda _: TEXT))
    kinds = [event["kind"] for event in events]
    assert kinds[0] == "start"
    assert kinds[-1] == "done"
    assert kinds.count("done") == 1
    start, done = events[0], events[-1]
    tokenizer = from_dict(start["tokenizer"])
    assert start["config"]["vocab_size"] == tokenizer.vocab_size
    assert start["n_tokens"] + start["n_held_out"] == len(TEXT.text)
    assert [e["step"] for e in events if e["kind"] == "step"] == list(range(7))
    assert {e["step"] for e in events if e["kind"] == "snapshot"} >= {0, 1, 6}
    assert all(isinstance(e["text"], str) for e in events if e["kind"] == "sample")

    config = configure("gpt", _settings(start["config"]), tokenizer.vocab_size)
    model = model_class("gpt").from_arrays(config, done["arrays"])
    assert specs.measure(model, tokenizer, TEXT.split()[1]) == pytest.approx(done["metrics"])
    assert done["stopped"] is None
    assert done["card"]["corpus"] == {"name": "mine", "title": "Mine", "sha256": TEXT.sha256}
    assert done["card"]["metrics"]["perplexity"] == pytest.approx(np.exp(done["metrics"]["held_out_loss"]))
    for event in events:
        json.dumps({name: value for name, value in event.items() if name != "arrays"}, allow_nan=False)


def _settings(config: dict) -> dict:
    return {name: value for name, value in config.items() if name != "vocab_size"}


def test_a_run_goes_on_from_a_held_state() -> None:
    whole = list(specs.run(SPEC, lambda _: TEXT))[-1]
    held: dict = {}
    for event in specs.run(SPEC, lambda _: TEXT, hold_state=lambda state: held.update(now=state)):
        if event["kind"] == "step" and event["step"] == 3:
            arrays = held["now"]()
            break
    events = list(specs.run(SPEC, lambda _: TEXT, resume=arrays))
    assert events[0]["resumed_from"] == 3
    assert [e["step"] for e in events if e["kind"] == "step"] == [4, 5, 6]
    assert all(np.array_equal(events[-1]["arrays"][name], array) for name, array in whole["arrays"].items())


def test_a_run_that_breaks_down_can_still_be_told_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, calls = trainer.update, []

    def breaking(*args: object, **more: object) -> tuple[torch.Tensor, torch.Tensor]:
        calls.append(1)
        loss, norm = plain(*args, **more)  # type: ignore[arg-type]
        return (loss * math.nan, norm) if len(calls) > 3 else (loss, norm)

    monkeypatch.setattr(trainer, "update", breaking)
    events = list(specs.run(SPEC, lambda _: TEXT))
    done = events[-1]
    assert "no longer a finite number" in done["stopped"]
    assert done["card"]["stopped"] == done["stopped"]
    assert done["step"] == 4
    assert [e["loss"] is None for e in events if e["kind"] == "step"] == [False] * 4 + [True]
    assert all(np.isfinite(array).all() for array in done["arrays"].values())
    json.dumps([{name: value for name, value in e.items() if name != "arrays"} for e in events], allow_nan=False)


@pytest.mark.parametrize("k", [0.1, 0])
def test_counting_is_a_run_of_one_step(k: float) -> None:
    spec = SPEC | {"model": {"family": "ngram", "order": 2, "k": k}, "tokenizer": {"kind": "word"}}
    corpus = Corpus("mine", "Mine", TEXT.text + "The mat sat. " * 30, "", "")
    events = list(specs.run(spec, lambda _: corpus))
    assert [event["kind"] for event in events] == ["start", "step", "sample", "done"]
    start, step, _, done = events
    assert start["max_steps"] == step["step"] == step["max_steps"] == 1
    assert (done["metrics"]["perplexity"] is None) == (k == 0)
    model = model_class("ngram").from_arrays(
        configure("ngram", {"order": 2}, start["config"]["vocab_size"]), done["arrays"]
    )
    assert model.n_params == start["n_params"] == done["card"]["n_params"]
    json.dumps([{name: value for name, value in e.items() if name != "arrays"} for e in events], allow_nan=False)


def test_specs_are_made_from_a_few_choices() -> None:
    spec = specs.make(corpora.load("mouse"), tokenizer="word", max_steps=3, seed=4)
    assert spec["corpus"] == {"kind": "shipped", "name": "mouse"}
    assert (spec["train"]["max_steps"], spec["train"]["seed"]) == (3, 4)
    with pytest.raises(ValueError, match="no size named"):
        specs.make(TEXT, preset="gigantic")
    assert specs.make(TEXT, preset="lstm")["model"]["family"] == "lstm"
    assert specs.make(TEXT, family="rnn") == specs.make(TEXT, preset="rnn")


def test_every_preset_is_within_the_limits() -> None:
    for name in specs.PRESETS:
        for tokenizer in ("char", "word", "bpe"):
            specs.make(TEXT, tokenizer=tokenizer, preset=name)


def test_warm_up_runs() -> None:
    specs.warm()


def test_specs_are_checked_without_torch() -> None:
    code = "import sys, lmcore.training.spec, lmcore.checkpoints as c; c.shipped(); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize(
    "model",
    [
        {"family": "ffnn", "window": 3, "n_embd": 8, "hidden_size": 16, "block_size": 16},
        {"family": "rnn", "n_embd": 8, "hidden_size": 16, "block_size": 16, "nonlinearity": "relu"},
        {"family": "lstm", "n_embd": 8, "hidden_size": 16, "block_size": 16, "n_layer": 2, "dropout": 0.1},
    ],
    ids=lambda model: model["family"],
)
def test_every_network_learns_is_kept_and_is_the_same_again(model: dict, tmp_path: Path) -> None:
    """From ln V downwards, through the files of a checkpoint, with the snapshots of the way there."""
    train = {"max_steps": 60, "batch_size": 8, "learning_rate": 1e-2, "warmup_steps": 5, "n_snapshots": 4}
    spec = {**SPEC, "model": model, "train": train}
    events = list(checkpoints.record(tmp_path, specs.run(spec, lambda _: TEXT)))
    V = events[0]["config"]["vocab_size"]
    losses = [event["loss"] for event in events if event["kind"] == "step"]
    assert losses[0] == pytest.approx(math.log(V), abs=0.15)
    assert losses[-1] < 0.75 * losses[0]
    kept = checkpoints.load(tmp_path)
    assert kept.model.family == model["family"]
    assert kept.hash == events[-1]["hash"]
    assert checkpoints.steps(tmp_path) == [0, 1, 8, 60]
    ids = kept.tokenizer.encode("The cat ran.")
    np.testing.assert_allclose(
        checkpoints.load(tmp_path, 60).model.log_probs(ids), kept.model.log_probs(ids), atol=0.02
    )
    measured = specs.measure(kept.model, kept.tokenizer, TEXT.split()[1])
    assert measured == pytest.approx(events[-1]["metrics"])
    again = list(specs.run(spec, lambda _: TEXT))[-1]["arrays"]
    for name, array in kept.model.state_arrays().items():
        np.testing.assert_array_equal(array, again[name])
