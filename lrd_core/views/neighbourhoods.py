"""Maps of texts through the layers, and one text's neighbours: tables ready to draw."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.metrics.registry import all_metrics
from lrd_core.metrics.score import declared
from lrd_core.projection.trust import lost_edges, neighbours_kept, projected_neighbours
from lrd_core.projection.work import projection_id
from lrd_core.runs.items import run_items
from lrd_core.store.connection import connect
from lrd_core.store.neighbours import read_neighbours
from lrd_core.store.per_text import PER_TEXT, per_text_kinds
from lrd_core.store.projections import list_projections, read_layer_maps, read_map_layers
from lrd_core.store.reading import read_newest
from lrd_core.views.lifelines import retention_by_text, share_kept
from lrd_core.views.lines import read_per_text
from lrd_core.views.stored import variant_name

SHOWN_CHARACTERS = 300
POOR_TRUST = 0.8

OWN_COLUMNS = ("row", "text_index", "text", "label", "length")

NAME_OF_COLOUR = {
    "label": "label",
    "cluster": "cluster",
    "retention": "neighbours kept to the next layer",
    "trust": "neighbours kept on this map",
    "length": "length (characters)",
}

NeighbourLists = Mapping[int, tuple[np.ndarray, np.ndarray]]
"""Layer -> (n, k) ids of each text's neighbours in the original space, and (n, k) on the map."""


@dataclass(frozen=True)
class Maps:
    """All layers' maps of one run.

    Shape: layers (m,), points (m, n, 2), text_index (n,), trustworthiness and preservation (m,),
    NaN where undefined. k: neighbours that the maps were drawn from and are judged on.
    """

    layers: np.ndarray
    points: np.ndarray
    text_index: np.ndarray
    trustworthiness: np.ndarray
    preservation: np.ndarray
    k: int
    settings: dict[str, Any]


def projections(config: Config, run_keys: Sequence[str]) -> pd.DataFrame:
    """One row a stored projection of these runs: run_key, projection_key, settings, layers."""
    with connect(config, read_only=True) as connection:
        found = list_projections(connection, list(run_keys))
    return found.assign(settings=[json.loads(text) for text in found["parameters"]])


def maps(config: Config, run_key: str, projection_key: str) -> Maps | None:
    """The maps of a run, or None when none was drawn."""
    with connect(config, read_only=True) as connection:
        found = read_layer_maps(connection, run_key, projection_key)
        stored = list_projections(connection, [run_key])
    if not found:
        return None
    chosen = stored[stored["projection_key"] == projection_key].iloc[0]
    settings = json.loads(chosen["parameters"])
    return Maps(
        layers=np.array([one.layer for one in found]),
        points=np.stack([one.points for one in found]),
        text_index=found[0].text_index,
        trustworthiness=np.array([one.trustworthiness for one in found], dtype=float),
        preservation=np.array([one.preservation for one in found], dtype=float),
        k=int(settings["k"]),
        settings=settings,
    )


def text_table(config: Config, run_key: str) -> pd.DataFrame:
    """One row a text, light enough for a page: text cut at SHOWN_CHARACTERS, and its length.

    Columns: row, text_index, text, label (NA where there is none), length, the task's own ones.
    """
    texts = run_items(config, run_key)
    length = texts["text"].str.len().astype(int)
    return texts.assign(text=texts["text"].str.slice(0, SHOWN_CHARACTERS), length=length)


def needed_metrics() -> str:
    """The group of metrics whose run keeps neighbour lists, as `run --metrics` takes it."""
    return next(entry.group for entry in all_metrics() if entry.shares_neighbours)


def colour_names(config: Config, run_key: str) -> dict[str, str]:
    """What points can be coloured by: name -> caption, best first.

    Only series that hold exact values with default parameters are offered.
    """
    texts = text_table(config, run_key)
    names = {}
    if texts["label"].notna().any():
        names["label"] = NAME_OF_COLOUR["label"]
    names |= {"retention": NAME_OF_COLOUR["retention"], "trust": NAME_OF_COLOUR["trust"]}
    for series in _plain_series(config, run_key):
        if series == "cluster":
            names["cluster"] = NAME_OF_COLOUR["cluster"]
        elif not _covers_anchors_alone(series):
            names[f"series:{series}"] = series.replace("_", " ")
    names["length"] = NAME_OF_COLOUR["length"]
    own = [name for name in texts.columns if name not in OWN_COLUMNS]
    return names | {f"column:{name}": name for name in own}


