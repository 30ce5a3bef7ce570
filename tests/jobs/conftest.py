from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from _jobs import HERE, TASKS

from lmcore.jobs.local import LocalRunner
from lmcore.library import Library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    made = Library(folder=tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def make_runner(library: Library) -> Iterator[Callable[..., LocalRunner]]:
    made: list[LocalRunner] = []

    def make(n_workers: int = 1, start: bool = True, **more: Any) -> LocalRunner:
        runner = LocalRunner(library, n_workers=n_workers, **{"tasks": TASKS, "python_path": (HERE,), **more})
        made.append(runner)
        if start:
            runner.start()
        return runner

    yield make
    for runner in made:
        runner.close()


@pytest.fixture
def runner(make_runner: Callable[..., LocalRunner]) -> LocalRunner:
    return make_runner()


@pytest.fixture
def people(library: Library) -> list[str]:
    return [library.workspace_for(letter * 43) for letter in "abcdefgh"]
