"""The coverage grid: what is there, what is not, and names as text."""

import pandas as pd

from lrd_core.plots.overview import plot_coverage, prepare_coverage
from lrd_core.plots.theme import Look

TABLE = pd.DataFrame(
    [
        ("alpha", "news", 12, 1000.0, 2225.0, "bundled", 7, 7),
        ("<b>beta", "news", 3, 500.0, 500.0, "own run", 0, 0),
    ],
    columns=[
        "model",
        "task",
        "num_series",
        "n",
        "n_total",
        "sources",
        "num_scores",
        "num_layers_scored",
    ],
)


def test_every_pair_is_a_cell_and_unknown_ones_are_empty() -> None:
    cells = prepare_coverage(TABLE, ["alpha", "<b>beta"], ["news", "bible"])
    assert len(cells) == 4
    known = cells.set_index(["model", "task"])["num_series"]
    assert known["alpha", "news"] == 12
    assert pd.isna(known["alpha", "bible"])
    hover = cells.set_index(["model", "task"])["hover"]
    assert "12 metrics" in hover["alpha", "news"]
    assert "n=1,000 of 2,225" in hover["alpha", "news"]
    assert "nothing yet" in hover["<b>beta", "bible"]


def test_the_figure_names_models_and_tasks_as_text() -> None:
    cells = prepare_coverage(TABLE, ["alpha", "<b>beta"], ["news", "bible"])
    figure = plot_coverage(cells, Look())
    assert list(figure.layout.yaxis.ticktext) == ["alpha", "&lt;b&gt;beta"]
    assert figure.layout.xaxis.title.text == "Task"
    ring = next(t for t in figure.data if t.type == "scatter")
    assert len(ring.x) == 1
