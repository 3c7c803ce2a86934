"""Maps of texts through the layers, and one text's neighbours: tables ready to draw."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.projection.trust import lost_edges, neighbours_kept, projected_neighbours
from lrd_core.projection.work import projection_id
from lrd_core.runs.texts import run_texts
from lrd_core.services.lifelines import retention_by_text
from lrd_core.store.connection import connect
from lrd_core.store.projections import list_projections, read_layer_maps, read_neighbours
from lrd_core.store.results import read_table

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
    texts = run_texts(config, run_key)
    length = texts["text"].str.len().astype(int)
    return texts.assign(text=texts["text"].str.slice(0, SHOWN_CHARACTERS), length=length)


def colour_names(config: Config, run_key: str, texts: pd.DataFrame) -> dict[str, str]:
    """What points can be coloured by: name -> caption, best first."""
    with connect(config, read_only=True) as connection:
        stored = connection.execute(
            "SELECT DISTINCT series FROM per_text WHERE run_key = ? ORDER BY series", [run_key]
        ).fetchall()
    names = {}
    if texts["label"].notna().any():
        names["label"] = NAME_OF_COLOUR["label"]
    names |= {"retention": NAME_OF_COLOUR["retention"], "trust": NAME_OF_COLOUR["trust"]}
    for (series,) in stored:
        if series not in ("nrs", "cluster"):
            names[f"series:{series}"] = series.replace("_", " ")
        elif series == "cluster":
            names["cluster"] = NAME_OF_COLOUR["cluster"]
    names["length"] = NAME_OF_COLOUR["length"]
    own = [name for name in texts.columns if name not in OWN_COLUMNS]
    return names | {f"column:{name}": name for name in own}


def colour_values(
    config: Config, run_key: str, name: str, layer: int, projection_key: str
) -> pd.Series:
    """One value a text, by row; missing where a text has none. `name`: a key of `colour_names`."""
    texts = text_table(config, run_key)
    if name in ("length", "label") or name.startswith("column:"):
        return texts[name.removeprefix("column:")]
    if name == "trust":
        return pd.Series(local_trust(config, run_key, layer, projection_key))
    if name == "retention":
        retention = retention_by_text(config, run_key)
        known = retention[min(layer, len(retention) - 1)] if len(retention) else np.nan
        return pd.Series(known, index=texts.index)
    series = name.removeprefix("series:")
    with connect(config, read_only=True) as connection:
        rows = read_table(connection, "per_text", run_key=run_key, series=series, mode="exact")
    distance = (rows["position"] - layer).abs()
    near = rows[distance == distance.min()]
    if near.empty:
        return pd.Series(np.nan, index=texts.index)
    newest = near.sort_values(["position", "version"]).iloc[-1]
    values = pd.Series(np.asarray(newest["text_values"]), index=newest["text_index"])
    found = pd.Series(values.reindex(texts["text_index"]).to_numpy(), index=texts.index)
    return found.astype("Int64").astype("string") if name == "cluster" else found


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


def local_trust(config: Config, run_key: str, layer: int, projection_key: str) -> np.ndarray:
    """Share of each text's k original neighbours that are its neighbours on the layer's map."""
    return neighbours_kept(*_both_lists(config, run_key, layer, projection_key))


def map_edges(
    config: Config, run_key: str, layer: int, projection_key: str, rows: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """True neighbours of these texts: pairs that are near on the map, and pairs it pulled apart.

    Shape: two (edges, 2) arrays of (row, row of the neighbour).
    """
    original, projected = _both_lists(config, run_key, layer, projection_key)
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
    texts = run_texts(config, run_key)
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
        stay = float(retention[layer].mean())
        text += f". Nearest neighbours kept from layer {layer} to {layer + 1}: {stay:.0%}"
    return text + "."


def default_projection(stored: pd.DataFrame, run_key: str) -> str | None:
    """The projection to show for a run: that of the default settings, else any; None: none."""
    mine = stored[stored["run_key"] == run_key]
    if mine.empty:
        return None
    usual = mine[mine["projection_key"] == projection_id().key]
    return str((mine if usual.empty else usual).iloc[0]["projection_key"])


def _both_lists(
    config: Config, run_key: str, layer: int, projection_key: str
) -> tuple[np.ndarray, np.ndarray]:
    drawn = maps(config, run_key, projection_key)
    with connect(config, read_only=True) as connection:
        stored = read_neighbours(connection, run_key, [layer])
    if drawn is None or layer not in stored:
        raise InputError(f"layer {layer} of run {run_key} has no map yet; compute its maps")
    place = int(np.flatnonzero(drawn.layers == layer)[0])
    return stored[layer].ids[:, : drawn.k], projected_neighbours(drawn.points[place], drawn.k)
