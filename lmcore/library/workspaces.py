"""Workspaces: what a browser's cookie opens, on one device or several. No names, no passwords, no addresses."""

from __future__ import annotations

import hashlib
import secrets
import time

from sqlalchemy import Connection, delete, func, insert, select, update

from lmcore.library import schema
from lmcore.library.base import Base, handle
from lmcore.library.errors import LibraryError

CODE_SECONDS = 600
CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that looks like something else; 31^8 is 8.5e11 codes
CODE_LENGTH = 8
CODES_MADE = 10  # by one workspace in CODE_SECONDS
WRONG_CODES = 10  # by one caller in CODE_SECONDS
WRONG_CODES_IN_ALL = 1000  # by all callers together


class Workspaces(Base):
    """Handles, device codes, forgetting."""

    def workspace_for(self, token: str | None) -> str:
        """The handle of the workspace that this cookie token opens. Pure: a visitor who keeps nothing leaves no row.

        Errors: LibraryError for no token or one that this project never made.
        """
        return handle(token)

    def new_token(self) -> str:
        """A fresh token for a cookie: 32 random bytes."""
        return secrets.token_urlsafe(32)

    def seen(self, workspace: str) -> None:
        """Note that the workspace is in use, if it exists (written once an hour at most)."""
        with self.db.read() as conn:
            known = self.find(conn, workspace)
        if known:
            with self.db.write() as conn:
                self.own(conn, workspace)

    def n_devices(self, workspace: str) -> int:
        """How many cookies open this workspace (0 as long as it keeps nothing)."""
        with self.db.read() as conn:
            own = self.find(conn, workspace)
            token = schema.tokens
            return conn.execute(select(func.count()).where(token.c.workspace_id == own)).scalar() or 0

    def make_device_code(self, workspace: str) -> str:
        """A code such as "K7QM-2RXW" that opens this workspace once on another device, within ten minutes.

        A new code ends the one before. Errors: LibraryError after ten codes in ten minutes.
        """
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        now = int(time.time())
        codes = schema.device_codes
        with self.db.write() as conn:
            own = self.own(conn, workspace)
            if _count(conn, f"made {own}", now) >= CODES_MADE:
                raise LibraryError(f"{CODES_MADE} codes were made in the last ten minutes. Please wait a little.")
            _note(conn, f"made {own}", now)
            conn.execute(delete(codes).where((codes.c.workspace_id == own) | (codes.c.expires <= now)))
            conn.execute(insert(codes).values(sha256=_code_hash(code), workspace_id=own, expires=now + CODE_SECONDS))
        return f"{code[:4]}-{code[4:]}"

    def redeem(self, code: str, caller: str | None = None) -> str | None:
        """A new cookie token for the workspace of a device code, which is used up by this; None for a wrong code.

        `caller` is whoever tries (an address, say), if known: it is only hashed and counted. Errors: LibraryError after
        ten wrong codes of one caller in ten minutes, or a thousand of all.
        """
        now = int(time.time())
        codes = schema.device_codes
        who = "wrong " + hashlib.sha256((caller or "").encode("utf-8", "replace")).hexdigest()
        with self.db.write() as conn:
            by_caller = _count(conn, who, now) if caller else 0
            if by_caller >= WRONG_CODES or _count(conn, "wrong", now) >= WRONG_CODES_IN_ALL:
                raise LibraryError("Too many wrong codes were typed. Please wait ten minutes.")
            found = (codes.c.sha256 == _code_hash(code)) & (codes.c.expires > now)
            own = conn.execute(select(codes.c.workspace_id).where(found)).scalar()
            if own is not None:
                conn.execute(delete(codes).where(codes.c.workspace_id == own))
                token = self.new_token()
                conn.execute(insert(schema.tokens).values(sha256=handle(token), workspace_id=own, created=now))
                conn.execute(update(schema.workspaces).where(schema.workspaces.c.id == own).values(last_seen=now))
                return token
            _note(conn, who, now)
            _note(conn, "wrong", now)
        return None

    def forget(self, token: str | None) -> int:
        """End this cookie. Returns how many other devices still open the workspace.

        With none left nobody can ever open it again; `collect` empties it after thirty days (a device code that was
        made before still works for its ten minutes).
        """
        workspace = self.workspace_for(token)
        with self.db.write() as conn:
            own = self.find(conn, workspace)
            conn.execute(delete(schema.tokens).where(schema.tokens.c.sha256 == workspace))
            others = select(func.count()).where(schema.tokens.c.workspace_id == own)
            return conn.execute(others).scalar() or 0


def _code_hash(code: str) -> str:
    letters = "".join(c for c in code.upper()[:40] if c.isascii() and c.isalnum())
    return hashlib.sha256(letters.encode()).hexdigest()


def _count(conn: Connection, what: str, now: int) -> int:
    attempts = schema.attempts
    recent = (attempts.c.what == what) & (attempts.c.at > now - CODE_SECONDS)
    return conn.execute(select(func.count()).where(recent)).scalar() or 0


def _note(conn: Connection, what: str, now: int) -> None:
    conn.execute(delete(schema.attempts).where(schema.attempts.c.at <= now - CODE_SECONDS))
    conn.execute(insert(schema.attempts).values(what=what, at=now))
