"""Jobs: a spec in, events out, in another process. See protocol.py for what they are, local.py for who runs them.

Nothing here imports torch; the workers do. Nor does it import local.py with its database: the workers need none.
"""

from __future__ import annotations

from lmcore.jobs.protocol import Event, JobError, JobResult, JobRunner, JobStatus, JobTicket, Spec
from lmcore.jobs.tasks import TASKS, Task

__all__ = [
    "TASKS",
    "Event",
    "JobError",
    "JobResult",
    "JobRunner",
    "JobStatus",
    "JobTicket",
    "Spec",
    "Task",
]
