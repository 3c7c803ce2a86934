"""Neighbourhoods in a real browser: deep link, click, lasso, play, linked maps."""

from collections.abc import Iterator
from typing import Any

import pytest

from lrd_core.config import Config
from lrd_core.plots.gliding import MOST_ANIMATED
from lrd_core.runs.placing import Placed, write_placed
from lrd_core.store.runs import RunRecord
from tests import map_store
from tests.browser.conftest import Visit, serve

FIRST = "all-MiniLM-L6-v2 on bbc-news"
WAIT_MS = 40_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data_dir = tmp_path_factory.mktemp("maps") / "data"
    map_store.fill(Config(data_dir=data_dir))
    yield from serve(data_dir)


LARGE_BLOCKS, LARGE_N = 32, 2_000


@pytest.fixture(scope="module")
def large_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """2,000 texts on the maps of 33 layers."""
    data_dir = tmp_path_factory.mktemp("large") / "data"
    map_store.fill_large(Config(data_dir=data_dir), LARGE_BLOCKS, LARGE_N)
    yield from serve(data_dir)


OWN, PAGE = "a typed text", "Neighbourhoods"
WHERE = """(element, name) => {
  const trace = element._fullData.find((one) => one.name === name);
  return trace ? [trace.type, trace.x[0], trace.y[0], trace.showlegend] : null;
}"""


def read_before(config: Config, run: RunRecord) -> None:
    """OWN as if the model had read it: nearest to the rows 5 of every layer that follow it."""
    rows = tuple(tuple(range(layer, layer + 10)) for layer in range(run.num_blocks + 1))
    write_placed(config, run.run_key, OWN, Placed(rows, (((0.5,) * 10),) * len(rows)))


@pytest.fixture(scope="module")
def typed_server(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """So many texts on the maps of five layers, and one that was typed."""
    config = Config(data_dir=tmp_path_factory.mktemp("typed") / "data")
    read_before(config, map_store.fill_large(config, 4, request.param))
    yield from serve(config.data_dir)


def point(figure: Any, row: int, curve: int = 0) -> tuple[float, float]:
    """Where a point of a cloud is on the screen."""
    x, y = figure.evaluate(
        """(element, [curve, row]) => {
          const box = element.getBoundingClientRect(), trace = element._fullData[curve];
          const layout = element._fullLayout;
          const x = layout['xaxis' + trace.xaxis.slice(1)];
          const y = layout['yaxis' + trace.yaxis.slice(1)];
          return [box.left + x._offset + x.l2p(trace.x[row]),
                  box.top + y._offset + y.l2p(trace.y[row])];
        }""",
        [curve, row],
    )
    return x, y


def lasso_everything(visit: Visit, figure: Any) -> None:
    box = figure.locator(".nsewdrag").first.bounding_box()
    left, top = box["x"] + 6, box["y"] + 6
    right, bottom = box["x"] + box["width"] - 6, box["y"] + box["height"] - 6
    visit.page.mouse.move(left, top)
    visit.page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top + 8)):
        visit.page.mouse.move(x, y, steps=5)
    visit.page.mouse.up()


def wait_for_query(visit: Visit, name: str, value: str) -> None:
    visit.page.wait_for_function(
        "([name, value]) => new URLSearchParams(location.search).get(name) === value",
        arg=[name, value],
        timeout=WAIT_MS,
    )


def test_the_page_opens_clean_and_accessible(server, visit: Visit, check_accessibility):
    visit.open(server + "/neighbourhoods", "Neighbourhoods")
    visit.figure("cloud")
    visit.figure("lifeline_0")
    assert check_accessibility(visit) == []
    assert visit.faults == []


def test_a_link_opens_layer_text_colour_and_camera(server, visit: Visit):
    visit.open(
        f"{server}/neighbourhoods?map={FIRST}&layer=2&text=14&colour=length+(characters)"
        "&view=-1,1,-2,2",
        "Neighbourhoods",
    )
    cloud = visit.figure("cloud")
    assert cloud.evaluate("e => e._fullData[0].x[3]") == pytest.approx(
        float(map_store.layers(4, 0)[2][3, 0]), rel=1e-5
    )
    low, high = cloud.evaluate("e => e._fullLayout.yaxis.range")
    assert low <= -2
    assert high >= 2
    assert high - low < 8
    visit.page.get_by_text("Text 14", exact=False).first.wait_for()
    assert cloud.evaluate("e => e._fullLayout.coloraxis.colorbar.title.text").startswith("length")
    assert visit.page.evaluate("window.alerted === undefined")


