"""Measurements that come with the project, so that a page opens with a true result before anything is run.

Made by `python -m lmcore.pretrain` beside the checkpoints; small JSON files under assets/measured.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from lmcore import paths

Row = dict[str, Any]


def _memory_race() -> Iterator[Row]:
    from lmcore.training import memory_race

    return memory_race.race()


def _clipping() -> Iterator[Row]:
    from lmcore.training import clipping

    return clipping.runs()


def _token_times() -> Iterator[Row]:
    from lmcore.probes import token_times

    return token_times.times()


def _window_race() -> Iterator[Row]:
    from lmcore.training import window_race

    return window_race.race()


def _context_length() -> Iterator[Row]:
    from lmcore import checkpoints
    from lmcore.probes import context_length

    folders = checkpoints.shipped()
    return context_length.measure(
        {name: (checkpoints.read_card(folder), partial(checkpoints.load, folder)) for name, folder in folders.items()}
    )


def _context_cost() -> Iterator[Row]:
    from lmcore.probes import context_cost

    return context_cost.measure()


def _fine_tuning() -> Iterator[Row]:
    from lmcore import checkpoints
    from lmcore.jobs.starts import of_folder
    from lmcore.training import fine_tuning_race
    from lmcore.training.spec import resolve_shipped

    folder = checkpoints.shipped()[fine_tuning_race.BASE]
    title = str(checkpoints.read_card(folder)["title"])
    return fine_tuning_race.race(lambda: of_folder(folder, title, resolve_shipped))


def _few_labels() -> Iterator[Row]:
    from lmcore import checkpoints
    from lmcore.jobs.starts import of_folder
    from lmcore.training import classify, few_labels
    from lmcore.training.spec import resolve_shipped

    folder = checkpoints.shipped()[classify.BODY]
    return few_labels.race(lambda: of_folder(folder, "", resolve_shipped))


def _chatbot() -> Iterator[Row]:
    from lmcore import checkpoints
    from lmcore.training import chat

    folder = checkpoints.shipped()["chatbot"]
    for step in checkpoints.steps(folder):
        found = checkpoints.load(folder, step)
        for kind, (right, asked) in chat.examine(found.model, found.tokenizer).items():
            yield {"step": step, "kind": kind, "right": right, "asked": asked}


def _blanks() -> Iterator[Row]:
    from lmcore import checkpoints
    from lmcore.corpora import tales
    from lmcore.training import blanks_race

    shipped = checkpoints.shipped()
    masked, denoiser, gpt = (
        checkpoints.load(shipped[name]) for name in ("masked-tales", "denoiser-tales", "gpt-tales-word")
    )
    unseen = tales.generate(60_000, seed=2)  # the models learnt from the tales of seed 1
    return blanks_race.race(masked.model, denoiser.model, gpt.model, masked.tokenizer, gpt.tokenizer, unseen)


MEASURES: dict[str, Callable[[], Iterator[Row]]] = {
    "memory-race": _memory_race,
    "clipping": _clipping,
    "token-times": _token_times,
    "window-race": _window_race,
    "context-length": _context_length,
    "context-cost": _context_cost,
    "fine-tuning": _fine_tuning,
    "chatbot-exam": _chatbot,
    "few-labels": _few_labels,
    "blanks": _blanks,
}


def make(name: str, folder: Path = paths.MEASURED) -> Iterator[Row]:
    """Measure one of `MEASURES`, a row at a time; folder/name.json is replaced when all is done."""
    began, rows = time.perf_counter(), []
    for row in MEASURES[name]():
        rows.append(_rounded(row))
        yield row
    about = {"seconds": round(time.perf_counter() - began), "cores": os.cpu_count(), "machine": platform.machine()}
    folder.mkdir(parents=True, exist_ok=True)
    text = ",\n".join(json.dumps(row, allow_nan=False) for row in rows)
    (folder / f"{name}.json").write_text(f'{{"about": {json.dumps(about)}, "rows": [\n{text}\n]}}\n', encoding="utf-8")


def read(name: str, folder: Path = paths.MEASURED) -> dict[str, Any]:
    """{"about": {"seconds", …}, "rows": […]} as it was measured; ValueError when it never was."""
    file = folder / f"{name}.json"
    if name not in MEASURES or not file.is_file():
        raise ValueError(f"{name} has not been measured; make pretrained does it")
    return json.loads(file.read_text(encoding="utf-8"))


def _rounded(row: Row) -> Row:
    return {name: float(f"{value:.4g}") if isinstance(value, float) else value for name, value in row.items()}
