"""A real Chromium and real Streamlit servers for the browser tests. Nothing leaves the machine."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.person import settled
from tests.live import Server

ROOT = Path(__file__).resolve().parents[2]
APPS = Path(__file__).parent / "apps"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

PATIENCE = 60_000  # ms until something that must come counts as missing: two slow cores may be busy with other things

# Streamlit asks these addresses below a deep link's path before it finds its own; Chromium logs each 404.
HARMLESS = ("_stcore/health", "_stcore/host-config")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browsers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browsers]:
    """The browser: one that is installed, else playwright's own. In CI a missing one is a failure."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_api.sync_playwright() as playwright:
        try:
            fresh = playwright.chromium.launch(executable_path=found, args=FLAGS)
        except sync_api.Error as error:
            reason = f"no Chromium: {str(error).splitlines()[0]}"
            if os.environ.get("CI"):
                pytest.fail(reason)
            pytest.skip(reason)
        sync_api.expect.set_options(timeout=PATIENCE)

        def keeping(**options: Any) -> Any:
            folder = tmp_path_factory.mktemp("profile")
            return playwright.chromium.launch_persistent_context(folder, executable_path=found, args=FLAGS, **options)

        browsers = Browsers(fresh, keeping)
        yield browsers
        browsers.close()


class Browsers:
    """Contexts to open pages in.

    The first person of a test comes with a browser that was here before and has forgotten all but its cache: compiled
    scripts stay in a profile on disk, which halves what opening a page costs. Everybody after them is wholly new.
    """

    def __init__(self, fresh: Any, keeping: Callable[..., Any]) -> None:
        self.fresh, self.keeping = fresh, keeping
        self.kept: dict[str, Any] = {}

    def known(self, **options: Any) -> Any:
        """The one context of these options, without cookies and storage."""
        key = repr(sorted(options.items()))
        if key not in self.kept:
            self.kept[key] = self.keeping(**options)
        context = self.kept[key]
        context.clear_cookies()
        devtools = context.new_cdp_session(context.pages[0])
        devtools.send("Storage.clearDataForOrigin", {"origin": "*", "storageTypes": "local_storage,indexeddb"})
        devtools.detach()
        return context

    def close(self) -> None:
        """End them all."""
        for context in self.kept.values():
            context.close()
        self.fresh.close()


def free_port() -> int:
    """A loopback port that nobody uses at this moment."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 60) -> None:
    """Return when `url` answers 200; a server that ends or takes too long shows its log."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}:\n{log.read_text()[-2000:]}")
        refused = contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError)
        with refused, urllib.request.urlopen(url, timeout=2) as answer:
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise RuntimeError(f"{url} did not answer in {seconds:g} s:\n{log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """`serve(script)` starts `streamlit run script` once and gives its address; all servers end with the session."""
    running: dict[Path, tuple[subprocess.Popen[bytes], str]] = {}

    def start(script: Path, *, ready: str = "/_stcore/health", env: dict[str, str] | None = None) -> str:
        if script in running:
            return running[script][1]
        port = free_port()
        folder = tmp_path_factory.mktemp("serve")
        log = folder / "log.txt"
        command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless", "true"]
        command += ["--server.port", str(port), "--server.address", "127.0.0.1", "--server.fileWatcherType", "none"]
        command += ["--browser.gatherUsageStats", "false", "--client.showErrorDetails", "full"]
        with log.open("wb") as out:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={
                    **os.environ,
                    "PYTHONPATH": str(ROOT),
                    "OMP_NUM_THREADS": "1",
                    "LM_PLAYGROUND_DATA": str(folder / "data"),
                    **(env or {}),
                },
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        url = f"http://127.0.0.1:{port}"
        running[script] = (process, url)
        wait_for(url + ready, process, log)
        return url

    yield start
    for process, _ in running.values():
        process.terminate()
    for process, _ in running.values():
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture
def visit(browsers: Browsers) -> Iterator[Callable[..., Any]]:
    """`visit(url, **context options)` opens a page as somebody new (no cookies, nothing kept).

    A console error, an exception, a breach of the Content-Security-Policy or a request to another machine fails the
    test. `page.errors` is the list so far, `page.sent` the websocket frames that the page has sent.
    """
    contexts: list[Any] = []
    pages: list[Any] = []
    errors: list[str] = []

    def note(message: Any) -> None:
        where = message.location.get("url", "") if message.location else ""
        if message.type == "error" and not any(part in where + message.text for part in HARMLESS):
            errors.append(f"{message.text} ({where})")

    def watch(request: Any) -> None:
        where = urllib.parse.urlsplit(request.url)
        if where.scheme not in ("data", "blob") and where.hostname != "127.0.0.1":
            errors.append(f"a request left the machine: {request.url}")

    def open_page(url: str, **options: Any) -> Any:
        options = {"viewport": {"width": 1200, "height": 1000}, **options}
        media = {name: options.pop(name) for name in ("color_scheme", "reduced_motion") if name in options}
        if contexts:
            contexts.append(browsers.fresh.new_context(**options))
        else:
            contexts.append(browsers.known(**options))
        contexts[-1].on("request", watch)
        page = contexts[-1].new_page()
        pages.append(page)
        if media:
            page.emulate_media(**media)
        page.set_default_timeout(PATIENCE)
        page.errors, page.sent = errors, []
        page.on("console", note)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("websocket", lambda ws: ws.on("framesent", lambda frame: page.sent.append(frame)))
        page.goto(url)
        return page

    yield open_page
    for page in pages:
        page.close()
    for context in contexts:
        context.remove_listener("request", watch)
    for context in contexts[1:]:
        context.close()
    assert errors == []


@pytest.fixture
def app(serve: Callable[..., str], visit: Callable[..., Any]) -> Callable[..., Any]:
    """`app("bench.py", query="?…")` opens one of the small harness scripts in tests/browser/apps."""

    def open_app(name: str, query: str = "", **options: Any) -> Any:
        page = visit(serve(APPS / name) + query, **options)
        page.locator(".lm > *").first.wait_for()
        return page

    return open_app


@pytest.fixture
def lesson(server: Server, visit: Callable[..., Any]) -> Callable[..., Any]:
    """`lesson("temperature", "?T=2")` opens a page of the real app by its address and waits until it stands there.

    Each call is another person: a browser of its own, without a cookie.
    """

    def open_lesson(slug: str, query: str = "", **options: Any) -> Any:
        page = visit(f"{server.url}/{'' if slug == 'home' else slug}{query}", **options)
        settled(page)
        return page

    return open_lesson
