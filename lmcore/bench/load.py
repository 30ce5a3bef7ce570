"""Many people at once: websocket sessions that speak Streamlit's protocol to the real app (tests/load/sessions.py).

The sessions run on the same machine as the server and take their share of its cores.
"""

from __future__ import annotations

from collections.abc import Iterator

from lmcore.bench.app import drive, served
from lmcore.bench.row import Row, at_most
from lmcore.bench.timing import percentile


def run(size: str) -> Iterator[Row]:
    """40 sessions that drag the temperature while two trainings run; then 100 sessions that arrive within 5 s."""
    full = size == "full"
    n, seconds, arrivals = (40, 30, 100) if full else (2, 3, 2)
    with served(LM_PLAYGROUND_WORKERS="2") as app:
        work = drive(
            "sessions", app.url, "--sessions", n, "--seconds", seconds, "--period", 2, "--trainings", 2,
            "--arrive", 3, "--pid", app.pid,
        )  # fmt: skip
    note = f"median {_ms(work['reruns'], 0.5)}; on Temperature, an action every 2 s; {_server(work)}"
    yield Row(
        f"rerun, p95, {n} sessions and {work['trainings']} trainings", percentile(work["reruns"], 0.95), "s",
        repeats=len(work["reruns"]), goal=at_most(0.15), note=note,
    )  # fmt: skip
    for path, name in (("/temperature", "Temperature"), ("/", "Home")):
        with served() as app:
            came = drive(
                "sessions", app.url, "--sessions", arrivals, "--seconds", 0, "--arrive", 5, "--path", path,
                "--pid", app.pid,
            )  # fmt: skip
        yield Row(
            f"first page, p95, {arrivals} arrive in 5 s on {name}", percentile(came["first"], 0.95), "s",
            repeats=len(came["first"]), goal=at_most(0.5), note=f"median {_ms(came['first'], 0.5)}; {_server(came)}",
        )  # fmt: skip
        if path == "/temperature":
            yield Row(f"memory of the server with {arrivals} sessions", came["rss_mib"], "MiB", repeats=1)


def _server(found: dict) -> str:
    """What the server was doing."""
    said = f"server {found['rss_mib']:.0f} MiB, {found['cpu']:.0%} of a core; the sessions {found['own_cpu']:.0%}"
    if found["workers_cpu"]:
        said += "; workers " + " and ".join(f"{share:.0%}" for share in found["workers_cpu"])
    return said


def _ms(values: list[float], share: float) -> str:
    return f"{percentile(values, share) * 1000:.0f} ms"
