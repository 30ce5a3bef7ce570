"""What all tests share: a data folder of their own, and the real server on a free port."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import Server, free_port, wait_until_ready

ROOT = Path(__file__).resolve().parent.parent
# Set before anything is imported: no test may touch what a person keeps in data/.
os.environ["LM_PLAYGROUND_DATA"] = tempfile.mkdtemp(prefix="lm-playground-test-")
os.environ["LM_PLAYGROUND_WORKERS"] = "1"
# Several processes with spinning threads each, on as many cores, are ten times slower than one thread each.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """app.py as `make run` serves it, with an empty data folder."""
    folder = tmp_path_factory.mktemp("server")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    log = (folder / "server.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)],
        cwd=ROOT, env={**os.environ, "LM_PLAYGROUND_DATA": str(folder / "data")}, stdout=log, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        wait_until_ready(url, process)
        yield Server(url, process.pid)
    finally:
        process.terminate()
        process.wait(20)
        log.close()
