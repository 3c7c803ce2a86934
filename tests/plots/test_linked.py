"""Figures beside each other: one range for both, names left alone."""

import plotly.graph_objects as go

from lrd_core.plots.linked import link_axes


def test_both_axes_hold_what_either_figure_draws() -> None:
    one, other = go.Figure(go.Scatter(x=[0, 1], y=[0, 1])), go.Figure(go.Scatter(x=[0, 9], y=[5]))
    one.update_xaxes(range=[0, 1])
    other.update_xaxes(range=[0, 9])
    link_axes([one, other])
    assert one.layout.xaxis.range == other.layout.xaxis.range == (0, 9)
    assert one.layout.yaxis.range == other.layout.yaxis.range
    assert one.layout.yaxis.range[0] < 0 and one.layout.yaxis.range[1] > 5


def test_an_axis_of_names_keeps_its_own() -> None:
    figures = [go.Figure(go.Bar(x=["a", "b"], y=[1, 2])), go.Figure(go.Bar(x=["c"], y=[3]))]
    link_axes(figures)
    assert figures[0].layout.xaxis.range is None
    assert figures[0].layout.yaxis.range == figures[1].layout.yaxis.range


def test_intervals_are_held_too() -> None:
    error = {"array": [1, 20], "arrayminus": [30, 1]}
    one, other = (go.Figure(go.Scatter(x=[0, 1], y=["a", "b"], error_x=error)) for _ in range(2))
    link_axes([one, other])
    assert one.layout.xaxis.range[0] < -30 and one.layout.xaxis.range[1] > 21
