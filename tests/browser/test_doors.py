"""The app's doors in a real browser: a foreign name for this machine, and a foreign frame."""

import http.server
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import CHROMIUM_FLAGS, WAIT_MS, chromium

REBOUND = "rebound.example"

PROBE = """async address => {
  const answer = await fetch(address + '/_stcore/health', {mode: 'cors'})
    .then(found => found.text(), () => 'refused');
  const talk = await new Promise(done => {
    const socket = new WebSocket(address.replace('http', 'ws') + '/_stcore/stream', ['streamlit']);
    socket.onopen = () => done('open');
    socket.onerror = () => done('refused');
  });
  return [answer, talk];
}"""
"""What a page can read of the app, and whether it can talk to it."""


@pytest.fixture(scope="module")
def rebound_page(playwright_here: Any) -> Iterator[Any]:
    """A page of a Chromium for which another site's name means this machine."""
    flags = [*CHROMIUM_FLAGS, f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1"]
    browser = playwright_here.chromium.launch(executable_path=chromium(), args=flags)
    yield browser.new_page()
    browser.close()


class Foreign(http.server.BaseHTTPRequestHandler):
    """A site on another port: an empty page, and one that frames the address it is given."""

    def do_GET(self) -> None:
        inner = f'<iframe src="{self.path[7:]}"></iframe>' if self.path[:7] == "/frame?" else ""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(f"<title>foreign</title>{inner}".encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def foreign_site() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Foreign)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_foreign_name_for_this_machine_opens_nothing(app_server: str, rebound_page: Any) -> None:
    port = urlsplit(app_server).port
    answer = rebound_page.goto(f"http://{REBOUND}:{port}/depth")
    assert answer.status == 400
    assert "Invalid host header" in rebound_page.content()
    assert rebound_page.evaluate(PROBE, f"http://{REBOUND}:{port}") == [
        "Invalid host header",
        "refused",
    ]


def test_a_page_of_another_port_reads_and_starts_nothing(
    app_server: str, foreign_site: str, rebound_page: Any
) -> None:
    rebound_page.goto(foreign_site)
    for name in ("127.0.0.1", "localhost"):
        address = app_server.replace("127.0.0.1", name)
        assert rebound_page.evaluate(PROBE, address) == ["refused", "refused"]
    rebound_page.goto(f"{app_server}/depth")  # the same probe from its own page
    assert rebound_page.evaluate(PROBE, app_server) == ["ok", "open"]


def test_another_site_cannot_show_the_app_in_a_frame(
    app_server: str, foreign_site: str, rebound_page: Any
) -> None:
    said: list[str] = []
    rebound_page.on("console", lambda message: said.append(message.text))
    rebound_page.goto(f"{foreign_site}/frame?{app_server}/")
    rebound_page.wait_for_timeout(1_000)
    assert any("frame-ancestors" in text for text in said), said
    framed = [frame for frame in rebound_page.frames if frame is not rebound_page.main_frame]
    assert not any(frame.locator("[data-testid=stApp]").count() for frame in framed)
    rebound_page.goto(app_server)
    rebound_page.locator("[data-testid=stApp]").wait_for(timeout=WAIT_MS)
