"""The first figure: one profile with its event pointed at, and maps of the texts around it."""

import pandas as pd
import plotly.graph_objects as go

from lrd_core.numbers import in_sentence, percent
from lrd_core.plots.depth import Behind, plot_depth, prepare_depth
from lrd_core.plots.neighbourhoods import Panel, plot_maps, prepare_span
from lrd_core.plots.theme import Look, apply_theme
from lrd_core.views.dominance import WITHOUT
from lrd_core.views.story import Event, StoryView
from lrd_core.views.story_maps import StoryMapsView
from lrd_core.views.words import where

ARROW = 40
"""Pixels from the event to the words that point at it."""

WORDS = 26
"""Percent of the depth that these words take."""

MAPS_HEIGHT = 290


def story_figure(view: StoryView, look: Look) -> go.Figure:
    """Lines over depth, those that the sentence names in colour, an arrow at the event."""
    behind = Behind(shades=view.shades, in_front=view.in_front)
    prepared = prepare_depth(view.table, view.axis)
    left_out = prepared["variant"] == WITHOUT
    prepared.loc[left_out, "name"] = WITHOUT  # its colour says of whom
    figure = plot_depth(prepared, view.panels, look, scale=view.axis, bands=False, behind=behind)
    if view.event is not None:
        _point_at(figure, view.event, prepared, look)
    return figure


def story_maps_figure(view: StoryMapsView, look: Look) -> go.Figure:
    """A map a layer, all on the same axes, coloured by label; titles say how many neighbours stay.

    The first traces are the clouds, one a map; their point i is row i.
    """
    span = prepare_span(view.table[["x", "y"]].to_numpy())
    kept = (None, *view.kept)
    panels = [
        Panel(_title(layer, share), table.assign(value=table["label"]), span, noun=view.noun)
        for layer, share, table in zip(
            view.layers, kept, map(view.table_at, view.layers), strict=True
        )
    ]
    figure = plot_maps([panels], look, colour="Label")
    figure.update_layout(dragmode="pan")
    return apply_theme(figure, look, MAPS_HEIGHT)


def _title(layer: int, share: float | None) -> str:
    """Above a map: its layer, and how many of the neighbours came with it."""
    name = "Embedding" if layer == 0 else f"Layer {layer}"
    return name if share is None else f"{name} · {percent(share)} kept"


def _point_at(figure: go.Figure, event: Event, lines: pd.DataFrame, look: Look) -> None:
    place = where(event.position, event.num_blocks).removesuffix(f" of {event.num_blocks}")
    told = f"<b>{in_sentence(event.value)}</b> {place}"
    if event.without is not None:
        apart = WITHOUT.replace(" ", "<br>", 1)  # three short lines fit on a narrow page too
        told += f",<br><b>{in_sentence(event.without)}</b> {apart}"
    x = 100 * event.position / event.num_blocks
    right = _free(lines, x, x + WORDS, event.value) > _free(lines, x - WORDS, x, event.value)
    figure.add_annotation(
        x=x,
        y=event.value,
        text=told,
        showarrow=True,
        arrowhead=2,
        arrowwidth=1.5,
        arrowcolor=look.quiet,
        ax=ARROW if right else -ARROW,
        ay=0,
        xanchor="left" if right else "right",
        align="left" if right else "right",
        standoff=look.marker_size,
        font={"size": look.font_size + 1, "color": look.label_colour(event.model)},
    )


def _free(lines: pd.DataFrame, left: float, right: float, height: float) -> float:
    """How far the lines stay away from a height between two depths; -1 outside the figure."""
    if left < 0 or right > 100:
        return -1.0
    near = lines[(lines["x"] > left) & (lines["x"] < right)]
    return float((near["value"] - height).abs().min()) if len(near) else float("inf")
