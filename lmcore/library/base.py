"""What all parts of the library share: the data folder, the database, and which workspace a cookie opens."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
import unicodedata
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from lmcore import files
from lmcore.library import schema
from lmcore.library.database import Database
from lmcore.library.errors import LibraryError

MB = 1_000_000
SEEN_EVERY = 3600  # seconds: being here again is worth one write an hour
_TOKEN = re.compile(r"[0-9A-Za-z_-]{32,128}\Z")
_HANDLE = re.compile(r"[0-9a-f]{64}\Z")


def named(folder: Path, name: str, suffix: str = "") -> Path:
    """`files.named`, whose refusal is a LibraryError."""
    try:
        return files.named(folder, name, suffix)
    except ValueError as error:
        raise LibraryError(str(error)) from error


class Base:
    """The folder and the database. A workspace is always given as the handle that `workspace_for(token)` returns."""

    folder: Path
    db: Database
    quota_bytes: int

    @property
    def texts_folder(self) -> Path:
        """Where the texts lie, as <sha256>.txt."""
        return self.folder / "texts"

    @property
    def models_folder(self) -> Path:
        """Where kept models lie, as <hash>/."""
        return self.folder / "models"

    @property
    def runs_folder(self) -> Path:
        """Where runs lie, as <id>/."""
        return self.folder / "runs"

    def find(self, conn: Connection, workspace: str) -> str | None:
        """The id of the workspace behind a handle; None as long as nothing was ever written for it."""
        if not _HANDLE.match(workspace):
            raise LibraryError("This browser's workspace is not valid. Reload the page to get a new one.")
        token = schema.tokens
        return conn.execute(select(token.c.workspace_id).where(token.c.sha256 == workspace)).scalar()

    def own(self, conn: Connection, workspace: str) -> str:
        """The id of the workspace, which now exists and was seen. Inside a write transaction."""
        now = int(time.time())
        found = self.find(conn, workspace)
        spaces = schema.workspaces
        if found is None:
            found = secrets.token_hex(16)
            conn.execute(insert(spaces).values(id=found, created=now, last_seen=now))
            conn.execute(insert(schema.tokens).values(sha256=workspace, workspace_id=found, created=now))
        else:
            late = (spaces.c.id == found) & (spaces.c.last_seen < now - SEEN_EVERY)
            conn.execute(update(spaces).where(late).values(last_seen=now))
        return found


def handle(token: str | None) -> str:
    """The handle of a workspace: the SHA-256 of the cookie's token. The token itself is never written anywhere."""
    if token is None or not _TOKEN.match(token):
        raise LibraryError("This browser sent no valid workspace cookie. Allow cookies for this page and reload it.")
    return hashlib.sha256(token.encode()).hexdigest()


def title_of(text: str, otherwise: str) -> str:
    """A title as it may be kept: one line of at most 120 characters, without control or direction characters."""
    kept = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    return " ".join(kept.split())[:120].rstrip() or otherwise
