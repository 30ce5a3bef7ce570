"""The models that people keep: a row a workspace, one folder for each content."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from lmcore import checkpoints, files
from lmcore.library import schema
from lmcore.library.base import named, title_of
from lmcore.library.errors import LibraryError, in_words
from lmcore.library.quota import Quota, step_of


@dataclass(frozen=True)
class Model:
    """One kept model: its row. `lmcore.checkpoints.load(model.folder)` gives the model itself."""

    id: str
    title: str
    family: str
    hash: str
    corpus: str
    card: dict[str, Any]
    folder: Path
    steps: tuple[int, ...]  # the snapshots that are still kept
    n_bytes: int  # with the snapshots
    run_id: str | None
    kept: bool  # False: put aside by itself, the first to go when room is needed
    created: int
    share: str | None = None  # the token of its read-only link


class Models(Quota):
    """Keep, list, rename, delete."""

    def keep_model(
        self, workspace: str, folder: Path, title: str = "", run_id: str | None = None, kept: bool = True
    ) -> Model:
        """Keep the checkpoint that lmcore.checkpoints wrote into `folder`. The same content again renews the title.

        `kept=False` puts it aside without asking: such models go first when room is needed.
        Errors: LibraryError when it is no checkpoint or cannot fit (see `would_thin`), or nothing can be written.
        """
        with in_words():
            try:
                card = checkpoints.read_card(folder)
            except ValueError as error:
                raise LibraryError(str(error)) from error
            snapshots = [[step_of(p.name), p.stat().st_size] for p in sorted((folder / "snapshots").glob("step-*"))]
            snapshots = [pair for pair in snapshots if pair[0] >= 0]
            n_bytes = files.size(folder) - sum(n for _, n in snapshots)
        corpus, family, name = _described(card)
        row = {
            "title": title_of(title or str(card.get("title", "")), f"{family} on {corpus}" if corpus else family),
            "family": family,
            "corpus": corpus,
            "card": json.dumps(card),
            "n_bytes": n_bytes,
            "snapshots": json.dumps(snapshots),
            "run_id": run_id,
        }
        table = schema.models
        with self.db.write() as conn:
            own = self.own(conn, workspace)
            mine = (table.c.workspace_id == own) & (table.c.hash == name)
            known = conn.execute(select(table).where(mine)).first()
            had = 0 if known is None else known.n_bytes + sum(n for _, n in json.loads(known.snapshots))
            thinned = self.make_room(conn, own, n_bytes + sum(n for _, n in snapshots) - had)
            if known is None:
                ids = {"id": secrets.token_hex(8), "workspace_id": own, "hash": name, "created": int(time.time())}
                conn.execute(insert(table).values(**ids, **row, kept=kept))
            else:
                conn.execute(update(table).where(mine).values(**row, kept=known.kept or kept))
            files.place_folder(folder, named(self.models_folder, name))
            model_id = conn.execute(select(table.c.id).where(mine)).scalar_one()
        self.drop_files(thinned)
        return self.model(workspace, model_id)

    def models(self, workspace: str) -> list[Model]:
        """The models of a workspace, newest first."""
        table = schema.models
        with self.db.read() as conn:
            mine = table.c.workspace_id == self.find(conn, workspace)
            rows = conn.execute(_with_share().where(mine).order_by(table.c.created.desc(), table.c.id)).all()
        return [self.as_model(row) for row in rows]

    def model(self, workspace: str, model_id: str) -> Model:
        """One model of this workspace. LibraryError for any other."""
        with self.db.read() as conn:
            return self.as_model(self.model_row(conn, workspace, model_id))

    def has_model(self, workspace: str, digest: str) -> bool:
        """True when this workspace keeps the model of this hash: only then may it train it on."""
        table = schema.models
        with self.db.read() as conn:
            mine = (table.c.workspace_id == self.find(conn, workspace)) & (table.c.hash == digest)
            return conn.execute(select(table.c.id).where(mine)).first() is not None

    def rename_model(self, workspace: str, model_id: str, title: str) -> Model:
        """Give it another title."""
        return self._change(workspace, model_id, title=title_of(title, "My model"))

    def keep(self, workspace: str, model_id: str) -> Model:
        """Keep on purpose what was only put aside."""
        return self._change(workspace, model_id, kept=True)

    def delete_model(self, workspace: str, model_id: str) -> None:
        """Remove it from this workspace, its share link too; the files go with the last one that keeps them."""
        with self.db.write() as conn:
            row = self.model_row(conn, workspace, model_id)
            conn.execute(delete(schema.models).where(schema.models.c.id == row.id))
        self.drop_files([("model", row.hash)])

    def model_row(self, conn: Connection, workspace: str, model_id: str) -> Row[Any]:
        """The row, with its share. LibraryError for a model of somebody else."""
        table = schema.models
        mine = (table.c.workspace_id == self.find(conn, workspace)) & (table.c.id == model_id)
        row = conn.execute(_with_share().where(mine)).first()
        if row is None:
            raise LibraryError("There is no such model in this workspace.")
        return row

    def as_model(self, row: Row[Any]) -> Model:
        """A row as what callers get."""
        snapshots = json.loads(row.snapshots)
        return Model(
            id=row.id,
            title=row.title,
            family=row.family,
            hash=row.hash,
            corpus=row.corpus,
            card=json.loads(row.card),
            folder=named(self.models_folder, row.hash),
            steps=tuple(step for step, _ in snapshots),
            n_bytes=row.n_bytes + sum(n for _, n in snapshots),
            run_id=row.run_id,
            kept=bool(row.kept),
            created=row.created,
            share=row.share,
        )

    def _change(self, workspace: str, model_id: str, **values: Any) -> Model:
        with self.db.write() as conn:
            row = self.model_row(conn, workspace, model_id)
            conn.execute(update(schema.models).where(schema.models.c.id == row.id).values(**values))
        return self.model(workspace, model_id)


def _with_share() -> Any:
    table, share = schema.models, schema.shares
    return select(table, share.c.token.label("share")).select_from(
        table.outerjoin(share, share.c.model_id == table.c.id)
    )


def _described(card: dict[str, Any]) -> tuple[str, str, str]:
    corpus = card.get("corpus", "")
    if isinstance(corpus, dict):
        corpus = corpus.get("title") or corpus.get("name") or ""
    return title_of(str(corpus), ""), title_of(str(card.get("family", "")), "model")[:40], str(card.get("hash", ""))
