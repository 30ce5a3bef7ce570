from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from lmcore import checkpoints, tokenizers
from lmcore.library import Library
from lmcore.models import configure


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    made = Library(folder=tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def anna(library: Library) -> str:
    return library.workspace_for("a" * 43)


@pytest.fixture
def ben(library: Library) -> str:
    return library.workspace_for("b" * 43)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Callable[..., Path]:
    """checkpoint(seed, steps) writes a very small one, with a snapshot for each step."""

    def write(seed: int = 0, steps: tuple[int, ...] = (1, 2, 4)) -> Path:
        folder = tmp_path / f"checkpoint-{seed}"
        tokenizer = tokenizers.train("char", "the mouse ate the cheese")
        settings = {"n_layer": 1, "n_head": 1, "n_embd": 8, "block_size": 8}
        config = configure("gpt", settings, tokenizer.vocab_size)
        rng = np.random.default_rng(seed)
        arrays = {name: rng.normal(size=shape).astype(np.float32) for name, shape in config.shapes().items()}
        card = {"title": "gpt on mice", "corpus": {"name": "mice", "title": "Mice", "sha256": "0" * 64}}
        checkpoints.save_arrays(folder, "gpt", config.to_dict(), arrays, tokenizer, card)
        for step in steps:
            checkpoints.save_snapshot(folder, step, arrays)
        return folder

    return write
