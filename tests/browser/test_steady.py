"""What a page sends of a figure gives the same picture, and is not drawn again from a copy."""

from collections.abc import Iterator
from typing import Any

import plotly.io
import plotly.offline
import pytest

from lrd_core.config import Config
from lrd_core.errors import LrdError
from lrd_core.plots.figures import figure_of
from lrd_core.plots.steady import steady
from lrd_core.plots.theme import Look
from lrd_core.views.questions import QUESTIONS, ask
from lrd_core.views.view import View
from tests.example_store import fill
from tests.pruned_store import fill_trials
from tests.selection_store import fill_selection

DRAWN_AGAIN = {"StrategyView"}
"""Error bars that are missing here and there stay bytes, which Plotly cannot compare."""

DRAW = """async text => {
  const gd = document.getElementById("chart"), {data, layout} = JSON.parse(text);
  Plotly.purge(gd);
  await Plotly.newPlot(gd, data, layout);
  // Every element with its attributes, whose order and numbers of identity differ each time.
  const own = value => value.replace(/(trace|clip|defs-|g|legend|cb)[0-9a-f]{6}/g, "$1");
  const said = one => [...one.attributes].map(a => `${a.name}=${own(a.value)}`).sort();
  const words = one => one.children.length ? "" : one.textContent;
  return [...gd.querySelectorAll(".main-svg, .main-svg *")]
    .map(one => [one.tagName, ...said(one), words(one)].join(" "));
}"""
AGAIN = """async () => {
  const gd = document.getElementById("chart");
  let drawn = 0;
  gd.on("plotly_beforeplot", () => { drawn += 1; });
  const copy = JSON.parse(JSON.stringify({data: gd.data, layout: gd.layout}));
  await Plotly.react(gd, copy.data, {...copy.layout, width: gd._fullLayout.width});
  return drawn;
}"""


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> dict[str, View]:
    """A view of each kind that these stores have something of."""
    found: dict[str, View] = {}
    for fill_one in (fill, fill_trials, fill_selection):
        config = Config(data_dir=tmp_path_factory.mktemp("store"))
        fill_one(config)
        for question in QUESTIONS:
            try:
                view = ask(config, question.name, ())
            except LrdError:
                continue
            if not view.empty:
                found.setdefault(type(view).__name__, view)
    return found


@pytest.fixture(scope="module")
def chart(browser_context: Any) -> Iterator[Any]:
    page = browser_context.new_page()
    page.set_content("<div id='chart' style='width: 900px; height: 500px'></div>")
    page.add_script_tag(content=plotly.offline.get_plotlyjs())
    yield page
    page.close()


def test_every_picture_is_the_same_and_its_copy_is_let_be(
    views: dict[str, View], chart: Any
) -> None:
    assert len(views) > 15
    for name, view in views.items():
        for look in (Look(), Look(mode="dark", present=True)):
            drawn = figure_of(view, look)
            plain = chart.evaluate(DRAW, plotly.io.to_json(drawn, validate=False))
            sent = plotly.io.to_json(steady(drawn), validate=False)
            found = chart.evaluate(DRAW, sent)
            assert len(plain) > 50
            assert [line for line in found if line not in plain] == [], name
            assert found == plain, name
            assert chart.evaluate(AGAIN) == (name in DRAWN_AGAIN), name


def test_a_theme_alone_is_drawn_again(views: dict[str, View], chart: Any) -> None:
    """If this fails, Plotly compares themes itself and nothing needs to be steady."""
    chart.evaluate(DRAW, plotly.io.to_json(figure_of(views["DepthView"], Look()), validate=False))
    assert chart.evaluate(AGAIN) == 1
