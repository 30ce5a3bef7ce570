"""Servers that end, die, or stand beside each other on one data folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable

from _jobs import HERE, ended, follow, kind, to_end

from lmcore.jobs.local import LocalRunner
from lmcore.library import Library
from lmcore.paths import ROOT

MakeRunner = Callable[..., LocalRunner]

SERVER = """
import json, sys, threading
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from _jobs import TASKS
from lmcore.jobs.local import LocalRunner
from lmcore.library import Library
library = Library(Path(sys.argv[1]))
runner = LocalRunner(library, n_workers=1, tasks=TASKS, python_path=[sys.argv[2]])
runner.start()
job = runner.submit({"task": sys.argv[3]}, library.workspace_for("a" * 43)).job_id
after, saved = 0, False
while not saved:
    for event in runner.wait(job, after, 30):
        after, saved = event.seq, saved or event.kind in ("saved", "step") and event.kind == sys.argv[4]
print(json.dumps({"job": job, "workers": runner.health()["workers"]}), flush=True)
threading.Event().wait()
"""


def serve(library: Library, task: str, until: str) -> tuple[subprocess.Popen[str], dict[str, object]]:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SERVER, str(library.folder), str(HERE), task, until]
    server = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
    assert server.stdout
    return server, json.loads(server.stdout.readline())


def kill(server: subprocess.Popen[str]) -> None:
    server.kill()
    server.communicate()


def test_a_closed_runner_leaves_its_job_to_the_next(make_runner: MakeRunner, people: list[str]):
    first = make_runner()
    job = first.submit({"task": "forever"}, people[0]).job_id
    follow(first, job, kind("saved"))
    first.close()
    status = first.status(job)
    assert (status.state, status.active) == ("lost", True)
    before = first.events(job)
    assert before[-1].kind == "lost"
    assert "goes on when the server is back" in before[-1].payload["sentence"]
    second = make_runner()
    assert second.submit({"task": "forever"}, people[1]).job_id == job
    resumed = follow(second, job, kind("resumed"), before[-1].seq)[-1]
    assert resumed.payload["step"] == before[-1].payload["step"]
    assert follow(second, job, kind("step"), resumed.seq)[-1].payload["step"] > resumed.payload["step"]
    assert second.status(job).deaths == 0
    assert second.events(job)[: len(before)] == before


def test_a_killed_server_takes_its_workers_along_and_the_next_one_resumes(make_runner: MakeRunner, library: Library):
    server, said = serve(library, "forever", "saved")
    handles = [os.pidfd_open(pid) for pid in said["workers"]]  # type: ignore[attr-defined]
    kill(server)
    for handle in handles:
        assert ended(handle)
        os.close(handle)
    job = str(said["job"])
    runner = make_runner()
    events = follow(runner, job, kind("resumed"))
    said_by_servers = [e.kind for e in events if e.kind not in ("step", "saved")]
    assert said_by_servers == ["queued", "started", "lost", "started", "resumed"]
    assert "The server died" in next(e.payload["sentence"] for e in events if e.kind == "lost")
    assert events[-1].payload["step"] >= 50
    assert runner.status(job).deaths == 1


def test_a_worker_stuck_in_its_task_dies_with_the_server_too(library: Library):
    server, said = serve(library, "deaf", "step")
    handles = [os.pidfd_open(pid) for pid in said["workers"]]  # type: ignore[attr-defined]
    kill(server)
    for handle in handles:
        assert ended(handle)
        os.close(handle)


def test_a_job_that_keeps_killing_its_server_is_given_up(make_runner: MakeRunner, library: Library, people: list[str]):
    runner = make_runner(start=False)
    job = runner.submit({"task": "forever"}, people[0]).job_id
    with library.db.write() as conn:
        conn.exec_driver_sql("update runs set state = 'running', deaths = 2")
    runner.start()
    assert "not for the first time" in to_end(runner, job)[-1].payload["sentence"]


def test_two_servers_on_one_folder_share_the_queue(make_runner: MakeRunner, library: Library, people: list[str]):
    first, second = make_runner(), make_runner()
    job = first.submit({"task": "count", "n": 3}, people[0]).job_id
    done = to_end(first, job)
    assert second.events(job) == done
    assert second.submit({"task": "count", "n": 3}, people[1]).replay
    owner, other = (first, second) if first.health()["owner"] else (second, first)
    handed_in = other.submit({"task": "forever"}, people[1]).job_id
    events = follow(other, handed_in, kind("saved"))
    pid = next(e.payload["pid"] for e in events if e.kind == "started")
    assert pid in owner.health()["workers"]
    assert other.health()["workers"] == []
    owner.close()
    follow(other, handed_in, kind("resumed"), events[-1].seq)  # the other takes over
    assert other.health()["owner"]
    other.stop(handed_in, people[1])
    assert to_end(other, handed_in)[-1].kind == "stopped"
