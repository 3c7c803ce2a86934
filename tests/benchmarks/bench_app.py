"""The app in Chromium: first chart, a control change of every page, frames a second, memory.

Two stores: the bundled results, which every page has something of, and the panel at the papers'
own scale, 31 models x 30 tasks x every layer x 20 series of made-up values (tests/panel_store.py).
Play and slider move 2,000 texts on the maps of 33 layers (tests/map_store.py). A bare Streamlit
page with one small chart is measured in the same run: what no page can be faster than here.
Targets, medians of 5: a control change at most 2.5 times the bare page's, 10 frames a second,
server under 400 MB after a visit to all pages.

Run: python -m tests.benchmarks.bench_app [--repeats 5]
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a plain script

from playwright.sync_api import sync_playwright
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from lrd_core.actions import bundled
from lrd_core.config import Config
from lrd_core.views.pages import PAGES
from tests import map_store
from tests.benchmarks.ratios import tell
from tests.browser.conftest import CHROMIUM_FLAGS, WAIT_MS, Visit, chromium, serve
from tests.panel_store import fill_panel

BARE = """
import plotly.graph_objects as go
import streamlit as st
axis = st.segmented_control(
    "Axis", ["% of blocks", "Layer"], default="% of blocks", key="axis", bind="query-params"
)
with st.container(key="figure_depth"):
    figure = go.Figure(go.Scatter(y=[1, 2, 3]), {"xaxis": {"title": axis}})
    st.plotly_chart(figure, theme=None)
"""
TEXTS, BLOCKS = 2_000, 32
PLAYED_S = 3.0
MOST_TIMES, LEAST_FRAMES, MOST_MB = 2.5, 10, 400


@dataclass(frozen=True)
class Control:
    """What is changed on a page, back and forth: captions of buttons or, where it has a label, of a
    list; one of a switch."""

    captions: tuple[str, ...]
    label: str = ""

    def reach(self, visit: Visit) -> None:
        """Open the list, which takes no answer of the server."""
        if self.label:
            visit.page.get_by_role("combobox", name=self.label).first.click()
            visit.page.get_by_role("option").first.wait_for()

    def press(self, visit: Visit, turn: int) -> None:
        """Choose the next value."""
        name = self.captions[turn % len(self.captions)]
        if self.label:
            found = visit.page.get_by_role("option").filter(has_text=name)
        else:
            role = "radio" if len(self.captions) > 1 else "switch"
            found = visit.page.get_by_role(role, name=name, exact=True)
            found = found.or_(visit.page.get_by_label(name, exact=True))
        found.first.click(force=True)


SIDES = Control(("Side by side",))
CONTROLS = {
    "overview": SIDES,
    "depth": Control(("Layer", "% of blocks")),
    "trajectories": Control(("3-D", "2-D")),
    "neighbourhoods": SIDES,
    "selection": Control(("Best layer", "Last layer")),
    "pruning": SIDES,
    "claims": Control(("open", "holds")),
    "runs": SIDES,
    "data": Control(("Scores", "Runs")),
    "metrics": SIDES,
}
LISTS = {
    "neighbourhoods": Control(("norm ratio", "cluster"), "Colour"),
    "pruning": Control(("NRS: ", "GFMI: "), "Plan"),
    "metrics": Control(("Neighbour retention, mean", "information, peak"), "Quantity"),
}
"""What is changed often on pages whose heaviest change stands above."""
PANEL_PAGES = ("overview", "depth", "selection")

COUNT = """element => {
  window.places = new Set();
  const look = () => {
    window.places.add(element.calcdata[0][3].x);
    requestAnimationFrame(look);
  };
  look();
}"""


def timed(act: Callable[[], None], wait: Callable[[], None]) -> float:
    """Seconds from an act to what it leads to."""
    started = time.perf_counter()
    act()
    wait()
    return time.perf_counter() - started


class Visitor(Visit):
    """A visit that counts the runs of the script, by what the server says over the socket.

    The state that the page shows cannot be counted: of a run that is over before the browser draws
    again it never tells.
    """

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        self.runs_ended = 0
        page.on("websocket", lambda socket: socket.on("framereceived", self._received))

    def answered(self, before: int) -> None:
        """Wait until the script has run once more than before, and the page shows what it said."""
        for _ in range(WAIT_MS // 5):
            if self.runs_ended > before:
                return self.settle()
            self.page.wait_for_timeout(5)
        raise TimeoutError(f"no run of the script followed on {self.page.url}")

    def _received(self, frame: str | bytes) -> None:
        if isinstance(frame, bytes):
            self.runs_ended += ForwardMsg.FromString(frame).WhichOneof("type") == "script_finished"


def change(visit: Visitor, control: Control, turn: int) -> float:
    """Seconds from a press until the script has run once more and nothing on the page is stale."""
    control.reach(visit)
    before = visit.runs_ended
    return timed(lambda: control.press(visit, turn), lambda: visit.answered(before))


def new_visit(browser: Any) -> Visitor:
    """A visitor who was never here."""
    return Visitor(browser.new_context(viewport={"width": 1440, "height": 1000}).new_page())


def first_charts(browser: Any, address: str, figure: str, repeats: int) -> list[float]:
    """Seconds from the address to a drawn figure, for one visitor after another."""
    return [_first_chart(new_visit(browser), address, figure) for _ in range(repeats + 1)]


def _first_chart(visit: Visit, address: str, figure: str) -> float:
    found = timed(lambda: visit.page.goto(address), lambda: visit.figure(figure))
    visit.page.context.close()
    return found


def changes(visit: Visitor, address: str, control: Control, repeats: int) -> list[float]:
    """Seconds of a change, after one that is not counted."""
    visit.page.goto(address)
    visit.page.locator("h1, .js-plotly-plot").first.wait_for(timeout=40_000)
    visit.settle()
    return [change(visit, control, turn) for turn in range(2 * repeats + 1)][1:]


def frames_a_second(browser: Any, address: str) -> dict[str, float]:
    """Different places a second of a text on the map: while it plays, while the slider is held."""
    visit = new_visit(browser)
    visit.open(f"{address}/neighbourhoods?layer=1", "Neighbourhoods")
    visit.figure("cloud").evaluate(COUNT)

    def counted(seconds: float) -> float:
        visit.page.evaluate("window.places.clear()")
        visit.page.wait_for_timeout(1000 * seconds)
        return float(visit.page.evaluate("window.places.size")) / seconds

    visit.page.get_by_role("button", name="Play, Layer").click()
    visit.page.wait_for_timeout(500)
    found = {"play": counted(PLAYED_S)}
    before = visit.runs_ended
    visit.page.get_by_role("button", name="Pause, Layer").click()
    visit.answered(before)
    slider = visit.page.locator(".player input[type=range]").first
    box = slider.bounding_box()
    visit.page.mouse.move(box["x"] + 4, box["y"] + box["height"] / 2)
    visit.page.mouse.down()
    visit.page.evaluate("window.places.clear()")
    started = time.perf_counter()
    for step in range(60):
        place = box["x"] + 4 + (box["width"] - 8) * step / 59
        visit.page.mouse.move(place, box["y"] + box["height"] / 2)
        visit.page.wait_for_timeout(16)
    elapsed = time.perf_counter() - started
    found["slider"] = float(visit.page.evaluate("window.places.size")) / elapsed
    visit.page.mouse.up()
    visit.page.context.close()
    return found


def server_memory() -> float:
    """MB of the largest process that this benchmark started."""
    children = psutil.Process().children(recursive=True)
    servers = [child for child in children if "streamlit" in " ".join(child.cmdline())]
    return max(child.memory_info().rss for child in servers) / 2**20


def visit_all(browser: Any, address: str, repeats: int, floor: float, names: Sequence[str]) -> None:
    """A control change on each of these pages beside the bare page's; then the memory."""
    visit = new_visit(browser)
    for kind, controls in (("a control", CONTROLS), ("a list", LISTS)):
        for name in (one for one in names if one in controls):
            found = changes(visit, f"{address}/{name}", controls[name], repeats)
            times = statistics.median(found) / floor
            mark = "" if times <= MOST_TIMES else f"  above {MOST_TIMES}"
            print(f"  {name}, {kind}: {_in_words(found)}, {times:.1f} times the bare page's{mark}")
            tell(f"{kind} changes the figure of {name}", times, "the bare page's")
    print(f"  memory of the server after these pages: {server_memory():.0f} MB")
    visit.page.context.close()


