"""Two views of one kind beside each other, on the same axes, with one cursor along a shared one."""

from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from lrd_core.plots.linked import link_axes
from lrd_core.plots.steady import steady
from lrd_core.plots.theme import Look
from lrd_core.views.view import View
from pages._shared import cursor_link, drawn, stage, widgets


def draw(
    views: Sequence[View], names: Sequence[str], key: str, nothing: str, *, axes: str = "xy"
) -> None:
    """A column a view under its name. nothing: what is said where a view is empty.

    axes: those that both share.
    """
    how = (widgets.look(), stage.take())
    figures = drawn.kept(views, (*how, axes), lambda: _linked(views, how, axes))
    columns = widgets.side_by_side([1] * len(views), key=key)
    for place, (column, view, figure) in enumerate(zip(columns, views, figures, strict=True)):
        with column:
            st.markdown(f"**{widgets.plain(names[place])}**")
            if view.sentence:
                st.caption(widgets.plain(view.sentence))
            if figure is None:
                st.caption(nothing)
            else:
                widgets.draw(view, f"{key}_{place}", figure=figure)
    pair = [f"{key}_{place}" for place, figure in enumerate(figures) if figure is not None]
    if len(pair) > 1 and "x" in axes:  # else one place is another thing in the other figure
        cursor_link.follow(*pair)


def _linked(
    views: Sequence[View], how: tuple[Look, int | None], axes: str
) -> list[go.Figure | None]:
    figures = [None if view.empty else drawn.new(view, *how) for view in views]
    link_axes([figure for figure in figures if figure is not None], axes)
    return [None if figure is None else steady(figure) for figure in figures]
