"""Maps of texts as the page shows them: the panels of a view, and its figure."""

from collections.abc import Sequence

import plotly.graph_objects as go

from lrd_core.plots.gliding import may_glide
from lrd_core.plots.neighbourhoods import Panel, no_edges, plot_maps, prepare_span
from lrd_core.plots.theme import Look, apply_theme
from lrd_core.views.maps import map_edges
from lrd_core.views.neighbourhoods import MapsView, ShownMap
from lrd_core.views.ties import Ties

MOST_EDGE_TEXTS = 60
"""Picked texts whose neighbours are joined; of more, the lines would cover the map."""


def maps_figure(view: MapsView, look: Look) -> go.Figure:
    """All layers as frames of one figure, or the one layer where there are too many texts."""
    layers = view.layers if may_glide(len(view.table)) else [view.layer]
    figure = plot_maps(
        [prepare_panels(view, layer) for layer in layers],
        look,
        colour=view.scale,
        start=layers.index(view.layer),
        names=[str(layer) for layer in layers],
        camera=view.camera,
    )
    return apply_theme(figure, look, 600)


def prepare_panels(view: MapsView, layer: int) -> list[Panel]:
    """The maps while the first one shows this layer."""
    main = view.shown[0]
    panels = [_panel(view, main, layer, str(main.side.run["model"]), view.found)]
    if len(view.shown) > 1:
        other = view.shown[1]
        at = view.beside_at(layer)
        # A title stays as it is while maps glide.
        glides = view.linked and may_glide(len(view.table))
        model = str(other.side.run["model"])
        panels.append(_panel(view, other, at, model if glides else f"{model}, layer {at}", ()))
    return panels


def _panel(view: MapsView, shown: ShownMap, layer: int, title: str, found: Sequence[int]) -> Panel:
    texts = shown.side.texts
    rows = texts.loc[texts["text_index"].isin(view.picked), "row"].tolist()
    looked_at = texts.loc[texts["text_index"] == view.focus, "row"].tolist()
    kept, lost = no_edges(), no_edges()
    if shown.lists is not None:
        kept, lost = map_edges(shown.lists, layer, (rows or looked_at)[:MOST_EDGE_TEXTS])
    return Panel(
        title=title,
        table=shown.table_at(layer),
        span=prepare_span(shown.side.drawn.points),
        picked=rows,
        marked=found,
        focus=looked_at[0] if looked_at else None,
        kept=kept,
        lost=lost,
        ties=shown.ties.get(layer, Ties()),
        own=shown.own_at(layer),
        noun=shown.side.noun,
    )
