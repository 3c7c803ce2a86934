"""The table of maps: (n, 2) arrays by layer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lrd_core.store.keys import canonical_json, content_key
from lrd_core.store.reading import frame
from lrd_core.store.table import Floats, Ints, Json, Key, Layer, Table
from lrd_core.store.writes import Write, apply

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ProjectionId:
    """Which settings drew a map; equal settings give an equal key."""

    method: str
    parameters: str

    @classmethod
    def of(cls, method: str, parameters: Mapping[str, Any]) -> "ProjectionId":
        return cls(method, canonical_json(parameters))

    @property
    def key(self) -> str:
        return content_key({"method": self.method, "parameters": self.parameters})


@dataclass(frozen=True, kw_only=True)
class ProjectionRow:
    """The map of one layer. Shape: text_index, x and y (n,)."""

    run_key: Key
    projection_key: str
    method: str
    parameters: Json
    layer: Layer
    text_index: Ints
    x: Floats
    y: Floats
    trustworthiness: float | None
    preservation: float | None
    source: str = "own"


PROJECTIONS = Table(
    "projections",
    ProjectionRow,
    key=("run_key", "projection_key", "layer"),
    even=(("text_index", "x"), ("text_index", "y")),
)


@dataclass(frozen=True)
class LayerMap:
    """One layer's map and how far it can be trusted.

    Shape: text_index (n,), points (n, 2). trustworthiness and preservation in [0, 1], or None
    where they are undefined for so few texts.
    """

    layer: int
    text_index: np.ndarray
    points: np.ndarray
    trustworthiness: float | None
    preservation: float | None


def save_layer_map(
    connection: Any, run_key: str, projection: ProjectionId, layer_map: LayerMap
) -> None:
    """Write the map of one layer; an older one of the same settings is replaced."""
    apply(connection, map_writes(run_key, projection, layer_map))


def map_writes(run_key: str, projection: ProjectionId, layer_map: LayerMap) -> list[Write]:
    """The map of one layer, in place of an older one of the same settings."""
    row = ProjectionRow(
        run_key=run_key,
        projection_key=projection.key,
        method=projection.method,
        parameters=projection.parameters,
        layer=layer_map.layer,
        text_index=layer_map.text_index,
        x=layer_map.points[:, 0],
        y=layer_map.points[:, 1],
        trustworthiness=layer_map.trustworthiness,
        preservation=layer_map.preservation,
    )
    place = {name: getattr(row, name) for name in PROJECTIONS.key}
    return [Write(PROJECTIONS, PROJECTIONS.plain([row]), "replace", place)]


def list_projections(connection: Any, run_keys: Sequence[str] | None = None) -> "pd.DataFrame":
    """One row a projection: run_key, projection_key, method, parameters, layers, texts."""
    clause = "" if run_keys is None else "WHERE list_contains(?, run_key)"
    return frame(
        connection,
        f"""
        SELECT run_key, projection_key, method, parameters,
               count(*) AS layers, max(len(text_index)) AS texts
        FROM projections {clause} GROUP BY ALL ORDER BY ALL
        """,
        [] if run_keys is None else [list(run_keys)],
    )


def read_layer_maps(connection: Any, run_key: str, projection_key: str) -> list[LayerMap]:
    """The maps of a projection that are stored, by layer."""
    rows = connection.execute(
        "SELECT layer, text_index, x, y, trustworthiness, preservation FROM projections "
        "WHERE run_key = ? AND projection_key = ? ORDER BY layer",
        [run_key, projection_key],
    ).fetchnumpy()
    return [
        LayerMap(
            layer=int(layer),
            text_index=np.asarray(rows["text_index"][row], dtype=np.int32),
            points=np.column_stack([rows["x"][row], rows["y"][row]]).astype(np.float32),
            trustworthiness=_number(rows["trustworthiness"], row),
            preservation=_number(rows["preservation"], row),
        )
        for row, layer in enumerate(rows["layer"])
    ]


def read_map_layers(connection: Any, run_key: str, projection_key: str) -> list[int]:
    """The layers that a projection has a map of, in order."""
    found = connection.execute(
        "SELECT layer FROM projections WHERE run_key = ? AND projection_key = ? ORDER BY layer",
        [run_key, projection_key],
    ).fetchall()
    return [int(layer) for (layer,) in found]


def _number(column: Any, row: int) -> float | None:
    if np.ma.getmaskarray(column)[row]:
        return None
    return float(column[row])
