"""The token view in a real browser: text and quantity are chosen, pointed at, typed and read."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from lrd_core.config import Config
from lrd_core.jobs.queue import JobQueue
from lrd_core.models.loading import Loading
from lrd_core.runs import RunRequest
from lrd_core.runs.execute import execute_run
from lrd_core.settings import RunSettings
from lrd_core.store import connect
from lrd_core.store.runs import save_run
from lrd_core.store.token_maps import text_key, token_map_writes
from lrd_core.store.writes import apply
from tests.browser.conftest import WAIT_MS, Visit, serve
from tests.example_store import add_run, fill, run_record, valley
from tests.token_store import token_map, wide_map

MINILM = "/depth?models=all-MiniLM-L6-v2&tasks=bbc-news&tokens=true"
LONG = "/depth?models=long-reader&tasks=bbc-news&tokens=true"
TITLE = "element => element._fullData[0].colorbar.title.text"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    config = Config(data_dir=tmp_path_factory.mktemp("tokens") / "data")
    fill(config)
    key = run_record("all-MiniLM-L6-v2").run_key
    other = token_map(key, text_key=text_key("Oil fell."), text_index=9, begins="Oil fell.")
    long = run_record("long-reader", num_blocks=64)
    with connect(config) as connection:
        add_run(connection, long, valley(64, 0.5))
        save_run(connection, long)
        for row in (token_map(key), other, wide_map(long.run_key, 512, 65)):
            apply(connection, token_map_writes(row))
    yield from serve(config.data_dir)


def test_a_text_and_a_quantity_are_chosen_and_stand_in_the_address(
    server: str, visit: Visit
) -> None:
    visit.open(server + MINILM, "Depth")
    assert "Norm over the median" in visit.figure("token_map").evaluate(TITLE)
    visit.page.get_by_role("radio", name="Share of the entropy").click()
    visit.page.get_by_text("has the largest share of the entropy").wait_for()
    visit.settle()
    visit.page.get_by_role("combobox", name="Text", exact=True).click()
    visit.page.get_by_role("option", name="9 · Oil fell.").click()
    visit.settle()
    assert "token_colour=Share+of+the+entropy" in visit.address()
    assert "Oil+fell" in visit.address()
    visit.open(visit.address(), "Depth")
    assert "Share of the entropy" in visit.figure("token_map").evaluate(TITLE)
    assert visit.faults == []


def test_512_tokens_at_65_layers_answer_to_the_pointer(server: str, visit: Visit) -> None:
    visit.open(server + LONG, "Depth")
    figure = visit.figure("token_map")
    figure.scroll_into_view_if_needed()
    box = figure.locator(".nsewdrag").first.bounding_box()
    for step in range(5):
        visit.page.mouse.move(
            box["x"] + box["width"] * (0.2 + 0.1 * step), box["y"] + box["height"] / 2
        )
    hover = figure.locator(".hoverlayer .hovertext").first
    hover.wait_for()
    said = hover.text_content()
    assert "of 512" in said
    assert "layer 32 of 64" in said
    figure.evaluate("element => Plotly.relayout(element, {'xaxis.range': [100, 200]})")
    assert visit.faults == []


@pytest.fixture
def own_data(tmp_path: Path) -> Iterator[Path]:
    """A data folder whose workers are ended afterwards."""
    yield tmp_path / "data"
    for worker in JobQueue(Config(data_dir=tmp_path / "data")).live_workers():
        os.kill(int(worker.process.partition("@")[0]), signal.SIGKILL)


def test_a_typed_text_is_read_by_the_model_and_drawn(own_data: Path, visit: Visit) -> None:
    request = RunRequest("all-MiniLM-L6-v2", "bbc-news", ("prompt_entropy",), RunSettings(n=8))
    execute_run(request, config=Config(data_dir=own_data), loading=Loading("cpu"))
    for address in serve(own_data):
        visit.open(f"{address}{MINILM}&token_text=Type+your+own", "Depth")
        typed = visit.page.get_by_role("textbox", name="Your text")
        typed.fill("The valley is one token.")
        typed.press("Control+Enter")
        visit.page.get_by_role("button", name="Read this text").click()
        figure = visit.page.locator(".st-key-figure_token_map .js-plotly-plot").first
        figure.locator(".main-svg").first.wait_for(timeout=3 * WAIT_MS)
        visit.settle()
        assert "valley" in " ".join(figure.locator(".xtick").all_text_contents())
        assert visit.faults == []
