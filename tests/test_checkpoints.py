"""Checkpoints: what is saved comes back, and a stranger's file is never trusted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from lmcore import checkpoints
from lmcore.batches import tokenize
from lmcore.models import build
from lmcore.models.gpt import GPT, GPTConfig
from lmcore.tokenizers import train as train_tokenizer

TOKENIZER = train_tokenizer("char", "the cat sat on the mat. " * 20)
CONFIG = GPTConfig(vocab_size=TOKENIZER.vocab_size, block_size=8, n_layer=1, n_head=2, n_embd=8)
CARD = {"title": "A model", "corpus": {"name": "mine"}, "metrics": {"held_out_loss": 1.5}}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    model = GPT(CONFIG, seed=1)
    checkpoints.save(folder, model, TOKENIZER, CARD)
    for step in (0, 12, 300):
        checkpoints.save_snapshot(folder, step, GPT(CONFIG, seed=step).state_arrays())
    return folder


def test_what_is_saved_comes_back(saved: Path) -> None:
    model = GPT(CONFIG, seed=1)
    found = checkpoints.load(saved)
    np.testing.assert_array_equal(found.model.log_probs([20, 21, 22]), model.log_probs([20, 21, 22]))
    assert found.tokenizer.to_dict() == TOKENIZER.to_dict()
    assert found.card["title"] == "A model"
    assert found.card["metrics"] == {"held_out_loss": 1.5}
    assert found.card["family"] == "gpt"
    assert found.hash == found.card["hash"] == checkpoints.read_card(saved)["hash"]
    assert not found.model.training  # type: ignore[attr-defined]
    assert found.model.lm_head.weight is found.model.wte.weight  # type: ignore[attr-defined]


def test_snapshots_come_back_in_float16(saved: Path) -> None:
    assert checkpoints.steps(saved) == [0, 12, 300]
    found = checkpoints.load(saved, 12)
    for name, array in GPT(CONFIG, seed=12).state_arrays().items():
        np.testing.assert_array_equal(found.model.state_arrays()[name], array.astype(np.float16))  # type: ignore[attr-defined]
    assert found.hash != checkpoints.load(saved).hash
    with pytest.raises(ValueError, match="no weights were kept at step 5"):
        checkpoints.load(saved, 5)


def test_the_hash_is_of_the_content(tmp_path: Path) -> None:
    model, other = GPT(CONFIG, seed=1), GPT(CONFIG, seed=2)
    first = checkpoints.save(tmp_path / "a", model, TOKENIZER, CARD)
    assert checkpoints.save(tmp_path / "b", model, TOKENIZER, {"title": "Another title"}) == first
    assert checkpoints.save(tmp_path / "c", other, TOKENIZER, CARD) != first
    assert checkpoints.save(tmp_path / "d", model, TOKENIZER, CARD, dtype="float16") != first
    half = checkpoints.load(tmp_path / "d")
    assert half.card["dtype"] == "float16"
    assert (tmp_path / "d/model.safetensors").stat().st_size < (tmp_path / "a/model.safetensors").stat().st_size * 0.7


def test_saving_leaves_only_the_checkpoint(saved: Path) -> None:
    names = {str(path.relative_to(saved)) for path in saved.rglob("*") if path.is_file()}
    snapshots = {f"snapshots/step-{step:06d}.safetensors" for step in (0, 12, 300)}
    assert names == {"config.json", "tokenizer.json", "model.safetensors"} | snapshots


def test_weights_that_are_not_finite_are_not_saved(tmp_path: Path) -> None:
    arrays = GPT(CONFIG).state_arrays()
    arrays["ln_f.bias"][3] = np.nan
    with pytest.raises(ValueError, match="not a finite number"):
        checkpoints.save_snapshot(tmp_path, 1, arrays)
    arrays["ln_f.bias"][3] = 1e6
    with pytest.raises(ValueError, match="too large for float16"):
        checkpoints.save_snapshot(tmp_path, 1, arrays)
    assert not (tmp_path / "snapshots").exists()


def rewrite(folder: Path, **changes: object) -> None:
    about = json.loads((folder / "config.json").read_text())
    about.update(changes)
    (folder / "config.json").write_text(json.dumps(about))


def test_a_folder_that_is_none_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a checkpoint"):
        checkpoints.read_card(tmp_path / "nowhere")
    for text in ("", "[]", "{}", '{"format": 2}', "[" * 100_000, '{"format": NaN}', '{"a": 1, "a": 2}', "\xff"):
        (tmp_path / "config.json").write_text(text, "latin-1")
        with pytest.raises(ValueError, match=r"JSON|format"):
            checkpoints.read_card(tmp_path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"family": "nothing"}, "family"),
        ({"family": 3}, "family"),
        ({"config": []}, "config"),
        ({"config": CONFIG.to_dict() | {"vocab_size": 5}}, "do not match"),
        ({"config": CONFIG.to_dict() | {"n_layer": 10**9}}, "n_layer"),
        ({"config": CONFIG.to_dict() | {"n_layer": 2}}, "lack h.1"),
        ({"config": CONFIG.to_dict() | {"n_embd": 4096, "n_layer": 48}}, "instead of"),
        ({"hash": "0" * 64}, "files were changed"),
        ({"hash": "../../x"}, "64 hex digits"),
        ({"card": None}, "card"),
    ],
)
def test_a_changed_config_is_refused(saved: Path, changes: dict[str, object], words: str) -> None:
    rewrite(saved, **changes)
    with pytest.raises(ValueError, match=words):
        checkpoints.load(saved)


def header_of(path: Path) -> tuple[dict, bytes]:
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def write(path: Path, header: object, data: bytes) -> None:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda header, data: (header, data[:-1]), "its header says"),
        (lambda header, data: (header, data + b"0"), "its header says"),
        (lambda header, data: (b"{" * 50_000, data), "not valid JSON"),
        (lambda header, data: ([], data), "must be an object"),
        (lambda header, data: (header | {"ln_f.bias": 3}, data), "not a plain tensor"),
        (lambda header, data: (header | {"ln_f.bias": header["ln_f.bias"] | {"dtype": "BF16"}}, data), "plain tensor"),
        (lambda header, data: (header | {"ln_f.bias": header["ln_f.bias"] | {"shape": [-8]}}, data), "plain tensor"),
        (lambda header, data: (header | {"ln_f.bias": header["ln_f.bias"] | {"shape": [2**62]}}, data), "plain tensor"),
        (lambda header, data: (header | {"ln_f.bias": header["ln_f.bias"] | {"shape": [9]}}, data), "not those of its"),
        (lambda header, data: (header | {"ln_f.bias": header["ln_f.weight"]}, data), "do not follow"),
        (lambda header, data: (header | {"ln_f.bias": header["ln_f.bias"] | {"shape": [2, 4]}}, data), "instead of"),
        (lambda header, data: (_renamed(header, "ln_f.bias", "ln_f.extra"), data), "lack ln_f.bias"),
        (lambda header, data: (_renamed(header, "ln_f.bias", "__class__"), data), "lack ln_f.bias"),
    ],
)
def test_a_damaged_weights_file_is_refused(saved: Path, damage, words: str) -> None:  # type: ignore[no-untyped-def]
    path = saved / "model.safetensors"
    write(path, *damage(*header_of(path)))
    with pytest.raises(ValueError, match=words):
        checkpoints.load(saved)


def _renamed(header: dict, old: str, new: str) -> dict:
    return {new if name == old else name: entry for name, entry in header.items()}


def test_extra_tensors_wrong_types_and_infinities_are_refused(saved: Path) -> None:
    path = saved / "model.safetensors"
    arrays = load_file(path)
    for changes, words in (
        ({"lm_head.weight": arrays["wte.weight"]}, "does not have"),
        ({"ln_f.bias": np.full(8, np.inf, np.float32)}, "not finite"),
        ({"ln_f.bias": np.zeros(8, np.int32)}, "float32 or float16"),
        ({"ln_f.bias": np.ones(8, np.float32)}, "files were changed"),
    ):
        save_file(arrays | changes, path)
        with pytest.raises(ValueError, match=words):
            checkpoints.load(saved)


def test_a_file_that_claims_to_be_huge_allocates_nothing(saved: Path) -> None:
    path = saved / "model.safetensors"
    for length in (2**63, 10**9, 1, 0):
        path.write_bytes(length.to_bytes(8, "little") + b"{}")
        with pytest.raises(ValueError, match="not a safetensors file"):
            checkpoints.load(saved)
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="not a safetensors file"):
        checkpoints.load(saved)
    path.unlink()
    with pytest.raises(ValueError, match="cannot be read"):
        checkpoints.load(saved)


def test_counts_come_back_and_are_checked(tmp_path: Path) -> None:
    model = build("ngram", {"order": 3}, TOKENIZER.vocab_size)
    model.fit(tokenize(TOKENIZER, "the cat sat on the mat. " * 9))
    digest = checkpoints.save(tmp_path, model, TOKENIZER, CARD)
    found = checkpoints.load(tmp_path)
    ids = TOKENIZER.encode("the dog sat")
    np.testing.assert_array_equal(found.model.log_probs(ids), model.log_probs(ids))
    assert found.hash == digest
    path = tmp_path / "model.safetensors"
    arrays = load_file(path)
    for changes, words in (
        ({"counts": arrays["counts"].astype(np.int32)}, "exactly"),
        ({"counts": arrays["counts"][None]}, "exactly"),
        ({"more": arrays["counts"]}, "exactly"),
        ({"counts": arrays["counts"] + 1}, "files were changed"),
    ):
        save_file(arrays | changes, path)
        with pytest.raises(ValueError, match=words):
            checkpoints.load(tmp_path)


def test_a_run_is_recorded_as_it_goes(tmp_path: Path) -> None:
    arrays = GPT(CONFIG, seed=3).state_arrays()
    events = [
        {"kind": "start", "family": "gpt", "config": CONFIG.to_dict(), "tokenizer": TOKENIZER.to_dict()},
        {"kind": "snapshot", "step": 0, "arrays": arrays},
        {"kind": "step", "step": 1, "loss": 2.0},
        {"kind": "done", "step": 1, "arrays": arrays, "card": CARD},
    ]
    passed = list(checkpoints.record(tmp_path / "run", iter(events)))
    assert [event["kind"] for event in passed] == ["start", "snapshot", "step", "done"]
    assert not any("arrays" in event for event in passed)
    found = checkpoints.load(tmp_path / "run")
    assert found.hash == passed[-1]["hash"]
    assert checkpoints.steps(tmp_path / "run") == [0]
