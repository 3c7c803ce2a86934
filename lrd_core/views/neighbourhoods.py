"""Neighbourhoods: the same texts as maps through the layers, of one run or of two beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.errors import UnknownNameError
from lrd_core.runs.items import PICTURE
from lrd_core.views import coverage, stored
from lrd_core.views.command_text import commands_for_runs
from lrd_core.views.map_colours import (
    NAME_OF_COLOUR,
    OWN,
    colour_names,
    colours,
    own_colours,
    own_names,
    scale_name,
)
from lrd_core.views.map_words import arrows_line, found_words, own_line, sentence, settings_line
from lrd_core.views.maps import (
    Maps,
    NeighbourLists,
    Side,
    find_texts,
    neighbour_lists,
    projections,
    read_side,
)
from lrd_core.views.own_point import COLUMNS, own_points
from lrd_core.views.reading import Read, reading
from lrd_core.views.retention import largest_loss, most_changed, share_kept
from lrd_core.views.searched import search_note
from lrd_core.views.ties import Ties, read_ties
from lrd_core.views.view import Selection, View, told

KEPT_NEXT, KEPT_BEFORE = "kept to the next layer", "kept from the layer before"
"""Names of the share of a text's neighbours that stay; the last layer has none after it."""

SEEN = PICTURE
"""Column of small pictures in tables of items that can be seen."""


@dataclass(frozen=True)
class MapRequest:
    """Which maps to draw, and what to point at.

    run, beside: names of selected runs, a model on a task (coverage.by_name); run is "" for the
    first one, beside "" for one map alone and the same as `run` for another layer of it. layer:
    None for the one before the transition with the largest loss of neighbours.
    beside_layer: None for the same share of the blocks as `layer`. colour: a key of
    map_colours.colour_names or own_names, "" for the first one. find: words that texts contain.
    text: the text_index looked at, None for the text that changes most. picked: text_index of a
    selection. edges: lines to true neighbours of them. arrows: how many true neighbours of the text
    looked at arrows lead to. own: a typed text, drawn where a run has read it. camera: x0, x1, y0,
    y1 of the first map.
    """

    selection: Selection
    run: str = ""
    beside: str = ""
    layer: int | None = None
    beside_layer: int | None = None
    colour: str = ""
    find: str = ""
    text: int | None = None
    picked: tuple[int, ...] = ()
    edges: bool = False
    arrows: int = 10
    own: str = ""
    camera: tuple[float, ...] | None = None


@dataclass(frozen=True)
class MapChoices:
    """What the store offers for a selection.

    picked: one run for each model and task. mapped: keys of those that have maps.
    """

    picked: pd.DataFrame
    mapped: frozenset[str]

    @property
    def names(self) -> list[str]:
        """Names of the runs, those with maps first."""
        named = coverage.by_name(self.picked)
        return sorted(named, key=lambda name: named[name]["run_key"] not in self.mapped)

    def beside(self, name: str) -> list[str]:
        """Other runs on the same task, whose texts are the same."""
        task = coverage.find_run(self.picked, name)["task"]
        same = coverage.by_name(self.picked[self.picked["task"] == task])
        return [other for other in same if other != name]

    def key(self, name: str) -> str:
        """The key of the run of that name, "" for the first. Raises: UnknownNameError."""
        named = name or next(iter(self.names), "")
        return str(coverage.find_run(self.picked, named)["run_key"])

    def without_maps(self, names: Sequence[str]) -> list[pd.Series]:
        """Those of these runs whose maps must be drawn first."""
        runs = [coverage.find_run(self.picked, name) for name in dict.fromkeys(names)]
        return [run for run in runs if run["run_key"] not in self.mapped]


@dataclass(frozen=True)
class ShownMap:
    """One of the maps: a run, the layer shown, and at every layer what its texts are coloured by.

    values: see map_colours.colours. lists: true neighbours to draw lines to; None draws none.
    ties: those of the text looked at, by layer. own: of own_point.own_points.
    """

    side: Side
    layer: int
    values: Mapping[int, pd.Series]
    lists: NeighbourLists | None = None
    ties: Mapping[int, Ties] = field(default_factory=dict)
    own: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=COLUMNS))

    def own_at(self, layer: int) -> tuple[float, float] | None:
        """Where the typed text is drawn at this layer; None where it was not read."""
        here = self.own[self.own["layer"] == layer]
        return (float(here["x"].iloc[0]), float(here["y"].iloc[0])) if len(here) else None

    def table_at(self, layer: int) -> pd.DataFrame:
        """One row a text: row, text_index, text, label, x, y, value."""
        points = self.side.drawn.points[self.side.drawn.place(layer)]
        return self.side.texts[["row", "text_index", "text", "label"]].assign(
            x=points[:, 0], y=points[:, 1], value=self.values[layer]
        )


