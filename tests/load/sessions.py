"""Many people at once, without browsers: websocket sessions that speak Streamlit's protobuf as its frontend does.

usage: python tests/load/sessions.py URL [--sessions 40] [--seconds 30] [--period 2] [--arrive 3] [--path /temperature]
                                         [--trainings 0] [--pid SERVER]
Loopback only; bounded in number and time. Each session fetches the page, connects with the cookie it was given, and
runs the script; then, every `period` seconds, it lets go of the temperature slider at another place: it sends what the
component in the browser sends. `--trainings` more sessions press Train first, and watch.

Prints {"first": [s, …], "reruns": [s, …], "rss_mib", "cpu", "own_cpu", "workers_cpu": […], "trainings"}; shares of a
core while the sessions worked (or arrived, when --seconds is 0).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import re
import sys
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import psutil
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

MAX_SESSIONS, MAX_SECONDS = 200, 120
PATIENCE = 60  # seconds for one run of a script
XSRF = "_streamlit_xsrf"
FINISHED = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


async def get(url: str, path: str, cookies: dict[str, str]) -> None:
    """One GET; cookies that come with the answer are kept. RuntimeError unless it is a 200."""
    where = urlsplit(url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    lines = [f"GET {path} HTTP/1.1", f"Host: {where.netloc}", "Connection: close", "Accept-Encoding: gzip"]
    if cookies:
        lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in cookies.items()))
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    answer = await asyncio.wait_for(reader.read(), PATIENCE)
    writer.close()
    head = answer.split(b"\r\n\r\n", 1)[0].decode("latin-1")
    if " 200 " not in head.split("\r\n", 1)[0]:
        raise RuntimeError(f"{path}: {head[:80]}")
    cookies.update(re.findall(r"(?im)^set-cookie: ([^=\s]+)=([^;\r\n]*)", head))


@dataclass
class Session:
    """One browser tab: what it was told, and what it says."""

    url: str
    path: str
    query: str = ""
    page: str = ""  # the hash of the page's script
    bench: str = ""  # the widget id of the temperature bench
    bench_fragment: str = ""  # the fragment that it lies in: only that runs when the slider is let go
    buttons: dict[str, str] = field(default_factory=dict)  # label -> widget id
    said: str = ""  # the last sentence of a run that is being watched
    widgets: dict[str, WidgetState] = field(default_factory=dict)
    cached: dict[str, None] = field(default_factory=dict)  # hashes of messages that the server need not send again
    errors: list[str] = field(default_factory=list)
    socket: Any = None
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    polls: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    listener: asyncio.Task[None] | None = None

    async def open(self) -> float:
        """Fetch the page and run its script for the first time; seconds until it had finished."""
        began = time.perf_counter()
        cookies: dict[str, str] = {}
        await get(self.url, self.path, cookies)
        for path in ("/_stcore/health", "/_stcore/host-config"):
            await get(self.url, path, cookies)
        self.socket = await websockets.connect(
            self.url.replace("http", "ws", 1) + "/_stcore/stream",
            subprotocols=["streamlit", cookies.get(XSRF, "PLACEHOLDER_AUTH_TOKEN")],  # type: ignore[list-item]
            additional_headers={"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())},
            origin=self.url,  # type: ignore[arg-type]
            max_size=None,
            open_timeout=PATIENCE,
            ping_interval=None,
        )
        self.listener = asyncio.create_task(self._listen())
        await self.run()
        return time.perf_counter() - began

    async def run(self, *changed: WidgetState, fragment: str = "") -> float:
        """Rerun the script, or one fragment of it, with these widgets changed; seconds until it had finished."""
        self.finished.clear()
        began = time.perf_counter()
        await self._send(changed, fragment)
        await asyncio.wait_for(self.finished.wait(), PATIENCE)
        return time.perf_counter() - began

    async def close(self) -> None:
        for task in (*self.polls.values(), *([self.listener] if self.listener else [])):
            task.cancel()
        if self.socket is not None:
            await self.socket.close()

    def release_at(self, temperature: float) -> WidgetState:
        """What the bench says when the slider is let go."""
        settings = {"temperature": temperature, "top_k": 0, "top_p": 1, "min_p": 0, "seq": int(time.time() * 1000)}
        return WidgetState(id=self.bench, json_value=json.dumps({"settings": settings}))

    async def _send(self, changed: tuple[WidgetState, ...] = (), fragment: str = "", automatic: bool = False) -> None:
        message = BackMsg()
        state = message.rerun_script
        state.query_string = self.query
        state.page_script_hash = self.page
        state.page_name = "" if self.page else self.path.strip("/")
        state.fragment_id, state.is_auto_rerun = fragment, automatic
        state.cached_message_hashes.extend(self.cached)
        state.context_info.timezone, state.context_info.locale = "UTC", "en"
        state.context_info.url, state.context_info.color_scheme = self.url + self.path, "light"
        for widget in changed:
            if not widget.trigger_value:
                self.widgets[widget.id] = widget
        triggers = [widget for widget in changed if widget.trigger_value]
        state.widget_states.widgets.extend([*self.widgets.values(), *triggers])
        await self.socket.send(message.SerializeToString())

    async def _listen(self) -> None:
        try:
            async for raw in self.socket:
                message = ForwardMsg()
                message.ParseFromString(raw)
                self._take(message)
        except websockets.ConnectionClosed as closed:
            self.errors.append(f"the connection was closed: {closed}")
            self.finished.set()

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if message.metadata.cacheable and message.hash:
            self.cached[message.hash] = None
        if kind == "delta":
            self._element(message.delta.new_element, message.delta.fragment_id)
        elif kind == "navigation":
            self.page = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "auto_rerun":
            self._poll(message.auto_rerun.fragment_id, message.auto_rerun.interval)
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                self._poll(fragment, 0)
        elif kind == "page_not_found":
            self.errors.append(f"{self.path} was not found")
        elif kind == "script_finished" and message.script_finished in FINISHED:
            self.finished.set()
        elif kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            self.errors.append("the script does not compile")
            self.finished.set()

    def _element(self, element: Any, fragment: str) -> None:
        kind = element.WhichOneof("type")
        if kind == "bidi_component" and element.bidi_component.component_name == "lm_temperature_bench":
            self.bench, self.bench_fragment = element.bidi_component.id, fragment
        elif kind == "button":
            self.buttons[element.button.label] = element.button.id
        elif kind == "markdown" and re.search(r"Step [\d,]+ of", element.markdown.body):
            self.said = element.markdown.body
        elif kind == "exception":
            self.errors.append(element.exception.message)

    def _poll(self, fragment: str, interval: float) -> None:
        """Run a fragment again and again, as the frontend does for one that polls."""
        if fragment in self.polls:
            self.polls.pop(fragment).cancel()

        async def poll() -> None:
            while True:
                await asyncio.sleep(interval)
                await self._send(fragment=fragment, automatic=True)

        if interval:
            self.polls[fragment] = asyncio.create_task(poll())


async def training(url: str, seed: int) -> Session:
    """A session that pressed Train on a run of minutes, and sees it running."""
    session = Session(url, "/train", query=f"size=medium&steps=50000&seed={seed}")
    await session.open()
    await session.run(WidgetState(id=session.buttons["Train"], trigger_value=True))
    end = time.monotonic() + PATIENCE
    while not session.said and time.monotonic() < end and not session.errors:
        await asyncio.sleep(0.1)
    return session


async def at_work(session: Session, index: int, period: float, until: float) -> list[float]:
    """Let go of the slider every `period` seconds (give or take a fifth); seconds of each rerun."""
    rng, taken = random.Random(index), []
    await asyncio.sleep(period * rng.random())
    while time.perf_counter() < until:
        temperature = round(rng.uniform(0.05, 4.95), 2)
        taken.append(await session.run(session.release_at(temperature), fragment=session.bench_fragment))
        shown = re.search(r"(?:^|&)T=([\d.]+)", session.query)
        if temperature != 1 and (not shown or float(shown[1]) != temperature):
            session.errors.append(f"the page did not follow: T = {temperature}, {session.query}")
        await asyncio.sleep(max(0.0, period * rng.uniform(0.8, 1.2) - taken[-1]))
    return taken


class Meter:
    """Processor time of the server, its workers and this process between two moments."""

    def __init__(self, pid: int | None) -> None:
        self.processes = {"own": psutil.Process()}
        if pid:
            self.processes["server"] = psutil.Process(pid)
            for child in self.processes["server"].children(recursive=True):
                if "lmcore.jobs.worker" in " ".join(child.cmdline()):
                    self.processes[f"worker {child.pid}"] = child
        self.began, self.before = time.perf_counter(), self._now()

    def _now(self) -> dict[str, float]:
        return {name: sum(process.cpu_times()[:2]) for name, process in self.processes.items()}

    def read(self) -> dict[str, Any]:
        """Shares of a core since the beginning, and the server's memory now."""
        spent, now = time.perf_counter() - self.began, self._now()
        share = {name: (now[name] - before) / spent for name, before in self.before.items()}
        server = self.processes.get("server")
        return {
            "rss_mib": server.memory_info().rss / 2**20 if server else 0.0,
            "cpu": share.get("server", 0.0),
            "own_cpu": share["own"],
            "workers_cpu": [used for name, used in share.items() if name.startswith("worker")],
        }


