"""The real app as a process, and the scripts in tests/load that use it as people do.

No streamlit here: the server is started by its command line, and whoever speaks its protocol or drives a browser is
another process, which prints what it measured as JSON.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lmcore.paths import ROOT

DRIVERS = ROOT / "tests" / "load"
HARNESS = ROOT / "tests" / "browser" / "apps" / "bench.py"
PATIENCE = 180  # seconds for a server or a driver


@dataclass(frozen=True)
class Served:
    """A running server."""

    url: str
    pid: int
    seconds_to_ready: float
    """From the start of its process."""


@contextmanager
def served(
    script: Path = ROOT / "app.py", ready: str = "/readyz", port: int = 0, **environment: str
) -> Iterator[Served]:
    """`streamlit run script` on a free port of the loopback, with an empty data folder. ValueError when it fails."""
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    command += ["--server.address", "127.0.0.1", "--server.headless", "true"]
    with tempfile.TemporaryDirectory(prefix="lm-playground-bench-") as folder:
        log = Path(folder) / "log.txt"
        more = {"LM_PLAYGROUND_DATA": str(Path(folder) / "data"), "PYTHONPATH": str(ROOT), **environment}
        plain = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
        began = time.perf_counter()
        with log.open("wb") as out:
            process = subprocess.Popen(command, cwd=ROOT, env={**plain, **more}, stdout=out, stderr=subprocess.STDOUT)
        try:
            while not answers(url + ready):
                if process.poll() is not None or time.perf_counter() - began > PATIENCE:
                    raise ValueError(f"the server did not start: {log.read_text('utf-8', 'replace')[-500:]}")
                time.sleep(0.02)
            yield Served(url, process.pid, time.perf_counter() - began)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def answers(url: str) -> bool:
    """Whether the address answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def free_port() -> int:
    """A port of the loopback that nobody uses at this moment."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def start_driver(name: str, *args: object) -> subprocess.Popen[str]:
    """Start tests/load/<name>.py. ValueError when the tests are not here."""
    script = DRIVERS / f"{name}.py"
    if not script.is_file():
        raise ValueError(f"{script.relative_to(ROOT)} is not here; it drives the app for this bench")
    command = [sys.executable, str(script), *map(str, args)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def drive(name: str, *args: object) -> dict[str, Any]:
    """Run tests/load/<name>.py to its end: what it printed in its last line. ValueError when it fails."""
    process = start_driver(name, *args)
    try:
        out, _ = process.communicate(timeout=PATIENCE)
    except BaseException:
        process.kill()
        process.wait()
        raise
    if process.returncode or not out.strip():
        raise ValueError(f"tests/load/{name}.py failed, see above")
    found: dict[str, Any] = json.loads(out.strip().splitlines()[-1])
    return found
