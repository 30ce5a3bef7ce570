"""Tidying up: what nobody can reach any more goes, with the days and sizes said here.

- A run that nobody kept goes RUN_DAYS after it ended; earlier, oldest first, when all such runs together are over
  RUNS_MB. Kept runs lose only what was needed to resume them.
- A workspace that no cookie opens any more ("Forget this computer") goes after FORGOTTEN_DAYS.
- Files that no row holds, and what an interrupted write left behind, go after an hour.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, func, select

from lmcore import files
from lmcore.library import schema
from lmcore.library.base import MB, named
from lmcore.library.errors import in_words
from lmcore.library.quota import UNFINISHED
from lmcore.library.shares import Shares

RUN_DAYS = 14
RUNS_MB = 2000
FORGOTTEN_DAYS = 30
DAY = 86400
HOUR = 3600


@dataclass(frozen=True)
class Collected:
    """What went."""

    runs: int
    workspaces: int
    files: int


class Collect(Shares):
    """Called by the job runner at its start and once an hour; cheap when there is nothing to do."""

    def collect(self, now: float | None = None, run_days: float = RUN_DAYS, runs_mb: float = RUNS_MB) -> Collected:
        """Remove what the module's docstring says, as of `now` (seconds since 1970)."""
        now = time.time() if now is None else now
        with in_words():
            spaces = self._forgotten(now)
            runs = self._old_runs(now, run_days, runs_mb)
            return Collected(runs, spaces, self._orphans(now - HOUR))

    def _forgotten(self, now: float) -> int:
        space, token = schema.workspaces, schema.tokens
        gone = space.c.id.not_in(select(token.c.workspace_id)) & (space.c.last_seen < now - FORGOTTEN_DAYS * DAY)
        with self.db.write() as conn:
            return conn.execute(delete(space).where(gone)).rowcount

    def _old_runs(self, now: float, run_days: float, runs_mb: float) -> int:
        run, model = schema.runs, schema.models
        ended = run.c.state.not_in(UNFINISHED)
        is_kept = run.c.id.in_(select(model.c.run_id).where(model.c.kept, model.c.run_id.is_not(None)))
        with self.db.read() as conn:
            kept = conn.execute(select(run.c.id).where(ended & is_kept)).scalars().all()
            rows = conn.execute(
                select(run.c.id, func.coalesce(run.c.finished, run.c.created).label("end"))
                .where(ended & ~is_kept)
                .order_by(func.coalesce(run.c.finished, run.c.created))
            ).all()
        for name in kept:
            (self.run_folder(name) / files.STATE_FILE).unlink(missing_ok=True)
        sizes = {row.id: files.size(self.run_folder(row.id)) for row in rows}
        total = sum(sizes.values())
        gone = []
        for row in rows:
            if row.end < now - run_days * DAY or total > runs_mb * MB:
                gone.append(row.id)
                total -= sizes[row.id]
        if gone:
            with self.db.write() as conn:
                conn.execute(delete(run).where(run.c.id.in_(gone) & ended & ~is_kept))
        for name in gone:
            files.remove_folder(self.run_folder(name))
        return len(gone)

    def _orphans(self, before: float) -> int:
        gone = sum(files.sweep(folder, before) for folder in (self.texts_folder, self.models_folder, self.runs_folder))
        with self.db.write() as conn:  # nobody adds a file meanwhile: `add_text` and `keep_model` wait their turn
            text, run = schema.texts, schema.runs
            held = set(conn.execute(select(text.c.sha256)).scalars())
            unfinished = run.c.state.in_(UNFINISHED) & run.c.text_sha256.is_not(None)
            held |= set(conn.execute(select(run.c.text_sha256).where(unfinished)).scalars())
            held |= set(conn.execute(select(schema.models.c.hash)).scalars())
            held |= set(conn.execute(select(run.c.id)).scalars())
            for path in [*_old(self.texts_folder, before), *_old(self.models_folder, before)]:
                if path.name.removesuffix(".txt") not in held:
                    gone += _remove(path)
            for path in _old(self.runs_folder, before):
                if path.is_dir() and path.name not in held:
                    gone += _remove(path)
        return gone

    def run_folder(self, run_id: str) -> Path:
        """Where a run's files lie."""
        return named(self.runs_folder, run_id)


def _old(folder: Path, before: float) -> list[Path]:
    if not folder.is_dir():
        return []
    return [p for p in folder.iterdir() if not p.name.startswith(".") and p.stat().st_mtime < before]


def _remove(path: Path) -> int:
    if path.is_dir():
        files.remove_folder(path)
    else:
        path.unlink(missing_ok=True)
    return 1
