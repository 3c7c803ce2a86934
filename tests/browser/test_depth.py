"""Depth in a real browser: one line of several stands out under the pointer, or once clicked."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from lrd_core.config import Config
from lrd_core.store import connect
from tests.browser.conftest import Visit, serve
from tests.example_store import add_run, run_record, valley

MODELS = [f"model-{number}" for number in range(6)]
OPACITIES = """gd => Object.fromEntries(gd._fullData.map((trace, curve) =>
  [trace.legendgroup, gd.calcdata[curve][0].node3.node().style.opacity]))"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    config = Config(data_dir=tmp_path_factory.mktemp("depth") / "data")
    with connect(config) as connection:
        for place, model in enumerate(MODELS):
            add_run(connection, run_record(model), valley(6, 0.1 * place))
    yield from serve(config.data_dir)


def test_a_line_stands_out_under_the_pointer_and_stays_when_clicked(
    server: str, visit: Visit
) -> None:
    query = urlencode({"models": MODELS, "metrics": "Prompt entropy", "marks": "false"}, doseq=True)
    visit.open(f"{server}/depth?{query}", "Depth")
    figure = visit.figure("depth")
    visit.page.wait_for_function("document.querySelector('[data-line-in-focus]')")
    visit.settle()  # until then what is drawn above can move the figure

    def line() -> list[float]:
        place: list[float] = figure.evaluate(
            """gd => {
              const trace = gd._fullData.find(one => one.legendgroup === "model-3" && one.y);
              const box = gd.getBoundingClientRect(), {xaxis, yaxis} = gd._fullLayout;
              return [box.x + xaxis._offset + xaxis.l2p(trace.x[3]),
                box.y + yaxis._offset + yaxis.l2p(trace.y[3])];
            }"""
        )
        return place

    def point() -> None:
        across, down = line()
        visit.page.mouse.move(across - 3, down)
        visit.page.mouse.move(across, down)

    # On a busy machine the chart can still move, or not yet listen, when it is first pointed at.
    visit.until(
        "document.querySelector('[data-line-in-focus]').dataset.lineInFocus === 'model-3'", point
    )
    place = line()
    alone = {name: "" if name == "model-3" else "0.15" for name in MODELS}

    def leave() -> None:
        visit.page.mouse.move(5, 5)

    def in_focus(name: str) -> None:
        visit.page.wait_for_function(
            "name => document.querySelector('[data-line-in-focus]').dataset.lineInFocus === name",
            arg=name,
        )

    # Plotly may take the second of two clicks for a double click: both ways release the line.
    for pause in (0, 1_500):
        visit.page.mouse.move(*place)
        in_focus("model-3")
        visit.page.mouse.click(*place)
        leave()
        if pause:
            visit.page.wait_for_timeout(pause)
            assert {name: figure.evaluate(OPACITIES)[name] for name in MODELS} == alone
        visit.page.mouse.move(*place)
        visit.page.mouse.click(*place)
        leave()
        in_focus("")
        assert set(figure.evaluate(OPACITIES).values()) == {""}
        place = line()  # a double click sets the axes back
        visit.page.wait_for_timeout(1_500)  # the next click is a first one
    visit.page.mouse.dblclick(*place)
    leave()
    in_focus("")
    assert set(figure.evaluate(OPACITIES).values()) == {""}
    assert visit.faults == []
