"""The Overview in a real browser: one text on the maps around the event, a grey line in colour."""

from collections.abc import Iterator

import pytest

from lrd_core.config import Config
from lrd_core.store import connect
from lrd_core.store.metric_id import MetricId
from lrd_core.store.metric_values import Value
from lrd_core.store.metrics import save_metric
from tests import map_store
from tests.browser.conftest import Visit, serve


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    config = Config(data_dir=tmp_path_factory.mktemp("story") / "data")
    run, _ = map_store.fill(config)
    layers = range(run.num_blocks + 1)
    values = [Value("prompt_entropy", float(at), 0.3 if at == 2 else 0.9, 9) for at in layers]
    with connect(config) as connection:
        save_metric(connection, run.run_key, MetricId.of("prompt_entropy", 1), values)
    yield from serve(config.data_dir)


def test_a_text_is_ringed_on_every_map(server: str, visit: Visit) -> None:
    visit.open(server, "Overview")
    assert "falls to 0.30 at layer 2" in visit.page.locator(".lrd-sentence").inner_text()
    figure = visit.figure("around")
    visit.page.wait_for_function("document.querySelector('[data-one-point]')")
    point = figure.locator(".scatterlayer .points path.point").first
    point.scroll_into_view_if_needed()
    box = point.bounding_box()
    visit.page.mouse.move(box["x"] + box["width"] / 2 - 20, box["y"] + box["height"] / 2)
    visit.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    figure.locator(".lrd-ring").nth(2).wait_for()
    assert figure.locator(".lrd-ring").count() == 3
    visit.page.mouse.move(2, 2)
    visit.page.wait_for_function("!document.querySelector('.lrd-ring')")
    assert visit.faults == []
