"""The server: st.App around pages/main.py, with warm-up, security headers, compressed static files and /readyz.

Run it with `streamlit run app.py` (or `make run`). The lessons are in pages/, the models in lmcore/.
"""

from __future__ import annotations

import asyncio
import base64
import functools
import gc
import gzip
import hashlib
import re
import secrets
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ROOT = Path(__file__).resolve().parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

STATIC = Path(st.__file__).parent / "static"
COOKIE = "workspace"
TCP = {(family, socket.SOCK_STREAM) for family in (socket.AF_INET, socket.AF_INET6)}
COOKIE_AGE = 400 * 24 * 3600  # the longest that browsers keep a cookie


# ---- warm-up: nobody's first click pays for an import ----


def warm_up() -> None:
    """Import what pages need, start the workers, and take what is loaded out of the garbage collector's sight."""
    import plotly.graph_objects
    import torch

    from pages.shared import services

    # Streamlit replaces plotly's default template at the first st.plotly_chart; a figure made now loads the machinery.
    plotly.graph_objects.Figure().to_json()
    # Other sessions and the training workers need the cores more than one small matrix product does.
    torch.set_num_threads(1)
    services.warm_up()
    for name in re.findall(r"static/(?:js|css)/[\w.\-]+", INDEX + LINKS):
        compressed(STATIC / name)
    home_page()
    gc.collect()
    gc.freeze()  # with torch loaded a full collection is 140 ms; what is loaded now stays loaded


def send_at_once() -> None:
    """Let no packet wait for the answer to the one before it.

    asyncio asks for that (TCP_NODELAY) where a socket says that it speaks TCP. Streamlit 1.67 opens its own without
    saying so, and then every answer whose head and body are two packets, and every second message of a rerun, is held
    back for 40 ms. Connections inherit it from the socket that accepts them.
    """
    for thing in gc.get_objects():
        # `type`, not isinstance: some objects warn or work when they are asked for their class.
        if issubclass(type(thing), socket.socket) and thing.fileno() >= 0 and (thing.family, thing.type) in TCP:
            thing.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Warm up beside the event loop, so that /readyz can say "not yet"; stop the workers with the server."""
    from pages.shared import services

    send_at_once()
    warming = asyncio.get_running_loop().run_in_executor(None, warm_up)
    READY["warming"] = warming
    try:
        yield {}
    finally:
        await asyncio.wait([warming])
        services.shut_down()


READY: dict[str, asyncio.Future[None]] = {}


async def readyz(request: Request) -> Response:
    """200 once the server is warm, 503 before, 500 when the warm-up failed."""
    warming = READY.get("warming")
    if warming is None or not warming.done():
        return JSONResponse({"ready": False}, status_code=503)
    if warming.exception():
        return JSONResponse({"ready": False, "error": "warm-up failed, see the log"}, status_code=500)
    return JSONResponse({"ready": True})


# ---- the workspace: a random token in a cookie, which no script and no URL ever sees ----


def set_workspace(response: Response, token: str, request_scheme: str) -> None:
    """Set the cookie that says whose texts, models and runs these are."""
    response.set_cookie(
        COOKIE, token, max_age=COOKIE_AGE, httponly=True, samesite="lax", secure=request_scheme == "https"
    )


FORM = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>body{{font:18px/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem;
color-scheme:light dark}}input,button{{font:inherit;padding:.5rem .8rem}}</style>
<h1>{title}</h1><p>{text}</p><form method="post">{field}<button>{button}</button></form>
<p><a href="/">Back</a></p></html>"""
CODE_FIELD = '<input name="code" autocomplete="off" autofocus maxlength="20" aria-label="Code"> '


def from_elsewhere(request: Request) -> bool:
    """True for a form that another site sent: it must not swap a person's workspace."""
    return request.method == "POST" and request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none")


async def join(request: Request) -> Response:
    """Use the same workspace on another device: the one-time code made there is typed here."""
    from pages.shared import services

    if from_elsewhere(request):
        return Response("This form was sent from another site.", status_code=403)

    text = "Type the code that your other device shows on its Library page."
    if request.method == "POST":
        async with request.form(max_files=0, max_fields=2) as form:
            code = str(form.get("code", ""))[:20]
        caller = request.client.host if request.client else None
        token = await asyncio.to_thread(services.redeem, code, caller)
        if token:
            response = RedirectResponse("/", status_code=303)
            set_workspace(response, token, request.url.scheme)
            return response
        text = "That code is not valid, or no longer. A code works once, for ten minutes; after many wrong ones, wait."
    return HTMLResponse(FORM.format(title="Use this device too", text=text, field=CODE_FIELD, button="Join"))


