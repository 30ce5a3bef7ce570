"""The runner with real worker processes and fake tasks: what a class of people does to it."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from _jobs import TASKS, ended, follow, kind, to_end

from lmcore.files import STATE_FILE
from lmcore.jobs import Event, JobError, Task, supervisor
from lmcore.jobs.local import LocalRunner
from lmcore.library import Library, LibraryError
from lmcore.library.errors import FULL

MakeRunner = Callable[..., LocalRunner]


def count(n: int = 3, **more: object) -> dict[str, object]:
    return {"task": "count", "n": n, **more}


def gate(tmp_path: Path, name: str = "gate", **more: object) -> dict[str, object]:
    return {"task": "gate", "gate": str(tmp_path / name), **more}


def kinds(events: list[Event]) -> list[str]:
    return [event.kind for event in events]


# ---- one job ----


def test_a_job_from_submit_to_done(runner: LocalRunner, people: list[str]):
    ticket = runner.submit(count(5), people[0])
    assert (ticket.is_new, ticket.replay) == (True, False)
    events = to_end(runner, ticket.job_id)
    assert kinds(events)[:2] == ["queued", "started"]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert events[-2].payload == {"step": 5, "max_steps": 5, "total": 15.0}
    assert events[-1].payload == {"total": 15.0}
    status = runner.status(ticket.job_id, people[0])
    assert (status.state, status.step, status.max_steps, status.watching) == ("done", 5, 5, True)
    assert status.last_seq == events[-1].seq
    assert not status.active
    assert runner.events(ticket.job_id, after=2) == events[2:]
    assert [job.job_id for job in runner.jobs(people[0])] == [ticket.job_id]
    assert runner.jobs(people[1]) == []


def test_events_in_the_database_are_those_that_were_seen(runner: LocalRunner, library: Library, people: list[str]):
    job = runner.submit({"task": "flood", "n": 2000}, people[0]).job_id
    seen = to_end(runner, job)
    again = LocalRunner(library, n_workers=1, tasks=TASKS)  # never started: it knows only the database
    assert again.events(job) == seen
    assert again.status(job).state == "done"
    held_out = [e.payload["step"] for e in seen if e.payload.get("held_out_loss")]
    assert held_out == list(range(100, 2001, 100))
    assert [e.payload["text"] for e in seen if e.kind == "sample"] == ["<b>one</b> day\n"]
    assert seen[-2].payload == {"nan": None, "array": [0, 1, 2], "f": 0.5}
    assert len(seen) < 200


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("value", "The learning rate is too high."),
        ("memory", "The job needed more memory than there is."),
        ("other", "The job ended with an unexpected error (RuntimeError: something broke)."),
    ],
)
def test_a_task_that_fails_says_why_and_its_worker_goes_on(
    runner: LocalRunner, people: list[str], how: str, sentence: str
):
    job = runner.submit({"task": "fail", "how": how}, people[0]).job_id
    last = to_end(runner, job)[-1]
    assert (last.kind, last.payload["sentence"]) == ("failed", sentence)
    assert runner.status(job).error == sentence
    before = runner.health()["workers"]
    assert to_end(runner, runner.submit(count(), people[0]).job_id)[-1].kind == "done"
    assert runner.health()["workers"] == before


def test_nonsense_is_refused_in_words(make_runner: MakeRunner, people: list[str]):
    runner = make_runner(start=False, tasks={**TASKS, "count": Task("fake_tasks:count", check="fake_tasks:check")})
    for spec, sentence in (
        ({"task": "nothing"}, "needs a task"),
        ("train", "needs a task"),
        (count(2_000_000), "n must be at most"),
        (count(1, more=float("nan")), "only what JSON can"),
        (count(1, more="x" * 70_000), "too long"),
        (count(1, corpus={"kind": "text", "sha256": "0" * 64}), "not in your library"),
    ):
        with pytest.raises(JobError, match=sentence):
            runner.submit(spec, people[0])  # type: ignore[arg-type]
    with pytest.raises(JobError, match="no such run"):
        runner.status("f" * 32)
    with pytest.raises(JobError, match="no such run"):
        runner.events("f" * 32)


def test_statuses_and_events_are_json(runner: LocalRunner, people: list[str]):
    job = runner.submit(count(), people[0]).job_id
    events = to_end(runner, job)
    assert json.loads(json.dumps(asdict(runner.status(job))))["state"] == "done"
    assert json.loads(json.dumps([asdict(event) for event in events]))[-1]["kind"] == "done"


# ---- one job that many watch ----


def test_identical_specs_are_one_job_and_a_finished_one_is_replayed(
    runner: LocalRunner, people: list[str], tmp_path: Path
):
    spec = gate(tmp_path)
    tickets = [runner.submit(dict(reversed(spec.items())), person) for person in people]
    assert len({ticket.job_id for ticket in tickets}) == 1
    assert [ticket.is_new for ticket in tickets] == [True] + [False] * 7
    assert not any(ticket.replay for ticket in tickets)
    job = tickets[0].job_id
    assert runner.status(job).watchers == 8
    (tmp_path / "gate").touch()
    seen = to_end(runner, job)
    late = runner.submit(spec, people[3])
    assert (late.job_id, late.is_new, late.replay) == (job, False, True)
    assert runner.status(job, people[3]).replay
    assert not runner.status(job, people[4]).replay
    assert runner.events(job) == seen
    anew = runner.submit(spec, people[3], anew=True)
    assert anew.job_id != job
    assert anew.is_new
    assert to_end(runner, anew.job_id)[-1].kind == "done"
    assert runner.submit(spec, people[5]).job_id == job


def test_a_watched_job_stops_with_the_last_who_watches(runner: LocalRunner, people: list[str]):
    job = runner.submit({"task": "forever"}, people[0]).job_id
    runner.submit({"task": "forever"}, people[1])
    follow(runner, job, kind("step"))
    assert runner.stop(job, people[0]).state == "running"
    assert not runner.status(job, people[0]).watching
    assert runner.status(job).watchers == 1
    with pytest.raises(JobError, match="not one of yours"):
        runner.stop(job, people[0])
    with pytest.raises(JobError, match="not one of yours"):
        runner.resume(job, people[2])
    after = runner.status(job).last_seq
    follow(runner, job, kind("step"), after)
    runner.stop(job, people[1])
    assert to_end(runner, job)[-1].kind == "stopped"
    assert runner.submit({"task": "forever"}, people[2]).is_new  # what was stopped is nobody's replay


# ---- stop and resume ----


@pytest.mark.parametrize("task", ["forever", "deaf", "wrap_up"])
def test_a_stop_is_answered_within_a_second_or_enforced(runner: LocalRunner, people: list[str], task: str):
    job = runner.submit({"task": task}, people[0]).job_id
    follow(runner, job, kind("step"))
    asked = time.time()
    runner.stop(job, people[0])
    events = to_end(runner, job)
    assert events[-1].kind == "stopped"
    assert events[-1].at_ms / 1000 - asked < 1.0 + 4.0  # a second, and a slow machine's patience
    assert runner.status(job).state == "stopped"
    assert ("farewell" in kinds(events)) == (task == "wrap_up")
    assert runner.stop(job, people[0]).state == "stopped"  # once more changes nothing


def test_a_worker_that_never_answers_makes_room_for_the_next_job(
    runner: LocalRunner, people: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(supervisor, "LINGER_SECONDS", 0.2)
    os.mkfifo(at := tmp_path / "at")
    job = runner.submit({"task": "deaf", "at": str(at)}, people[0]).job_id
    at.read_text()  # a stop between two steps would be heard
    follow(runner, job, kind("step"))
    (pid,) = runner.health()["workers"]
    handle = os.pidfd_open(pid)
    runner.stop(job, people[0])
    stopped = to_end(runner, job)[-1]
    runner.resume(job, people[0])  # not before the worker that still has it is gone
    started = follow(runner, job, kind("started"), stopped.seq)[-1]
    assert ended(handle, 1)  # its pipe ends a moment before it does
    assert started.payload["pid"] != pid
    os.close(handle)


def test_a_stopped_job_goes_on_from_its_last_state(runner: LocalRunner, people: list[str]):
    job = runner.submit({"task": "forever"}, people[0]).job_id
    saved = follow(runner, job, kind("saved"))[-1].payload["step"]
    runner.stop(job, people[0])
    stopped = to_end(runner, job)[-1]
    assert runner.status(job).resumable
    ticket = runner.resume(job, people[0])
    assert ticket.job_id == job
    resumed = follow(runner, job, kind("resumed"), stopped.seq)[-1]
    assert saved <= resumed.payload["step"] <= stopped.payload["step"]
    assert follow(runner, job, kind("step"), resumed.seq)[-1].payload["step"] > resumed.payload["step"]
    assert runner.status(job).resumed_from == resumed.payload["step"]


def test_a_resumed_job_is_not_stopped_by_the_stop_before(runner: LocalRunner, people: list[str]):
    job = runner.submit({"task": "resumable"}, people[0]).job_id
    follow(runner, job, kind("step"))
    runner.stop(job, people[0])
    stopped = to_end(runner, job)[-1]
    runner.resume(job, people[0])
    assert follow(runner, job, kind("first"), stopped.seq)[-1].payload == {"stopping": False}
    follow(runner, job, kind("step"), stopped.seq)


def test_a_finished_job_cannot_be_resumed(runner: LocalRunner, people: list[str]):
    job = runner.submit(count(), people[0]).job_id
    to_end(runner, job)
    with pytest.raises(JobError, match="finished"):
        runner.resume(job, people[0])


def test_a_waiting_job_is_stopped_at_once(make_runner: MakeRunner, people: list[str]):
    runner = make_runner(start=False)
    job = runner.submit(count(), people[0]).job_id
    assert runner.stop(job, people[0]).state == "stopped"
    assert kinds(runner.events(job)) == ["queued", "stopped"]


# ---- the queue ----


def test_limits_of_one_workspace_and_of_all(make_runner: MakeRunner, people: list[str]):
    runner = make_runner(start=False, per_workspace=2, queue_limit=3)
    runner.submit(count(1), people[0])
    job = runner.submit(count(2), people[0]).job_id
    with pytest.raises(JobError, match="You have 2 runs waiting or running"):
        runner.submit(count(3), people[0])
    assert runner.submit(count(1), people[1]).is_new is False  # joining is no new job
    runner.submit(count(3), people[1])
    with pytest.raises(JobError, match="3 runs are waiting already"):
        runner.submit(count(4), people[2])
    runner.stop(job, people[0])
    assert runner.submit(count(4), people[2]).is_new


def test_the_queue_is_fair_and_says_how_long(make_runner: MakeRunner, people: list[str], tmp_path: Path):
    runner = make_runner(per_workspace=10)
    anna, ben, cleo = people[:3]
    to_end(runner, runner.submit(count(4), cleo).job_id)  # something to measure
    blocker = runner.submit(gate(tmp_path), anna).job_id
    follow(runner, blocker, kind("step"))
    asked = [(anna, 11), (anna, 12), (anna, 13), (ben, 21), (ben, 22), (cleo, 31)]
    jobs = {n: runner.submit(count(n), who).job_id for who, n in asked}
    for n, job in jobs.items():  # the last one's place is counted when all are in
        assert runner.status(job).state == "queued", n
    (tmp_path / "gate").touch()
    started = {}
    for n, job in jobs.items():
        events = to_end(runner, job)
        started[n] = next((e.at_ms, e.seq) for e in events if e.kind == "started")[0]
        assert runner.status(job).position is None
    with runner.library.db.read() as conn:
        order = conn.exec_driver_sql(
            "select json_extract(r.spec, '$.n') from runs r join events e on e.run_id = r.id and e.kind = 'started'"
            " where r.task = 'count' order by e.rowid"
        ).scalars()
        # Anna has the worker, and Cleo was served before: Ben, Cleo, then Anna's first, Ben's second, Anna's rest.
        assert list(order) == [4, 21, 31, 11, 22, 12, 13]


def test_a_waiting_job_knows_its_place_and_its_wait(make_runner: MakeRunner, people: list[str], tmp_path: Path):
    runner = make_runner(per_workspace=10)
    follow(runner, runner.submit(gate(tmp_path), people[0]).job_id, kind("step"))
    jobs = [runner.submit(count(n), person).job_id for n, person in enumerate(people[1:5], 5)]
    assert [runner.status(job).position for job in jobs] == [1, 2, 3, 4]
    assert all(runner.status(job).expected_wait_s is None for job in jobs)
    (tmp_path / "gate").touch()
    for job in jobs:
        to_end(runner, job)


def test_expected_waits_come_from_what_was_measured(make_runner: MakeRunner, people: list[str]):
    first = make_runner()
    to_end(first, first.submit(count(4), people[0]).job_id)
    first.close()
    runner = make_runner()  # it learns the pace from the database
    busy = runner.submit({"task": "forever"}, people[0]).job_id
    follow(runner, busy, kind("saved"))
    left = runner.status(busy).expected_left_s
    assert left is not None
    assert left > 0
    jobs = [runner.submit(count(n), people[1]).job_id for n in (10, 20)]
    waits: list[float | None] = [None]
    after = 0
    while None in waits:  # counted anew once a second
        after = follow(runner, busy, kind("step"), after)[-1].seq
        waits = [runner.status(job).expected_wait_s for job in jobs]
    assert 0 < waits[0] < waits[1]  # type: ignore[operator]


# ---- deaths ----


def test_a_killed_worker_is_noticed_named_and_the_job_resumed(runner: LocalRunner, people: list[str]):
    job = runner.submit({"task": "forever"}, people[0]).job_id
    events = follow(runner, job, kind("saved"))
    pid = next(e.payload["pid"] for e in events if e.kind == "started")
    killed = time.time()
    os.kill(pid, 9)
    lost = follow(runner, job, kind("lost"), events[-1].seq)[-1]
    assert lost.at_ms / 1000 - killed < 2.0
    assert f"process {pid}) was killed from outside" in lost.payload["sentence"]
    resumed = follow(runner, job, kind("resumed"), lost.seq)[-1]
    assert resumed.payload["step"] >= events[-1].payload["step"]
    follow(runner, job, kind("step"), resumed.seq)
    assert pid not in runner.health()["workers"]
    assert runner.status(job).deaths == 1


def test_a_job_survives_two_deaths_and_computes_the_same(runner: LocalRunner, people: list[str]):
    job = runner.submit(count(6, die_at=[2, 4]), people[0]).job_id
    events = to_end(runner, job)
    turn = ["started", "resumed", "lost"]
    assert [k for k in kinds(events) if k != "step"] == ["queued", "started", "lost", *turn, *turn[:2], "done"]
    assert [e.payload["step"] for e in events if e.kind == "resumed"] == [2, 4]
    assert events[-1].payload == {"total": 21.0}


def test_a_third_death_is_the_end_in_words_until_somebody_asks_again(runner: LocalRunner, people: list[str]):
    job = runner.submit(count(9, always_die=True), people[0]).job_id
    last = to_end(runner, job)[-1]
    assert last.kind == "failed"
    assert "crashed (segmentation fault). This was the third time" in last.payload["sentence"]
    assert runner.status(job).error == last.payload["sentence"]
    runner.resume(job, people[0])
    follow(runner, job, kind("resumed"), last.seq)
    assert to_end(runner, job, last.seq)[-1].kind == "failed"


def test_too_much_memory_is_named_and_not_tried_again(make_runner: MakeRunner, people: list[str]):
    runner = make_runner(memory=150_000_000)
    job = runner.submit({"task": "eat"}, people[0]).job_id
    last = to_end(runner, job)[-1]
    assert last.kind == "failed"
    assert "memory" in last.payload["sentence"]


def test_too_long_and_too_silent_are_named(make_runner: MakeRunner, people: list[str]):
    runner = make_runner(n_workers=2, max_seconds=0.5, silent_seconds=1000)
    last = to_end(runner, runner.submit({"task": "forever"}, people[0]).job_id)[-1]
    assert "took longer" in last.payload["sentence"]
    runner.close()
    runner = make_runner(silent_seconds=0.5)
    last = to_end(runner, runner.submit({"task": "deaf"}, people[0]).job_id)[-1]
    assert "said nothing" in last.payload["sentence"]


def test_a_full_disk_loses_no_event(
    runner: LocalRunner, library: Library, people: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    @contextlib.contextmanager
    def full() -> Iterator[None]:
        raise LibraryError(FULL)
        yield

    job = runner.submit(gate(tmp_path), people[0]).job_id
    follow(runner, job, kind("step"))
    monkeypatch.setattr(library.db, "write", full)
    (tmp_path / "gate").touch()
    seen = to_end(runner, job)
    with pytest.raises(LibraryError, match="disk is full"):
        runner.submit(count(), people[0])
    assert runner.status(job).state == "running"  # as far as the database knows
    monkeypatch.undo()
    outside = LocalRunner(library, n_workers=1, tasks=TASKS)  # not started: it knows only the database
    assert to_end(outside, job) == seen
    assert outside.status(job).state == "done"


# ---- files ----


def test_a_text_is_read_by_who_may_and_outlives_its_row_while_needed(
    runner: LocalRunner, library: Library, people: list[str], tmp_path: Path
):
    text = library.add_text(people[0], "Mine", "my <own> text")
    spec = {"task": "read_text", "corpus": text.as_corpus()}
    with pytest.raises(JobError, match="not in your library"):
        runner.submit(spec, people[1])
    blocker = runner.submit(gate(tmp_path), people[1]).job_id
    follow(runner, blocker, kind("step"))
    job = runner.submit(spec, people[0]).job_id
    library.delete_text(people[0], text.id)
    (tmp_path / "gate").touch()
    assert [e.payload["text"] for e in to_end(runner, job) if e.kind == "text"] == ["my <own> text"]
    assert library.collect(time.time() + 3700).files == 1


def test_runs_that_nobody_kept_go_after_two_weeks(runner: LocalRunner, library: Library, people: list[str]):
    job = runner.submit(count(), people[0]).job_id
    to_end(runner, job)
    folder = library.run_folder(job)
    assert (folder / STATE_FILE).is_file()
    assert library.collect(time.time() + 13 * 86400).runs == 0
    assert library.collect(time.time() + 15 * 86400).runs == 1
    assert not folder.exists()
    with pytest.raises(JobError, match="removed after two weeks"):
        runner.status(job)
    again = runner.submit(count(), people[0])
    assert again.is_new
    to_end(runner, again.job_id)
    assert library.collect(runs_mb=0).runs == 1


def test_no_process_is_left_after_close(make_runner: MakeRunner, people: list[str]):
    runner = make_runner(n_workers=2)
    jobs = [runner.submit({"task": task}, people[0]).job_id for task in ("forever", "deaf")]
    for job in jobs:
        follow(runner, job, kind("step"))
    handles = [os.pidfd_open(pid) for pid in runner.health()["workers"]]
    assert len(handles) == 2
    runner.close()
    for handle in handles:
        assert ended(handle, 1)  # its pipe ends a moment before it does
        os.close(handle)
    assert [runner.status(job).state for job in jobs] == ["lost", "lost"]
