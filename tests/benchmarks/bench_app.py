"""The app with a large store: first chart, a control change, memory of the server.

31 models x 30 tasks x 33 layers x 20 series of made-up values in a temporary folder, driven in
Chromium. Targets: first chart under 2 s warm, a change under 400 ms, server under 600 MB. A bare
Streamlit page with one small chart is measured beside it: what no page can be faster than here.

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
from lrd_core.metrics import all_metrics
from lrd_core.store import connect
from tests.browser.conftest import CHROMIUM_FLAGS, Visit, chromium, serve

MODELS, TASKS, BLOCKS, SERIES, REPEATS = 31, 30, 32, 20, 5
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


def fill(config: Config) -> int:
    """Write the synthetic store; returns how many values it holds."""
    series = [
        (entry.name, one.name, entry.version, 0.5 if one.at == "transition" else 0.0)
        for entry in all_metrics()
        for one in entry.series
        if one.at in ("layer", "transition", "interior")
    ][:SERIES]
    series += [(f"extra_{i}", f"extra_{i}", 1, 0.0) for i in range(SERIES - len(series))]
    with connect(config) as connection:
        connection.execute(
            f"""
            INSERT INTO runs SELECT
                md5(m || ' ' || t), 'model-' || m, 'example/model-' || m, 'main',
                ['encoder embedder', 'decoder embedder', 'base LM'][1 + m % 3], {BLOCKS}, 1024,
                1000000 * (m + 1), '', 'task-' || t, '1.0.0', 'classification', 'test', 1000, 2000,
                0, 256, 'mean', 'hf', 'float32', '', '', 'block', 'cpu', 'own', '0',
                TIMESTAMP '2026-01-01' + INTERVAL (m) HOUR
            FROM range({MODELS}) a(m), range({TASKS}) b(t)
            """
        )
        for metric, name, version, shift in series:
            connection.execute(
                f"""
                INSERT INTO metric_values SELECT
                    run_key, ?, ?, ?, 'exact', '{{}}', l + ?,
                    0.7 + 0.2 * sin(l / 5.0 + hidden_size + hash(run_key) % 7), NULL, NULL, n, NULL,
                    'own'
                FROM runs, range({BLOCKS + 1}) c(l) ORDER BY run_key, l
                """,
                [metric, name, version, shift],
            )
        connection.execute(
            f"""
            INSERT INTO scores SELECT
                model, model_id, revision, family, num_blocks, hidden_size, task, task_revision,
                task_type, 'default', 'test', l, 'accuracy', 0.6 + 0.2 * sin(l / 9.0), n, '{{}}',
                'own', created_at
            FROM runs, range({BLOCKS + 1}) c(l)
            """
        )
        return int(connection.execute("SELECT count(*) FROM metric_values").fetchone()[0])


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
        print(f"{fill(Config(data_dir)):,} values; load {psutil.getloadavg()[0]:.1f}")
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