def _covers_anchors_alone(series: str) -> bool:
    """Whether a series has values of its anchor texts only; "retention" has those of all."""
    known = declared(series)
    return known is not None and bool(known.per_text)


def scale_name(name: str, caption: str) -> str:
    """What stands beside the colours of a map; name and caption of `colour_names`."""
    return f"{caption}, at the last layer from the one before" if name == "retention" else caption


def colours(
    config: Config, run_key: str, name: str, projection_key: str
) -> Mapping[int, pd.Series]:
    """Layer -> one value a text, by row, for every layer that has a map, in one read.

    name: a key of `colour_names`. Missing where a text has no value. What does not depend on the
    layer, such as a label, is one Series that all layers share. To be read only.
    Raises: InputError for "trust" when a layer has a map but no neighbour lists.
    """
    layers = _map_layers(config, run_key, projection_key)
    if name == "trust":
        trust = local_trust(neighbour_lists(config, run_key, projection_key))
        return {layer: pd.Series(values) for layer, values in trust.items()}
    texts = text_table(config, run_key)
    if name == "retention":
        return _retention_colours(retention_by_text(config, run_key), layers, len(texts))
    if name in ("length", "label") or name.startswith("column:"):
        return dict.fromkeys(layers, texts[name.removeprefix("column:")])
    if name == "cluster":
        found = _at_layers(_cluster_rows(config, run_key), layers, texts["text_index"])
        return {layer: one.astype("Int64").astype("string") for layer, one in found.items()}
    rows = read_per_text(config, run_key, name.removeprefix("series:"))
    return _at_layers(rows, layers, texts["text_index"])


def attach_columns(texts: pd.DataFrame, uploaded: pd.DataFrame) -> pd.DataFrame:
    """A visitor's own columns beside the texts, matched by `text_index` or by order.

    Raises: InputError when the table has neither that column nor one row a text.
    """
    own = [name for name in uploaded.columns if name not in OWN_COLUMNS]
    if not own:
        raise InputError("the table holds no column of its own; add one with a new name")
    if "text_index" in uploaded.columns:
        matched = uploaded.drop_duplicates("text_index").set_index("text_index")[own]
        found = matched.reindex(texts["text_index"])
        if found.isna().all(axis=None):
            raise InputError("no value of text_index in the table belongs to a text of this run")
    elif len(uploaded) == len(texts):
        found = uploaded[own]
    else:
        raise InputError(
            f"the table has {len(uploaded)} rows, the run {len(texts)} texts; give one row a "
            "text, or a column text_index that says which text a row is about"
        )
    return texts.assign(**{name: found[name].to_numpy() for name in own})


def neighbour_lists(config: Config, run_key: str, projection_key: str) -> NeighbourLists:
    """Original and drawn neighbours of all texts at every layer that has a map, in one read.

    Raises: InputError when a layer has a map but no neighbour lists.
    """
    drawn = maps(config, run_key, projection_key)
    if drawn is None:
        return {}
    with connect(config, read_only=True) as connection:
        stored = read_neighbours(connection, run_key)
    lists = {}
    for layer, points in zip(drawn.layers.tolist(), drawn.points, strict=True):
        if layer not in stored:
            raise InputError(
                f"layer {layer} of run {run_key} has a map but no neighbour lists; compute its maps"
            )
        near = projected_neighbours(points, drawn.k).astype(np.int32)
        lists[layer] = (stored[layer].ids[:, : drawn.k], near)
    return lists


def local_trust(lists: NeighbourLists) -> dict[int, np.ndarray]:
    """Layer -> share of each text's k original neighbours that are its neighbours on the map."""
    return {layer: neighbours_kept(*both) for layer, both in lists.items()}


