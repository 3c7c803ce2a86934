"""Trajectories in a real browser: deep link, play along depth, a CKA cell opens two maps."""

from collections.abc import Iterator

import pytest

from lrd_core.config import Config
from tests import map_store
from tests.browser.conftest import Visit, serve

RING = "element => element._fullData[element._fullData.length - 1].x[0]"
WAIT_MS = 40_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data_dir = tmp_path_factory.mktemp("paths") / "data"
    map_store.fill(Config(data_dir=data_dir))
    yield from serve(data_dir)


def test_the_page_opens_clean_and_accessible(server, visit: Visit, check_accessibility):
    visit.open(server + "/trajectories", "Trajectories")
    visit.figure("paths")
    visit.figure("cka")
    assert check_accessibility(visit) == []
    assert visit.faults == []


def test_a_link_places_the_cursor_on_paths_and_profiles(server, visit: Visit):
    visit.open(server + "/trajectories?depth=50&layout=Side+by+side", "Trajectories")
    # The cursor stands in the middle of the depth axis.
    assert visit.figure("motion").evaluate(RING) == 50
    assert visit.figure("paths").evaluate("element => element._fullLayout.xaxis2 !== undefined")


def test_play_moves_both_figures_in_the_browser_and_writes_the_address_on_pause(
    server, visit: Visit
):
    visit.open(server + "/trajectories?depth=10", "Trajectories")
    paths, motion = visit.figure("paths"), visit.figure("motion")
    paths.evaluate("element => { element.drawnOnce = true; }")
    before = paths.evaluate(RING)
    visit.page.get_by_role("button", name="Play, Depth").click()
    moved = "([element, before]) => element.calcdata.at(-1)[0].x !== before"
    visit.page.wait_for_function(moved, arg=[paths.element_handle(), before], timeout=WAIT_MS)
    assert "depth=10" in visit.address()
    visit.page.get_by_role("button", name="Pause, Depth").click()
    visit.page.wait_for_function(
        "() => new URLSearchParams(location.search).get('depth') !== '10'", timeout=WAIT_MS
    )
    visit.settle()
    depth = int(visit.page.evaluate("new URLSearchParams(location.search).get('depth') ?? 100"))
    assert motion.evaluate(RING) == pytest.approx(depth)
    assert paths.evaluate("element => element.drawnOnce")
    assert visit.faults == []


def test_a_turned_picture_in_space_stays_turned_at_the_next_depth(server, visit: Visit):
    visit.open(server + "/trajectories?dims=3-D&depth=20", "Trajectories")
    paths = visit.figure("paths")
    eye = "element => Object.values(element._fullLayout.scene._scene.getCamera().eye)"
    began = paths.evaluate(eye)

    def turn() -> None:
        box = paths.bounding_box()
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        visit.page.mouse.move(*middle)
        visit.page.mouse.down()
        visit.page.mouse.move(middle[0] + 120, middle[1] + 40, steps=6)
        visit.page.mouse.up()

    # A drag that comes before the picture listens is a drag of nothing.
    visit.until("() => new URLSearchParams(location.search).has('eye')", turn)
    visit.settle()
    turned = paths.evaluate(eye)
    assert turned != pytest.approx(began, abs=0.05)
    before = paths.evaluate(RING)
    visit.page.get_by_role("slider", name="Depth").focus()
    visit.page.keyboard.press("ArrowRight")
    visit.page.wait_for_function(
        "() => new URLSearchParams(location.search).get('depth') === '21'", timeout=WAIT_MS
    )
    visit.settle()
    assert paths.evaluate(RING) != before
    assert paths.evaluate(eye) == pytest.approx(turned, abs=1e-3)
    assert visit.faults == []


def test_pointing_at_a_speed_moves_the_cursor_on_the_paths_and_leaves_the_address(
    server, visit: Visit
):
    visit.open(server + "/trajectories?depth=100", "Trajectories")
    paths, motion = visit.figure("paths"), visit.figure("motion")
    motion.scroll_into_view_if_needed()
    ring = "element => element.calcdata.at(-1)[0].x"
    held = paths.evaluate(ring)
    place = motion.evaluate(
        """element => {
          const box = element.getBoundingClientRect(), layout = element._fullLayout;
          const trace = element._fullData[0];
          return [box.left + layout.xaxis._offset + layout.xaxis.l2p(trace.x[1]),
                  box.top + layout.yaxis._offset + layout.yaxis.l2p(trace.y[1])];
        }"""
    )
    visit.page.mouse.move(place[0] - 30, place[1])
    visit.page.mouse.move(*place)
    moved = f"([element, held]) => ({ring})(element) !== held"
    visit.page.wait_for_function(moved, arg=[paths.element_handle(), held], timeout=WAIT_MS)
    assert "depth=100" in visit.address() or "depth" not in visit.address()
    visit.page.mouse.move(5, 5)
    back = f"([element, held]) => ({ring})(element) === held"
    visit.page.wait_for_function(back, arg=[paths.element_handle(), held], timeout=WAIT_MS)
    assert visit.faults == []


def test_a_click_on_a_cell_opens_that_pair_of_layers(server, visit: Visit):
    visit.open(server + "/trajectories", "Trajectories")
    figure = visit.figure("cka")
    figure.scroll_into_view_if_needed()
    place = figure.evaluate(
        """element => {
          const box = element.getBoundingClientRect(), layout = element._fullLayout;
          return [box.left + layout.xaxis._offset + layout.xaxis.l2p(1),
                  box.top + layout.yaxis._offset + layout.yaxis.l2p(3)];
        }"""
    )
    visit.page.mouse.move(*place)
    visit.page.mouse.click(*place)
    visit.wait_for("Neighbourhoods")
    assert "layer=3" in visit.address()
    assert "twin_layer=1" in visit.address()
    assert visit.figure("cloud").evaluate("element => element._fullLayout.xaxis2 !== undefined")