@dataclass(frozen=True)
class MapsView(View):
    """One or two maps: `table` is the first one at its layer, as ShownMap.table_at gives it.

    shown: the maps. linked: whether the second follows the first in depth. colour: what `value`
    is; scale: the same beside the colours. found: rows of the first map that the search found.
    focus: the text_index looked at. picked, camera: as asked.
    """

    shown: tuple[ShownMap, ...] = ()
    linked: bool = False
    colour: str = ""
    scale: str = ""
    found: tuple[int, ...] = ()
    focus: int = 0
    picked: tuple[int, ...] = ()
    camera: tuple[float, ...] | None = None

    @property
    def layers(self) -> list[int]:
        """Layers of the first map."""
        return self.shown[0].side.drawn.layer_numbers

    @property
    def layer(self) -> int:
        """The layer that the first map shows."""
        return self.shown[0].layer

    def beside_at(self, layer: int) -> int:
        """The layer of the second map while the first shows this one."""
        other = self.shown[1]
        return same_depth(other.side.drawn, layer, self.layers) if self.linked else other.layer

    @property
    def listed(self) -> pd.DataFrame:
        """The picked texts, or those found, with what they are coloured by; least kept first."""
        kept, caption = self._kept()
        table = self.table.assign(**{caption: kept})
        rows = table[table["row"].isin(self.found)]
        if self.picked:
            rows = table[table["text_index"].isin(self.picked)]
        told = (NAME_OF_COLOUR["label"], NAME_OF_COLOUR["retention"])
        shown = [] if self.colour in told else ["value"]
        value = "value" if self.colour in ("text", caption) else self.colour
        columns = [caption, "text", "label", *shown, "text_index"]
        if self.pictures is not None:
            rows = rows.assign(**{PICTURE: rows["text_index"].map(self.pictures)})
            columns.insert(1, PICTURE)
        rows = rows.sort_values([caption, "text_index"], kind="stable")
        return rows[columns].rename(columns={"value": value})

    @property
    def pictures(self) -> dict[int, str] | None:
        """Items of the first map as addresses of small pictures; None where they are not seen."""
        texts = self.shown[0].side.texts
        if PICTURE not in texts:
            return None
        return dict(zip(texts["text_index"].tolist(), texts[PICTURE].tolist(), strict=True))

    def _kept(self) -> tuple[np.ndarray, str]:
        """The share of neighbours that each text keeps from here on, and its name."""
        retention = self.shown[0].side.retention
        if not retention.size:
            return np.full(len(self.table), np.nan), KEPT_NEXT
        last = self.layer >= len(retention)
        return share_kept(retention[self.layer - last]), KEPT_BEFORE if last else KEPT_NEXT


@dataclass(frozen=True)
class TrustView(View):
    """How far the map of every layer can be trusted: `table` has layer, trustworthiness and
    preservation, the share of k neighbours that are neighbours on the map too.

    layer: the one that is shown.
    """

    layer: int = 0
    k: int = 0


def choices(config: Config, selection: Selection) -> MapChoices:
    """What can be drawn of this selection."""
    picked = selection.pick_runs(stored.runs(config))
    known = projections(config, list(picked["run_key"]))
    return MapChoices(picked, frozenset(known["run_key"]))