def _in_words(times: list[float]) -> str:
    return f"{statistics.median(times):.2f} s (worst {max(times):.2f}, n={len(times)})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        bare = Path(folder) / "bare.py"
        bare.write_text(BARE)
        print(f"load {psutil.getloadavg()[0]:.1f}; a bare Streamlit page with one chart")
        for address in serve(Path(folder) / "bare", bare):
            start = first_charts(browser, address, "depth", repeats)
            control = Control(("Layer", "% of blocks"))
            times = changes(new_visit(browser), address, control, repeats)
            floor = statistics.median(times)
            print(f"  first chart {_in_words(start[1:])}; a change {_in_words(times)}")
        demo = Config(Path(folder) / "demo")
        bundled.load_demo(demo)
        print(f"the bundled results (targets: {MOST_TIMES} times, {MOST_MB} MB)")
        for address in serve(demo.data_dir):
            for path, figure in (("/depth", "depth"), ("/", "headline")):
                found = first_charts(browser, address + path, figure, repeats)
                print(
                    f"  first chart of {path}: cold {found[0]:.2f} s, then {_in_words(found[1:])}"
                )
                shown = statistics.median(found[1:]) / statistics.median(start[1:])
                tell(f"first chart of {path}, the bundled results", shown, "a bare Streamlit page")
            visit_all(browser, address, repeats, floor, [page.name for page in PAGES])
        panel = Config(Path(folder) / "panel")
        print(f"31 models x 30 tasks, {fill_panel(panel):,} values")
        for address in serve(panel.data_dir):
            visit_all(browser, address, repeats, floor, PANEL_PAGES)
        large = Config(Path(folder) / "large")
        map_store.fill_large(large, BLOCKS, TEXTS)
        print(f"{TEXTS:,} texts on {BLOCKS + 1} maps (target: {LEAST_FRAMES} frames a second)")
        for address in serve(large.data_dir):
            for how, found in frames_a_second(browser, address).items():
                print(f"  {how}: {found:.0f} frames a second")


if __name__ == "__main__":
    main()
