"""The maps of one run as the store holds them: every layer's points, the texts, true neighbours."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.extraction.inputs import modality_of
from lrd_core.metrics.registry import all_metrics
from lrd_core.projection.trust import lost_edges, neighbours_kept, projected_neighbours
from lrd_core.projection.work import projection_id
from lrd_core.runs.items import run_items
from lrd_core.store.connection import connect
from lrd_core.store.neighbours import read_neighbours
from lrd_core.store.projections import list_projections, read_layer_maps
from lrd_core.tasks.content import noun_of
from lrd_core.views import stored
from lrd_core.views.item_words import noun_of_runs
from lrd_core.views.retention import retention_by_text

SHOWN_CHARACTERS = 300

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

    @property
    def layer_numbers(self) -> list[int]:
        """Layers that have a map, ascending."""
        return [int(layer) for layer in self.layers]

    def place(self, layer: int) -> int:
        """Where a layer stands in the arrays. Raises: InputError for a layer without a map."""
        if layer not in self.layer_numbers:
            raise InputError(f"layer {layer} has no map; choose from {self.layer_numbers}")
        return self.layer_numbers.index(layer)


@dataclass(frozen=True)
class Side:
    """Everything that is drawn of one run; a page shows one side or two.

    run: its row of the runs table. texts: as text_table gives them. retention: as
    retention_by_text gives it.
    """

    run: pd.Series
    projection_key: str
    drawn: Maps
    texts: pd.DataFrame
    retention: np.ndarray

    @property
    def noun(self) -> str:
        """What one of its items is called."""
        return noun_of(str(self.run["modality"]))

    @property
    def audible(self) -> bool:
        """Whether its items can be heard, see lifelines.wav_of."""
        return modality_of(str(self.run["modality"])).wav is not None


def read_side(config: Config, run_key: str) -> Side:
    """A run's maps, texts and retention. Raises: InputError for a run without maps."""
    projection = default_projection(projections(config, [run_key]), run_key)
    drawn = None if projection is None else read_maps(config, run_key, projection)
    if drawn is None or projection is None:
        raise InputError(f"run {run_key} has no maps; compute them first")
    return Side(
        run=stored.runs_of(config, [run_key]).iloc[0],
        projection_key=projection,
        drawn=drawn,
        texts=text_table(config, run_key),
        retention=retention_by_text(config, run_key),
    )


def projections(config: Config, run_keys: Sequence[str]) -> pd.DataFrame:
    """One row a stored projection of these runs: run_key, projection_key, settings, layers."""
    with connect(config, read_only=True) as connection:
        found = list_projections(connection, list(run_keys))
    return found.assign(settings=[json.loads(text) for text in found["parameters"]])


def default_projection(projections: pd.DataFrame, run_key: str) -> str | None:
    """The projection to show for a run: that of the default settings, else any; None: none."""
    mine = projections[projections["run_key"] == run_key]
    if mine.empty:
        return None
    usual = mine[mine["projection_key"] == projection_id().key]
    return str((mine if usual.empty else usual).iloc[0]["projection_key"])


def read_maps(config: Config, run_key: str, projection_key: str) -> Maps | None:
    """The maps of a run, or None when none was drawn."""
    with connect(config, read_only=True) as connection:
        found = read_layer_maps(connection, run_key, projection_key)
        known = list_projections(connection, [run_key])
    if not found:
        return None
    chosen = known[known["projection_key"] == projection_key].iloc[0]
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


DESCRIBED = r"^(picture|sound) [0-9a-f]{8}(?=,)|, \d+ x \d+ pixels$|, \d+\.\d\d s$"
"""What words say of a picture or a recording itself: its digest and its size, not its name."""


def find_texts(config: Config, run_key: str, wanted: str, limit: int = 2_000) -> list[int]:
    """Rows whose text or label contains the words as written, capital letters apart.

    `#512` finds the text of index 512. Pictures and recordings are found by label and file.
    """
    wanted = wanted.strip()
    if not wanted:
        return []
    texts = run_items(config, run_key)
    if wanted.startswith("#") and wanted[1:].isdecimal():
        hits = texts["text_index"] == int(wanted[1:])
    else:
        own = texts["text"]
        if noun_of_runs(_run_of(config, run_key)) != "text":
            own = own.str.replace(DESCRIBED, "", regex=True)
        hits = own.str.contains(wanted, case=False, regex=False, na=False)
        hits |= texts["label"].str.contains(wanted, case=False, regex=False, na=False)
    return [int(row) for row in texts["row"][hits][:limit]]


def _run_of(config: Config, run_key: str) -> pd.DataFrame:
    runs = stored.runs(config)
    return runs[runs["run_key"] == run_key]


def neighbour_lists(config: Config, run_key: str, projection_key: str) -> NeighbourLists:
    """Original and drawn neighbours of all texts at every layer that has a map, in one read.

    Raises: InputError when a layer has a map but no neighbour lists.
    """
    drawn = read_maps(config, run_key, projection_key)
    if drawn is None:
        return {}
    with connect(config, read_only=True) as connection:
        original = read_neighbours(connection, run_key)
    lists = {}
    for layer, points in zip(drawn.layers.tolist(), drawn.points, strict=True):
        if layer not in original:
            raise InputError(
                f"layer {layer} of run {run_key} has a map but no neighbour lists; compute its maps"
            )
        near = projected_neighbours(points, drawn.k).astype(np.int32)
        lists[layer] = (original[layer].ids[:, : drawn.k], near)
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
