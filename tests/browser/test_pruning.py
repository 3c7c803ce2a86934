"""Pruning in a real browser: what is clicked is the plan that is shown."""

from collections.abc import Iterator

import pytest

from lrd_core.config import Config
from tests.browser.conftest import Visit, serve
from tests.pruned_store import fill_trials

PLAN = "document.querySelector('.st-key-plan input').value"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data_dir = tmp_path_factory.mktemp("pruning") / "data"
    fill_trials(Config(data_dir=data_dir))
    yield from serve(data_dir)


def click_at(visit: Visit, key: str, x: float, y: float) -> None:
    """Click into the plot of a figure; x and y from 0 to 1, from the left and the top."""
    figure = visit.figure(key)
    figure.scroll_into_view_if_needed()
    visit.page.locator(f".st-key-figure_{key} [data-follows-names]").wait_for()
    area = figure.locator(".nsewdrag").first.bounding_box()
    visit.page.mouse.move(area["x"] + 3, area["y"] + 3)
    visit.page.mouse.move(area["x"] + x * area["width"], area["y"] + y * area["height"], steps=4)
    visit.page.wait_for_timeout(300)
    visit.page.mouse.down()
    visit.page.mouse.up()


def test_clicks_on_a_block_and_on_a_row_change_the_plan_that_is_shown(
    server: str, visit: Visit
) -> None:
    view = "prune_model=small&rules=Last+blocks&budgets=20%25"
    visit.open(f"{server}/pruning?{view}", "Pruning")
    assert visit.page.evaluate(PLAN) == "Last blocks, 20% (1 of 4)"
    visit.until(
        f"{PLAN}.startsWith('By hand (2 of 4)')",
        lambda: click_at(visit, "plan_figure", 1.5 / 4, 0.5),
    )
    visit.settle()
    assert "remove=block+1" in visit.address()
    visit.until(f"{PLAN}.startsWith('Last')", lambda: click_at(visit, "plan_grid", 0.5, 0.25))
    visit.settle()
    visit.page.get_by_text("1.25 times as fast").wait_for()
    assert visit.faults == []


def test_pointing_at_a_block_marks_it_in_the_other_models_plan(
    app_server: str, visit: Visit
) -> None:
    view = "side_by_side=true&rules=&budgets=&remove=block+2"
    visit.open(f"{app_server}/pruning?{view}", "Pruning")
    first = visit.figure("sides_plan_0")
    visit.figure("sides_plan_1")
    visit.page.locator(".st-key-figure_sides_plan_1 [data-one-cursor]").wait_for()
    first.scroll_into_view_if_needed()
    area = first.locator(".nsewdrag").first.bounding_box()
    middle = area["y"] + area["height"] / 2
    visit.until(
        "document.querySelectorAll('.st-key-figure_sides_plan_1 .lrd-cursor').length === 1",
        lambda: [visit.page.mouse.move(area["x"] + x, middle) for x in (20, 60, 62)],
    )
    assert visit.faults == []
