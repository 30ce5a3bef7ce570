"""The texts that people bring: kept once by content, however many workspaces keep them."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from lmcore import files
from lmcore.library import schema
from lmcore.library.base import MB, named, title_of
from lmcore.library.errors import LibraryError, in_words
from lmcore.library.quota import Quota

MAX_TEXT = 20 * MB


@dataclass(frozen=True)
class Text:
    """One kept text: its row, without the text itself."""

    id: str
    title: str
    sha256: str  # of the UTF-8 text
    n_chars: int
    n_bytes: int
    created: int  # UTC seconds

    def as_corpus(self) -> dict[str, str]:
        """The "corpus" of a run spec that trains on this text."""
        return {"kind": "text", "sha256": self.sha256, "title": self.title}


class Texts(Quota):
    """Add, list, read, rename, delete."""

    def add_text(self, workspace: str, title: str, text: str) -> Text:
        """Keep a text (validated before by lmcore.corpora). The same text again only renews the title.

        Errors: LibraryError when it is empty, over 20 MB, not Unicode, or over the quota.
        """
        try:
            data = text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise LibraryError("The text holds characters that are not valid Unicode.") from error
        if not data:
            raise LibraryError("The text is empty.")
        if len(data) > MAX_TEXT:
            raise LibraryError(f"The text has {len(data) / MB:.1f} MB; the limit is {MAX_TEXT // MB} MB.")
        sha, name, now = hashlib.sha256(data).hexdigest(), title_of(title, "Your text"), int(time.time())
        table = schema.texts
        with self.db.write() as conn:
            own = self.own(conn, workspace)
            mine = (table.c.workspace_id == own) & (table.c.sha256 == sha)
            known = conn.execute(select(table).where(mine)).first()
            if known is None:
                thinned = self.make_room(conn, own, len(data))
                row = {"title": name, "sha256": sha, "n_chars": len(text), "n_bytes": len(data), "created": now}
                conn.execute(insert(table).values(id=secrets.token_hex(8), workspace_id=own, **row))
            else:
                thinned = []
                conn.execute(update(table).where(mine).values(title=name))
            path = named(self.texts_folder, sha, ".txt")
            if not path.exists():
                files.write_atomic(path, data)
            kept = _text(conn.execute(select(table).where(mine)).one())
        self.drop_files(thinned)
        return kept

    def texts(self, workspace: str) -> list[Text]:
        """The texts of a workspace, newest first."""
        table = schema.texts
        with self.db.read() as conn:
            mine = table.c.workspace_id == self.find(conn, workspace)
            return [_text(row) for row in conn.execute(select(table).where(mine).order_by(table.c.created.desc()))]

    def text(self, workspace: str, text_id: str) -> Text:
        """One text of this workspace. LibraryError for any other."""
        with self.db.read() as conn:
            return _text(self._text_row(conn, workspace, text_id))

    def read_text(self, workspace: str, text_id: str) -> str:
        """The text itself."""
        return self._read(self.text(workspace, text_id).sha256)

    def has_text(self, workspace: str, sha256: str) -> bool:
        """True when this workspace keeps the text of this hash: only then may it train on it."""
        table = schema.texts
        with self.db.read() as conn:
            mine = (table.c.workspace_id == self.find(conn, workspace)) & (table.c.sha256 == sha256)
            return conn.execute(select(table.c.id).where(mine)).first() is not None

    def rename_text(self, workspace: str, text_id: str, title: str) -> Text:
        """Give it another title."""
        with self.db.write() as conn:
            row = self._text_row(conn, workspace, text_id)
            change = update(schema.texts).where(schema.texts.c.id == row.id)
            conn.execute(change.values(title=title_of(title, "Your text")))
        return self.text(workspace, text_id)

    def delete_text(self, workspace: str, text_id: str) -> None:
        """Remove it from this workspace; the file goes with the last one that keeps it or still trains on it."""
        with self.db.write() as conn:
            row = self._text_row(conn, workspace, text_id)
            conn.execute(delete(schema.texts).where(schema.texts.c.id == row.id))
        self.drop_files([("text", row.sha256)])

    def _text_row(self, conn: Connection, workspace: str, text_id: str) -> Row[Any]:
        table = schema.texts
        mine = (table.c.workspace_id == self.find(conn, workspace)) & (table.c.id == text_id)
        row = conn.execute(select(table).where(mine)).first()
        if row is None:
            raise LibraryError("There is no such text in this workspace.")
        return row

    def _read(self, sha256: str) -> str:
        with in_words():
            data = named(self.texts_folder, sha256, ".txt").read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise LibraryError("The file of this text was changed on the disk, so it cannot be used.")
        return data.decode("utf-8")


def _text(row: Row[Any]) -> Text:
    return Text(row.id, row.title, row.sha256, row.n_chars, row.n_bytes, row.created)
