"""LocalRunner: the jobs of one machine, in warm worker processes that end with the server.

runner = LocalRunner(Library(folder)); runner.start()     # in the server's start-up, not in a page
ticket = runner.submit({"task": "train", …}, workspace)
runner.events(ticket.job_id, after=seq)                    # a page: every 0.3 to 0.5 s, while status(…).active
runner.close()                                             # with the server; what runs goes on after the next start
"""

from __future__ import annotations

import atexit
import json
import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from lmcore.files import STATE_FILE
from lmcore.jobs import store
from lmcore.jobs.board import Board
from lmcore.jobs.protocol import ACTIVE, WAITING, Event, JobError, JobResult, JobStatus, JobTicket, Spec
from lmcore.jobs.running import Settings, kind_of
from lmcore.jobs.starts import is_shipped
from lmcore.jobs.supervisor import Supervisor
from lmcore.jobs.tasks import TASKS, Task, checked, identity, load, start_of, steps_of, text_of
from lmcore.library import Library

PER_WORKSPACE = 2  # jobs of one workspace that wait or run
QUEUE_LIMIT = 200  # jobs of all workspaces that wait
FRESH = 0.3  # seconds for which a status is not asked of the database again


class LocalRunner:
    """Implements lmcore.jobs.protocol.JobRunner, where its calls are described."""

    def __init__(
        self,
        library: Library,
        n_workers: int | None = None,
        tasks: Mapping[str, Task] = TASKS,
        per_workspace: int = PER_WORKSPACE,
        queue_limit: int = QUEUE_LIMIT,
        **settings: Any,
    ) -> None:
        """n_workers: LM_PLAYGROUND_WORKERS, else one less than the cores. `settings`: see running.Settings."""
        if n_workers is None:
            n_workers = int(os.environ.get("LM_PLAYGROUND_WORKERS") or 0) or None
        if n_workers is not None:
            settings["n_workers"] = n_workers
        self.library, self.tasks = library, tasks
        self.settings = Settings(**settings)
        self.per_workspace, self.queue_limit = per_workspace, queue_limit
        self._board = Board()
        self._supervisor = Supervisor(library, tasks, self.settings, self._board)
        self._seen: dict[str, tuple[float, int, JobStatus, dict[str, bool]]] = {}
        self._ids: dict[str, str] = {}

    # ---- life ----

    def start(self) -> None:
        """Start the supervisor, which starts the workers; returns at once. What was left unfinished goes on."""
        self._supervisor.start()
        atexit.register(self.close)

    def wait_warm(self, timeout: float = 60) -> bool:
        """Wait for the first warm worker."""
        return self._supervisor.wait_warm(timeout)

    def close(self) -> None:
        """End the workers within two seconds. Running jobs save their state and go on after the next start."""
        atexit.unregister(self.close)
        self._supervisor.close()

    def health(self) -> dict[str, Any]:
        """{"workers": process ids, "warm": bool, "owner": bool, "problem": a sentence or None}."""
        it = self._supervisor
        return {"workers": it.pids, "warm": it.wait_warm(0), "owner": it.owner, "problem": it.problem}

    # ---- asking for jobs ----

    def submit(self, spec: Spec, workspace: str, anew: bool = False) -> JobTicket:
        """See JobRunner.submit."""
        spec = checked(spec, self.tasks)
        text = text_of(spec)
        if text is not None and not self.library.has_text(workspace, text):
            raise JobError("The text of this run is not in your library.")
        start = start_of(spec)
        if start is not None and not is_shipped(start) and not self.library.has_model(workspace, start):
            raise JobError("The model that this run starts from is not in your library.")
        name = identity(spec, self.tasks)
        with self.library.db.write() as conn:
            own = self.library.own(conn, workspace)
            if not anew:
                for row in store.same(conn, name, ("queued", "running", "lost", "done")):
                    there = not row.model_hash or (self._folder_of(row) / "config.json").is_file()
                    if row.state != "done" or there:
                        store.watch(conn, row.id, own, replay=row.state == "done")
                        return self._ticket(row.id, is_new=False, replay=row.state == "done")
            self._check_limits(conn, own)
            nonce = secrets.token_hex(8) if anew else None
            task, steps = spec["task"], steps_of(spec)
            job_id = store.create(conn, spec, task, name, own, steps, nonce=nonce, text_sha256=text)
            store.watch(conn, job_id, own, replay=False)
        return self._ticket(job_id, is_new=True, replay=False)

    def resume(self, job_id: str, workspace: str) -> JobTicket:
        """See JobRunner.resume."""
        with self.library.db.write() as conn:
            row = store.row(conn, job_id)
            own = self._own_watcher(conn, job_id, workspace)
            if row.state == "done":
                raise JobError("This run is finished; there is nothing left to resume.")
            if row.state not in (*WAITING, "running"):
                if row.state == "stopping":
                    raise JobError("This run is just being stopped. Please try again in a second.")
                self._check_limits(conn, own)
                fresh = {"finished": None, "error": None, "deaths": 0, "workspace_id": own}
                store.set_row(conn, job_id, state="queued", **fresh)
                store.append(conn, job_id, [("queued", store.now_ms(), {"resume": True})])
        return self._ticket(job_id, is_new=False, replay=False)

    def stop(self, job_id: str, workspace: str) -> JobStatus:
        """See JobRunner.stop."""
        with self.library.db.write() as conn:
            row = store.row(conn, job_id)
            if row.state in ACTIVE:
                own = self._own_watcher(conn, job_id, workspace)
                if len(store.watching(conn, job_id)) > 1:
                    store.leave(conn, job_id, own)
                elif row.state in WAITING:
                    store.set_row(conn, job_id, state="stopped", finished=int(time.time()))
                    store.append(conn, job_id, [("stopped", store.now_ms(), {"step": row.step})])
                else:
                    store.set_row(conn, job_id, state="stopping")
        self._changed()
        return self.status(job_id, workspace)

    # ---- looking at jobs ----

    def status(self, job_id: str, workspace: str | None = None) -> JobStatus:
        """See JobRunner.status."""
        now, version = time.monotonic(), self._board.version
        cached = self._seen.get(job_id)
        if cached is None or cached[1] != version or now - cached[0] > FRESH:
            with self.library.db.read() as conn:
                row = store.row(conn, job_id)
                watching = store.watching(conn, job_id)
                cached = (now, version, self._status(conn, row, len(watching)), watching)
            if len(self._seen) > 1000:
                self._seen.clear()
            self._seen[job_id] = cached
        status, watching = cached[2], cached[3]
        if live := self._board.live(job_id):
            last = live.base + len(live.events)
            status = replace(
                status,
                step=live.step,
                max_steps=live.max_steps,
                expected_left_s=live.left_s,
                resumed_from=status.resumed_from if live.resumed_from is None else live.resumed_from,
                last_seq=last,
            )
        if workspace is not None:
            own = self._id(workspace)
            status = replace(status, watching=own in watching, replay=watching.get(own, False))
        return status

    def events(self, job_id: str, after: int = 0) -> list[Event]:
        """See JobRunner.events."""
        known = self._board.events(job_id, after)
        if known is not None:
            return list(known)
        with self.library.db.read() as conn:
            store.row(conn, job_id)
            stored = store.read(conn, job_id, after)
        last = stored[-1].seq if stored else after
        return stored + (self._board.events(job_id, last) or [])  # those not written yet

    def wait(self, job_id: str, after: int, timeout: float) -> list[Event]:
        """See JobRunner.wait."""
        until = time.monotonic() + timeout
        while True:
            version = self._board.version
            found = self.events(job_id, after)
            left = until - time.monotonic()
            if found or left <= 0:
                return found
            # Another server on this data folder may run it: then only the database tells.
            self._board.wait(version, (job_id, after), min(left, 0.5))

    def result(self, job_id: str) -> JobResult:
        """See JobRunner.result."""
        with self.library.db.read() as conn:
            row = store.row(conn, job_id)
            ended = [e for e in store.read(conn, job_id, store.last_seq(conn, job_id) - 1) if e.kind == row.state]
        folder = self._folder_of(row)
        if row.state in ("stopped", "failed"):
            self._rescue(row, folder)
        if row.state in ACTIVE or not (folder / "config.json").is_file():
            raise JobError("This run has left no model (yet).")
        snapshots = sorted((folder / "snapshots").glob("step-*.safetensors"))
        return JobResult(job_id, folder, snapshots, ended[0].payload if ended else {})

    def seconds_a_step(self, spec: Spec) -> float | None:
        """See JobRunner.seconds_a_step."""
        return self._supervisor.seconds_a_step(kind_of(json.dumps(spec)))

    def jobs(self, workspace: str) -> list[JobStatus]:
        """See JobRunner.jobs."""
        with self.library.db.read() as conn:
            found = store.watched(conn, self.library.find(conn, workspace))
        return [self.status(job_id, workspace) for job_id in found]

    # ---- inside ----

    def _id(self, workspace: str) -> str:
        """The id behind a handle, remembered: everybody who polls asks for it. What changes anything looks again."""
        if workspace not in self._ids:
            with self.library.db.read() as conn:
                own = self.library.find(conn, workspace)
            if own is None:
                return ""
            if len(self._ids) > 10_000:
                self._ids.clear()
            self._ids[workspace] = own
        return self._ids[workspace]

    def _ticket(self, job_id: str, is_new: bool, replay: bool) -> JobTicket:
        self._changed()
        return JobTicket(job_id, is_new, replay)

    def _changed(self) -> None:
        self._board.changed()
        self._supervisor.wake()

    def _folder_of(self, row: Any) -> Path:
        """A run's own model folder; the library's copy once the run's is gone."""
        own = self.library.run_folder(row.id) / "model"
        if row.model_hash and not (own / "config.json").is_file():
            return self.library.models_folder / row.model_hash
        return own

    def _rescue(self, row: Any, folder: Path) -> None:
        """Of a run that ended before its time, make the model as far as it got."""
        rescue, state = self.tasks[row.task].rescue, folder.parent / STATE_FILE
        made = folder / "config.json"
        if rescue and state.is_file() and not (made.is_file() and made.stat().st_mtime > state.stat().st_mtime):
            try:
                load(rescue)(folder.parent)
            except ValueError as error:
                raise JobError(str(error)) from error

    def _own_watcher(self, conn: Connection, job_id: str, workspace: str) -> str:
        own = self.library.find(conn, workspace)
        if own is None or own not in store.watching(conn, job_id):
            raise JobError("This run is not one of yours.")
        return own

    def _check_limits(self, conn: Connection, own: str) -> None:
        if store.count(conn, own) >= self.per_workspace:
            raise JobError(
                f"You have {self.per_workspace} runs waiting or running already. Wait for one to end, or stop one."
            )
        if store.count(conn) >= self.queue_limit:
            raise JobError(f"{self.queue_limit} runs are waiting already. Please try again in a few minutes.")

    def _status(self, conn: Connection, row: Any, watchers: int) -> JobStatus:
        place = self._board.place(row.id) if row.state in WAITING else None
        if place is None and row.state in WAITING:
            place = (1 + sum(other.number < row.number for other in store.waiting(conn)), None)
        return JobStatus(
            job_id=row.id,
            task=row.task,
            spec=json.loads(row.spec),
            state=row.state,
            position=place[0] if place else None,
            expected_wait_s=place[1] if place else None,
            expected_left_s=None,
            watchers=watchers,
            watching=False,
            replay=False,
            step=row.step,
            max_steps=row.max_steps,
            created=row.created,
            started=row.started,
            finished=row.finished,
            error=row.error,
            resumed_from=row.resumed_from,
            deaths=row.deaths,
            resumable=(self.library.run_folder(row.id) / STATE_FILE).is_file(),
            last_seq=store.last_seq(conn, row.id),
        )
