"""How far the map of every layer can be trusted."""

import math
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from lrd_core.numbers import drawn
from lrd_core.plots.theme import OKABE_ITO, Look, apply_theme
from lrd_core.views.neighbourhoods import TrustView


def trust_figure(view: TrustView, look: Look) -> go.Figure:
    """Trust in the map of every layer."""
    table = view.table
    figure = plot_trust(
        table["layer"].tolist(),
        table["trustworthiness"].tolist(),
        table["preservation"].tolist(),
        look,
        layer=view.layer,
        k=view.k,
    )
    return apply_theme(figure, look, 180)


def plot_trust(
    layers: Sequence[int] | np.ndarray,
    trustworthiness: Sequence[float] | np.ndarray,
    preservation: Sequence[float] | np.ndarray,
    look: Look,
    *,
    layer: int,
    k: int,
) -> go.Figure:
    """How far each layer's map can be trusted; the layer that is shown is marked."""
    figure = go.Figure()
    for name, values, colour, dash in (
        ("Trustworthiness", trustworthiness, look.text, "solid"),
        (f"Share of {k} neighbours kept", preservation, OKABE_ITO[0], "dash"),
    ):
        figure.add_trace(
            go.Scatter(
                x=list(layers),
                y=list(values),
                mode="lines+markers",
                name=name,
                line={"color": colour, "dash": dash, "width": look.line_width},
                marker={"size": look.marker_size},
                hovertemplate=f"{name}, layer %{{x}}: {drawn('y', 'thousandths')}<extra></extra>",
            )
        )
    figure.add_vline(x=layer, line={"color": look.quiet, "width": 1, "dash": "dot"})
    step = max(1, math.ceil(len(layers) / 16))
    figure.update_xaxes(title_text="Layer", dtick=step, zeroline=False)
    figure.update_yaxes(range=[0, 1.03], tickvals=[0, 0.5, 1], zeroline=False)
    figure.update_layout(
        margin={"l": 40, "r": 10, "t": 28, "b": 40},
        hovermode="x unified",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )
    return figure
