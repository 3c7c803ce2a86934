"""The controls above the maps: which runs, which layer, what is coloured, searched and joined."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from lrd_core.plots.gliding import may_glide
from lrd_core.views import map_colours, map_words, maps, neighbourhoods, retention
from lrd_core.views.lifelines import Closeness
from lrd_core.views.maps import Side
from lrd_core.views.neighbourhoods import MapChoices, MapRequest
from pages._neighbourhoods import own_columns, picking, typed
from pages._shared import cache, chart_link, player, state

NOTHING, SAME = "nothing", "another layer of the same model"
CLOSENESS: list[Closeness] = ["cosine", "centred cosine", "euclidean"]


@dataclass(frozen=True)
class Nearness:
    """How many neighbours of a text, and what makes them near."""

    k: int
    closeness: Closeness


def which(choices: MapChoices) -> MapRequest:
    """Which run, and which one beside it; its own name means another layer of it."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="map_choice"):
        name = state.choose_one(
            "Map of", choices.names, key="map", default=_of_side(choices.names, 0), list_box=True
        )
        twin = state.choose_one(
            "Beside it",
            [NOTHING, SAME, *choices.beside(name)],
            key="twin",
            default=_of_side(choices.beside(name), 1),
            list_box=True,
            help="A second layer or a second model on the same texts, with linked selection.",
        )
    beside = "" if twin == NOTHING else name if twin == SAME else twin
    return MapRequest(state.selection(), name, beside)


def _of_side(names: Sequence[str], side: int) -> str | None:
    """The run of A or of B among these, where two models are side by side."""
    if not state.side_by_side():
        return None
    model = state.selection().models[side]
    return next((name for name in names if name.startswith(f"{model} on ")), None)


def how(request: MapRequest, choices: MapChoices) -> tuple[MapRequest, Nearness]:
    """The same maps at a layer, with their colours and marks; and how neighbours are counted."""
    side = cache.read(maps.read_side, choices.key(request.run))
    with st.container(horizontal=True, vertical_alignment="bottom", key="map_controls"):
        colour = choose_colour(side)
        find = state.text(
            "Find",
            key="find",
            placeholder="words, a label, or #512",
            help="Texts that contain this are ringed; the rest fades.",
        )
        with st.popover("More", help="Neighbours, lost edges, a column of your own"):
            nearness = choose_nearness(side.noun)
            edges = state.switch(
                "Draw true neighbours",
                key="edges",
                help=f"Lines to the true neighbours of picked {side.noun}s; dotted: the map pulled "
                "them apart.",
            )
            own_columns.upload(side.texts)
    twin = beside_layer(request, choices) if request.beside else None
    layer = choose_layer(side, request, choices, follows=twin is None)
    asked = replace(
        request,
        layer=layer,
        beside_layer=twin,
        colour=colour,
        find=find,
        text=picking.looked_at(),
        picked=picking.picked_texts(),
        edges=edges,
        arrows=nearness.k,
        own=typed.typed_text(),
        camera=chart_link.camera_now("view"),
    )
    return asked, nearness


def choose_layer(side: Side, request: MapRequest, choices: MapChoices, *, follows: bool) -> int:
    """The layer by a slider over what each transition keeps, which plays the maps.

    follows: whether a second map moves along.
    """
    layers = side.drawn.layer_numbers
    beside: dict[int, str] = {}
    if follows and request.beside:
        other = cache.read(maps.read_side, choices.key(request.beside))
        blocks = other.run["num_blocks"]
        at = {layer: neighbourhoods.same_depth(other.drawn, layer, layers) for layer in layers}
        beside = {layer: f"layer {place} of {blocks}" for layer, place in at.items()}
    names = map_words.step_names(side, layers, beside)
    steps = player.Steps("layer", layers, names, default=neighbourhoods.opening_layer(side))
    layer, glides = player.place(steps), may_glide(len(side.texts))
    kept = retention.kept_by_transition(side.retention)
    strip = player.Strip(
        [float(share) for share in kept],
        map_words.kept_names(side),
        retention.largest_loss(side.retention),
        map_words.kept_caption(side),
    )
    whole = len(kept) == len(layers) - 1  # else bars would stand beside other layers
    player.play(
        steps,
        layer,
        label="Layer",
        figures=["cloud"] if glides else [],
        strip=strip if whole else None,
        moves=glides,
    )
    return layer


def choose_colour(side: Side) -> str:
    """What the texts are coloured by."""
    # Not in place: what is read is shared by all visitors, and their own columns are not.
    known = cache.read(map_colours.colour_names, side.run["run_key"])
    names = known | map_colours.own_names(side.texts, own_columns.uploaded())
    return state.choose_one(
        "Colour", list(names), key="colour", show=names.__getitem__, list_box=True
    )


def choose_nearness(noun: str) -> Nearness:
    """How many neighbours of an item, and what makes them near."""
    k = state.number(f"Neighbours of one {noun}", 3, 30, key="k", default=10)
    closeness = state.choose_one(
        "Closeness",
        CLOSENESS,
        key="metric",
        help="Measured in the original space, never on the picture.",
    )
    return Nearness(k, closeness)


def beside_layer(request: MapRequest, choices: MapChoices) -> int | None:
    """The second map's layer by a slider of its own; None where it follows the first one."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        other = request.beside != request.run
        if other and state.switch("Same depth on both maps", key="link", default=True):
            return None
        own = cache.read(maps.read_side, choices.key(request.beside)).drawn.layer_numbers
        return int(state.number("Layer of the second map", own[0], own[-1], key="twin_layer"))
