"""What people keep: texts, models, runs and shares, each under its workspace.

    library = Library(folder)                        # or default_library(), the server's own
    me = library.workspace_for(cookie_token)         # a handle; every call below takes it and refuses others' things
    text = library.add_text(me, "My diary", "…")
    model = library.keep_model(me, runner.result(job_id).folder, "Diary model", run_id=job_id)
    link = library.share_model(me, model.id); library.shared(link)

Texts and weights are files in the data folder, named by their content; a SQLite database beside them holds hashes,
titles and times (another database by LM_PLAYGROUND_DB). No torch is imported. Every failure is a LibraryError whose
message is a sentence for the page.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

from lmcore import paths
from lmcore.library.base import MB
from lmcore.library.collect import FORGOTTEN_DAYS, RUN_DAYS, Collect, Collected
from lmcore.library.database import Database, sqlite_url
from lmcore.library.errors import LibraryError, in_words
from lmcore.library.models import Model
from lmcore.library.quota import Thinning, Usage
from lmcore.library.texts import MAX_TEXT, Text, Texts
from lmcore.library.workspaces import Workspaces

QUOTA_BYTES = 200 * MB


class Library(Workspaces, Texts, Collect):
    """The library of one data folder. Threads and processes may share it; make one for each process."""

    def __init__(self, folder: Path | None = None, url: str | None = None, quota_bytes: int = QUOTA_BYTES) -> None:
        """`folder` for the files (default: paths.data_dir()), `url` of the database (default: SQLite in the folder).

        Errors: LibraryError when the folder cannot be written or the database is damaged or too new.
        """
        with in_words():
            self.folder = (Path(folder) if folder is not None else paths.data_dir()).resolve()
            for part in (self.folder, self.texts_folder, self.models_folder, self.runs_folder):
                part.mkdir(parents=True, exist_ok=True)
        self.quota_bytes = quota_bytes
        self.db = Database(url or sqlite_url(self.folder / "library.sqlite3"))

    def close(self) -> None:
        """Close the connections of this process."""
        self.db.close()


_default: Library | None = None
_lock = threading.Lock()


def default_library() -> Library:
    """The library of this server: paths.data_dir() and LM_PLAYGROUND_DB, LM_PLAYGROUND_QUOTA_MB. Made once."""
    global _default
    with _lock:
        if _default is None:
            quota = int(float(os.environ.get("LM_PLAYGROUND_QUOTA_MB") or QUOTA_BYTES / MB) * MB)
            _default = Library(url=os.environ.get("LM_PLAYGROUND_DB") or None, quota_bytes=quota)
        return _default


__all__ = [
    "FORGOTTEN_DAYS",
    "MAX_TEXT",
    "MB",
    "QUOTA_BYTES",
    "RUN_DAYS",
    "Collected",
    "Library",
    "LibraryError",
    "Model",
    "Text",
    "Thinning",
    "Usage",
    "default_library",
]
