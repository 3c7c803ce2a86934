"""At the size of the paper's panel: strips and their clicks, light lines, groups, side by side."""

from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest

from lrd_core.config import Config
from tests.browser.conftest import WAIT_MS, Visit, serve
from tests.panel_store import MODELS, fill_panel

EVERY = urlencode({"models": [model.name for model in MODELS]}, doseq=True)


@pytest.fixture(scope="module")
def panel_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an app with 31 models on 30 tasks, made-up values."""
    data_dir = tmp_path_factory.mktemp("panel") / "data"
    fill_panel(Config(data_dir=data_dir))
    yield from serve(data_dir)


def row_place(visit: Visit, key: str, model: str) -> dict[str, float]:
    """Where a row of strips is on the page, in the middle of the first panel."""
    figure = visit.figure(key)
    visit.page.wait_for_function(
        "key => document.querySelector(`.st-key-figure_${key} [data-follows-names]`)", arg=key
    )
    place = figure.evaluate(
        """(gd, model) => {
          const y = gd._fullLayout.yaxis, x = gd._fullLayout.xaxis;
          gd.scrollIntoView({block: "end"});
          const row = JSON.parse(gd._fullData[0].meta).indexOf(model);
          const box = gd.getBoundingClientRect();
          return {x: box.x + x._offset + x._length / 2, y: box.y + y._offset + y.l2p(row)};
        }""",
        model,
    )
    return dict(place)


def click_row(visit: Visit, key: str, model: str, then: str) -> None:
    """Click a row once, for a second click takes the first back, and wait until `then` holds."""
    place = row_place(visit, key, model)
    visit.page.mouse.move(place["x"] - 4, place["y"])
    visit.page.mouse.move(place["x"], place["y"])
    visit.page.mouse.click(place["x"], place["y"])
    visit.page.wait_for_function(then, timeout=WAIT_MS)
    visit.settle()


def test_the_overview_is_strips_of_all_and_a_click_opens_lines(
    visit: Visit, panel_server: str
) -> None:
    visit.page.set_viewport_size({"width": 1440, "height": 1600})  # the row lies far down
    visit.open(panel_server, "Overview")
    figure = visit.figure("headline")
    assert len([m for m in figure.evaluate("gd => JSON.parse(gd._fullData[0].meta)") if m]) == len(
        MODELS
    )
    click_row(visit, "headline", "gpt2", "location.pathname === '/depth'")
    visit.wait_for("Depth")
    visit.figure("lifted")
    assert "lift=gpt2" in visit.address()
    assert not visit.faults


def test_two_clicks_compare_and_a_third_takes_one_back(visit: Visit, panel_server: str) -> None:
    visit.open(f"{panel_server}/depth?{EVERY}", "Depth")
    assert "12 of 12 decoder embedders" in visit.page.locator(".lrd-sentence").inner_text()
    for model, query in (("gpt2", "lift=gpt2"), ("gte-base", "lift=gte-base")):
        click_row(visit, "strips", model, f"location.search.includes('{query}')")
    names = visit.figure("lifted").evaluate(
        "gd => gd._fullLayout.annotations.map(note => note.text)"
    )
    assert {"gpt2", "gte-base"} <= set(names)
    click_row(visit, "strips", "gpt2", "!location.search.includes('lift=gpt2')")
    assert not visit.faults


def test_a_light_line_lights_up_under_the_pointer(visit: Visit, panel_server: str) -> None:
    visit.open(f"{panel_server}/depth?{EVERY}&view=Overlay", "Depth")
    figure = visit.figure("depth")
    visit.page.wait_for_selector(".st-key-figure_depth [data-follows-names]")
    lit = figure.evaluate(
        """gd => {
          const curve = gd._fullData.findIndex(
            trace => trace.meta && JSON.parse(trace.meta).colour);
          gd.emit("plotly_hover", {points: [{curveNumber: curve, pointNumber: 3}]});
          const path = gd.calcdata[curve][0].node3.node().querySelector("path.js-line");
          const during = [path.style.stroke, path.style.strokeWidth];
          gd.emit("plotly_unhover", {});
          return [...during, path.style.strokeWidth, JSON.parse(gd._fullData[curve].meta).name];
        }"""
    )
    assert lit[0].startswith("rgb(") and lit[1] == "3.5px"
    assert lit[2] != "3.5px"
    assert lit[3] in {model.name for model in MODELS}
    assert not visit.faults


def test_a_group_is_chosen_at_once_and_told_as_a_count(visit: Visit, panel_server: str) -> None:
    visit.open(f"{panel_server}/depth", "Depth")
    visit.page.get_by_role("button", name="Choose models").click()
    visit.page.get_by_role("button", name="Decoder embedders (12)").click()
    visit.page.get_by_text("Models · 18 of 31").wait_for()
    visit.settle()
    assert visit.address().count("models=") == 18
    assert not visit.faults


def test_side_by_side_is_on_one_pair_of_axes_with_one_cursor(
    visit: Visit, panel_server: str
) -> None:
    visit.open(f"{panel_server}/depth?side_by_side=true&side_a=gpt2&side_b=gte-base", "Depth")
    said = visit.page.locator(".lrd-apart").inner_text()
    assert said.startswith("gpt2 and gte-base differ in family base LM against encoder embedder")
    figure = visit.figure("depth")
    ranges = figure.evaluate(
        "gd => [gd._fullLayout.yaxis.range, gd._fullLayout.yaxis4.range, gd.layout.xaxis2.matches]"
    )
    assert ranges[0] == ranges[1]
    assert ranges[2] == "x"
    visit.page.wait_for_selector(".st-key-figure_depth [data-one-cursor]")
    figure.evaluate("gd => gd.emit('plotly_hover', {xvals: [50], points: [{x: 50}]})")
    assert visit.page.locator(".st-key-figure_depth .lrd-cursor").count() == 2
    visit.page.get_by_role("link", name="Trajectories").click()
    visit.wait_for("Trajectories")
    assert "side_a=gpt2" in visit.address()
    assert not visit.faults


@pytest.mark.parametrize("path", ["/", f"/depth?{EVERY}", f"/depth?{EVERY}&view=Overlay"])
def test_many_models_are_drawn_accessibly(
    path: str, visit: Visit, panel_server: str, check_accessibility: Callable[[Visit], list[str]]
) -> None:
    visit.open(f"{panel_server}{path}", "Overview" if path == "/" else "Depth")
    assert check_accessibility(visit) == []
    assert not visit.faults
