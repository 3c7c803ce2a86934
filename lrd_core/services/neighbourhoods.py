"""Maps of texts through the layers, and one text's neighbours: tables ready to draw."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.projection.trust import lost_edges, neighbours_kept, projected_neighbours
from lrd_core.runs.texts import run_texts
from lrd_core.services.lifelines import retention_by_text
from lrd_core.store.connection import connect
from lrd_core.store.projections import list_projections, read_layer_maps, read_neighbours
from lrd_core.store.results import read_table

SHOWN_CHARACTERS = 300

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
    config: Config, run_key: str, name: str, layer: int, texts: pd.DataFrame, drawn: Maps
) -> pd.Series:
    """One value a text, by row; NaN where a text has none. `name`: a key of `colour_names`."""
    if name == "length":
        return texts["length"]
    if name == "label":
        return texts["label"]
    if name == "trust":
        return pd.Series(local_trust(config, run_key, layer, drawn))
    if name == "retention":
        retention = retention_by_text(config, run_key)
        return pd.Series(retention[min(layer, len(retention) - 1)] if len(retention) else [])
    if name.startswith("column:"):
        return texts[name.removeprefix("column:")]
    series = name.removeprefix("series:")
    with connect(config, read_only=True) as connection:
        rows = read_table(connection, "per_text", run_key=run_key, series=series, mode="exact")
    near = rows[(rows["position"] - layer).abs() == (rows["position"] - layer).abs().min()]
    if near.empty:
        return pd.Series(np.nan, index=texts.index)
    newest = near.sort_values(["position", "version"]).iloc[-1]
    values = pd.Series(np.asarray(newest["text_values"]), index=newest["text_index"])
    found = pd.Series(values.reindex(texts["text_index"]).to_numpy(), index=texts.index)
    return found.astype("Int64").astype("string") if name == "cluster" else found


def local_trust(config: Config, run_key: str, layer: int, drawn: Maps) -> np.ndarray:
    """Share of each text's k original neighbours that are its neighbours on the layer's map."""
    original, projected = _both_lists(config, run_key, layer, drawn)
    return neighbours_kept(original, projected)


def lost_neighbours(
    config: Config, run_key: str, layer: int, drawn: Maps, rows: Sequence[int]
) -> np.ndarray:
    """Pairs (row, row of a true neighbour) that the map of a layer pulled apart; (edges, 2)."""
    original, projected = _both_lists(config, run_key, layer, drawn)
    return lost_edges(original, projected, np.asarray(rows, dtype=np.int64))


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


def _both_lists(
    config: Config, run_key: str, layer: int, drawn: Maps
) -> tuple[np.ndarray, np.ndarray]:
    with connect(config, read_only=True) as connection:
        original = read_neighbours(connection, run_key, [layer])[layer].ids[:, : drawn.k]
    place = int(np.flatnonzero(drawn.layers == layer)[0])
    return original, projected_neighbours(drawn.points[place], drawn.k)
