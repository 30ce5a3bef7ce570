"""How much a workspace may keep, and what goes first: the oldest snapshots, thinned; never a text, never a last weight.

Everybody who keeps a file is charged its whole size, also where several keep the same content. Snapshots of a model
that several keep disappear from the disk only when the last of them has let go.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, func, select, update

from lmcore import files
from lmcore.library import schema
from lmcore.library.base import MB, Base, named
from lmcore.library.errors import LibraryError, in_words

Dropped = tuple[str, str]  # ("text", sha256) or ("model", hash): a file that a row no longer holds
UNFINISHED = ("queued", "running", "stopping", "lost")


@dataclass(frozen=True)
class Usage:
    """Bytes that a workspace keeps."""

    texts: int
    models: int  # without the snapshots
    snapshots: int
    quota: int

    @property
    def total(self) -> int:
        """All together."""
        return self.texts + self.models + self.snapshots


@dataclass(frozen=True)
class Thinning:
    """What would go to make room: snapshots as (model title, step), then models that nobody kept on purpose."""

    snapshots: list[tuple[str, int]] = field(default_factory=list)
    models: list[str] = field(default_factory=list)
    freed: int = 0
    enough: bool = True

    def sentence(self) -> str:
        """What to tell a person before it happens; empty when nothing has to go."""
        if not self.enough:
            return "There is no room for this in your library. Delete a text or a model first."
        parts = []
        if self.snapshots:
            titles = list(dict.fromkeys(title for title, _ in self.snapshots))
            parts.append(f"{len(self.snapshots)} old snapshots of {_listed(titles)}")
        if self.models:
            parts.append(f"the models you did not keep ({_listed(self.models)})")
        return f"To make room, {' and '.join(parts)} will be removed ({self.freed / MB:.1f} MB)." if parts else ""


@dataclass(frozen=True)
class _Cut:
    model_id: str
    title: str
    hash: str
    step: int | None  # None: the whole model
    n_bytes: int


class Quota(Base):
    """Usage, what would be thinned, and thinning."""

    def usage(self, workspace: str) -> Usage:
        """What this workspace keeps, in bytes, beside its quota."""
        with self.db.read() as conn:
            return self._usage(conn, self.find(conn, workspace))

    def would_thin(self, workspace: str, extra: int) -> Thinning:
        """What would have to go if `extra` more bytes were kept now. Changes nothing."""
        with self.db.read() as conn:
            own = self.find(conn, workspace)
            cuts, enough = self._cuts(conn, own, extra)
        return Thinning(
            [(cut.title, cut.step) for cut in cuts if cut.step is not None],
            [cut.title for cut in cuts if cut.step is None],
            sum(cut.n_bytes for cut in cuts),
            enough,
        )

    def make_room(self, conn: Connection, own: str, extra: int) -> list[Dropped]:
        """Thin until `extra` bytes fit, inside a write transaction. Afterwards call `drop_files` with what it returns.

        Errors: LibraryError when they cannot fit; nothing is thinned then.
        """
        cuts, enough = self._cuts(conn, own, extra)
        if not enough:
            usage = self._usage(conn, own)
            raise LibraryError(
                f"Your library is full: {usage.total / MB:.1f} of {usage.quota / MB:.0f} MB are used and this needs "
                f"{extra / MB:.1f} MB. Delete a text or a model first."
            )
        table = schema.models
        for cut in cuts:
            here = table.c.id == cut.model_id
            if cut.step is None:
                conn.execute(delete(table).where(here))
                continue
            left = json.loads(conn.execute(select(table.c.snapshots).where(here)).scalar_one())
            left = [pair for pair in left if pair[0] != cut.step]
            conn.execute(update(table).where(here).values(snapshots=json.dumps(left)))
        return [("model", cut.hash) for cut in cuts]

    def drop_files(self, dropped: list[Dropped]) -> None:
        """Remove the files that no row holds any more. In a write transaction, so that nobody adds them meanwhile."""
        for kind, name in dict.fromkeys(dropped):
            with self.db.write() as conn, in_words():
                if kind == "text":
                    self._drop_text(conn, name)
                else:
                    self._drop_model(conn, name)

    def _drop_text(self, conn: Connection, sha: str) -> None:
        text, run = schema.texts, schema.runs
        if conn.execute(select(text.c.id).where(text.c.sha256 == sha)).first():
            return
        needed = (run.c.text_sha256 == sha) & run.c.state.in_(UNFINISHED)
        if not conn.execute(select(run.c.id).where(needed)).first():
            named(self.texts_folder, sha, ".txt").unlink(missing_ok=True)

    def _drop_model(self, conn: Connection, name: str) -> None:
        model = schema.models
        rows = conn.execute(select(model.c.snapshots).where(model.c.hash == name)).all()
        folder = named(self.models_folder, name)
        if not rows:
            files.remove_folder(folder)
            return
        held = {step for row in rows for step, _ in json.loads(row.snapshots)}
        for path in (folder / "snapshots").glob("step-*.safetensors"):
            if step_of(path.name) not in held:
                path.unlink(missing_ok=True)

    def _usage(self, conn: Connection, own: str | None) -> Usage:
        text, model, space = schema.texts, schema.models, schema.workspaces
        n_texts = conn.execute(select(func.sum(text.c.n_bytes)).where(text.c.workspace_id == own)).scalar() or 0
        rows = conn.execute(select(model.c.n_bytes, model.c.snapshots).where(model.c.workspace_id == own)).all()
        n_snapshots = sum(n for row in rows for _, n in json.loads(row.snapshots))
        quota = conn.execute(select(space.c.quota_bytes).where(space.c.id == own)).scalar()
        return Usage(int(n_texts), sum(r.n_bytes for r in rows), n_snapshots, quota or self.quota_bytes)

    def _cuts(self, conn: Connection, own: str | None, extra: int) -> tuple[list[_Cut], bool]:
        # oldest model first: its snapshots, every second one before the rest; then whole models nobody kept
        usage = self._usage(conn, own)
        missing = usage.total + extra - usage.quota
        model = schema.models
        rows = conn.execute(
            select(model).where(model.c.workspace_id == own).order_by(model.c.created, model.c.id)
        ).all()
        order: list[_Cut] = []
        for row in rows:
            sizes = dict(json.loads(row.snapshots))
            order += [_Cut(row.id, row.title, row.hash, step, sizes[step]) for step in thin_order(list(sizes))]
        order += [_Cut(row.id, row.title, row.hash, None, row.n_bytes) for row in rows if not row.kept]
        cuts: list[_Cut] = []
        for cut in order:
            if missing <= 0:
                break
            cuts.append(cut)
            missing -= cut.n_bytes
        return cuts, missing <= 0


def thin_order(steps: list[int]) -> list[int]:
    """All steps in the order in which to give them up: every second one, then every second of the rest, …

    So what is left always spans the whole run: [1, 2, 4, 8, 16] gives [2, 8, 4, 1, 16].
    """
    left, order = sorted(steps), []
    while len(left) > 2:
        order += left[1:-1:2]
        left = [step for step in left if step not in order]
    return order + left


def step_of(name: str) -> int:
    """The step of a snapshot's file name, "step-000123.safetensors"; -1 for any other name."""
    digits = name.removeprefix("step-").removesuffix(".safetensors")
    return int(digits) if digits.isascii() and digits.isdigit() else -1


def _listed(titles: list[str]) -> str:
    quoted = [f"“{title}”" for title in titles[:3]]
    return ", ".join(quoted) + (f" and {len(titles) - 3} more" if len(titles) > 3 else "")