def map_edges(
    lists: NeighbourLists, layer: int, rows: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """True neighbours of these texts: pairs that are near on the map, and pairs it pulled apart.

    Shape: two (edges, 2) arrays of (row, row of the neighbour).
    """
    original, projected = lists[layer]
    asked = np.asarray(rows, dtype=np.int64)
    lost = lost_edges(original, projected, asked)
    everything = np.column_stack([np.repeat(asked, original.shape[1]), original[asked].ravel()])
    gone = {(int(one), int(other)) for one, other in lost}
    kept = [pair for pair in everything.tolist() if tuple(pair) not in gone]
    return np.array(kept, dtype=np.int64).reshape(-1, 2), lost


def find_texts(config: Config, run_key: str, wanted: str, limit: int = 2_000) -> list[int]:
    """Rows whose text or label contains the words as written, capital letters apart.

    `#512` finds the text of index 512.
    """
    wanted = wanted.strip()
    if not wanted:
        return []
    texts = run_items(config, run_key)
    if wanted.startswith("#") and wanted[1:].isdecimal():
        hits = texts["text_index"] == int(wanted[1:])
    else:
        hits = texts["text"].str.contains(wanted, case=False, regex=False, na=False)
        hits |= texts["label"].str.contains(wanted, case=False, regex=False, na=False)
    return [int(row) for row in texts["row"][hits][:limit]]


def sentence(run: Mapping[str, Any], drawn: Maps, layer: int, retention: np.ndarray) -> str:
    """What the map of a layer keeps, and what the next block will do, in plain words."""
    place = int(np.flatnonzero(drawn.layers == layer)[0])
    kept, trust = drawn.preservation[place], drawn.trustworthiness[place]
    text = (
        f"{run['model']} on {run['task']}, layer {layer} of {run['num_blocks']}: the map keeps "
        f"{kept:.0%} of each text's {drawn.k} nearest neighbours (trustworthiness {trust:.2f})"
    )
    if trust < POOR_TRUST:
        text += "; do not trust its distances"
    if layer < len(retention):
        stay = float(share_kept(retention[layer]).mean())
        text += f". Nearest neighbours kept from layer {layer} to {layer + 1}: {stay:.0%}"
    return text + "."


def default_projection(stored: pd.DataFrame, run_key: str) -> str | None:
    """The projection to show for a run: that of the default settings, else any; None: none."""
    mine = stored[stored["run_key"] == run_key]
    if mine.empty:
        return None
    usual = mine[mine["projection_key"] == projection_id().key]
    return str((mine if usual.empty else usual).iloc[0]["projection_key"])


def _map_layers(config: Config, run_key: str, projection_key: str) -> list[int]:
    with connect(config, read_only=True) as connection:
        return read_map_layers(connection, run_key, projection_key)


def _plain_series(config: Config, run_key: str) -> list[str]:
    with connect(config, read_only=True) as connection:
        stored = per_text_kinds(connection, run_key)
    # The grouping is no registered metric: all its parameters would count as a variant.
    plain = {
        kind.series
        for kind in stored
        if kind.series == "cluster" or not variant_name(kind.metric, kind.mode, kind.parameters)
    }
    return sorted(plain)


def _cluster_rows(config: Config, run_key: str) -> pd.DataFrame:
    with connect(config, read_only=True) as connection:
        rows = read_newest(connection, PER_TEXT, run_key=run_key, series="cluster")
    last = rows.sort_values("parameters")[["parameters"]].tail(1)
    return rows.merge(last).sort_values("position")


def _retention_colours(
    retention: np.ndarray, layers: Sequence[int], n: int
) -> dict[int, pd.Series]:
    """Share of neighbours kept over the transition after each layer.

    No layer follows the last one: it has the share over the transition that led to it. Missing
    only where neighbour lists are. Shape: retention (transitions, n), Jaccard overlaps.
    """
    if not len(retention):
        return dict.fromkeys(layers, pd.Series(np.nan, index=range(n)))
    kept = [pd.Series(row) for row in share_kept(retention)]
    return {layer: kept[min(layer, len(kept) - 1)] for layer in layers}


def _at_layers(
    rows: pd.DataFrame, layers: Sequence[int], text_index: pd.Series
) -> dict[int, pd.Series]:
    """The values nearest to each layer, the later of two as near, in the order of the texts.

    rows: position (ascending), text_index and text_values, as `read_per_text` gives them.
    """
    if rows.empty:
        return dict.fromkeys(layers, pd.Series(np.nan, index=text_index.index))
    positions = rows["position"].to_numpy(dtype=float)
    found = {}
    for layer in layers:
        distance = np.abs(positions - layer)
        nearest = rows.iloc[int(np.flatnonzero(distance == distance.min())[-1])]
        values = pd.Series(np.asarray(nearest["text_values"]), index=nearest["text_index"])
        found[layer] = values.reindex(text_index).set_axis(text_index.index)
    return found
