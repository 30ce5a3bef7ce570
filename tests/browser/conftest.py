"""A real Chromium and real Streamlit servers for the browser tests. Nothing leaves the machine."""

from __future__ import annotations

import contextlib
import os
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
from tests.load.chromium import FLAGS, installed

ROOT = Path(__file__).resolve().parents[2]
APPS = Path(__file__).parent / "apps" / "main.py"
USUAL = {"color_scheme": "light", "reduced_motion": "no-preference"}
PATIENCE = 60_000  # ms until something that must come counts as missing: two slow cores may be busy with other things

# Streamlit asks these addresses below a deep link's path before it finds its own; Chromium logs each 404.
HARMLESS = ("_stcore/health", "_stcore/host-config")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browsers() -> Iterator[Browsers]:
    """The browser: one that is installed, else playwright's own. In CI a missing one is a failure."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=installed(), args=FLAGS)
        except sync_api.Error as error:
            reason = f"no Chromium: {str(error).splitlines()[0]}"
            if os.environ.get("CI"):
                pytest.fail(reason)
            pytest.skip(reason)
        sync_api.expect.set_options(timeout=PATIENCE)

        yield Browsers(browser)
        browser.close()


class Browsers:
    """Contexts to open pages in.

    The first person of a test comes with a tab that was here before and has forgotten all but its cache: scripts that
    are already compiled halve what opening a page costs. Everybody after them is wholly new.
    """

    def __init__(self, browser: Any) -> None:
        self.browser = browser
        self.kept: dict[str, Any] = {}

    def known(self, **options: Any) -> Any:
        """The one tab of these options, empty, without cookies and storage."""
        key = repr(sorted(options.items()))
        if key not in self.kept:
            self.kept[key] = self.browser.new_context(**options).new_page()
        page = self.kept[key]
        page.goto("about:blank")
        page.context.clear_cookies()
        devtools = page.context.new_cdp_session(page)
        devtools.send("Storage.clearDataForOrigin", {"origin": "*", "storageTypes": "local_storage,indexeddb"})
        devtools.detach()
        return page

    def stranger(self, **options: Any) -> Any:
        """A tab of somebody who was never here."""
        return self.browser.new_context(**options).new_page()


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
def apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of the small pages in tests/browser/apps."""
    port, folder = free_port(), tmp_path_factory.mktemp("apps")
    log, url = folder / "log.txt", f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", str(APPS), "--server.headless", "true"]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1", "--server.fileWatcherType", "none"]
    command += ["--browser.gatherUsageStats", "false", "--client.showErrorDetails", "full"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LM_PLAYGROUND_DATA": str(folder / "data")}
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT)
    try:
        wait_for(url + "/_stcore/health", process, log)
        yield url
    finally:
        process.terminate()
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
    pages: list[Any] = []
    heard: list[tuple[Any, str, Callable[..., Any]]] = []
    errors: list[str] = []

    def note(message: Any) -> None:
        where = message.location.get("url", "") if message.location else ""
        if message.type == "error" and not any(part in where + message.text for part in HARMLESS):
            errors.append(f"{message.text} ({where})")

    def raised(error: Any) -> None:
        errors.append(str(error))

    def watch(request: Any) -> None:
        where = urllib.parse.urlsplit(request.url)
        if where.scheme not in ("data", "blob") and where.hostname != "127.0.0.1":
            errors.append(f"a request left the machine: {request.url}")

    def open_page(url: str, **options: Any) -> Any:
        size = options.pop("viewport", {"width": 1200, "height": 1000})
        media = {name: options.pop(name, usual) for name, usual in USUAL.items()}
        page = browsers.stranger(**options) if pages else browsers.known(**options)
        pages.append(page)
        page.set_viewport_size(size)
        page.emulate_media(**media)
        page.set_default_timeout(PATIENCE)
        page.errors, page.sent = errors, []

        def connects(socket: Any) -> None:
            socket.on("framesent", lambda frame: page.sent.append(frame))

        for event, hear in (("console", note), ("pageerror", raised), ("request", watch), ("websocket", connects)):
            page.on(event, hear)
            heard.append((page, event, hear))
        page.goto(url)
        return page

    yield open_page
    for page, event, hear in heard:
        page.remove_listener(event, hear)
    for page in pages[1:]:
        page.context.close()
    for page in pages[:1]:
        page.unroute_all()
        page.mouse.move(0, 0)
    assert errors == []


@pytest.fixture
def app(apps: str, visit: Callable[..., Any]) -> Callable[..., Any]:
    """`app("bench", "?n=40")` opens one of the small pages in tests/browser/apps."""

    def open_app(name: str, query: str = "", **options: Any) -> Any:
        page = visit(f"{apps}/{name}{query}", **options)
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
