"""What a task gets from its worker: a folder, the texts, the wish to stop, and a way to survive."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lmcore import files
from lmcore.files import STATE_FILE

if TYPE_CHECKING:
    from lmcore.corpora import Corpus
    from lmcore.training.finetune import Start

Arrays = dict[str, np.ndarray]

SAVE_EVERY = 3.0  # seconds between full states
SAVE_SHARE = 0.05  # at most this share of the time is spent on them


class Context:
    """One per job.

    A task that wants to survive calls `save` whenever `save_due()`, and starts from `resume` when that is not None.
    It is stopped between two events; one that sets `wraps_up` is not, but looks at `stopping`, writes what it wants to
    leave behind and returns, within 0.8 s.
    """

    def __init__(
        self, folder: Path, texts: Path, resume: bool = False, is_stopping: Callable[[], bool] = lambda: False
    ) -> None:
        self.folder = folder  # runs/<id>: what a task writes here stays
        self.model_folder = folder / "model"  # where a task puts its checkpoint
        self.wraps_up = False
        self.result: dict[str, Any] = {}  # JSON for the "done" event
        self._texts = texts
        self._is_stopping = is_stopping
        folder.mkdir(parents=True, exist_ok=True)
        self.resume: tuple[Arrays, dict[str, Any]] | None = self._load() if resume else None
        self._saved_at = time.monotonic()
        self._save_took = 0.0

    @property
    def stopping(self) -> bool:
        """True once this job shall stop."""
        return self._is_stopping()

    def save_due(self) -> bool:
        """Is it time for a full state: now, if the job shall stop, else every few seconds, rarer if it takes long."""
        return self.stopping or time.monotonic() - self._saved_at > max(SAVE_EVERY, self._save_took / SAVE_SHARE)

    def save(self, arrays: Mapping[str, np.ndarray], state: dict[str, Any]) -> None:
        """Write the full state, whole or not at all. `state` is JSON; its "step" is shown to people."""
        from safetensors.numpy import save

        began = time.monotonic()
        whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        files.write_atomic(self.folder / STATE_FILE, save(whole, metadata={"state": json.dumps(state)}))
        self._saved_at = time.monotonic()
        self._save_took = self._saved_at - began

    def resolve_text(self, corpus: dict[str, Any]) -> Corpus:
        """The corpus that a spec names: a shipped one, or a text of the library. ValueError in words."""
        from lmcore import corpora

        if corpus.get("kind") == "shipped":
            return corpora.load(str(corpus.get("name", "")))
        return corpora.from_text(self.read_text(corpus), str(corpus.get("title") or "Your text"))

    def read_text(self, corpus: Mapping[str, Any]) -> str:
        """A text of the library, as it is kept. ValueError in words."""
        sha = str(corpus.get("sha256", ""))
        try:
            data = files.named(self._texts, sha, ".txt").read_bytes()
        except OSError as error:
            raise ValueError("The text of this job is no longer in the library.") from error
        if hashlib.sha256(data).hexdigest() != sha:
            raise ValueError("The file of this text was changed on the disk, so it cannot be used.")
        return data.decode("utf-8")

    def resolve_start(self, start: Mapping[str, Any]) -> Start:
        """The trained model that a spec goes on from: a shipped one, or one of the library. ValueError in words."""
        from lmcore.jobs.starts import open_start

        return open_start(start, self._texts.parent / "models", self.resolve_text)  # beside the texts, in a library

    def _load(self) -> tuple[Arrays, dict[str, Any]] | None:
        try:
            return read_state(self.folder)
        except ValueError:
            return None  # none or damaged: the job starts from the beginning, which is never wrong


def read_state(folder: Path, prefix: str = "") -> tuple[Arrays, dict[str, Any]]:
    """The full state in a run's folder, with the arrays whose names begin so. ValueError when there is no good one."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(folder / STATE_FILE, framework="np") as file:
            state = json.loads((file.metadata() or {})["state"])
            names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118 (not a dict)
            return {name: file.get_tensor(name) for name in names}, state
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise ValueError("This run has no full state to go on from.") from error
