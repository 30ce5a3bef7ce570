"""The supervisor: one thread of the server that owns the workers. Nobody else starts, feeds or kills one.

It sleeps until something happens: a wake-up from `LocalRunner`, a line from a worker's pipe, a pipe that ended, a
deadline. Nothing is polled on the way from "submit" to the first step. What survives what:

- A worker dies: its pipe ends at once; the job is "lost", and goes on from its last full state in the next free worker.
- The server dies: the workers end with it (see lmcore.jobs.worker). The database still says which jobs were running,
  and the next server resumes them.
- Several servers on one data folder: the one that holds the lock runs the jobs, the others hand theirs in through the
  database (seen within a second), and one of them takes over when it dies.
"""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import IO, Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from lmcore.jobs import store
from lmcore.jobs.board import Board
from lmcore.jobs.process import WorkerProcess
from lmcore.jobs.protocol import Event, JobError
from lmcore.jobs.running import Running, Settings, kind_of
from lmcore.jobs.tasks import Task
from lmcore.jobs.turns import Pace, Turn, expected_waits, fair_order
from lmcore.library import Library, LibraryError

log = logging.getLogger(__name__)

TICK = 1.0  # seconds: other servers' wishes, memory, time limits
WRITE_EVERY = 0.2
STOP_SECONDS = 0.8  # a job whose worker has not answered a stop by then is stopped for everybody who watches
LINGER_SECONDS = 5.0  # and its worker, perhaps in one long step, may save what it has, until it is killed
DEATHS = 2  # times that a job is resumed by itself
COLLECT_EVERY = 3600.0