async def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Trainings first, then the arrivals, then the work."""
    watching = [await training(args.url, seed) for seed in range(1, args.trainings + 1)]
    sessions = [Session(args.url, args.path) for _ in range(args.sessions)]
    meter = Meter(args.pid)

    async def arrive(index: int) -> float:
        await asyncio.sleep(args.arrive * index / max(1, len(sessions)))
        return await sessions[index].open()

    first = await asyncio.gather(*(arrive(i) for i in range(len(sessions))))
    reruns: list[list[float]] = []
    if args.seconds:
        meter = Meter(args.pid)
        until = time.perf_counter() + args.seconds
        reruns = await asyncio.gather(*(at_work(s, i, args.period, until) for i, s in enumerate(sessions)))
    found = meter.read()
    everyone = [*sessions, *watching]
    errors = [error for session in everyone for error in session.errors]
    errors += ["a training does not run"] * sum(not session.said for session in watching)
    if reruns and not all(session.bench for session in sessions):
        errors.append("a page came without its temperature bench")
    with contextlib.suppress(Exception):
        await asyncio.gather(*(session.close() for session in everyone))
    if errors:
        sys.exit(f"{len(errors)} errors, the first: {errors[0]}")
    taken = [seconds for one in reruns for seconds in one]
    return {"first": first, "reruns": taken, "trainings": len(watching), **found}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--sessions", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--period", type=float, default=2)
    parser.add_argument("--arrive", type=float, default=3, help="seconds over which the sessions arrive")
    parser.add_argument("--path", default="/temperature")
    parser.add_argument("--trainings", type=int, default=0)
    parser.add_argument("--pid", type=int, default=None, help="of the server")
    args = parser.parse_args()
    if urlsplit(args.url).hostname not in ("127.0.0.1", "localhost"):
        sys.exit("loopback only")
    args.sessions, args.seconds = min(args.sessions, MAX_SESSIONS), min(args.seconds, MAX_SECONDS)
    print(json.dumps(asyncio.run(measure(args))), flush=True)


if __name__ == "__main__":
    main()
