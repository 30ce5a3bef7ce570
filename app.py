"""The server: st.App around pages/main.py, with warm-up, /readyz and what is around Streamlit (pages/shared/shell.py).

Run it with `streamlit run app.py` (or `make run`). The lessons are in pages/, the models in lmcore/.
"""

from __future__ import annotations

import asyncio
import gc
import secrets
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

ROOT = Path(__file__).resolve().parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from pages.shared import shell  # noqa: E402  (needs the path above)
from pages.shared.shell import COOKIE, set_workspace  # noqa: E402

TCP = {(family, socket.SOCK_STREAM) for family in (socket.AF_INET, socket.AF_INET6)}


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
    shell.warm_up()
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


def is_warm() -> bool:
    warming = READY.get("warming")
    return warming is not None and warming.done() and not warming.exception()


async def readyz(request: Request) -> Response:
    """200 once the server is warm, 503 before, 500 when the warm-up failed."""
    if is_warm():
        return JSONResponse({"ready": True})
    if (warming := READY.get("warming")) is not None and warming.done():
        return JSONResponse({"ready": False, "error": "warm-up failed, see the log"}, status_code=500)
    return JSONResponse({"ready": False}, status_code=503)


# ---- the workspace: the pages on which a person takes it to another device, or ends it here ----


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


app = st.App(
    ROOT / "pages" / "main.py",
    lifespan=lifespan,
    routes=[
        Route("/readyz", readyz),
        Route("/workspace/join", join, methods=["GET", "POST"]),
        Route("/workspace/forget", forget, methods=["GET", "POST"]),
    ],
    middleware=[Middleware(shell.Shell, is_warm=is_warm)],
)

if __name__ == "__main__":
    app.run()
