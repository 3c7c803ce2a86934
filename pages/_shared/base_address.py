"""Where the app's address begins, told to the browser with the page.

Streamlit's browser side looks for its server below the page's own path first (/depth/_stcore/...)
and meets two errors there on every deep link. The page itself is asked for relative addresses, so
it knows where they begin.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOLD = b'<script>window.__streamlit={BACKEND_BASE_URL:new URL("./",location.href).href}</script>'
HEAD = b"<head>"


class TellsWhereItBegins:
    """ASGI middleware that writes TOLD into the head of every HTML page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not _asks_for_a_page(scope):
            await self.app(scope, receive, send)
            return
        start: Message = {}
        parts: list[bytes] = []

        async def rewritten(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            parts.append(message.get("body", b""))
            if message.get("more_body"):
                return
            body = b"".join(parts).replace(HEAD, HEAD + TOLD, 1)
            headers = MutableHeaders(raw=list(start["headers"]))
            if start["status"] == 200:
                headers["content-length"] = str(len(body))
            await send({**start, "headers": headers.raw})
            await send({"type": "http.response.body", "body": body})

        await self.app(_plainly(scope), receive, rewritten)


def _asks_for_a_page(scope: Scope) -> bool:
    """Whether the browser goes to an address, and asks for no part of a page."""
    return "text/html" in Headers(scope=scope).get("accept", "")


def _plainly(scope: Scope) -> Scope:
    """The same request for an answer that is neither packed nor sent as a file by the server."""
    headers = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
    known = scope.get("extensions") or {}
    kept = {name: value for name, value in known.items() if name != "http.response.pathsend"}
    return {**scope, "headers": headers, "extensions": kept}
