"""One text on the map of every layer, its nearest texts there in colour."""

import math

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
    own = view.table.set_index("layer")
    for place, (layer, texts) in enumerate(view.drawn.items()):
        where = {"row": place // columns + 1, "col": place % columns + 1}
        for near, name, colour, size in (
            (False, "other texts", look.context, 4),
            (True, "nearest texts", NEAR, 7),
        ):
            part = texts[texts["near"] == near]
            figure.add_trace(
                go.Scattergl(
                    x=part["x"],
                    y=part["y"],
                    mode="markers",
                    name=name,
                    legendgroup=name,
                    showlegend=place == 0,
                    marker={"color": colour, "size": size},
                    hovertext=[
                        hover_text(one.text, one.label, one.text_index) for one in part.itertuples()
                    ],
                    hoverinfo="text",
                ),
                **where,
            )
        figure.add_trace(
            go.Scattergl(
                x=[own.loc[layer, "x"]],
                y=[own.loc[layer, "y"]],
                mode="markers",
                name="this text",
                legendgroup="this text",
                showlegend=place == 0,
                marker={"color": TEXT, "size": 14, "symbol": "star"},
                hovertext="this text",
                hoverinfo="text",
            ),
            **where,
        )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.update_layout(
        margin={"l": 10, "r": 10, "t": 40, "b": 50}, legend={"orientation": "h", "y": -0.05}
    )
    return apply_theme(figure, look, 90 + ROW_HEIGHT * rows)
