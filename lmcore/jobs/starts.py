"""The trained model that a run goes on from: found by its hash, among the shipped ones or in the library."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lmcore import checkpoints, files
from lmcore.training.finetune import Start, first_text

if TYPE_CHECKING:
    from lmcore.corpora import Corpus


def is_shipped(digest: str) -> bool:
    """Does a model of this hash come with the project?"""
    return digest in _shipped()


def open_start(
    start: Mapping[str, Any], models_folder: Path, resolve_text: Callable[[dict[str, Any]], Corpus]
) -> Start:
    """The model of a spec's "start", a fresh one each time. ValueError in words when it is gone."""
    digest = str(start["hash"])
    folder = _shipped().get(digest) or files.named(models_folder, digest)
    if not (folder / "config.json").is_file():
        raise ValueError("The model that this run starts from is no longer in the library.")
    return of_folder(folder, str(start.get("title", "")), resolve_text)


def of_folder(folder: Path, title: str, resolve_text: Callable[[dict[str, Any]], Corpus]) -> Start:
    """The model in a folder, with a held-out part of its first text where that can be had."""
    found = checkpoints.load(folder)
    return Start(found.model, found.tokenizer, found.hash, title, first_text(found.card, resolve_text))


@cache
def _shipped() -> dict[str, Path]:
    return {checkpoints.read_card(folder)["hash"]: folder for folder in checkpoints.shipped().values()}
