"""Layers that a few tokens dominate, shaded behind the lines of their model."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lrd_core.plots.depth_layout import Cell
from lrd_core.plots.drawing import Drawing
from lrd_core.plots.theme import DepthScale, Look, plot_text, translucent
from lrd_core.views.dominance import span_words

SHADE_OPACITY = 0.1
STRIPE = 0.025
"""Height of a stripe as a share of its panel, where several models have shaded layers."""


def add_shades(
    drawing: Drawing,
    shades: pd.DataFrame,
    cells: Mapping[tuple[int, str | None], Cell],
    look: Look,
    scale: DepthScale,
    facet: str | None = None,
) -> None:
    """Shade the whole panel where one model has dominated layers, else stripes along its floor.

    shades: of views.dominance.spans. The hover of the topmost panel says which token it is.
    """
    if shades.empty:
        return
    shapes: list[dict[str, Any]] = drawing.layout.setdefault("shapes", [])
    for (place, column), cell in cells.items():
        own = shades if facet is None or facet not in shades else shades[shades[facet] == column]
        order = list(dict.fromkeys(own["model"]))
        # Runs of one model, under many conditions say, have mostly the same.
        for span in own.drop_duplicates(["model", "first", "last"]).to_dict("records"):
            left, right = _edges(span, scale)
            stripe = order.index(span["model"])
            alone = len(order) == 1
            colour = look.colour(str(span["model"]))
            shapes.append(
                {
                    "type": "rect",
                    "layer": "below",
                    "xref": cell.x,
                    "yref": f"{cell.y} domain",
                    "x0": left,
                    "x1": right,
                    "y0": 0 if alone else stripe * STRIPE,
                    "y1": 1 if alone else (stripe + 0.8) * STRIPE,
                    "fillcolor": translucent(colour, SHADE_OPACITY if alone else 0.6),
                    "line": {"width": 0},
                }
            )
            if place == 0:
                _say(drawing, span, cell, scale)


def _step(span: Mapping[Any, Any], scale: DepthScale) -> float:
    """A layer on the depth axis."""
    return 100 / span["num_blocks"] if scale == "percent" else 1.0


def _edges(span: Mapping[Any, Any], scale: DepthScale) -> tuple[float, float]:
    """Half a layer to either side, on the depth axis."""
    first, last = max(span["first"] - 0.5, 0), min(span["last"] + 0.5, span["num_blocks"])
    return first * _step(span, scale), last * _step(span, scale)


def _say(drawing: Drawing, span: Mapping[Any, Any], cell: Cell, scale: DepthScale) -> None:
    places = range(span["first"], span["last"] + 1)
    drawing.scatter(
        x=[layer * _step(span, scale) for layer in places],
        y=[cell.at(0)] * len(places),
        mode="markers",
        marker={"opacity": 0, "size": 1},
        hovertemplate=f"{plot_text(span_words(pd.Series(span)))}<extra></extra>",
        showlegend=False,
        name="dominated layers",
        xaxis=cell.x,
        yaxis=cell.y,
    )
