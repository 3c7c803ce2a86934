"""Every page on a store full of hostile names and on an empty one: clean, legible, accessible.

What a page's own controls do is tested beside that page; here is what all of them owe.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lrd_core.actions.scenes import Scene, save_scenes
from lrd_core.config import Config
from lrd_core.views import pages
from tests.browser.conftest import Visit, serve
from tests.hostile_store import HOSTILE, IMAGE, fill_hostile

PAGES = [page.name for page in pages.PAGES]
OPEN_PARTS = {
    "depth": "table=true&spread=true&sample=true",
    "data": "rows=Values&row=0",
    "selection": "table=true",
    "pruning": "table=true",
}
"""Query parameters that open what is closed at first, so that all of it is looked at."""

Faults = Callable[[Visit], list[str]]


@pytest.fixture(scope="session")
def hostile_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an app in whose store every text is hostile."""
    data_dir = tmp_path_factory.mktemp("hostile") / "data"
    config = Config(data_dir=data_dir)
    fill_hostile(config)
    first, second = (
        Scene(IMAGE, HOSTILE, "depth", {"axis": ("Layer",)}),
        Scene(HOSTILE, IMAGE, "trajectories"),
    )
    save_scenes(config, [first, second])
    yield from serve(data_dir)


def open_page(visit: Visit, server: str, name: str, query: str = "") -> None:
    """Open a page by its address and wait until it is drawn."""
    path = "/" if name == "overview" else f"/{name}"
    visit.open(f"{server}{path}{'?' if query else ''}{query}", name.capitalize())


def hostile_view() -> str:
    from urllib.parse import urlencode

    return urlencode(
        {"models": [IMAGE, HOSTILE, "SmolLM2-135M"], "tasks": [HOSTILE, "bbc-news"]}, doseq=True
    )


def sideways(visit: Visit) -> bool:
    main = visit.page.locator("[data-testid=stMain]")
    return bool(main.evaluate("e => e.scrollWidth > e.clientWidth + 1"))


@pytest.mark.parametrize("name", PAGES)
def test_hostile_texts_stay_text_and_the_page_is_clean(
    name: str, visit: Visit, hostile_server: str, check_accessibility: Faults
) -> None:
    page = visit.page
    page.add_init_script("window.alert = () => { window.alerted = true; }")
    query = "&".join(part for part in (hostile_view(), OPEN_PARTS.get(name)) if part)
    open_page(visit, hostile_server, name, query)
    main = page.locator("[data-testid=stMain]")
    assert not main.get_by_text("an error that was not foreseen").count()
    assert page.evaluate("window.alerted === undefined")
    for made in ("img[src='x']", ".katex", "a[href^='javascript:']"):
        assert main.locator(made).count() == 0, made
    loud = set(main.locator("strong, b, em").all_inner_texts()) & {"bold", "loud", "x", "y"}
    assert loud == set()
    assert check_accessibility(visit) == []
    for width in (1440, 1024):
        page.set_viewport_size({"width": width, "height": 1000})
        visit.settle()
        assert not sideways(visit), width
    assert visit.faults == []


@pytest.mark.parametrize("name", [name for name in PAGES if name not in ("overview", "depth")])
def test_an_empty_store_is_friendly_everywhere(
    name: str, visit: Visit, empty_server: str, check_accessibility: Faults
) -> None:
    open_page(visit, empty_server, name)
    assert not visit.page.get_by_text("an error that was not foreseen").count()
    visit.page.get_by_text("python -m lrd_core").first.wait_for()
    assert check_accessibility(visit) == []
    assert visit.faults == []


STATES = {
    "depth": ["side_by_side=true", "present=true"],
    "selection": ["question=For+my+texts", "side_by_side=true"],
    "data": ["part=SQL", "part=Import+and+export"],
}
"""What a page looks like otherwise, beside what OPEN_PARTS opens."""


@pytest.mark.parametrize("name", STATES)
def test_other_states_of_a_page_are_accessible_too(
    name: str, visit: Visit, hostile_server: str, check_accessibility: Faults
) -> None:
    for query in STATES[name]:
        open_page(visit, hostile_server, name, query)
        assert check_accessibility(visit) == [], query
    assert visit.faults == []


def test_data_a_link_restores_the_rows_and_they_can_be_downloaded(
    visit: Visit, hostile_server: str
) -> None:
    open_page(visit, hostile_server, "data", "rows=Scores&contains=SmolLM2")
    visit.page.get_by_text("Scores: 31 rows").wait_for()
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name="CSV", exact=True).click()
    assert Path(download.value.path()).read_text().count("\n") == 32
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name="Parquet", exact=True).click()
    assert Path(download.value.path()).read_bytes()[:4] == b"PAR1"


def test_data_a_query_is_run_and_a_forbidden_one_refused(visit: Visit, hostile_server: str) -> None:
    open_page(visit, hostile_server, "data", "part=SQL&sql=SELECT+count(*)+AS+n+FROM+runs")
    visit.page.get_by_role("button", name="Run query").click()
    visit.page.get_by_text("1 rows, ").wait_for()
    box = visit.page.get_by_role("textbox", name="Query")
    assert box.input_value() == "SELECT count(*) AS n FROM runs"
    box.fill("COPY runs TO '/tmp/x'")
    box.press("Control+Enter")
    visit.settle()
    visit.page.get_by_role("button", name="Run query").click()
    visit.page.get_by_text("only one SELECT statement").wait_for()


def test_data_a_store_goes_out_and_in_again(visit: Visit, hostile_server: str) -> None:
    open_page(visit, hostile_server, "data", "part=Import+and+export")
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name="The whole store").click()
    bundle = Path(download.value.path())
    visit.page.locator("input[type=file][accept*='.zip']").set_input_files(
        {"name": "<b>x</b>.zip", "mimeType": "application/zip", "buffer": bundle.read_bytes()}
    )
    visit.page.get_by_role("button", name="Import", exact=True).click()
    visit.page.get_by_text("added nothing new").wait_for()
    assert visit.faults == []


def test_scenes_lead_on_by_key_by_button_and_back_by_the_browser(
    visit: Visit, hostile_server: str
) -> None:
    open_page(visit, hostile_server, "overview")
    visit.page.get_by_text("Present", exact=True).click()
    visit.page.get_by_text("the right arrow key, starts").wait_for()
    # The switch has the focus; a key must do all the same.
    visit.until(
        "document.body.innerText.includes('1 of 2.')",
        lambda: visit.page.keyboard.press("ArrowRight"),
    )
    visit.wait_for("Depth")
    visit.page.keyboard.press("ArrowRight")
    visit.page.get_by_text("2 of 2.").wait_for()
    visit.wait_for("Trajectories")
    visit.page.keyboard.press("ArrowLeft")
    visit.page.get_by_text("1 of 2.").wait_for()
    visit.wait_for("Depth")
    assert visit.figure("depth").locator(".xtitle").first.text_content() == "Layer"
    visit.page.go_back()
    visit.page.get_by_text("2 of 2.").wait_for()
    visit.wait_for("Trajectories")
    assert not visit.page.locator("[data-testid=stSidebar]").is_visible()
    assert visit.page.locator("[data-testid=stMain] b").count() == 0
    assert visit.faults == []