def test_a_click_shows_the_lifeline_of_that_text(server, visit: Visit):
    visit.open(f"{server}/neighbourhoods?map={FIRST}&layer=3", "Neighbourhoods")
    cloud = visit.figure("cloud")

    def click() -> None:
        visit.page.mouse.move(*point(cloud, 21))
        cloud.locator(".hoverlayer .hovertext").first.wait_for()
        visit.page.mouse.click(*point(cloud, 21))

    visit.until("() => new URLSearchParams(location.search).has('text')", click)
    visit.settle()
    text = int(visit.page.evaluate("new URLSearchParams(location.search).get('text')"))
    # Points may lie on one another; the one that was hit is one of the texts.
    assert text % 2 == 0
    assert 0 <= text < 2 * map_store.N
    visit.page.get_by_text(f"Text {text}", exact=False).first.wait_for()
    assert visit.faults == []


def test_a_lasso_survives_a_change_of_layer_and_glides(server, visit: Visit):
    visit.open(f"{server}/neighbourhoods?map={FIRST}&layer=1", "Neighbourhoods")
    cloud = visit.figure("cloud")
    visit.until(
        "() => new URLSearchParams(location.search).has('points')",
        lambda: lasso_everything(visit, cloud),
    )
    visit.settle()
    visit.page.get_by_text("of 60 texts", exact=False).first.wait_for()
    cloud = visit.figure("cloud")
    picked = cloud.evaluate("e => e._fullData[0].selectedpoints.length")
    assert picked > 0
    cloud.evaluate("e => { e.drawnOnce = true; }")
    visit.page.get_by_role("slider", name="Layer").first.focus()
    visit.page.keyboard.press("ArrowRight")
    wait_for_query(visit, "layer", "2")
    target = float(map_store.layers(4, 0)[2][3, 0])
    visit.page.wait_for_function(
        "([element, target]) => Math.abs(element._fullData[0].x[3] - target) < 1e-4",
        arg=[cloud.element_handle(), target],
        timeout=WAIT_MS,
    )
    assert cloud.evaluate("e => e.drawnOnce")
    assert cloud.evaluate("e => e._fullData[0].selectedpoints.length") == picked
    assert visit.faults == []


COUNT_FRAMES = """element => {
  window.frames_seen = new Set();
  window.script_runs = 0;
  element.drawnOnce = true;
  const app = document.querySelector('[data-testid="stApp"]');
  new MutationObserver(() => {
    if (app.getAttribute('data-test-script-state') !== 'notRunning') window.script_runs += 1;
  }).observe(app, { attributes: true, attributeFilter: ['data-test-script-state'] });
  const look = () => {
    window.frames_seen.add(element.calcdata[0][3].x);
    requestAnimationFrame(look);
  };
  look();
}"""


