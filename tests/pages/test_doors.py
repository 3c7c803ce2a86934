"""Whose requests reach the app: the names it answers to, the pages it listens to, frames."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from pages._shared import doors
from pages._shared.base_address import TellsWhereItBegins

HOST = "127.0.0.1:8501"


@pytest.fixture
def set_options(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Give Streamlit these options: `set_options(allowedHosts=[...])`."""

    def give(**options: object) -> None:
        known = st.get_option

        def get(name: str) -> Any:
            return options.get(name.removeprefix("server."), known(name))

        monkeypatch.setattr(st, "get_option", get)

    return give


def ask(kind: str = "http", **headers: str) -> list[dict[str, Any]]:
    """What the server sends for one request with these headers."""

    async def page(request: object) -> PlainTextResponse:
        return PlainTextResponse("the app")

    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        await socket.close()

    app = Starlette(
        routes=[Route("/", page, methods=["GET", "PUT"]), WebSocketRoute("/", talk)],
        middleware=doors.middleware(),
    )
    scope = {
        "type": kind,
        "method": "GET",
        "path": "/",
        "root_path": "",
        "query_string": b"",
        "headers": [(k.encode(), v.encode()) for k, v in headers.items()],
        "subprotocols": [],
        "extensions": {"websocket.http.response": {}},
        "scheme": "http",
        "http_version": "1.1",
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect" if kind == "websocket" else "http.request"}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    asyncio.run(app(scope, receive, send))
    return sent


def status(kind: str = "http", **headers: str) -> int:
    """The answer's status; 101 for a WebSocket that was accepted."""
    first = ask(kind, **headers)[0]
    return 101 if first["type"] == "websocket.accept" else int(first["status"])


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_only_this_machines_names_are_answered(kind: str) -> None:
    fine = 101 if kind == "websocket" else 200
    for host in (HOST, "localhost:9000", "localhost", "LOCALHOST"):
        assert status(kind, host=host) == fine
    for host in ("rebound.example:8501", "127.0.0.1.example", "192.168.0.9", "", "a@localhost"):
        assert status(kind, host=host) == 400, host
    assert status(kind) == 400


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    "origin",
    [
        "http://127.0.0.1:9999",
        "http://localhost:8501",
        "https://site.example",
        "null",
        "",
        "http://127.0.0.1",
        "http://x@127.0.0.1:8501",
    ],
)
def test_pages_of_other_sites_and_ports_are_refused(kind: str, origin: str) -> None:
    assert status(kind, host=HOST, origin=origin) == 403


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_its_own_pages_are_answered(kind: str) -> None:
    fine = 101 if kind == "websocket" else 200
    assert status(kind, host=HOST, origin=f"http://{HOST}") == fine
    assert status(kind, host=HOST) == fine


def test_a_public_name_is_added_by_options(set_options: Callable[..., None]) -> None:
    public = {"host": "lab.example", "origin": "https://lab.example"}
    assert status("websocket", **public) == 400
    set_options(allowedHosts=["localhost", "lab.example"])
    assert status("websocket", **public) == 101
    assert status("websocket", host="lab.example", origin="https://other.example") == 403
    set_options(allowedHosts=["lab.example"], corsAllowedOrigins=["https://other.example/"])
    assert status("websocket", host="lab.example", origin="https://other.example") == 101


def test_an_empty_list_of_hosts_is_no_open_door(set_options: Callable[..., None]) -> None:
    set_options(allowedHosts=[])
    assert status(host="rebound.example") == 400
    assert status(host="localhost") == 200


@pytest.mark.parametrize("headers", [{"host": HOST}, {"host": HOST, "origin": "null"}])
def test_no_other_site_may_frame_what_is_sent(headers: dict[str, str]) -> None:
    sent = {name.decode(): value.decode() for name, value in ask(**headers)[0]["headers"]}
    assert sent["content-security-policy"] == "frame-ancestors 'self'"
    assert sent["x-frame-options"] == "SAMEORIGIN"


def test_streamlit_serves_the_app_behind_these_doors() -> None:
    import app

    names = [entry.cls for entry in app.app._user_middleware]
    assert names == [entry.cls for entry in doors.middleware()]
    assert app.app.script_path.name == "app.py"


def served(path: str, accept: str) -> tuple[dict[str, str], bytes]:
    """Headers and body that Streamlit's page is sent with to a browser that asks so."""
    page = b"<!DOCTYPE html><html><head><title>x</title></head></html>"

    async def found(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-length", str(len(page)).encode()), (b"x-kept", b"1")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": page[:20], "more_body": True})
        await send({"type": "http.response.body", "body": page[20:]})

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path}
    scope["headers"] = [(b"accept", accept.encode()), (b"accept-encoding", b"gzip")]
    asyncio.run(TellsWhereItBegins(found)(scope, None, send))  # type: ignore[arg-type]
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return headers, b"".join(message.get("body", b"") for message in sent[1:])


def test_a_page_says_where_the_app_begins_and_nothing_else_is_touched() -> None:
    headers, body = served("/depth", "text/html,*/*")
    assert b"<head><script>window.__streamlit={BACKEND_BASE_URL:" in body
    assert int(headers["content-length"]) == len(body) and headers["x-kept"] == "1"
    headers, body = served("/static/js/index.js", "*/*")
    assert b"__streamlit" not in body and int(headers["content-length"]) == len(body)
