"""Who may talk to the server: visitors who call it by its own name, from its own pages.

Any site can point a name of its own at 127.0.0.1 (DNS rebinding), call localhost from a page of
another port, or show the app inside a frame. The browser tells all three apart from a visitor: by
the Host header, by the Origin header, and by what a frame may hold. Streamlit checks the Host of
its WebSocket alone and takes every port of localhost for its own, so this stands before it.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages._shared.base_address import TellsWhereItBegins

THIS_MACHINE = ("localhost", "127.0.0.1")

HEADERS = {
    "Content-Security-Policy": "frame-ancestors 'self'",
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
}
"""Sent with every answer: no page of another site may hold the app in a frame."""

REFUSED = (
    "A page of another site asked for this. If this address is one of the app's own, name it in "
    "server.corsAllowedOrigins.\n"
)


def middleware() -> list[Middleware]:
    """What stands before Streamlit, from server.allowedHosts and server.corsAllowedOrigins."""
    hosts = _listed("server.allowedHosts") or list(THIS_MACHINE)
    return [
        Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False),
        Middleware(OwnPagesOnly, other_origins=_listed("server.corsAllowedOrigins")),
        Middleware(TellsWhereItBegins),
    ]


class OwnPagesOnly:
    """ASGI middleware that refuses requests of other sites' pages, and marks every answer.

    A request without an Origin comes from no page: a visitor typed the address, or it is a
    program. other_origins: such as https://lab.example.org:8443, beside the one that was called.
    """

    def __init__(self, app: ASGIApp, other_origins: Sequence[str] = ()) -> None:
        self.app = app
        self.other_origins = frozenset(origin.rstrip("/").lower() for origin in other_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        if self._is_foreign(Headers(scope=scope)):
            await PlainTextResponse(REFUSED, status_code=403)(scope, receive, marked)
        else:
            await self.app(scope, receive, marked)

    def _is_foreign(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is None or origin.lower() in self.other_origins:
            return False
        # "null", of a sandboxed frame or a local file, has no host and so is nobody's own.
        return urlsplit(origin).netloc.lower() != headers.get("host", "").lower()


def _listed(option: str) -> list[str]:
    values: Any = st.get_option(option)
    return [str(value).strip() for value in values or []]
