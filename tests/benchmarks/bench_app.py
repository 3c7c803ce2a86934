"""The app with a large store: first chart, a control change, memory of the server.

31 models x 30 tasks x every layer x 20 series of made-up values (tests/panel_store.py) in a
temporary folder, driven in Chromium. Targets: first chart under 2 s warm, a change under
400 ms, server under 600 MB. A bare Streamlit page with one small chart is measured beside it: what
no page can be faster than here.

Run: python tests/benchmarks/bench_app.py
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a plain script

from playwright.sync_api import sync_playwright

from lrd_core.config import Config
from tests.browser.conftest import CHROMIUM_FLAGS, Visit, chromium, serve
from tests.panel_store import fill_panel

REPEATS = 5
BARE = """
import plotly.graph_objects as go
import streamlit as st
axis = st.segmented_control("Axis", ["% of blocks", "Layer"], default="% of blocks")
titles = {"% of blocks": "Depth (% of blocks)", "Layer": "Layer"}
with st.container(key="figure_depth"):
    figure = go.Figure(go.Scatter(y=[1, 2, 3]), {"xaxis": {"title": titles[axis]}})
    st.plotly_chart(figure, theme=None)
"""
FIGURES = {"/depth": "depth", "/": "headline"}


def first_chart(visit: Visit, address: str, figure: str) -> float:
    """Seconds from the address to a drawn figure."""
    started = time.perf_counter()
    visit.page.goto(address)
    visit.figure(figure)
    return time.perf_counter() - started


def change(visit: Visit, caption: str, title: str) -> float:
    """Seconds from a press to the figure with the new axis title."""
    started = time.perf_counter()
    visit.page.get_by_role("radio", name=caption, exact=True).click()
    visit.page.wait_for_function(
        "title => [...document.querySelectorAll('.st-key-figure_depth .xtitle')]"
        ".some(e => e.textContent === title)",
        arg=title,
        polling=10,
    )
    return time.perf_counter() - started


def server_memory() -> float:
    """MB of the largest process that this benchmark started."""
    children = psutil.Process().children(recursive=True)
    servers = [child for child in children if "streamlit" in " ".join(child.cmdline())]
    return max(child.memory_info().rss for child in servers) / 2**20


def measure(browser: Any, address: str, figures: dict[str, str]) -> dict[str, float]:
    """Visit as new visitors do, then change a control back and forth; medians in seconds."""
    found = {}
    for path, figure in figures.items():
        times = []
        for _ in range(REPEATS + 1):
            context = browser.new_context(viewport={"width": 1440, "height": 1000})
            times.append(first_chart(Visit(context.new_page()), address + path, figure))
            context.close()
        print(f"  first chart of {path}: cold {times[0]:.2f} s, warm {_in_words(times[1:])}")
        found[path] = statistics.median(times[1:])
    visit = Visit(browser.new_context(viewport={"width": 1440, "height": 1000}).new_page())
    visit.page.goto(address + next(iter(figures)))
    visit.figure("depth")
    visit.settle()
    change(visit, "Layer", "Layer")
    times = []
    for _ in range(REPEATS):
        times.append(change(visit, "% of blocks", "Depth (% of blocks)"))
        times.append(change(visit, "Layer", "Layer"))
    print(f"  a control change: {_in_words(times)}")
    print(f"  memory of the server: {server_memory():.0f} MB")
    return found | {"change": statistics.median(times)}


def _in_words(times: list[float]) -> str:
    return f"{statistics.median(times):.2f} s (worst {max(times):.2f}, n={len(times)})"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        data_dir, bare = Path(folder) / "data", Path(folder) / "bare.py"
        bare.write_text(BARE)
        print(f"{fill_panel(Config(data_dir)):,} values; load {psutil.getloadavg()[0]:.1f}")
        print("the app (targets: 2 s, 0.4 s, 600 MB)")
        for address in serve(data_dir):
            ours = measure(browser, address, FIGURES)
        print("a bare Streamlit page with one chart")
        for address in serve(data_dir, bare):
            floor = measure(browser, address, {"/": "depth"})
        print(f"first chart of /depth against the bare page: {ours['/depth'] / floor['/']:.2f}x")
        print(f"a control change against the bare page: {ours['change'] / floor['change']:.2f}x")


if __name__ == "__main__":
    main()
