"""Jobs in the database: the only truth about them, whichever process asks. Functions of a connection."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from lmcore.jobs.protocol import ACTIVE, WAITING, Event, JobError, Spec
from lmcore.library.schema import events, runs, watchers


def create(conn: Connection, spec: Spec, task: str, hash: str, own: str, max_steps: int | None, **more: Any) -> str:
    """A queued job of the workspace `own`. Returns its id: 16 random bytes, so that knowing it is being told it."""
    job_id = secrets.token_hex(16)
    row = {"id": job_id, "task": task, "spec": json.dumps(spec), "hash": hash, "workspace_id": own, **more}
    conn.execute(insert(runs).values(**row, state="queued", max_steps=max_steps, created=int(time.time())))
    append(conn, job_id, [("queued", now_ms(), {})])
    return job_id


def row(conn: Connection, job_id: str) -> Row[Any]:
    """The row of a job. JobError if there is none."""
    found = conn.execute(select(runs).where(runs.c.id == job_id)).first()
    if found is None:
        raise JobError("There is no such run (any more). Runs that nobody kept are removed after two weeks.")
    return found


def same(conn: Connection, hash: str, states: Sequence[str]) -> list[Row[Any]]:
    """Jobs of this hash in these states, newest first; those trained anew on purpose are nobody's replay."""
    mine = (runs.c.hash == hash) & runs.c.nonce.is_(None) & runs.c.state.in_(states)
    return list(conn.execute(select(runs).where(mine).order_by(runs.c.number.desc())))


def set_row(conn: Connection, job_id: str, **values: Any) -> None:
    """Change a job's row."""
    conn.execute(update(runs).where(runs.c.id == job_id).values(**values))


def waiting(conn: Connection) -> list[Row[Any]]:
    """All jobs that wait for a worker, oldest first."""
    return list(conn.execute(select(runs).where(runs.c.state.in_(WAITING)).order_by(runs.c.number)))


def in_state(conn: Connection, *states: str) -> list[Row[Any]]:
    """All jobs in these states, oldest first."""
    return list(conn.execute(select(runs).where(runs.c.state.in_(states)).order_by(runs.c.number)))


def count(conn: Connection, own: str | None = None) -> int:
    """How many jobs of a workspace wait or run; without one, how many of all wait."""
    query = select(func.count()).select_from(runs)
    if own is None:
        query = query.where(runs.c.state.in_(WAITING))
    else:
        query = query.where(runs.c.workspace_id == own, runs.c.state.in_(ACTIVE))
    return conn.execute(query).scalar() or 0


# ---- who watches ----


def watch(conn: Connection, job_id: str, own: str, replay: bool) -> None:
    """Make a workspace watch a job (it may already)."""
    mine = (watchers.c.run_id == job_id) & (watchers.c.workspace_id == own)
    if conn.execute(update(watchers).where(mine).values(replay=replay)).rowcount == 0:
        values = {"run_id": job_id, "workspace_id": own, "replay": replay, "since": int(time.time())}
        conn.execute(insert(watchers).values(**values))


def watching(conn: Connection, job_id: str) -> dict[str, bool]:
    """Workspaces that watch a job, first come first; the value says whether it was a replay for them."""
    mine = select(watchers).where(watchers.c.run_id == job_id).order_by(watchers.c.since)
    return {row.workspace_id: bool(row.replay) for row in conn.execute(mine)}


def leave(conn: Connection, job_id: str, own: str) -> None:
    """Stop watching; a job's turn passes on to who still watches it."""
    conn.execute(delete(watchers).where((watchers.c.run_id == job_id) & (watchers.c.workspace_id == own)))
    others = list(watching(conn, job_id))
    if others:
        mine = (runs.c.id == job_id) & (runs.c.workspace_id == own)
        conn.execute(update(runs).where(mine).values(workspace_id=others[0]))


def watched(conn: Connection, own: str | None, limit: int = 100) -> list[str]:
    """Ids of the jobs that a workspace watches, newest first."""
    query = select(runs.c.id).join(watchers, watchers.c.run_id == runs.c.id).where(watchers.c.workspace_id == own)
    return list(conn.execute(query.order_by(runs.c.number.desc()).limit(limit)).scalars())


# ---- events ----


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def last_seq(conn: Connection, job_id: str) -> int:
    """The number of the last event; 0 if there is none."""
    return conn.execute(select(func.max(events.c.seq)).where(events.c.run_id == job_id)).scalar() or 0


def append(conn: Connection, job_id: str, new: Sequence[tuple[str, int, Mapping[str, Any]]]) -> None:
    """Add (kind, at_ms, payload) events to a job that no worker has now."""
    seq = last_seq(conn, job_id)
    save(conn, job_id, [Event(seq + i, kind, at, dict(payload)) for i, (kind, at, payload) in enumerate(new, 1)])


def save(conn: Connection, job_id: str, new: Sequence[Event]) -> None:
    """Write numbered events."""
    if new:
        conn.execute(
            insert(events),
            [
                {"run_id": job_id, "seq": e.seq, "kind": e.kind, "at_ms": e.at_ms, "payload": json.dumps(e.payload)}
                for e in new
            ],
        )


def read(conn: Connection, job_id: str, after: int) -> list[Event]:
    """Events with seq > after, oldest first."""
    query = select(events).where((events.c.run_id == job_id) & (events.c.seq > after)).order_by(events.c.seq)
    return [Event(row.seq, row.kind, row.at_ms, json.loads(row.payload)) for row in conn.execute(query)]


def measured(conn: Connection, limit: int = 200) -> list[Any]:
    """The last jobs that took time in a worker: spec, busy_ms, busy_steps; oldest first."""
    query = select(runs.c.spec, runs.c.busy_ms, runs.c.busy_steps).where(runs.c.busy_ms > 0)
    return list(conn.execute(query.order_by(runs.c.number.desc()).limit(limit)))[::-1]
