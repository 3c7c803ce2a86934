"""Two views of one kind beside each other, on the same axes, with one cursor along a shared one."""

from collections.abc import Sequence

import streamlit as st

from lrd_core.plots.figures import figure_of
from lrd_core.plots.linked import link_axes
from lrd_core.views.view import View
from pages._shared import cursor_link, widgets


def draw(
    views: Sequence[View], names: Sequence[str], key: str, nothing: str, *, axes: str = "xy"
) -> None:
    """A column a view under its name. nothing: what is said where a view is empty.

    axes: those that both share.
    """
    figures = [None if view.empty else figure_of(view, widgets.look()) for view in views]
    link_axes([figure for figure in figures if figure is not None], axes)
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
    drawn = [f"{key}_{place}" for place, figure in enumerate(figures) if figure is not None]
    if len(drawn) > 1 and "x" in axes:  # else one place is another thing in the other figure
        cursor_link.follow(*drawn)
