"""SQLAlchemy Core on SQLite: readers never wait for a writer (WAL), and writers queue up instead of failing.

A transaction that reads first and writes later fails at once when somebody else wrote in between, whatever the busy
timeout says. So every transaction that may write begins with BEGIN IMMEDIATE: it waits for its turn at the start.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from lmcore.library.errors import in_words
from lmcore.library.schema import migrate

BUSY_SECONDS = 10.0


class Database:
    """One engine a process. `read()` and `write()` give a connection inside a transaction."""

    def __init__(self, url: str) -> None:
        """`url` as SQLAlchemy writes it ("sqlite:////folder/library.sqlite3"). Creates and migrates the tables."""
        self.url = url
        with in_words():
            if url.startswith("sqlite"):
                self.engine = create_engine(url, pool_size=8, max_overflow=24, connect_args={"timeout": BUSY_SECONDS})
                _sqlite(self.engine)
            else:
                # Elsewhere the database itself must refuse two writers that saw the same thing and act on it.
                self.engine = create_engine(url, pool_pre_ping=True, isolation_level="SERIALIZABLE")
            self._writer = self.engine.execution_options(lm_write=True)
            with self.write() as conn:
                migrate(conn)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view of the database. LibraryError in words when it cannot be read."""
        with in_words(), self.engine.connect() as conn:
            yield conn

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A write transaction: all of it or, after any exception, nothing. LibraryError in words."""
        with in_words(), self._writer.begin() as conn:
            yield conn

    def close(self) -> None:
        """Give the files back."""
        self.engine.dispose()


def sqlite_url(file: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{file}"


def _sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself: `on_begin` does
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
        _to_wal(cursor)
        cursor.execute("PRAGMA synchronous = NORMAL")  # in WAL mode a power cut can lose the last moment, never more
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(conn: Connection) -> None:
        conn.exec_driver_sql("BEGIN IMMEDIATE" if conn.get_execution_options().get("lm_write") else "BEGIN")


def _to_wal(cursor: Any) -> None:
    # The switch to WAL does not wait for others, whatever the busy timeout says: two servers starting at once collide.
    for delay in (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, None):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except Exception as error:
            if delay is None or "locked" not in str(error):
                raise
            time.sleep(delay)