def maps(
    config: Config,
    request: MapRequest,
    read: Read | None = None,
    uploaded: pd.DataFrame | None = None,
) -> MapsView:
    """The maps that were asked for.

    read: reads the parts; a page's remembers them, so that the next layer costs little.
    uploaded: a visitor's table, whose columns are colours too (map_colours.own_names).
    Raises: UnknownNameError for a run or a colour that there is not; InputError without maps.
    """
    read = read or reading(config)
    offered = read(choices, request.selection)
    keys = [offered.key(request.run), *(offered.key(one) for one in [request.beside] if one)]
    sides = [read(read_side, key) for key in keys]
    main = sides[0]
    colour, caption = _colour(request.colour, main, read, uploaded)
    shown = _shown(config, request, sides, colour, read, uploaded)
    found = read(find_texts, keys[0], request.find) if request.find else []
    behind = offered.picked[offered.picked["run_key"].isin(keys)]
    return MapsView(
        shown[0].table_at(shown[0].layer),
        sentence=sentence(main, shown[0].layer) + found_words(request.find, found, main),
        notes=told(
            settings_line(main.drawn),
            arrows_line(main, request.arrows),
            own_line(any(len(one.own) for one in shown)),
            search_note(config, behind),
            coverage.not_picked(read(stored.runs), behind),
        ),
        runs=behind,
        command=commands_for_runs(behind),
        alt=f"Maps of {len(main.texts)} {main.noun}s of {main.run['task']} by {main.run['model']}, "
        "one a layer.",
        shown=shown,
        linked=len(set(keys)) > 1 and request.beside_layer is None,
        colour=caption,
        scale=scale_name(colour, caption),
        found=tuple(found),
        focus=focus_of(main, request.text),
        picked=request.picked,
        camera=request.camera,
    )


def trust(shown: ShownMap) -> TrustView:
    """How far the maps of one run can be trusted."""
    drawn, run = shown.side.drawn, pd.DataFrame([shown.side.run])
    table = {
        "layer": drawn.layers,
        "trustworthiness": drawn.trustworthiness,
        "preservation": drawn.preservation,
    }
    return TrustView(
        pd.DataFrame(table),
        notes=told(settings_line(drawn)),
        runs=run,
        command=commands_for_runs(run),
        alt="Trustworthiness and share of neighbours kept, for the map of every layer.",
        layer=shown.layer,
        k=drawn.k,
    )


def same_depth(drawn: Maps, layer: int, layers: Sequence[int]) -> int:
    """The layer of other maps at the same share of the blocks; layers: of the maps beside them."""
    own = drawn.layer_numbers
    return own[round(layer / max(layers[-1], 1) * (len(own) - 1))]


def opening_layer(side: Side) -> int:
    """The layer before the transition with the largest loss of neighbours; else the last one."""
    loss, own = largest_loss(side.retention), side.drawn.layer_numbers
    return own[-1] if loss is None or loss not in own else loss


def focus_of(side: Side, text: int | None) -> int:
    """The text_index that is looked at: the one asked for, else the text that changes most."""
    if text is not None and (side.texts["text_index"] == text).any():
        return text
    return int(side.texts["text_index"].iloc[most_changed(side.retention)])


def _colour(asked: str, main: Side, read: Read, uploaded: pd.DataFrame | None) -> tuple[str, str]:
    """A colour's name and caption."""
    offered = read(colour_names, main.run["run_key"]) | own_names(main.texts, uploaded)
    name = asked or next(iter(offered))
    if name not in offered:
        raise UnknownNameError("colour", name, offered)
    return name, offered[name]


def _shown(
    config: Config,
    request: MapRequest,
    sides: Sequence[Side],
    colour: str,
    read: Read,
    uploaded: pd.DataFrame | None,
) -> tuple[ShownMap, ...]:
    layers = sides[0].drawn.layer_numbers
    layer = opening_layer(sides[0]) if request.layer is None else request.layer
    focus = focus_of(sides[0], request.text)
    shown: list[ShownMap] = []
    for side in sides:
        at = layer
        if shown:
            beside = request.beside_layer
            at = same_depth(side.drawn, layer, layers) if beside is None else beside
        key, own = side.run["run_key"], side.drawn.layer_numbers
        values = (
            own_colours(side.texts, uploaded, colour, own)
            if uploaded is not None and colour.startswith(OWN)
            else read(colours, key, colour, side.projection_key)
        )
        lists = read(neighbour_lists, key, side.projection_key) if request.edges else None
        mine = side.texts.loc[side.texts["text_index"] == focus, "row"].tolist()
        ties = read(read_ties, key, int(mine[0]), request.arrows) if mine else {}
        mine_at = own_points(config, side, request.own)
        shown.append(ShownMap(side, at, values, lists, ties, mine_at))
    return tuple(shown)
