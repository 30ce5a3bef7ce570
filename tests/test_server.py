"""What app.py adds around Streamlit: headers, cookie, compressed files, /readyz, joining and forgetting."""

from __future__ import annotations

import gzip
import http.client
import re
import socket
import urllib.parse

import pytest

import app
from tests.live import Server


def request(server: Server, path: str, method: str = "GET", headers: dict[str, str] | None = None, body: str = ""):
    """(status, headers as a list, body) without following redirects or keeping cookies."""
    connection = http.client.HTTPConnection(urllib.parse.urlparse(server.url).netloc, timeout=30)
    connection.request(method, path, body or None, headers or {})
    answer = connection.getresponse()
    found = answer.status, answer.getheaders(), answer.read()
    connection.close()
    return found


def header(headers, name: str) -> str | None:
    return next((value for key, value in headers if key.lower() == name), None)


@pytest.mark.parametrize("path", ["/", "/temperature", "/readyz", "/_stcore/health", "/workspace/join"])
def test_every_answer_carries_the_security_headers(server: Server, path: str):
    status, headers, _ = request(server, path)
    assert status == 200
    csp = header(headers, "content-security-policy") or ""
    assert "unsafe-eval" not in csp
    assert "script-src 'self' blob: 'sha256-" in csp
    assert "'unsafe-inline'" not in csp.split("script-src")[1].split(";")[0]
    assert header(headers, "x-content-type-options") == "nosniff"
    assert header(headers, "referrer-policy") == "no-referrer"


def test_a_page_gives_each_browser_one_private_cookie(server: Server):
    first, second = (header(request(server, "/")[1], "set-cookie") for _ in range(2))
    assert first
    assert second
    assert re.match(r"workspace=[\w-]{43};", first)
    assert "httponly" in first.lower()
    assert "samesite=lax" in first.lower()
    assert first.split(";")[0] != second.split(";")[0]
    known = {"Cookie": first.split(";")[0]}
    assert header(request(server, "/", headers=known)[1], "set-cookie") is None


def test_a_malformed_cookie_is_replaced(server: Server):
    assert header(request(server, "/", headers={"Cookie": "workspace=../../x"})[1], "set-cookie")


def test_a_page_names_the_scripts_that_it_will_ask_for_later(server: Server):
    _, headers, page = request(server, "/")
    later = re.findall(r"</(static/js/[\w.\-]+\.js)>; rel=modulepreload", header(headers, "link") or "")
    assert any("BidiComponent" in name for name in later)
    assert re.match(r"</(static/css/index[\w.\-]+)>; rel=preload; as=style", header(headers, "link") or "")
    for name in later:
        assert name.encode() not in page
        status, headers, _ = request(server, "/" + name, headers={"Accept-Encoding": "gzip"})
        assert status == 200
        assert header(headers, "content-encoding") == "gzip"


def test_scripts_are_served_compressed_and_for_ever(server: Server):
    page = request(server, "/")[2].decode()
    script = re.search(r'src="\./(static/js/index[^"]+)"', page)
    assert script
    status, headers, body = request(server, "/" + script[1], headers={"Accept-Encoding": "gzip"})
    plain = request(server, "/" + script[1])[2]
    assert status == 200
    assert header(headers, "content-encoding") == "gzip"
    assert "immutable" in (header(headers, "cache-control") or "")
    assert gzip.decompress(body) == plain
    assert len(body) < len(plain) / 2


@pytest.mark.parametrize("path", ["/static/js/../../index.html", "/static/js/none.js", "/static/js/%2e%2e/x.js"])
def test_only_streamlits_own_files_are_served(server: Server, path: str):
    status, headers, _ = request(server, path, headers={"Accept-Encoding": "gzip"})
    assert status in (200, 400, 404)
    assert header(headers, "content-encoding") != "gzip" or status == 404


def test_a_wrong_code_opens_nothing(server: Server):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    status, headers, body = request(server, "/workspace/join", "POST", form, "code=AAAA-AAAA")
    assert status == 200
    assert b"not valid" in body
    assert header(headers, "set-cookie") is None


@pytest.mark.parametrize("path", ["/workspace/join", "/workspace/forget"])
def test_another_site_cannot_swap_the_workspace(server: Server, path: str):
    status, headers, _ = request(server, path, "POST", {"Sec-Fetch-Site": "cross-site"}, "code=x")
    assert status == 403
    assert header(headers, "set-cookie") is None


def test_forgetting_gives_a_new_workspace(server: Server):
    cookie = {"Cookie": (header(request(server, "/")[1], "set-cookie") or "").split(";")[0]}
    status, headers, _ = request(server, "/workspace/forget", "POST", cookie)
    assert status == 303
    assert (header(headers, "set-cookie") or "").split(";")[0] != cookie["Cookie"]


def test_no_packet_waits_for_another():
    """A socket that does not say that it speaks TCP, as Streamlit's, accepts connections that hold packets back."""
    with socket.create_server(("127.0.0.1", 0)) as first, socket.socket(socket.AF_INET, socket.SOCK_STREAM) as unnamed:
        unnamed.bind(("127.0.0.1", 0))
        unnamed.listen()
        assert not unnamed.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        app.send_at_once()
        for listening in (first, unnamed):
            with socket.create_connection(listening.getsockname()):
                accepted, _ = listening.accept()
                with accepted:
                    assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
