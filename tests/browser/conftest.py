"""The real app in a real browser: a server on a port of its own and Chromium.

Fixtures for every page's browser tests: `app_server` (address of an app with the example store),
`empty_server`, `page` (a browser page that collects what went wrong), `open_view`.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lrd_core.config import Config
from tests.example_store import fill

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = Path(__file__).resolve().parent / "screenshots"
CHROMIUM_FLAGS = [
    f"--{name}"
    for name in (
        "no-sandbox",
        "disable-gpu",
        "disable-quic",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
    )
]
ONE_PROCESS = "--process-per-site"
"""Pages of one address share a process, which has compiled Streamlit and Plotly by then."""

START_S = 60
WAIT_MS = 40_000
WINDOW = {"width": 1440, "height": 1000}
FADE_MS = 800
"""Streamlit fades elements in; half-faded text has too little contrast."""


def chromium() -> str | None:
    """The browser to drive: LRD_CHROMIUM, or Debian's."""
    named = os.environ.get("LRD_CHROMIUM")
    return named or shutil.which("chromium") or shutil.which("chromium-browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here `browser`, and skip it with the reason where there is no Chromium."""
    here = Path(__file__).parent
    missing = pytest.mark.skip(reason="no Chromium found: install chromium or set LRD_CHROMIUM")
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.flaky(reruns=2))  # a busy machine outlasts any waiting
            if chromium() is None:
                item.add_marker(missing)


@dataclass
class Visit:
    """A browser page with what went wrong on it."""

    page: Any
    faults: list[str] = field(default_factory=list)

    def open(self, url: str, heading: str) -> None:
        """Go to an address and wait for the page with this heading to be drawn completely."""
        self.page.goto(url)
        self.wait_for(heading)

    def wait_for(self, heading: str) -> None:
        """Wait until the page with this heading stands and the script is done."""
        self.page.get_by_role("heading", name=heading, exact=True).wait_for(timeout=WAIT_MS)
        self.settle()

    def settle(self) -> None:
        """Wait until the script has run and figures have been drawn."""
        self.page.wait_for_function(
            """() => {
              const app = document.querySelector('[data-testid="stApp"]');
              return app && app.getAttribute('data-test-script-state') === 'notRunning'
                && !document.querySelector('[data-stale="true"]');
            }""",
            timeout=WAIT_MS,
        )

    def turn(self, scheme: str) -> None:
        """Let the browser ask for light or dark, and wait until the app follows."""
        self.page.emulate_media(color_scheme=scheme)
        self.page.wait_for_function(
            "scheme => getComputedStyle(document.querySelector('[data-testid=stApp]'))"
            ".colorScheme === scheme",
            arg=scheme,
        )
        self.settle()

    def until(self, condition: str, act: Callable[[], None]) -> None:
        """Act as an impatient person does: again while nothing has come of it after a while."""
        from playwright.sync_api import TimeoutError as TooLong

        for patience in (5_000, 5_000, WAIT_MS):
            act()
            try:
                self.page.wait_for_function(condition, timeout=patience)
                return
            except TooLong:
                if patience == WAIT_MS:
                    raise

    def figure(self, key: str) -> Any:
        """The figure that was shown under this key, drawn."""
        figure = self.page.locator(f".st-key-figure_{key} .js-plotly-plot").first
        figure.locator(".main-svg").first.wait_for(timeout=WAIT_MS)
        return figure

    def address(self) -> str:
        """The address bar; page.url lags behind what the app writes into the history."""
        return str(self.page.evaluate("location.href"))


def serve(data_dir: Path, script: Path = ROOT / "app.py") -> Iterator[str]:
    """Start the app (or another script) on a free port and stop it afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "LRD_DATA_DIR": str(data_dir),
        "LRD_DEMO_DIR": str(data_dir.parent / "no-bundled-results"),
        "HF_HUB_OFFLINE": "1",
    }
    command = [sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={port}"]
    command += ["--server.headless=true", "--browser.gatherUsageStats=false"]
    log = data_dir.with_suffix(".log")
    with log.open("w") as output:
        server = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            wait_until_up(f"http://127.0.0.1:{port}/_stcore/health", server, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=20)


def wait_until_up(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait for the first answer; raise with the end of the log if it does not come."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"the app did not start:\n{log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def app_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an app with the example store (tests/example_store.py)."""
    data_dir = tmp_path_factory.mktemp("app") / "data"
    fill(Config(data_dir=data_dir))
    yield from serve(data_dir)


@pytest.fixture(scope="session")
def empty_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an app without any result, bundled ones included."""
    yield from serve(tmp_path_factory.mktemp("empty") / "data")


@pytest.fixture(scope="module")
def playwright_here() -> Iterator[Any]:
    """Playwright's driver; stopped after a file, as its event loop is in the way of any other."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browser_context(playwright_here: Any) -> Iterator[Any]:
    """One Chromium with one cache for all tests of a file: each has a page of its own."""
    flags = [*CHROMIUM_FLAGS, ONE_PROCESS]
    browser = playwright_here.chromium.launch(executable_path=chromium(), args=flags)
    yield browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    browser.close()


@pytest.fixture
def visit(browser_context: Any, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A fresh page, 1440 x 1000, that collects console errors; a screenshot is kept at the end.

    Parametrize indirectly with {"color_scheme": ..., "viewport": ...}.
    """
    look = {"color_scheme": "light", "viewport": WINDOW} | getattr(request, "param", {})
    visited = Visit(browser_context.new_page())
    visited.page.set_viewport_size(look["viewport"])
    visited.page.emulate_media(color_scheme=look["color_scheme"])
    visited.page.on("pageerror", lambda error: visited.faults.append(f"page error: {error}"))
    visited.page.on("console", lambda message: _note(visited, message))
    yield visited
    SCREENSHOTS.mkdir(exist_ok=True)
    name = "".join(c if c.isalnum() else "_" for c in request.node.name)
    visited.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
    _leave(visited.page)


def _leave(page: Any) -> None:
    """Close the page; the first of each server stays, empty, as else their process would end."""
    address = page.evaluate("location.origin")
    others = (one for one in page.context.pages if one is not page)
    if not address.startswith("http") or any(one.url.startswith(address) for one in others):
        page.close()
        return
    page.route("**/*", lambda route: route.fulfill(body=""))
    page.goto(address)


def _note(visited: Visit, message: Any) -> None:
    if message.type != "error":
        return
    # Streamlit first asks for its own health below the page's path, and is answered 404.
    if "/_stcore/" in message.location.get("url", ""):
        return
    visited.faults.append(f"console: {message.text} {message.location.get('url', '')}")


@pytest.fixture
def check_accessibility() -> Callable[[Visit], list[str]]:
    """A function that runs axe in light and dark and returns its serious and critical faults."""
    from axe_playwright_python.sync_playwright import Axe

    only = {"resultTypes": ["violations"]}  # what is right is not described

    def check(visited: Visit) -> list[str]:
        faults = []
        for scheme in ("light", "dark"):
            visited.turn(scheme)
            visited.page.wait_for_timeout(FADE_MS)
            visited.settle()  # another theme can make the script run once more
            # On a busy machine colours may still be on their way from one theme to the other.
            visited.page.wait_for_function(
                "() => document.getAnimations().every(one => one.playState !== 'running')"
            )
            found = Axe().run(visited.page, options=only).response["violations"]
            faults += [
                f"{scheme}: {fault['id']}: {fault['nodes'][0]['html'][:300]}"
                for fault in found
                if fault["impact"] in ("serious", "critical")
            ]
        return faults

    return check
