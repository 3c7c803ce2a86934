"""The correlation map and the scatter: numbers, names, what a cell says."""

import numpy as np
import pandas as pd
import pytest

from lrd_core.plots.drawing import CLEAR
from lrd_core.plots.selection import plot_heatmap, plot_scatter, prepare_heatmap, prepare_scatter
from lrd_core.plots.theme import Look
from lrd_core.views.correlations import MEDIAN, drawn_cells
from lrd_core.views.evidence_cell import cell_table

CELLS = pd.DataFrame(
    [
        ("d_0L", "news", 0.9, 0.5, 0.98, 8, "", 0.4, -0.2, 0.8, 8, ""),
        ("d_0L", "<b>x", np.nan, np.nan, np.nan, 3, "3 models; 4 are needed", *[np.nan] * 3, 3, ""),
        ("nrs_mean", "news", -0.3, -0.8, 0.4, 8, "", -0.1, -0.7, 0.6, 8, ""),
    ],
    columns=[
        "metric",
        "task",
        "rho",
        "low",
        "high",
        "n",
        "reason",
        "partial",
        "partial_low",
        "partial_high",
        "partial_n",
        "partial_reason",
    ],
)
MEDIANS = pd.DataFrame(
    [("d_0L", 0.9, 0.5, 0.98, 8, 1, 1, 0, "")],
    columns=[
        "metric",
        "rho",
        "low",
        "high",
        "num_models",
        "num_tasks",
        "positive",
        "negative",
        "reason",
    ],
)
NAMES = {"d_0L": "d(0, L)", "nrs_mean": "NRS mean"}


@pytest.fixture
def prepared() -> pd.DataFrame:
    return prepare_heatmap(drawn_cells(CELLS, MEDIANS, list(NAMES), ["news", "<b>x"]))


def cell(prepared: pd.DataFrame, row: str, metric: str) -> pd.Series:
    return prepared[(prepared["row"] == row) & (prepared["metric"] == metric)].iloc[0]


def test_numbers_that_leave_zero_out_are_bold(prepared: pd.DataFrame) -> None:
    assert cell(prepared, "news", "d_0L")["text"] == "<b>.90</b>"
    assert cell(prepared, "news", "nrs_mean")["text"] == "−.30"


def test_an_empty_cell_says_why(prepared: pd.DataFrame) -> None:
    assert "3 models; 4 are needed" in cell(prepared, "<b>x", "d_0L")["hover"]
    assert "not computed together" in cell(prepared, "<b>x", "nrs_mean")["hover"]
    assert cell(prepared, "<b>x", "d_0L")["text"] == "·"


def test_hover_has_interval_and_n(prepared: pd.DataFrame) -> None:
    assert "ρ 0.90 [0.50, 0.98]<br>n = 8 models" in cell(prepared, "news", "d_0L")["hover"]
    median = cell(prepared, MEDIAN, "d_0L")["hover"]
    assert "8 models on 1 shared tasks" in median and "positive on 1" in median


def test_partial_correlations_take_the_place_of_plain_ones() -> None:
    drawn = drawn_cells(CELLS, MEDIANS, list(NAMES), ["news"], partial=True)
    partial = prepare_heatmap(drawn, partial=True)
    assert MEDIAN not in set(partial["row"])
    assert cell(partial, "news", "d_0L")["rho"] == 0.4
    assert "given model size" in cell(partial, "news", "d_0L")["hover"]


def test_the_map_is_centred_at_zero_and_takes_clicks(prepared: pd.DataFrame) -> None:
    figure = plot_heatmap(prepared, NAMES, Look(), chosen=("news", "d_0L"))
    heat, points, *numbers = figure.data
    assert (heat.zmin, heat.zmax) == (-1, 1)
    assert ["news", "d_0L"] in points.customdata.tolist()
    assert figure.layout.xaxis.ticktext == ("d(0, L)", "NRS mean")
    assert figure.layout.yaxis.ticktext[0] == f"<b>{MEDIAN}</b>"
    assert figure.layout.yaxis.ticktext[2] == "&lt;b&gt;x"
    assert len(figure.layout.shapes) == 1
    written = [word for layer in numbers for row in layer.text for word in row if word]
    assert sorted(written) == sorted(prepared["text"])
    assert {end for layer in numbers for _, end in layer.colorscale} == {CLEAR}


VALUES = pd.DataFrame(
    {"model": ["a", "<i>b", "c"], "task": "news", "metric": "d_0L", "value": [1.0, 2.0, np.nan]}
)
SCORES = pd.DataFrame({"model": ["a", "<i>b", "c"], "task": "news", "score": [0.3, 0.5, 0.7]})
FACTS = pd.DataFrame(
    {"family": ["base LM", "encoder embedder"], "num_parameters": [1e8, np.nan]},
    index=["a", "<i>b"],
)


def test_only_models_with_both_numbers_are_drawn() -> None:
    prepared = prepare_scatter(cell_table(VALUES, SCORES, FACTS, "d_0L", "news"))
    assert prepared["model"].tolist() == ["<i>b", "a"]
    assert "base LM, 100 million parameters" in prepared["hover"].iloc[1]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_points_are_named_as_text_and_axes_have_units(mode: str) -> None:
    prepared = prepare_scatter(cell_table(VALUES, SCORES, FACTS, "d_0L", "news"))
    look = Look(mode=mode, order=("a", "<i>b"))  # type: ignore[arg-type]
    figure = plot_scatter(prepared, "Distance", "radians", "Score on news", look)
    assert not figure.layout.xaxis.showgrid and not figure.layout.yaxis.showgrid  # names lie there
    assert {note.text for note in figure.layout.annotations} == {"a", "&lt;i&gt;b"}
    assert figure.layout.xaxis.title.text == "Distance (radians)"
    assert figure.layout.yaxis.title.text == "Score on news"
    assert {trace.marker.symbol for trace in figure.data} == {"circle", "diamond"}
