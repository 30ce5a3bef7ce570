"""A measurement on a page: the result that came with the project, and a button that measures anew in a worker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from lmcore import measured
from lmcore.jobs import JobError, JobStatus
from lmcore.library import LibraryError
from pages.shared import lesson, services, work

Row = dict[str, Any]
Draw = Callable[[Sequence[Row]], None]


def section(page: str, name: str, draw: Draw, button: str, aside: str = "") -> None:
    """Draw the rows of a measurement as they are known, and say where they were measured; `aside` goes behind that."""
    slot = _slot(page, name)
    asked = st.session_state.get(slot)
    if asked is None:
        found = measured.read(name)
        about = found["about"]
        draw(found["rows"])
        st.caption(
            f"Measured before, in {about['seconds']} s on the machine this project was made on: {about['cores']} cores "
            f"({about['machine']}).{aside}"
        )
    elif (job := work.wanted(asked[0], slot)) is not None:
        work.watch(job, slot, lambda now: _live(now, draw))
    refusal = st.session_state.pop(f"{slot}.refused", None)
    if refusal:
        lesson.refuse(refusal)
    st.button(
        button, key=f"{slot}.anew", on_click=_anew, args=(page, name), icon=":material/replay:",
        help="A worker on this server does the whole measurement again, while you watch.",
    )  # fmt: skip


def rows_shown(page: str, name: str) -> Sequence[Row]:
    """The rows of the picture as it stands now."""
    asked = st.session_state.get(_slot(page, name))
    return measured.read(name)["rows"] if asked is None else _rows_of(asked[1])


def as_shipped(page: str, *names: str) -> None:
    """Back to what the page opened with."""
    for name in names:
        st.session_state.pop(_slot(page, name), None)


def _slot(page: str, name: str) -> str:
    return f"{page}.measured.{name}"


def _anew(page: str, name: str) -> None:
    spec = {"task": "measure", "name": name}
    try:
        ticket = services.runner().submit(spec, services.workspace(), anew=True)
    except (JobError, LibraryError) as refusal:
        st.session_state[f"{_slot(page, name)}.refused"] = str(refusal)
        return
    st.session_state[_slot(page, name)] = (spec, ticket.job_id)


def _live(job: JobStatus, draw: Draw) -> None:
    rows = _rows_of(job.job_id)
    draw(rows)
    if job.active:
        st.caption(f"{work.said(job)} {len(rows)} rows so far.")
    elif job.state == "done":
        took = "" if job.started is None or job.finished is None else f", in {max(1, job.finished - job.started)} s"
        st.caption(f"Measured just now by a worker of this server{took}.")


def _rows_of(job_id: str) -> list[Row]:
    return [event.payload for event in services.runner().events(job_id) if event.kind == "row"]
