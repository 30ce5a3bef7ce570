"""What stands around Streamlit's answers: security headers, the workspace's cookie, and what is sent out of memory."""

from __future__ import annotations

import asyncio
import base64
import functools
import gzip
import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STATIC = Path(st.__file__).parent / "static"
INDEX = (STATIC / "index.html").read_text("utf-8")
TYPES = {".js": "text/javascript", ".css": "text/css"}


# ---- the workspace: a random token in a cookie, which no script and no URL ever sees ----

COOKIE = "workspace"
COOKIE_AGE = 400 * 24 * 3600  # the longest that browsers keep a cookie


def set_workspace(response: Response, token: str, request_scheme: str) -> None:
    """Set the cookie that says whose texts, models and runs these are."""
    response.set_cookie(
        COOKIE, token, max_age=COOKIE_AGE, httponly=True, samesite="lax", secure=request_scheme == "https"
    )


# ---- headers ----


def policy(page: str) -> str:
    """The Content-Security-Policy of a page: of the scripts that stand in it, those that stand in it now."""
    inside = re.findall(r'<script(?: type="module" async)?>(.*?)</script>', page, re.S)
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in inside]
    return "; ".join(
        [
            "default-src 'self'",
            # blob: is how Streamlit loads components; no unsafe-eval anywhere
            " ".join(["script-src 'self' blob:", *(f"'sha256-{digest}'" for digest in hashes)]),
            "style-src 'self' 'unsafe-inline'",  # emotion, Streamlit's styling, writes style elements
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        ]
    )


def links() -> str:
    """A Link header for index.html: its style sheet, and the scripts that a page asks for once it has begun to draw.

    Nothing is painted before the style sheet, which otherwise stands in line behind sixty scripts. The scripts are
    fetched and compiled beside the others then, not one after another when the page already waits.
    """
    sheets = re.findall(r'<link rel="stylesheet" crossorigin href="\./([^"]+)">', INDEX)
    folder = STATIC / "static" / "js"
    names = [path.name for path in folder.glob("*.js") if path.name.split(".")[0] == "BidiComponent"]
    for name in names:  # grows while it is read: what these import, and what that imports
        imported = re.findall(r'from"\./([\w.\-]+\.js)"', (folder / name).read_text("utf-8"))
        names += [file for file in dict.fromkeys(imported) if file not in INDEX and file not in names]
    first = [f"</{sheet}>; rel=preload; as=style; crossorigin" for sheet in sheets]
    return ", ".join(first + [f"</static/js/{name}>; rel=modulepreload" for name in names])


LINKS = links()
HEADERS = {
    "content-security-policy": policy(INDEX),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


# ---- out of memory ----


@dataclass(frozen=True)
class Page:
    """The HTML of an address. Streamlit would read it from the disk, in a thread, for each visitor anew."""

    plain: bytes
    zipped: bytes
    policy: str


@functools.cache
def html_pages() -> dict[str, Page]:
    """By path, what a browser gets first: Streamlit's own page everywhere, with Home's first light in it on Home."""
    from pages.shared import first_light
    from pages.shared.lessons import LESSONS

    def page(html: str) -> Page:
        return Page(html.encode(), gzip.compress(html.encode(), 6, mtime=0), policy(html))

    index = first_light.titled(INDEX)
    same = page(index)
    return {f"/{slug}": same for slug in LESSONS if slug != "home"} | {"/": page(first_light.page(index))}


_compressed: dict[Path, bytes] = {}


def compressed(path: Path) -> bytes:
    """The gzipped file, made once: anew for each request costs 0.17 s for plotly alone. The files are read-only."""
    if path not in _compressed:
        _compressed[path] = gzip.compress(path.read_bytes(), 6, mtime=0)
    return _compressed[path]


def warm_up() -> None:
    """Make what every first visit asks for. Needs the shipped models: Home's sentences are computed."""
    for name in re.findall(r"static/(?:js|css)/[\w.\-]+", INDEX + LINKS):
        compressed(STATIC / name)
    html_pages()


class Shell:
    """The middleware: all of the above, around every answer."""

    def __init__(self, app: ASGIApp, is_warm: Callable[[], bool]) -> None:
        self.app, self.is_warm = app, is_warm

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        known = re.fullmatch(r"[\w-]{32,128}", request.cookies.get(COOKIE, ""), re.ASCII)
        token = None if known else secrets.token_urlsafe(32)
        page = self.page(request)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if page is not None:
                    headers["content-security-policy"] = page.policy
                if headers.get("content-type", "").startswith("text/html") and request.method == "GET":
                    headers["link"] = LINKS
                    if token:
                        cookie = Response()
                        set_workspace(cookie, token, request.url.scheme)
                        headers.append("set-cookie", cookie.headers["set-cookie"])
            await send(message)

        answer: ASGIApp = self.app
        if page is not None:
            answer = self.html(page, request)
        elif (static := self.static_file(request)) is not None:
            answer = await self.file(static)
        await answer(scope, receive, send_with_headers)

    def page(self, request: Request) -> Page | None:
        """The page that is asked for, once the server is warm; embedded ones have no sidebar, and are Streamlit's."""
        plain = request.method == "GET" and "embed" not in request.query_params
        return html_pages().get(request.url.path) if plain and self.is_warm() else None

    @staticmethod
    def html(page: Page, request: Request) -> Response:
        headers = {"cache-control": "no-cache", "vary": "accept-encoding"}
        if takes_gzip(request):
            return HTMLResponse(page.zipped, headers={**headers, "content-encoding": "gzip"})
        return HTMLResponse(page.plain, headers=headers)

    @staticmethod
    def static_file(request: Request) -> Path | None:
        """The script or style sheet of Streamlit's own that is asked for, when gzip may be sent."""
        found = re.fullmatch(r"/static/(js|css)/([\w\-]+(?:\.[\w\-]+)*\.(?:js|css))", request.url.path)
        if not found or request.method != "GET" or not takes_gzip(request):
            return None
        path = STATIC / "static" / found[1] / found[2]
        return path if path in _compressed or path.is_file() else None

    @staticmethod
    async def file(path: Path) -> Response:
        headers = {
            "content-encoding": "gzip",
            "vary": "accept-encoding",
            "cache-control": "public, immutable, max-age=31536000",  # the names carry a hash of the content
        }
        body = _compressed.get(path) or await asyncio.to_thread(compressed, path)
        return Response(body, media_type=TYPES[path.suffix], headers=headers)


def takes_gzip(request: Request) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "")
