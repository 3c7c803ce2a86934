"""The token view in a real browser: text and quantity are chosen, pointed at, and quick."""

import time
from collections.abc import Iterator

import pytest

from lrd_core.config import Config
from lrd_core.store import connect
from lrd_core.store.runs import save_run
from lrd_core.store.token_maps import text_key, token_map_writes
from lrd_core.store.writes import apply
from tests.browser.conftest import Visit, serve
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
    visit.page.locator(".st-key-token_text [data-baseweb=select]").click()
    visit.page.get_by_role("option", name="9 · Oil fell.").click()
    visit.settle()
    assert "token_colour=Share+of+the+entropy" in visit.address()
    assert "Oil+fell" in visit.address()
    visit.open(visit.address(), "Depth")
    assert "Share of the entropy" in visit.figure("token_map").evaluate(TITLE)
    assert visit.faults == []


def test_512_tokens_at_65_layers_answer_to_the_pointer_at_once(server: str, visit: Visit) -> None:
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
    started = time.monotonic()
    figure.evaluate("element => Plotly.relayout(element, {'xaxis.range': [100, 200]})")
    assert time.monotonic() - started < 2  # a second's work on an idle machine is 60 ms
    assert visit.faults == []
