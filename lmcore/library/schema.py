"""The tables, and how an older database becomes a newer one.

Rows hold hashes and words; texts and weights are files under the data folder, named by their hash. Times are whole
UTC seconds since 1970, except `at_ms`. Ids that people may hold (runs, shares) are random, so that none can be guessed.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    insert,
    inspect,
    select,
    update,
)

from lmcore.library.errors import LibraryError

metadata = MetaData()

schema_version = Table("schema_version", metadata, Column("version", Integer, nullable=False))

# Whose things these are. Nobody has a name here: a workspace is what some browser's cookie opens.
workspaces = Table(
    "workspaces",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("created", Integer, nullable=False),
    Column("last_seen", Integer, nullable=False),
    Column("quota_bytes", Integer),  # None: the library's own
)
tokens = Table(  # one row a device; only the hash of the cookie's token is known here
    "tokens",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created", Integer, nullable=False),
)
device_codes = Table(
    "device_codes",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("expires", Integer, nullable=False),
)
attempts = Table(  # codes made and wrong codes typed, counted for the rate limit
    "attempts",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("what", String(80), nullable=False),
    Column("at", Integer, nullable=False),
    Index("attempts_what_at", "what", "at"),
)

texts = Table(  # the file is texts/<sha256>.txt
    "texts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("title", String(200), nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("n_chars", Integer, nullable=False),
    Column("n_bytes", Integer, nullable=False),
    Column("created", Integer, nullable=False),
    UniqueConstraint("workspace_id", "sha256"),
)
models = Table(  # the folder is models/<hash>/, as lmcore.checkpoints writes it
    "models",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("title", String(200), nullable=False),
    Column("family", String(40), nullable=False),
    Column("hash", String(64), nullable=False, index=True),
    Column("corpus", String(200), nullable=False),
    Column("card", Text, nullable=False),  # JSON
    Column("n_bytes", Integer, nullable=False),  # without the snapshots
    Column("snapshots", Text, nullable=False),  # JSON [[step, bytes], …]: those that this row still holds
    Column("run_id", String(32), index=True),  # the run that made it, if it still exists
    Column("kept", Boolean, nullable=False),  # False: put aside by itself, the first to go when room is needed
    Column("created", Integer, nullable=False),
    UniqueConstraint("workspace_id", "hash"),
)
shares = Table(
    "shares",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("model_id", ForeignKey("models.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("created", Integer, nullable=False),
)

runs = Table(  # the folder is runs/<id>/
    "runs",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),  # age in the queue: seconds are too coarse
    Column("id", String(32), nullable=False, unique=True),
    Column("task", String(40), nullable=False),
    Column("spec", Text, nullable=False),  # JSON
    Column("hash", String(64), nullable=False, index=True),
    Column("nonce", String(32)),  # "train anew": such a run is nobody else's replay
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="SET NULL"), index=True),  # whose turn it takes
    Column("text_sha256", String(64), index=True),  # the person's own text that it reads
    Column("state", String(12), nullable=False, index=True),
    Column("step", Integer, nullable=False, default=0),
    Column("max_steps", Integer),
    Column("resumed_from", Integer),
    Column("deaths", Integer, nullable=False, default=0),  # since a person last asked for it
    Column("error", Text),
    Column("busy_ms", Integer, nullable=False, default=0),  # time in a worker, all turns together
    Column("busy_steps", Integer, nullable=False, default=0),  # steps taken in that time
    Column("model_hash", String(64)),
    Column("created", Integer, nullable=False),
    Column("started", Integer),
    Column("finished", Integer),
)
watchers = Table(
    "watchers",
    metadata,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("replay", Boolean, nullable=False),  # it was finished already when this workspace asked for it
    Column("since", Integer, nullable=False),
)
events = Table(
    "events",
    metadata,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(40), nullable=False),
    Column("at_ms", Integer, nullable=False),  # milliseconds since 1970
    Column("payload", Text, nullable=False),  # JSON
)


def _first(conn: Connection) -> None:
    metadata.create_all(conn)


# MIGRATIONS[i] takes a database from version i to i + 1. A new one that changes tables made by `_first` must look
# whether they already have its change, since `_first` makes them as they are described above today.
MIGRATIONS: list[Callable[[Connection], None]] = [_first]


def migrate(conn: Connection) -> int:
    """Bring the database to this code's version, inside the caller's write transaction. Returns the version it had.

    Errors: LibraryError when the database was made by a newer version of the playground.
    """
    newest = len(MIGRATIONS)
    had = 0
    if inspect(conn).has_table("schema_version"):
        had = conn.execute(select(func.max(schema_version.c.version))).scalar() or 0
    if had > newest:
        raise LibraryError(
            f"This library was made by a newer version of LM Playground (schema {had}, this one knows {newest})."
        )
    for version in range(had, newest):
        MIGRATIONS[version](conn)
    if had < newest:
        if had == 0:
            conn.execute(insert(schema_version).values(version=newest))
        else:
            conn.execute(update(schema_version).values(version=newest))
    return had
