"""Pruning in a real browser: what is clicked is the plan that is shown."""

from collections.abc import Iterator

import pytest

from lrd_core.config import Config
from tests.browser.conftest import Visit, serve
from tests.pruned_store import fill_trials


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data_dir = tmp_path_factory.mktemp("pruning") / "data"
    fill_trials(Config(data_dir=data_dir))
    yield from serve(data_dir)


def shown(visit: Visit) -> str:
    """The plan of the list box."""
    visit.settle()
    return str(visit.page.get_by_role("combobox", name="Plan", exact=True).input_value())


def click_at(visit: Visit, key: str, x: float, y: float = 0.5) -> None:
    """Click into the plot of a figure; x and y from 0 to 1, from the left and the top."""
    figure = visit.figure(key)
    figure.scroll_into_view_if_needed()
    area = figure.locator(".nsewdrag").first.bounding_box()
    visit.page.wait_for_function(
        f"document.querySelector('.st-key-figure_{key} [data-follows-names]') !== null"
    )
    visit.page.mouse.move(area["x"] + 2, area["y"] + 2)
    visit.page.mouse.move(area["x"] + x * area["width"], area["y"] + y * area["height"], steps=4)
    visit.page.wait_for_timeout(200)
    visit.page.mouse.down()
    visit.page.mouse.up()


def test_a_click_on_a_block_makes_a_plan_by_hand_and_a_click_on_a_row_shows_its_plan(
    server: str, visit: Visit
) -> None:
    visit.open(f"{server}/pruning?rules=Last+blocks&prune_model=small&budgets=10%25", "Pruning")
    first = shown(visit)
    assert first == "Last blocks, 10% (1 of 4)"
    click_at(visit, "plan_figure", 1.5 / 4)
    visit.page.wait_for_function("location.search.includes('remove=block+1')")
    visit.page.get_by_text("1.25 times as fast").wait_for()
    assert shown(visit).startswith("By hand (2 of 4)") or shown(visit).startswith("By hand")
    click_at(visit, "plan_grid", 0.5, 0.25)
    visit.page.wait_for_function(
        "document.querySelector('.st-key-plan input')?.value.startsWith('Last blocks')"
    )
    assert visit.faults == []
