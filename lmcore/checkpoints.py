"""Trained models as folders of readable JSON and safetensors; never a pickle.

    config.json          format, family, config, hash, card (title, corpus, settings, metrics)
    tokenizer.json       the vocabulary
    model.safetensors    the weights (float32, or float16 where that is said)
    snapshots/step-000123.safetensors    the weights on the way there, float16

Whoever opens a stranger's folder is safe: sizes, names, shapes and types are checked before anything is allocated.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore import paths
from lmcore.files import write_atomic
from lmcore.models import configure, model_class
from lmcore.models.base import LanguageModel
from lmcore.tokenizers import PairTokenizer, Tokenizer, from_dict
from lmcore.weights import parse_json, read_weights

FORMAT = 1
MAX_JSON = 20 * 1024 * 1024
_SNAPSHOT = re.compile(r"step-(\d{6,9})\.safetensors\Z")


@dataclass(frozen=True)
class Checkpoint:
    """A model that can be asked, with all that is known about it."""

    model: LanguageModel
    tokenizer: Tokenizer
    card: dict[str, Any]
    """title, corpus, metrics, seconds, n_params, …: whatever was saved with it."""
    hash: str
    """Hex SHA-256 over weights, tokenizer and configuration: equal hashes behave equally."""
    folder: Path


# Writing ------------------------------------------------------------------------------------------------------------


def save(
    folder: Path, model: LanguageModel, tokenizer: Tokenizer, card: Mapping[str, Any], *, dtype: str = "float32"
) -> str:
    """Write a checkpoint and return its hash; see `save_arrays`."""
    source: Any = model
    return save_arrays(
        folder, model.family, source.config.to_dict(), source.state_arrays(), tokenizer, card, dtype=dtype
    )


def save_arrays(
    folder: Path,
    family: str,
    config: Mapping[str, Any],
    arrays: Mapping[str, NDArray[Any]],
    tokenizer: Tokenizer | Mapping[str, Any],
    card: Mapping[str, Any],
    *,
    dtype: str = "float32",
) -> str:
    """Write a checkpoint from what a run's events hold, and return its hash.

    `config` has its vocab_size. `dtype` "float16" halves the file, and the model becomes the rounded one. Each file
    appears whole; config.json comes last, and a folder without it is no checkpoint.
    """
    if not isinstance(tokenizer, Tokenizer):
        tokenizer = from_dict(dict(tokenizer))
    if dtype not in ("float32", "float16"):
        raise ValueError(f"weights are saved as float32 or float16, not {dtype!r:.40}")
    kept = {name: _as(array, dtype) for name, array in arrays.items()}
    text = tokenizer.to_json()
    digest = content_hash(family, config, kept, text)
    about = {"format": FORMAT, "family": family, "config": dict(config), "hash": digest, "dtype": dtype}
    own = {name: value for name, value in card.items() if name not in about}
    data = json.dumps({**about, "card": own}, ensure_ascii=False, indent=1, allow_nan=False)
    folder = Path(folder)
    write_atomic(folder / "tokenizer.json", text.encode())
    write_atomic(folder / "model.safetensors", _safetensors(kept))
    write_atomic(folder / "config.json", data.encode())
    return digest


def save_snapshot(folder: Path, step: int, arrays: Mapping[str, NDArray[Any]]) -> Path:
    """Keep the weights of one step of training, as float16, beside the checkpoint they lead to."""
    if not 0 <= step <= 999_999_999:
        raise ValueError(f"a snapshot's step must lie between 0 and 999,999,999, not {step}")
    path = Path(folder) / "snapshots" / f"step-{step:06d}.safetensors"
    write_atomic(path, _safetensors({name: _as(array, "float16") for name, array in arrays.items()}))
    return path


def content_hash(family: str, config: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], tokenizer: str) -> str:
    """Hex SHA-256 over family, configuration, tokenizer JSON and the bytes of every array."""
    digest = hashlib.sha256()
    head = json.dumps([family, dict(config), tokenizer], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest.update(head.encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"\0{name}\0{array.dtype.name}\0{array.shape}\0".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def record(folder: Path, events: Iterator[dict[str, Any]], *, dtype: str = "float32") -> Iterator[dict[str, Any]]:
    """Pass on the events of `training.spec.run`, keeping its snapshots and, at the end, the checkpoint in `folder`.

    The "done" event gains "hash". Events that are passed on have lost their arrays.
    """
    start: dict[str, Any] = {}
    for event in events:
        arrays = event.get("arrays")
        rest = {name: value for name, value in event.items() if name != "arrays"}
        if event["kind"] == "start":
            start = event
        elif event["kind"] == "snapshot":
            save_snapshot(folder, event["step"], event["arrays"])
        elif event["kind"] == "done" and arrays is not None:
            rest["hash"] = save_arrays(
                folder, start["family"], start["config"], arrays, start["tokenizer"], event["card"], dtype=dtype
            )
        yield rest


def _as(array: NDArray[Any], dtype: str) -> NDArray[Any]:
    """Floats in the wanted type, whole numbers as they are; ValueError when a number is not finite or too large."""
    array = np.ascontiguousarray(array)
    if array.dtype.kind != "f":
        return array
    if dtype == "float16" and array.size and np.abs(array).max() > np.finfo(np.float16).max:
        raise ValueError("a weight is too large for float16")
    if not np.isfinite(array).all():
        raise ValueError("a weight is not a finite number, so the model is not saved")
    return array.astype(dtype)


def _safetensors(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    from safetensors.numpy import save

    return bytes(save(dict(arrays)))


# Reading ------------------------------------------------------------------------------------------------------------


def read_card(folder: Path) -> dict[str, Any]:
    """What is said about a checkpoint: its card with "family", "config", "hash" and "dtype"; no weight is read.

    ValueError when there is none, or when it is not one.
    """
    about = _about(Path(folder))
    return {**about["card"], **{name: about[name] for name in ("family", "config", "hash", "dtype")}}


def steps(folder: Path) -> list[int]:
    """The steps whose weights were kept, in order."""
    names = [_SNAPSHOT.match(path.name) for path in (Path(folder) / "snapshots").glob("step-*.safetensors")]
    return sorted(int(match[1]) for match in names if match)


def load(folder: Path, step: int | None = None) -> Checkpoint:
    """Open a checkpoint, or the model as it was at one of its `steps`; ValueError says what is wrong with it."""
    folder = Path(folder)
    about = _about(folder)
    tokenizer = from_dict(_json(folder / "tokenizer.json"))
    config = about["config"]
    settings = {name: value for name, value in config.items() if name != "vocab_size"}
    checked = configure(about["family"], settings, config.get("vocab_size", tokenizer.vocab_size))
    if checked.vocab_size != tokenizer.vocab_size:
        raise ValueError(
            f"the model has {checked.vocab_size:,} tokens and its tokenizer {tokenizer.vocab_size:,}; they do not match"
        )
    _check_source(checked, tokenizer)
    if step is None:
        arrays = read_weights(folder / "model.safetensors", checked)
        digest = content_hash(about["family"], config, arrays, tokenizer.to_json())
        if digest != about["hash"]:
            raise ValueError("the weights are not the ones that this checkpoint was saved with; the files were changed")
    else:
        if step not in steps(folder):
            raise ValueError(f"no weights were kept at step {step}; there are {steps(folder)}")
        path = folder / "snapshots" / f"step-{step:06d}.safetensors"
        arrays = read_weights(path, checked)
        digest = content_hash(about["family"], config, arrays, tokenizer.to_json())
    model = model_class(about["family"]).from_arrays(checked, arrays)
    return Checkpoint(model, tokenizer, read_card(folder), digest, folder)


def _check_source(config: Any, tokenizer: Tokenizer) -> None:
    """A translator has a tokenizer for what it reads too, and nobody else has; ValueError when that does not fit."""
    size = getattr(config, "source_vocab_size", None)
    theirs = tokenizer.source.vocab_size if isinstance(tokenizer, PairTokenizer) else None
    if size != theirs:
        raise ValueError(
            "the model reads {} and its tokenizer {}; they do not match".format(
                *("no source" if n is None else f"a source of {n:,} tokens" for n in (size, theirs))
            )
        )


def shipped() -> dict[str, Path]:
    """Name -> folder of every checkpoint that comes with the project, by name."""
    return {path.parent.name: path.parent for path in sorted(paths.CHECKPOINTS.glob("*/config.json"))}


def _about(folder: Path) -> dict[str, Any]:
    """The checked contents of config.json."""
    about = _json(folder / "config.json")
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise ValueError(f"{folder.name} is not a checkpoint of format {FORMAT}")
    for name, kind, words in (
        ("family", str, "a text"),
        ("config", dict, "an object"),
        ("hash", str, "a text"),
        ("dtype", str, "a text"),
        ("card", dict, "an object"),
    ):
        if not isinstance(about.get(name), kind):
            raise ValueError(f"a checkpoint's {name} must be {words}")
    if not re.fullmatch(r"[0-9a-f]{64}", about["hash"]):
        raise ValueError("a checkpoint's hash must be 64 hex digits")
    return about


def _json(path: Path) -> Any:
    """JSON of a bounded size, without NaN or doubled names."""
    try:
        if path.stat().st_size > MAX_JSON:
            raise ValueError(f"{path.name} is larger than {MAX_JSON // 1024**2} MB")
        return parse_json(path.read_bytes(), path.name)
    except OSError as error:
        raise ValueError(f"{path.parent.name} is not a checkpoint: {path.name} cannot be read") from error
