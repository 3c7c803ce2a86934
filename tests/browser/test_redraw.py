"""Charts that stand are drawn over: the same picture as alone, without vanishing in between."""

import io
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import plotly.graph_objects as go
import plotly.io
import plotly.offline
import pytest
from PIL import Image

from lrd_core.config import Config
from lrd_core.errors import LrdError
from lrd_core.plots.figures import figure_of
from lrd_core.plots.steady import steady
from lrd_core.plots.theme import Look
from lrd_core.views.questions import QUESTIONS, ask
from pages._shared.redraw import can_be_drawn_over
from tests.browser.conftest import Visit
from tests.example_store import fill
from tests.pruned_store import fill_trials
from tests.selection_store import fill_selection

ALONE = """async text => {
  const gd = document.getElementById("chart"), {data, layout} = JSON.parse(text);
  Plotly.purge(gd);
  await Plotly.newPlot(gd, data, layout);
}"""
OVER = """async text => {
  const gd = document.getElementById("chart"), {data, layout} = JSON.parse(text);
  await Plotly.react(gd, data, layout, gd._context);
}"""
CLOSE, MOST_APART = 24, 0.0005
"""Of 255 shades, what no eye tells apart; the share of pixels at edges of letters that may."""


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[go.Figure]]:
    """Figures of each kind of view, of several stores, light and dark."""
    found: dict[str, list[go.Figure]] = {}
    for fill_one in (fill, fill_trials, fill_selection):
        config = Config(data_dir=tmp_path_factory.mktemp("store"))
        fill_one(config)
        for question in QUESTIONS:
            try:
                view = ask(config, question.name, ())
            except LrdError:
                continue
            if not view.empty:
                looks = (Look(), Look(mode="dark"))
                drawn = [steady(figure_of(view, look)) for look in looks]
                found.setdefault(type(view).__name__, []).extend(drawn)
    return found


@pytest.fixture(scope="module")
def chart(browser_context: Any) -> Iterator[Any]:
    page = browser_context.new_page()
    page.set_content("<div id='chart' style='width: 900px; height: 500px'></div>")
    page.add_script_tag(content=plotly.offline.get_plotlyjs())
    yield page
    page.close()


def picture(chart: Any) -> "np.ndarray[Any, np.dtype[np.int16]]":
    shot = chart.locator("#chart").screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"), dtype=np.int16)


def test_a_figure_drawn_over_another_is_the_picture_that_it_is_alone(
    figures: dict[str, list[go.Figure]], chart: Any
) -> None:
    tried = 0
    for name, several in figures.items():
        pairs = itertools.pairwise(several)
        for old, new in ((a, b) for a, b in pairs if can_be_drawn_over(a, b)):
            first, second = (plotly.io.to_json(one, validate=False) for one in (old, new))
            chart.evaluate(ALONE, second)
            alone = picture(chart)
            chart.evaluate(ALONE, first)
            chart.evaluate(OVER, second)
            over = picture(chart)
            assert over.shape == alone.shape, name
            apart = float((np.abs(over - alone).max(axis=2) > CLOSE).mean())
            assert apart <= MOST_APART, f"{name}: {apart}"
            tried += 1
    assert tried > 40


AXIS = """title => {
  const gd = document.querySelector(".st-key-figure_depth .js-plotly-plot");
  return gd && gd.layout && gd.layout.xaxis.title.text.startsWith(title);
}"""
WORDS = """gd => [...gd.querySelectorAll("text")].map(one => one.textContent)"""


def choose(visit: Visit, caption: str, title: str) -> Any:
    """Choose a depth axis; the chart once it has a title that begins like this."""
    visit.page.get_by_role("radio", name=caption, exact=True).first.click(force=True)
    visit.page.wait_for_function(AXIS, arg=title)
    visit.settle()
    return visit.figure("depth")


def test_a_chart_stands_while_its_figure_changes(visit: Visit, app_server: str) -> None:
    visit.open(f"{app_server}/depth", "Depth")
    visit.figure("depth").evaluate("gd => { gd.mine = true; }")
    for caption, title in (("Layer", "Layer"), ("% of blocks", "Depth"), ("Layer", "Layer")):
        figure = choose(visit, caption, title)
        assert figure.evaluate("gd => gd.mine")
    visit.page.set_viewport_size({"width": 1100, "height": 1000})
    visit.page.wait_for_function("gd => gd.layout.width < 900", arg=figure.element_handle())
    visit.settle()  # Streamlit draws it again, from what it remembers
    words, address = figure.evaluate(WORDS), visit.address()
    assert figure.evaluate("gd => gd.mine")
    visit.page.goto(address)
    visit.wait_for("Depth")
    assert visit.figure("depth").evaluate(WORDS) == words
    assert not visit.faults


def test_a_visitor_who_changes_again_at_once_ends_at_the_last_choice(
    visit: Visit, app_server: str
) -> None:
    visit.open(f"{app_server}/depth", "Depth")
    visit.figure("depth")
    for caption in ("Layer", "% of blocks") * 3:
        visit.page.get_by_role("radio", name=caption, exact=True).first.click(force=True)
        visit.page.wait_for_timeout(60)
    figure = choose(visit, "Layer", "Layer")
    visit.page.wait_for_timeout(600)  # nothing that was asked before comes later
    assert figure.evaluate("gd => gd.layout.xaxis.title.text").startswith("Layer")


def test_a_figure_of_another_build_is_mounted_anew(visit: Visit, app_server: str) -> None:
    visit.open(f"{app_server}/depth?metrics=Prompt+entropy", "Depth")
    visit.figure("depth").evaluate("gd => { gd.mine = true; }")
    visit.page.get_by_role("button", name="Remove Prompt entropy").click()
    visit.page.wait_for_function(
        "!document.querySelector('.st-key-figure_depth .js-plotly-plot')?.mine"
    )


def test_where_plotly_cannot_be_reached_charts_are_mounted_anew(
    visit: Visit, app_server: str
) -> None:
    visit.open(f"{app_server}/depth", "Depth")
    visit.figure("depth").evaluate("gd => { gd.mine = true; }")
    visit.page.evaluate("delete window.Plotly")
    for caption, title in (("Layer", "Layer"), ("% of blocks", "Depth")):
        figure = choose(visit, caption, title)
        assert not figure.evaluate("gd => gd.mine")