def test_play_moves_thousands_of_texts_without_the_server_and_tells_it_on_pause(
    large_server, visit: Visit
):
    visit.open(f"{large_server}/neighbourhoods?map={FIRST}&layer=2", "Neighbourhoods")
    cloud = visit.figure("cloud")
    ranges = "e => [...e._fullLayout.xaxis.range, ...e._fullLayout.yaxis.range]"
    box = cloud.locator(".nsewdrag").first.bounding_box()
    visit.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    whole = cloud.evaluate(ranges)
    cloud.locator('[data-attr="zoom"][data-val="in"], [data-title="Zoom"]').first.wait_for()
    cloud.locator('[data-title="Zoom"]').first.click()
    visit.page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.3)
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.7, steps=5)
    visit.page.mouse.up()
    visit.page.wait_for_function(
        "() => new URLSearchParams(location.search).has('view')", timeout=WAIT_MS
    )
    visit.settle()
    zoomed = cloud.evaluate(ranges)
    assert zoomed != whole
    cloud.evaluate(COUNT_FRAMES)
    visit.page.get_by_role("button", name="Play, Layer").click()
    visit.page.wait_for_function("() => window.frames_seen.size > 12", timeout=WAIT_MS)
    assert visit.page.evaluate("window.script_runs") == 0
    assert "layer=2" in visit.address()
    visit.page.get_by_role("button", name="Pause, Layer").click()
    visit.page.wait_for_function(
        "() => new URLSearchParams(location.search).get('layer') !== '2'", timeout=WAIT_MS
    )
    visit.settle()
    layer = int(visit.page.evaluate("new URLSearchParams(location.search).get('layer')"))
    visit.page.get_by_text(f"layer {layer} of {LARGE_BLOCKS}", exact=False).first.wait_for()
    assert cloud.evaluate("e => e.drawnOnce")
    assert cloud.evaluate(ranges) == pytest.approx(zoomed)
    expected = float(map_store.layers(LARGE_BLOCKS, 0, LARGE_N)[layer][3, 0])
    assert cloud.evaluate("e => e._fullData[0].x[3]") == pytest.approx(expected, rel=1e-5)
    assert visit.faults == []


def test_play_stops_at_the_last_layer_and_begins_again_at_the_first(server, visit: Visit):
    visit.open(f"{server}/neighbourhoods?map={FIRST}&layer=3", "Neighbourhoods")
    cloud = visit.figure("cloud")
    visit.page.get_by_role("button", name="Play, Layer").click()
    wait_for_query(visit, "layer", "4")
    visit.settle()
    last = cloud.evaluate("e => e._fullData[0].x[3]")
    visit.page.get_by_role("button", name="Play, Layer").click()
    visit.page.wait_for_function(
        "([element, last]) => element.calcdata[0][3].x !== last",
        arg=[cloud.element_handle(), last],
        timeout=WAIT_MS,
    )
    visit.page.get_by_role("button", name="Pause, Layer").click()
    assert visit.faults == []


def test_pointing_at_a_text_rings_it_on_the_other_map(server, visit: Visit):
    visit.open(
        f"{server}/neighbourhoods?map={FIRST}&layer=2&twin=another+layer+of+the+same+model"
        "&twin_layer=0",
        "Neighbourhoods",
    )
    cloud = visit.figure("cloud")
    ring = visit.page.locator(".lrd-ring")
    for number in range(30, 40):  # the listener may come after the figure
        visit.page.mouse.move(*point(cloud, number))
        cloud.locator(".hoverlayer .hovertext").first.wait_for()
        if ring.count():
            break
        visit.page.wait_for_timeout(300)
    ring.wait_for()
    box = ring.bounding_box()
    other = cloud.evaluate("e => e._fullLayout.xaxis2._offset")
    assert box["x"] > cloud.bounding_box()["x"] + other - 20


def test_search_fades_the_rest(server, visit: Visit):
    visit.open(f"{server}/neighbourhoods?map={FIRST}&find=sport", "Neighbourhoods")
    cloud = visit.figure("cloud")
    assert cloud.evaluate("e => e._fullData[0].selectedpoints.length") == 20
    assert visit.page.get_by_text("20 of 60 texts", exact=False).first.is_visible()


def test_at_1024_pixels_nothing_overflows(server, visit: Visit):
    visit.page.set_viewport_size({"width": 1024, "height": 800})
    visit.open(f"{server}/neighbourhoods?map={FIRST}", "Neighbourhoods")
    visit.figure("cloud")
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_it_opens_before_the_largest_loss_over_bars_with_keyed_arrows(server, visit: Visit):
    visit.open(f"{server}/neighbourhoods?map={FIRST}", "Neighbourhoods")
    cloud = visit.figure("cloud")
    slider = visit.page.get_by_role("slider", name="Layer")
    said = slider.get_attribute("aria-valuetext")
    bars = visit.page.locator(".strip i")
    heights = bars.evaluate_all("all => all.map(bar => parseFloat(bar.style.height))")
    least = heights.index(min(heights))
    assert said.startswith(f"layer {least} of 4; ")
    assert f"kept from layer {least} to {least + 1}" in said
    assert "marked" in bars.nth(least).get_attribute("class")
    legend = cloud.locator(".legendtext").all_text_contents()
    assert legend[:3] == ["kept neighbour", "gained", "lost (crossed)"]


