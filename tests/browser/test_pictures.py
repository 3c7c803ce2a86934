"""A small picture stands under the pointer wherever single pictures are drawn as points."""

from collections.abc import Iterator
from typing import Any

import pytest

from lrd_core.actions.bundled import load_demo
from lrd_core.config import Config
from tests.browser.conftest import Visit, serve

WHAT = "models=dinov2-small&tasks=digits"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data_dir = tmp_path_factory.mktemp("pictures") / "data"
    load_demo(Config(data_dir=data_dir))
    yield from serve(data_dir)


@pytest.mark.parametrize(
    ("page", "title", "chart"),
    [
        ("neighbourhoods", "Neighbourhoods", "cloud"),
        ("neighbourhoods", "Neighbourhoods", "lifeline_0"),
        ("", "Overview", "around"),
    ],
)
def test_pointing_at_an_item_shows_it(
    server: str, visit: Visit, page: str, title: str, chart: str
) -> None:
    visit.open(f"{server}/{page}?{WHAT}", title)
    figure = visit.figure(chart)
    figure.scroll_into_view_if_needed()
    picture = figure.locator("> .lrd-picture")
    for number in range(8):  # the listener may come after the figure
        visit.page.mouse.move(*_place(figure, number))
        visit.page.wait_for_timeout(400)
        if picture.count():
            break
    picture.wait_for()
    assert picture.get_attribute("src").startswith("data:image/")
    visit.page.mouse.move(2, 2)
    picture.wait_for(state="detached")


def _place(figure: Any, number: int) -> tuple[float, float]:
    """Where a point is on the screen, of the first trace that has items."""
    x, y = figure.evaluate(
        """(element, number) => {
          const box = element.getBoundingClientRect(), layout = element._fullLayout;
          const trace = element._fullData.find((one) => one.customdata && one.mode === 'markers');
          const x = layout['xaxis' + trace.xaxis.slice(1)];
          const y = layout['yaxis' + trace.yaxis.slice(1)];
          return [box.left + x._offset + x.l2p(trace.x[number]),
                  box.top + y._offset + y.l2p(trace.y[number])];
        }""",
        number,
    )
    return x, y
