"""One text on the map of every layer, its nearest texts there in colour."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lrd_core.plots.neighbourhoods import hover_text
from lrd_core.plots.theme import OKABE_ITO, Look, apply_theme
from lrd_core.views.placed import PlacedView

COLUMNS = 4
ROW_HEIGHT = 210
NEAR, TEXT = OKABE_ITO[0], OKABE_ITO[1]


def placed_figure(view: PlacedView, look: Look) -> go.Figure:
    """Small maps in the order of depth; the text a star, its neighbours coloured, others grey."""
    columns = min(COLUMNS, max(len(view.drawn), 1))
    rows = max(1, math.ceil(len(view.drawn) / columns))
    figure = make_subplots(
        rows=rows,
        cols=columns,
        subplot_titles=[f"Layer {layer}" for layer in view.drawn],
        horizontal_spacing=0.02,
        vertical_spacing=0.3 / (rows + 1),
    )
    own, this = view.table.set_index("layer"), f"this {view.noun}"
    for place, (layer, texts) in enumerate(view.drawn.items()):
        where = {"row": place // columns + 1, "col": place % columns + 1}
        for near, name, colour, size in (
            (False, f"other {view.noun}s", look.context, 4),
            (True, f"nearest {view.noun}s", NEAR, 7),
        ):
            part = texts[texts["near"] == near]
            hovers = [
                hover_text(one.text, one.label, one.text_index, view.noun)
                for one in part.itertuples()
            ]
            marker = {"color": colour, "size": size}
            figure.add_trace(_marks(part, name, hovers, marker, named=place == 0), **where)
        star = {"color": TEXT, "size": 14, "symbol": "star"}
        here = own.loc[[layer]]
        figure.add_trace(_marks(here, this, [this], star, named=place == 0), **where)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.update_layout(
        margin={"l": 10, "r": 10, "t": 40, "b": 50}, legend={"orientation": "h", "y": -0.05}
    )
    return apply_theme(figure, look, 90 + ROW_HEIGHT * rows)


def _marks(
    rows: pd.DataFrame, name: str, hovers: list[str], marker: Mapping[str, Any], *, named: bool
) -> go.Scattergl:
    """named: whether the legend has it, which it has once for all maps."""
    return go.Scattergl(
        x=rows["x"],
        y=rows["y"],
        mode="markers",
        name=name,
        legendgroup=name,
        showlegend=named,
        marker=dict(marker),
        hovertext=hovers,
        hoverinfo="text",
    )
