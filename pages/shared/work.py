"""Work that a lesson asks of a worker: submitted once, watched until it is done, the same work shared by all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from lmcore.jobs import JobError, JobStatus
from lmcore.library import LibraryError
from pages.shared import lesson, live, services


def wanted(spec: dict[str, Any], slot: str) -> JobStatus | None:
    """The job of a spec, asked for when `slot` (a key of the session) holds another; None when it is refused."""
    runner, workspace = services.runner(), services.workspace()
    asked = st.session_state.get(slot)
    try:
        if asked is None or asked[0] != spec:
            asked = (spec, runner.submit(spec, workspace).job_id)
            st.session_state[slot] = asked
        return runner.status(asked[1], workspace)
    except (JobError, LibraryError) as refusal:
        st.session_state.pop(slot, None)
        lesson.refuse(str(refusal))
        return None


def folder_of(job: JobStatus) -> Path:
    """Where a finished job left what it made."""
    return services.runner().result(job.job_id).folder.parent


def watch(job: JobStatus, slot: str, draw: Callable[[JobStatus], None]) -> None:
    """Draw a job, again and again while it works; the whole page runs once more when it has ended."""

    def look(now: JobStatus) -> None:
        draw(now)
        if now.state in ("failed", "stopped"):
            lesson.refuse(now.error or "The work was stopped before it was done.")
            if refused := st.session_state.pop(f"{slot}.refused", None):
                lesson.refuse(refused)
            st.button("Try again", key=f"{slot}.again", icon=":material/replay:", on_click=_again, args=(slot, now))

    live.follow(job, look)


def _again(slot: str, job: JobStatus) -> None:
    """Let it go on from where it was; in a callback, since the next click may cut the page short."""
    try:
        services.runner().resume(job.job_id, services.workspace())
    except JobError as refusal:
        st.session_state[f"{slot}.refused"] = str(refusal)


def said(job: JobStatus) -> str:
    """How the work stands, in a few words."""
    if job.state == "queued":
        wait = "" if job.expected_wait_s is None else f", {lesson.duration(job.expected_wait_s)} to go"
        return f"Waiting for a free worker: place {job.position or 1} in the queue{wait}."
    if job.state == "lost":
        return "The worker died; the work begins again by itself."
    return "A worker is at it."
