"""Where a text falls on the map of every layer: a typed one, or one of the run's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.numbers import decimals, percent, whole
from lrd_core.runs.placing import Placed, read_placed
from lrd_core.views import stored
from lrd_core.views.command_text import command
from lrd_core.views.enough import command_words
from lrd_core.views.lifelines import (
    LifelineView,
    lines_of,
    named,
    neighbours_at,
    read_lines,
    text_retention,
)
from lrd_core.views.maps import Maps, Side, read_side, text_table
from lrd_core.views.neighbourhoods import choices, focus_of
from lrd_core.views.own_point import BETWEEN, between
from lrd_core.views.reading import Read, reading
from lrd_core.views.token_view import model_to_load
from lrd_core.views.view import Selection, View

MOST_MAPS = 12
"""Maps in one figure; of more layers, evenly spaced ones are drawn."""

QUOTED = 60


@dataclass(frozen=True)
class PlacedRequest:
    """Which text among which run's. run, layer, k: as LifelineRequest. own: a typed text, "" for
    the one of the run's own that changes most."""

    selection: Selection
    run: str = ""
    own: str = ""
    layer: int | None = None
    k: int = 10


@dataclass(frozen=True)
class PlacedView(View):
    """`table` is a row a mapped layer: layer, x, y of the text. Empty where a typed text was not
    read yet; `payload` is then what a job of kind "place" is given.

    line: its neighbours through the layers. drawn: the maps that are drawn, by layer: x, y, and
    whether each of the run's texts is among the neighbours there.
    """

    line: LifelineView = field(default_factory=lambda: LifelineView(pd.DataFrame()))
    drawn: Mapping[int, pd.DataFrame] = field(default_factory=dict)
    payload: Mapping[str, Any] = field(default_factory=dict)


def placed(config: Config, request: PlacedRequest, read: Read | None = None) -> PlacedView:
    """The text on the maps, and its neighbours in the original space at every layer.

    read: reads the parts, as in neighbourhoods.maps.
    Raises: UnknownNameError for a run that there is not; InputError for a run without maps.
    """
    read = read or reading(config)
    side = read(read_side, read(choices, request.selection).key(request.run))
    key = str(side.run["run_key"])
    runs = read(stored.runs)
    shared: dict[str, Any] = {
        "runs": runs[runs["run_key"] == key],
        "command": command("place", **command_words(side.run, runs), text=request.own or None),
        "payload": {"run_key": key, "text": request.own, "model": model_to_load(config, key)},
    }
    if request.own.strip():
        found = read_placed(config, key, request.own)
        if found is None:
            return PlacedView(pd.DataFrame(), sentence="This text was not read yet.", **shared)
        lines = lines_of(_lists(found, request.k))
        text = pd.Series({"text": request.own, "label": None, "text_index": None})
        table = between(side.drawn, found)
    else:
        focus = focus_of(side, None)
        text = side.texts.loc[side.texts["text_index"] == focus].iloc[0]
        lines = read_lines(config, key, int(text["row"]), request.k)
        table = _own_points(side.drawn, int(text["row"]))
    return _drawn(side, text, lines, table, request, shared)


def nearest_table(config: Config, run_key: str, found: Placed, k: int) -> pd.DataFrame:
    """layer, rank, cosine, text_index, label, text: how each of the k nearest texts begins."""
    lines = lines_of(_lists(found, k))
    held = named(lines[lines["status"] != "lost"], text_table(config, run_key))
    held["text"] = held["text"].map(_begins)
    columns = ["layer", "rank", "similarity", "text_index", "label", "text"]
    return held[columns].rename(columns={"similarity": "cosine"}).reset_index(drop=True)


def _lists(found: Placed, k: int) -> dict[int, tuple[Sequence[int], Sequence[float]]]:
    pairs = zip(found.rows, found.cosines, strict=True)
    return {layer: (rows[:k], cosines[:k]) for layer, (rows, cosines) in enumerate(pairs)}


def _own_points(drawn: Maps, row: int) -> pd.DataFrame:
    points = drawn.points[:, row]
    return pd.DataFrame({"layer": drawn.layer_numbers, "x": points[:, 0], "y": points[:, 1]})


def _drawn(
    side: Side,
    text: "pd.Series[Any]",
    lines: pd.DataFrame,
    table: pd.DataFrame,
    request: PlacedRequest,
    shared: Mapping[str, Any],
) -> PlacedView:
    layers = side.drawn.layer_numbers
    layer = layers[-1] if request.layer is None else request.layer
    line = LifelineView(
        lines,
        runs=shared["runs"],
        command=shared["command"],
        alt=f"The {request.k} nearest {side.noun}s at every layer by rank.",
        retention=text_retention(lines),
        texts=side.texts,
        text=text,
        model=str(side.run["model"]),
        layer=layer,
        k=request.k,
    )
    shown = [layers[place] for place in _spaced(len(layers))]
    said = f"{whole(len(shown))} of {whole(len(layers))} layers are drawn. "
    between = (
        f"The maps were made without the typed text, so that it is drawn between its {BETWEEN} "
        "nearest texts; who is near is counted in the original space."
        if request.own.strip()
        else ""
    )
    return PlacedView(
        table,
        sentence=_sentence(line),
        notes=tuple(one for one in (said * (len(shown) < len(layers)) + between,) if one),
        alt=f"The {side.noun} and its neighbours on the maps of {whole(len(shown))} layers.",
        line=line,
        drawn={one: _map_at(side, one, lines) for one in shown},
        **shared,
    )


def _spaced(number: int) -> list[int]:
    """At most MOST_MAPS places, evenly spaced, the first and the last among them."""
    places = np.linspace(0, number - 1, min(number, MOST_MAPS)).round()
    return [int(place) for place in places]


def _map_at(side: Side, layer: int, lines: pd.DataFrame) -> pd.DataFrame:
    here = lines[(lines["layer"] == layer) & (lines["status"] != "lost")]
    points = side.drawn.points[side.drawn.place(layer)]
    return side.texts[["row", "text_index", "text", "label"]].assign(
        x=points[:, 0], y=points[:, 1], near=side.texts["row"].isin(here["neighbour"])
    )


def _begins(text: object) -> str:
    return " ".join(str(text).split())[:QUOTED]


def _sentence(line: LifelineView) -> str:
    """Who is nearest at the layer looked at, of which label most are, and how much stays."""
    near = neighbours_at(line.table, line.texts, line.layer)
    near = near[near["status"] != "lost"]
    first = near.iloc[0]
    begins = _begins(first["text"])
    labels = near["label"].dropna().value_counts()
    most = (
        f"; {whole(labels.iloc[0])} of its {whole(len(near))} nearest there are “{labels.index[0]}”"
        if len(labels)
        else ""
    )
    stays = percent(line.retention["retention"].mean()) if len(line.retention) else "none"
    return (
        f"At layer {line.layer} of {line.model} the nearest {line.noun} is {first['text_index']}, "
        f"“{begins}” (cosine {decimals(first['similarity'])}){most}. "
        f"From layer to layer {stays} of its {whole(line.k)} nearest stay, on average."
    )
