"""What the texts of a map are coloured by: labels, lengths, values of metrics, own columns."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.metrics.score import declared
from lrd_core.runs.items import PICTURE
from lrd_core.store.connection import connect
from lrd_core.store.per_text import PER_TEXT, per_text_kinds
from lrd_core.store.projections import read_map_layers
from lrd_core.store.reading import read_newest
from lrd_core.views.lines import read_per_text
from lrd_core.views.maps import local_trust, neighbour_lists, text_table
from lrd_core.views.retention import retention_by_text, share_kept
from lrd_core.views.stored import variant_name

OWN_COLUMNS = ("row", "text_index", "text", "label", "length")
OWN = "own:"
"""Begins the name of a colour that is a column of the visitor's own."""

NAME_OF_COLOUR = {
    "label": "label",
    "cluster": "cluster",
    "retention": "neighbours kept to the next layer",
    "trust": "neighbours kept on this map",
    "length": "length (characters)",
}


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
    own = [name for name in texts.columns if name not in (*OWN_COLUMNS, PICTURE)]
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


def own_names(texts: pd.DataFrame, uploaded: pd.DataFrame | None) -> dict[str, str]:
    """The visitor's own columns as colours, as `colour_names`; none where they do not fit."""
    if uploaded is None:
        return {}
    try:
        attach_columns(texts, uploaded)
    except InputError:
        return {}
    own = [name for name in uploaded.columns if name not in OWN_COLUMNS]
    return {f"{OWN}{name}": f"{name} (uploaded)" for name in own}


def own_colours(
    texts: pd.DataFrame, uploaded: pd.DataFrame, name: str, layers: Sequence[int]
) -> Mapping[int, pd.Series]:
    """As `colours`, of a visitor's own column; all missing for texts that it does not fit."""
    try:
        own = attach_columns(texts, uploaded)[name.removeprefix(OWN)]
    except InputError:  # it fits the first map's texts, not these
        own = pd.Series(np.nan, index=texts.index)
    return dict.fromkeys(layers, own)


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