def test_both_layers_of_two_models_are_named_above_the_maps(server, visit: Visit):
    visit.open(
        f"{server}/neighbourhoods?map={FIRST}&layer=2&twin=<b>other</b> model on bbc-news",
        "Neighbourhoods",
    )
    top = visit.figure("cloud").bounding_box()["y"]
    named = visit.page.get_by_text("layer 2 of 4; right: layer 1 of 2", exact=True).first
    assert named.bounding_box()["y"] < top


def test_found_texts_are_listed_right_below_the_map_with_their_text_in_view(server, visit: Visit):
    visit.open(f"{server}/neighbourhoods?map={FIRST}&find=sport", "Neighbourhoods")
    cloud = visit.figure("cloud").bounding_box()
    table = visit.page.get_by_test_id("stDataFrame").first
    table.wait_for()
    assert 0 <= table.bounding_box()["y"] - (cloud["y"] + cloud["height"]) < 60
    visit.figure("group")
    assert visit.page.get_by_text("20 picked texts keep", exact=False).first.is_visible()


def test_a_dragged_slider_tells_its_place_when_it_is_let_go(server, visit: Visit):
    visit.open(f"{server}/neighbourhoods?layer=2", "Neighbourhoods")
    visit.figure("cloud")
    visit.settle()
    box = visit.page.get_by_role("slider", name="Layer").first.bounding_box()
    middle = box["y"] + box["height"] / 2
    resting = "!document.querySelector('.lrd-motion')"

    def at(layer: int) -> tuple[float, float]:
        return box["x"] + 7 + (box["width"] - 14) * layer / 4, middle

    visit.page.mouse.move(*at(2))
    visit.page.mouse.down()
    visit.page.mouse.move(*at(4), steps=4)
    visit.page.wait_for_function("document.querySelector('.lrd-motion')")
    visit.page.wait_for_timeout(900)  # held still, but held
    assert "layer=2" in visit.address()
    visit.page.mouse.move(*at(2), steps=4)
    visit.page.mouse.up()  # where it was taken: nothing has changed
    visit.page.wait_for_function(resting)
    assert "layer=2" in visit.address()
    visit.page.mouse.move(*at(2))
    visit.page.mouse.down()
    visit.page.mouse.move(*at(3), steps=4)
    visit.page.mouse.up()
    visit.page.wait_for_function("location.href.includes('layer=3')")
    visit.page.wait_for_function(resting)
    assert visit.faults == []


@pytest.mark.parametrize("typed_server", [2_200, MOST_ANIMATED + 200], indirect=True)
def test_a_typed_text_stands_on_the_large_map_of_every_layer(typed_server, visit: Visit, request):
    """On few texts it glides with them, on many the graphics card draws both."""
    n = request.node.callspec.params["typed_server"]
    points = map_store.layers(4, 0, n)[:, :, :2]

    def stands_at(layer: int) -> None:
        kind, x, y, keyed = figure.evaluate(WHERE, "your text")
        assert (kind, keyed) == ("scatter" if n <= MOST_ANIMATED else "scattergl", True)
        expected = points[layer, layer : layer + 5].mean(axis=0)
        assert (x, y) == pytest.approx(tuple(expected), abs=1e-4)

    visit.open(f"{typed_server}/neighbourhoods?layer=1&typed=true&typed_text={OWN}", PAGE)
    figure = visit.figure("cloud")
    visit.settle()
    stands_at(1)
    visit.page.get_by_text("The star is your text").first.wait_for()
    slider = visit.page.get_by_role("slider", name="Layer").first
    slider.focus()
    for _ in range(2):
        slider.press("ArrowRight")
    visit.page.wait_for_function("location.href.includes('layer=3')")
    visit.settle()
    figure = visit.figure("cloud")
    stands_at(3)
    typed = visit.page.get_by_role("textbox", name="Your text")
    typed.fill("another one, which nobody read")
    typed.press("Control+Enter")
    visit.page.get_by_role("button", name="Read this text").wait_for()
    visit.settle()
    assert visit.figure("cloud").evaluate(WHERE, "your text") is None
    assert visit.faults == []
