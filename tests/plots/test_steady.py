"""What a page sends of a figure: the theme within it, lists in place of bytes, text for scripts.

That the picture stays the same is tested in tests/browser/test_steady.py.
"""

import json
from typing import Any

import numpy as np
import plotly.graph_objects as go
import plotly.io
import pytest
from plotly.basedatatypes import BaseTraceType

from lrd_core.plots.gliding import add_frames
from lrd_core.plots.steady import MOST_LISTED, steady
from lrd_core.plots.theme import Look, apply_theme

LOOK = Look()


def sent(figure: go.Figure) -> dict[str, Any]:
    """What the browser gets."""
    read: dict[str, Any] = json.loads(plotly.io.to_json(steady(figure), validate=False))
    return read


def test_arrays_are_lists_and_what_is_not_finite_is_missing() -> None:
    y = np.array([[1.5, np.nan], [np.inf, -2.0]])
    trace = sent(go.Figure({"type": "heatmap", "z": y, "x": np.arange(2)}))["data"][0]
    assert trace["z"] == [[1.5, None], [None, -2.0]]
    assert trace["x"] == [0, 1]


def test_a_missing_error_bar_does_not_become_one_without_length() -> None:
    bars = {"array": np.array([1.0, np.nan]), "arrayminus": np.array([1.0, 2.0])}
    trace = sent(go.Figure(go.Scatter(y=[1, 2], error_y=bars)))["data"][0]
    assert "bdata" in trace["error_y"]["array"]
    assert trace["error_y"]["arrayminus"] == [1.0, 2.0]


def test_long_arrays_and_frames_stay_bytes() -> None:
    figure = go.Figure(go.Scatter(y=np.zeros(MOST_LISTED + 1)))
    add_frames(figure, [{"name": "0", "data": [{"y": np.ones(3)}]}], start=0)
    found = sent(figure)
    assert "bdata" in found["data"][0]["y"]
    assert "bdata" in found["frames"][0]["data"][0]["y"]
    assert found["layout"]["meta"] == 0


@pytest.mark.parametrize("meta", [["a", "b"], {"name": "a", "colour": "#000000"}])
def test_what_a_trace_says_to_scripts_is_text_however_often_it_is_made_steady(meta: object) -> None:
    figure = steady(steady(go.Figure(go.Scatter(y=[1], meta=meta))))
    assert json.loads(figure.data[0].meta) == meta


def test_the_theme_is_in_the_figure_and_what_it_says_itself_stays() -> None:
    figure = apply_theme(
        go.Figure([go.Bar(y=[1]), go.Scatter(y=[2], xaxis="x2")], {"xaxis": {"gridcolor": "red"}}),
        LOOK,
    )
    layout = sent(figure)["layout"]
    assert layout["template"] is None
    assert layout["font"]["color"] == LOOK.text
    assert layout["xaxis"]["gridcolor"] == "red"
    assert "showgrid" not in layout["xaxis"], "it asked for a grid by its colour"
    assert layout["xaxis"]["zeroline"] is False, "bars stand on it"
    assert layout["yaxis"]["gridcolor"] == LOOK.grid
    assert layout["yaxis"]["showline"] is False


def test_the_figure_itself_is_left_alone() -> None:
    figure = apply_theme(go.Figure(go.Scatter(y=np.arange(3), meta=["a"])), LOOK)
    before = figure.to_json()
    steady(figure)
    assert figure.to_json() == before


@pytest.mark.parametrize("trace", [go.Scatter3d(x=[1], y=[1], z=[1]), go.Scattergl(y=[1])])
def test_what_the_graphics_card_draws_is_left_as_it_is(trace: BaseTraceType) -> None:
    figure = apply_theme(go.Figure(trace), LOOK)
    assert steady(figure) is figure
