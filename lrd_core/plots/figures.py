"""The figure of any view: pages, the command line and notebooks draw the same one."""

from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go

from lrd_core.plots.depth import plot_depth, prepare_depth
from lrd_core.plots.depth_play import plot_variations
from lrd_core.plots.selection_figures import SELECTION_FIGURES
from lrd_core.plots.theme import Look
from lrd_core.views.depth import DepthView
from lrd_core.views.view import View


def figure_of(view: View, look: Look) -> go.Figure:
    """What the view shows, drawn.

    Raises: TypeError for a kind of view that has no figure; ValueError for an empty view.
    """
    if view.empty:
        raise ValueError("the view is empty: there is nothing to draw")
    try:
        draw = FIGURES[type(view)]
    except KeyError:
        raise TypeError(f"{type(view).__name__} has no figure") from None
    return draw(view, look)


def depth_figure(view: DepthView, look: Look) -> go.Figure:
    """Profiles over depth; layout "play" where nothing varies is drawn as an overlay."""
    prepared = prepare_depth(view.table, view.axis)
    if view.layout == "play" and view.can_play:
        return plot_variations(prepared, view.panels, look, scale=view.axis)
    return plot_depth(
        prepared,
        view.panels,
        look,
        scale=view.axis,
        bands=view.bands,
        view="multiples" if view.layout == "multiples" else "overlay",
        marks=None if view.marks is None else prepare_depth(view.marks, view.axis),
    )


FIGURES: dict[type[View], Callable[[Any, Look], go.Figure]] = {
    DepthView: depth_figure,
    **SELECTION_FIGURES,
}
"""One function a kind of view."""