async def forget(request: Request) -> Response:
    """End this browser's cookie. What was kept stays on the server, unreachable from here without a device code."""
    from pages.shared import services

    if from_elsewhere(request):
        return Response("This form was sent from another site.", status_code=403)
    if request.method == "POST":
        await asyncio.to_thread(services.forget, request.cookies.get(COOKIE, ""))
        response = RedirectResponse("/", status_code=303)
        set_workspace(response, secrets.token_urlsafe(32), request.url.scheme)
        return response
    text = "Your texts, models and runs will no longer open in this browser. A device that shares them keeps them."
    return HTMLResponse(FORM.format(title="Forget this computer", text=text, field="", button="Forget"))


# ---- headers and static files ----

INDEX = (STATIC / "index.html").read_text("utf-8")


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


HEADERS = {
    "content-security-policy": policy(INDEX),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
TYPES = {".js": "text/javascript", ".css": "text/css"}
_compressed: dict[Path, bytes] = {}


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


def compressed(path: Path) -> bytes:
    """The gzipped file, made once: anew for each request costs 0.17 s for plotly alone. The files are read-only."""
    if path not in _compressed:
        _compressed[path] = gzip.compress(path.read_bytes(), 6, mtime=0)
    return _compressed[path]


@functools.cache
def home_page() -> tuple[bytes, bytes, str]:
    """What the server sends for "/": Streamlit's page with Home's first light in it, the same gzipped, its policy."""
    from pages.shared import first_light

    page = first_light.page(INDEX)
    return page.encode(), gzip.compress(page.encode(), 6, mtime=0), policy(page)


class Shell:
    """Security headers on every answer, the cookie on pages, Home and compressed static files out of memory."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        known = re.fullmatch(r"[\w-]{32,128}", request.cookies.get(COOKIE, ""), re.ASCII)
        token = None if known else secrets.token_urlsafe(32)
        own: dict[str, str] = {}  # headers of this answer that are not everyone's

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in (HEADERS | own).items():
                    headers[name] = value
                page = headers.get("content-type", "").startswith("text/html") and request.method == "GET"
                if page:
                    headers["link"] = LINKS
                if page and token:
                    cookie = Response()
                    set_workspace(cookie, token, request.url.scheme)
                    headers.append("set-cookie", cookie.headers["set-cookie"])
            await send(message)

        if self.home(request):
            plain, zipped, own["content-security-policy"] = home_page()
            zips = "gzip" in request.headers.get("accept-encoding", "")
            headers = {"cache-control": "no-cache", "vary": "accept-encoding"}
            home = HTMLResponse(
                zipped if zips else plain, headers=headers | ({"content-encoding": "gzip"} if zips else {})
            )
            await home(scope, receive, send_with_headers)
            return
        static = self.static_file(request)
        if static is None:
            await self.app(scope, receive, send_with_headers)
            return
        body = _compressed.get(static) or await asyncio.to_thread(compressed, static)
        headers = {
            "content-encoding": "gzip",
            "vary": "accept-encoding",
            "cache-control": "public, immutable, max-age=31536000",  # the names carry a hash of the content
        }
        response = Response(body, media_type=TYPES[static.suffix], headers=headers)
        await response(scope, receive, send_with_headers)

    @staticmethod
    def home(request: Request) -> bool:
        """Home is asked for, by a server that is warm, and not to stand in another page without its sidebar."""
        warm = "warming" in READY and READY["warming"].done() and not READY["warming"].exception()
        return request.method == "GET" and request.url.path == "/" and warm and "embed" not in request.query_params

    @staticmethod
    def static_file(request: Request) -> Path | None:
        """The script or style sheet of Streamlit's own that is asked for, when gzip may be sent."""
        found = re.fullmatch(r"/static/(js|css)/([\w\-]+(?:\.[\w\-]+)*\.(?:js|css))", request.url.path)
        if not found or request.method != "GET" or "gzip" not in request.headers.get("accept-encoding", ""):
            return None
        path = STATIC / "static" / found[1] / found[2]
        return path if path in _compressed or path.is_file() else None


app = st.App(
    ROOT / "pages" / "main.py",
    lifespan=lifespan,
    routes=[
        Route("/readyz", readyz),
        Route("/workspace/join", join, methods=["GET", "POST"]),
        Route("/workspace/forget", forget, methods=["GET", "POST"]),
    ],
    middleware=[Middleware(Shell)],
)

if __name__ == "__main__":
    app.run()
