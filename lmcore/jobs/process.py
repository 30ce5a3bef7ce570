"""One worker process as the supervisor sees it, and what this machine can carry."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lmcore.jobs.wire import encode
from lmcore.paths import ROOT


class WorkerProcess:
    """Starts the process. `report(worker, message)` is called from a reader thread; message None: it is dead."""

    def __init__(
        self,
        report: Callable[[WorkerProcess, bytes | None], None],
        log: Path,
        threads: int,
        memory: int,
        warm: Sequence[str],
        python_path: Sequence[str | Path] = (),
    ) -> None:
        self.ready = False
        self.job: Any = None  # what it does now; the supervisor's
        self.lingers: str | None = None  # the job, stopped for everybody, that it has not come back from yet
        self.kill_at = 0.0  # for how long it may
        self.killed_for: str | None = None  # a sentence, when the supervisor killed it
        self.slot = 0  # names its log
        env = dict(os.environ)
        env["PYTHONPATH"] = os.pathsep.join([str(ROOT), *map(str, python_path), *filter(None, [env.get("PYTHONPATH")])])
        for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"):
            env[name] = str(threads)
        # Threads wait for each other some hundred times in a step of a small GPT. Asleep, they take twice as long for
        # it as awake; awake without end, a hundred times as long once the cores are shared. So: awake for a moment.
        env.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        env.setdefault("GOMP_SPINCOUNT", "1000")  # turns of a loop, in GNU's OpenMP
        env["TOKENIZERS_PARALLELISM"] = "true" if threads > 1 else "false"
        command = [sys.executable, "-m", "lmcore.jobs.worker", "--parent", str(os.getpid())]
        command += ["--memory", str(memory), "--warm", *warm]
        with open(log, "wb") as errors:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=env,
                # Ctrl-C in the terminal is for the server, which then ends its workers. A group and not a session of
                # their own: Linux shares the cores among sessions first (autogroups), and among these no nice counts.
                process_group=0,
            )
        self.pid = self._process.pid
        threading.Thread(target=self._read, args=(report,), daemon=True, name=f"worker-{self.pid}").start()

    def _read(self, report: Callable[[WorkerProcess, bytes | None], None]) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                report(self, line)
        self._process.kill()  # the pipe ended, so it is dead or of no more use
        self._process.wait()
        self._close_orders()
        report(self, None)

    def send(self, message: dict[str, Any]) -> None:
        """An order. A worker that is gone is noticed by its pipe, not here."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(encode(message))
            self._process.stdin.flush()

    def kill(self, why: str | None = None) -> None:
        """End it now; `why` is the sentence for whoever watches its job."""
        self.killed_for = self.killed_for or why
        self._process.kill()

    def close(self, timeout: float) -> None:
        """Close its orders, so that it ends by itself; kill it if it has not within the time."""
        self._close_orders()
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _close_orders(self) -> None:
        with contextlib.suppress(OSError):
            if self._process.stdin:
                self._process.stdin.close()

    def death(self) -> str:
        """How it died, in words."""
        code = self._process.poll()
        if code is None or code >= 0:
            return f"ended by itself with code {code}"
        named: dict[int, str] = {
            signal.SIGKILL: "was killed from outside, perhaps because the machine ran out of memory",
            signal.SIGSEGV: "crashed (segmentation fault)",
            signal.SIGABRT: "crashed (aborted)",
            signal.SIGBUS: "crashed (bus error)",
            signal.SIGILL: "crashed (illegal instruction)",
            signal.SIGTERM: "was ended from outside",
        }
        return named.get(-code, f"died of signal {-code}")

    def memory(self) -> int:
        """Bytes of memory it holds now; 0 where the system does not tell (only Linux does)."""
        try:
            pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        except (OSError, ValueError, IndexError):
            return 0
        return pages * os.sysconf("SC_PAGE_SIZE")


def cores() -> int:
    """How many cores this process may use, containers' limits included."""
    affinity = getattr(os, "sched_getaffinity", None)
    n = len(affinity(0)) if affinity else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return max(1, min(n, round(int(quota) / int(period))))
    except (OSError, ValueError):
        return n


def machine_memory() -> int:
    """Bytes of memory this process may use, containers' limits included; 4 GB where the system does not tell."""
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        total = 4_000_000_000
    try:
        return min(total, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    except (OSError, ValueError):
        return total