class Supervisor:
    """`start` the thread, `wake` it after a change in the database, `close` it with everything it owns."""

    def __init__(self, library: Library, tasks: Mapping[str, Task], settings: Settings, board: Board) -> None:
        self.library, self.tasks, self.settings, self.board = library, tasks, settings, board
        self._problem: str | None = None
        self.owner = False
        self._inbox: queue.SimpleQueue[tuple[str, Any, Any]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._warm = threading.Event()
        self._workers: list[WorkerProcess] = []
        self._pace = Pace()
        self._served: dict[str, int] = {}
        self._lock_file: IO[bytes] | None = None
        self._unwritten: list[Callable[[Connection], None]] = []
        self._written_at = self._ticked_at = self._collected_at = -1e9
        self._look = True
        self._early_deaths = 0
        self._spawn_after = 0.0

    # ---- from any thread ----

    def seconds_a_step(self, kind: str) -> float | None:
        """Of jobs of this kind; None where none has run."""
        return self._pace.of_kind(kind)

    def start(self) -> None:
        """Start the thread, once."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True, name="supervisor")
            self._thread.start()

    def wake(self) -> None:
        """The database changed: look now."""
        self._inbox.put(("wake", None, None))

    def wait_warm(self, timeout: float) -> bool:
        """Wait for the first warm worker. False when the time is up."""
        return self._warm.wait(timeout)

    def close(self) -> None:
        """Pause what runs (its state is saved if it answers within a second), end the workers, give the lock back."""
        if self._thread is not None:
            self._inbox.put(("close", None, None))
            self._thread.join(10)
            self._thread = None

    @property
    def problem(self) -> str | None:
        """Why nothing can be run now, as a sentence."""
        if self._early_deaths > 1:
            return "The workers end before they are ready. The logs beside the runs in the data folder say why."
        return self._problem

    @property
    def pids(self) -> list[int]:
        """The workers' process ids."""
        return [worker.pid for worker in self._workers]

    # ---- the thread ----

    def _run(self) -> None:
        try:
            while True:
                try:
                    message = self._inbox.get(timeout=self._until_next())
                except queue.Empty:
                    message = ("tick", None, None)
                if message[0] == "close":
                    break
                self._safely(functools.partial(self._handle, *message))
                self._safely(self._act)
        finally:
            self._end()

    def _safely(self, act: Callable[[], None]) -> None:
        # One bad moment (a full disk, a bug in one branch) must not end the only thread that owns the workers.
        try:
            act()
        except (LibraryError, JobError) as error:
            self._problem = str(error)
            self._look = True
        except Exception:
            log.exception("the supervisor goes on after an unexpected error")

    def _until_next(self) -> float:
        now = time.monotonic()
        times = [self._ticked_at + TICK]
        if self._unwritten:
            times.append(self._written_at + WRITE_EVERY)
        times += [job.stop_by for job in self._running() if job.stop_by]
        times += [worker.kill_at for worker in self._workers if worker.lingers]
        return max(0.0, min(times) - now)

    def _handle(self, what: str, worker: Any, line: Any) -> None:
        if what == "wake":
            self._look = True
        elif what == "gone":
            self._gone(worker)
        elif what == "line":
            message = json.loads(line)
            job = worker.job
            if message["op"] == "ready":
                worker.ready, self._look, self._early_deaths = True, True, 0
                self._warm.set()
            elif message["op"] == "end" and message["job"] == worker.lingers:
                worker.lingers, self._look = None, True
            elif job is None or message["job"] != job.job_id:
                return
            elif message["op"] == "events":
                self._events(job, message["events"])
            elif message["op"] == "end":
                worker.job, self._look = None, True
                self._ended(job, message["how"], message.get("sentence"), message.get("result") or {})
                if worker.memory() > self.settings.worker_memory // 2:
                    worker.kill()  # it keeps more than it should between jobs: a fresh one is cheaper

    def _act(self) -> None:
        now = time.monotonic()
        if now - self._ticked_at >= TICK:
            self._ticked_at, self._look = now, True
            self._guard(now)
            if not self.owner and self._take_lock():
                self._recover()
            if self.owner and now - self._collected_at > COLLECT_EVERY:
                self._collected_at = now
                threading.Thread(target=self._collect, daemon=True, name="collect").start()
        for worker in self._workers:
            if worker.job and worker.job.stop_by and now >= worker.job.stop_by:
                job, worker.job = worker.job, None
                worker.lingers, worker.kill_at = job.job_id, now + LINGER_SECONDS
                self._ended(job, "stopped", None, {})
            elif worker.lingers and now >= worker.kill_at:
                worker.kill_at = now + 60  # what follows is its pipe's end
                worker.kill()
        if self._unwritten and now - self._written_at >= WRITE_EVERY:
            self._write()
        if self._look and self.owner:
            self._look = False
            self._obey_stops()
            self._dispatch()
            self._problem = None

    # ---- what the workers say ----

    def _events(self, job: Running, said: list[dict[str, Any]]) -> None:
        job.heard = time.monotonic()
        new = []
        for payload in said:
            kind, at_ms = payload.pop("kind"), payload.pop("at_ms")
            if isinstance(payload.get("max_steps"), int):
                job.max_steps = payload["max_steps"]
            if isinstance(payload.get("step"), int):
                job.step = payload["step"]
                if job.first_step is None:
                    job.first_step, job.first_step_at = job.step, time.monotonic()
            if kind == "resumed":
                self._later(job.job_id, resumed_from=job.step)
            job.seq += 1
            new.append(Event(job.seq, kind, at_ms, payload))
        self._later(job.job_id, step=job.step, max_steps=job.max_steps)
        self._publish(job, new)

    def _publish(self, job: Running, new: list[Event]) -> None:
        self._unwritten.append(lambda conn: store.save(conn, job.job_id, new))
        self.board.add(job.job_id, new, job.step, job.max_steps, job.left())

    def _later(self, job_id: str, **values: Any) -> None:
        self._unwritten.append(lambda conn: store.set_row(conn, job_id, **values))

    def _ended(self, job: Running, how: str, sentence: str | None, info: dict[str, Any]) -> None:
        """The worker has this job no more: write how it stands, tell everybody."""
        now = int(time.time())
        values: dict[str, Any] = {"state": how, "error": sentence, "step": job.step, "max_steps": job.max_steps}
        if how == "stopped" and job.pausing:
            values["state"], sentence = "lost", "The server ended while this ran. It goes on when the server is back."
        state = values["state"]
        payload: dict[str, Any] = dict(info) if state == "done" else {"step": job.step}
        if sentence and state != "done":
            payload["sentence"] = sentence
        if state == "lost":
            payload["attempt"] = job.deaths
            values["deaths"], values["error"] = job.deaths, None
        else:
            values["finished"] = now
        if state == "done" and isinstance(info.get("hash"), str):
            values["model_hash"] = info["hash"]
        seconds = time.monotonic() - job.began
        steps = job.step - job.first_step if job.first_step is not None else 0
        if state in ("done", "stopped"):
            self._pace.note(job.kind, seconds, steps)
        job.seq += 1
        last = Event(job.seq, state, store.now_ms(), payload)

        def write(conn: Connection) -> None:
            row = store.row(conn, job.job_id)
            busy = {"busy_ms": row.busy_ms + int(seconds * 1000), "busy_steps": row.busy_steps + steps}
            store.save(conn, job.job_id, [last])
            store.set_row(conn, job.job_id, **values, **busy)

        self._unwritten.append(write)
        with contextlib.suppress(LibraryError):  # the disk is full, say: it is written later, and shown now
            self._write()
        self.board.add(job.job_id, [last], job.step, job.max_steps, None)
        self.board.end(job.job_id)

    def _gone(self, worker: WorkerProcess) -> None:
        self._workers.remove(worker)
        self._look = True
        if not worker.ready:
            self._early_deaths += 1
            self._spawn_after = time.monotonic() + min(60, 2.0**self._early_deaths)
            log.error("a worker %s before it was ready; see runs/.worker-%d.log", worker.death(), worker.slot)
        job, worker.job = worker.job, None
        if job is None:
            return
        if job.stop_by is not None:
            self._ended(job, "stopped", None, {})
        elif worker.killed_for:
            self._ended(job, "failed", worker.killed_for, {})
        else:
            job.deaths += 1
            named = f"The worker of this run (process {worker.pid}) {worker.death()}."
            if job.deaths > DEATHS:
                self._ended(job, "failed", f"{named} This was the third time, so it was not tried again.", {})
            else:
                self._ended(job, "lost", f"{named} The run goes on from its last full state.", {})

    # ---- what the database says ----

    def _obey_stops(self) -> None:
        with self.library.db.read() as conn:
            stopping = {row.id for row in store.in_state(conn, "stopping")}
        for worker in self._workers:
            if worker.job and worker.job.job_id in stopping:
                stopping.remove(worker.job.job_id)
                self._ask_to_stop(worker)
        if stopping - {job.job_id for job in self._running()}:
            self._write()  # perhaps it ended by itself, and that is what was not written yet
            with self.library.db.write() as conn:
                for row in store.in_state(conn, "stopping"):
                    if row.id in stopping:
                        store.set_row(conn, row.id, state="stopped", finished=int(time.time()))
                        store.append(conn, row.id, [("stopped", store.now_ms(), {"step": row.step})])
            self.board.changed()

    def _ask_to_stop(self, worker: WorkerProcess) -> None:
        if worker.job.stop_by is None:
            worker.job.stop_by = time.monotonic() + STOP_SECONDS
            worker.send({"op": "stop", "job": worker.job.job_id})

    def _dispatch(self) -> None:
        with self.library.db.read() as conn:
            held = {worker.lingers for worker in self._workers}  # still being saved by the worker before
            rows = {row.id: row for row in store.waiting(conn) if row.id not in held}
        in_workers = Counter(job.workspace for job in self._running())
        turns = [self._turn(row) for row in rows.values()]
        order = fair_order(turns, in_workers, self._served)
        idle = [worker for worker in self._workers if worker.ready and worker.job is None and not worker.lingers]
        while order and idle:
            if not self._give(idle[0], order[0], rows[order[0].job_id]):
                self._look = True  # somebody stopped it a moment ago
                return
            del order[0], idle[0]
        waits = expected_waits(order, [job.left() for job in self._running()], self.settings.n_workers)
        places = enumerate(zip(order, waits, strict=True), 1)
        self.board.set_queue({turn.job_id: (place, wait) for place, (turn, wait) in places})
        self._spawn(len(order))

    def _turn(self, row: Any) -> Turn:
        steps = None if row.max_steps is None else row.max_steps - row.step
        seconds = self._pace.seconds(kind_of(row.spec), steps)
        return Turn(row.id, row.workspace_id or "", row.number, row.state == "lost", seconds)

    def _give(self, worker: WorkerProcess, turn: Turn, row: Any) -> bool:
        """Put a job into a worker. False when it does not wait any more."""
        with self.library.db.write() as conn:
            row = store.row(conn, row.id)
            if row.state not in ("queued", "lost"):
                return False
            if row.task not in self.tasks:  # asked for by another version of the playground
                sentence = f"This server knows no task called {row.task}."
                store.set_row(conn, row.id, state="failed", error=sentence, finished=int(time.time()))
                store.append(conn, row.id, [("failed", store.now_ms(), {"sentence": sentence})])
                return False
            seq = store.last_seq(conn, row.id)
            started = Event(seq + 1, "started", store.now_ms(), {"pid": worker.pid, "attempt": row.deaths + 1})
            store.save(conn, row.id, [started])
            store.set_row(conn, row.id, state="running", started=row.started or int(time.time()))
        job = Running(row.id, kind_of(row.spec), turn.workspace, row.deaths, row.max_steps, seq + 1, row.step)
        worker.job = job
        self._served[turn.workspace] = max(self._served.values(), default=0) + 1
        worker.send(
            {
                "op": "run",
                "job": row.id,
                "target": self.tasks[row.task].run,
                "spec": json.loads(row.spec),
                "folder": str(self.library.run_folder(row.id)),
                "texts": str(self.library.texts_folder),
                "resume": row.started is not None,
            }
        )
        self.board.open(row.id, seq, row.step, row.max_steps)
        self.board.add(row.id, [started], row.step, row.max_steps, None)
        self.board.changed()
        return True

    def _recover(self) -> None:
        """What the server before this one left: pause what it ran, forget what it was about to stop."""
        with self.library.db.write() as conn:
            for row in store.in_state(conn, "running", "stopping"):
                if row.state == "stopping":
                    state, payload = "stopped", {"step": row.step}
                elif row.deaths >= DEATHS or row.task not in self.tasks:
                    sentence = "The server died while this ran, not for the first time. It was not tried again."
                    state, payload = "failed", {"step": row.step, "sentence": sentence}
                else:
                    sentence = "The server died while this ran. It goes on from its last full state."
                    state, payload = "lost", {"sentence": sentence, "attempt": row.deaths + 1}
                finished = None if state == "lost" else int(time.time())
                error = payload["sentence"] if state == "failed" else None
                deaths = row.deaths + 1
                store.set_row(conn, row.id, state=state, deaths=deaths, finished=finished, error=error)
                store.append(conn, row.id, [(state, store.now_ms(), payload)])
            for row in store.measured(conn):
                self._pace.note(kind_of(row.spec), row.busy_ms / 1000, row.busy_steps)
        self.board.changed()

    def _write(self) -> None:
        """All that is due, in one transaction; what cannot be written stays for the next time."""
        if not self._unwritten:
            return
        self._written_at = time.monotonic()
        with self.library.db.write() as conn:
            for write in self._unwritten:
                try:
                    with conn.begin_nested():
                        write(conn)
                except (IntegrityError, JobError):  # the row went meanwhile, or is not what it was: nothing to save
                    log.exception("events of a job were dropped")
        self._unwritten.clear()

    # ---- workers and their limits ----

    def _running(self) -> list[Running]:
        return [worker.job for worker in self._workers if worker.job]

    def _spawn(self, waiting: int) -> None:
        # One warm worker to spare, until there are as many as may be: importing torch takes seconds and 300 MB.
        busy = sum(bool(worker.job or worker.lingers) for worker in self._workers)
        wanted = min(self.settings.n_workers, busy + max(1, waiting))
        while len(self._workers) < wanted and time.monotonic() >= self._spawn_after:
            slot = next(i for i in range(len(self._workers) + 1) if all(w.slot != i for w in self._workers))
            worker = WorkerProcess(
                lambda worker, line: self._inbox.put(("gone" if line is None else "line", worker, line)),
                self.library.runs_folder / f".worker-{slot}.log",
                self.settings.threads,
                self.settings.worker_memory * 2,
                [task.warm for task in self.tasks.values() if task.warm],
                self.settings.python_path,
            )
            worker.slot = slot
            self._workers.append(worker)

    def _guard(self, now: float) -> None:
        for worker in self._workers:
            job = worker.job
            if job is None or job.stop_by:
                continue
            if worker.memory() > self.settings.worker_memory:
                limit = self.settings.worker_memory / 1e9
                worker.kill(
                    f"This run needed more than the {limit:.1f} GB of memory that one may use, so it was ended."
                )
            elif now - job.began > self.settings.max_seconds:
                hours = self.settings.max_seconds / 3600
                worker.kill(f"This run took longer than the {hours:.3g} hours that one may take, so it was ended.")
            elif now - job.heard > self.settings.silent_seconds:
                worker.kill(f"This run said nothing for {self.settings.silent_seconds:.0f} seconds, so it was ended.")

    def _collect(self) -> None:
        self._safely(lambda: log.info("tidied up: %s", self.library.collect()))

    # ---- the lock, and the end ----

    def _take_lock(self) -> bool:
        try:
            import fcntl
        except ImportError:  # Windows: one server a data folder is up to whoever starts it
            self.owner = True
            return True
        file = open(self.library.runs_folder / ".lock", "ab")  # noqa: SIM115 (held as long as this lives)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        self._lock_file, self.owner = file, True
        return True

    def _end(self) -> None:
        busy = [worker for worker in self._workers if worker.job]
        for worker in busy:
            worker.job.pausing = worker.job.stop_by is None
            self._ask_to_stop(worker)
        until = time.monotonic() + STOP_SECONDS
        while any(worker.job for worker in busy) and time.monotonic() < until:
            with contextlib.suppress(queue.Empty):
                message = self._inbox.get(timeout=max(0.0, until - time.monotonic()))
                self._safely(functools.partial(self._handle, *message))
        for worker in [worker for worker in self._workers if worker.job]:
            worker.kill()  # its last full state is a few seconds old at most
            job, worker.job = worker.job, None
            self._safely(functools.partial(self._ended, job, "stopped", None, {}))
        for worker in self._workers:
            worker.close(timeout=1.0)
        self._workers.clear()
        self._safely(self._write)
        if self._lock_file:
            self._lock_file.close()
        self.owner = False
