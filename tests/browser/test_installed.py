"""The app of an installed package, and that of a checkout, as `lrd app` opens them."""

import re
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from lrd_core.config import PROJECT_DIR
from lrd_core.views.pages import PAGES
from tests.browser.conftest import Visit, wait_until_up
from tests.installed import install_wheel, users_environment


@pytest.fixture(scope="module", params=["wheel", "checkout"])
def address(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Where `app` serves, started from the home of a user who has no results yet."""
    home = tmp_path_factory.mktemp("home")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    if request.param == "wheel":
        command = [str(install_wheel(tmp_path_factory.mktemp("installed")) / "bin" / "lrd")]
        variables = users_environment(home)
    else:
        command = [sys.executable, "-m", "lrd_core"]
        variables = users_environment(
            home, PYTHONPATH=str(PROJECT_DIR), LRD_DATA_DIR=str(home / "data")
        )
    log = home / "app.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [*command, "app", f"--port={port}", "--public-name=lrd.example.org"],
            cwd=home,
            env=variables,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until_up(f"http://127.0.0.1:{port}/_stcore/health", server, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=20)


def test_it_opens_on_the_bundled_results_and_has_every_page(visit: Visit, address: str) -> None:
    visit.open(address, PAGES[0].title)
    links = visit.page.get_by_test_id("stSidebarNavLink").all_inner_texts()
    assert [text.strip() for text in links] == [page.title for page in PAGES]
    visit.open(f"{address}/depth", "Depth")
    visit.page.locator(".js-plotly-plot .main-svg").first.wait_for()
    background = visit.page.evaluate(
        "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
    )
    assert re.sub(r"\s", "", background) == "rgb(255,255,255)"
    assert visit.faults == []


def test_it_answers_to_the_name_that_a_proxy_has_and_to_no_other(address: str) -> None:
    import urllib.error
    import urllib.request

    def asked_as(name: str) -> int:
        request = urllib.request.Request(f"{address}/_stcore/health", headers={"Host": name})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            return refused.code

    assert [asked_as(name) for name in ("lrd.example.org", "other.example.org")] == [200, 400]
