import numpy as np
import pytest

from lrd_core.store import connect
from lrd_core.store.matrices import MATRICES, Matrix
from lrd_core.store.metric_id import MetricId
from lrd_core.store.metrics import save_metric
from lrd_core.store.neighbours import read_neighbours, save_neighbours
from lrd_core.store.per_text import PER_TEXT, PerText
from lrd_core.store.projections import (
    LayerMap,
    ProjectionId,
    list_projections,
    read_layer_maps,
    save_layer_map,
)
from lrd_core.store.reading import read_table

PROJECTION = ProjectionId.of("chained-umap", {"k": 15, "seed": 0})


def _map(layer: int, shift: float = 0.0, trust: float | None = 0.9) -> LayerMap:
    points = np.arange(10, dtype=np.float32).reshape(5, 2) + shift
    return LayerMap(layer, np.arange(5), points, trust, 0.5)


def test_maps_come_back_by_layer_and_missing_trust_stays_missing(config):
    with connect(config) as connection:
        save_layer_map(connection, "run", PROJECTION, _map(1, trust=None))
        save_layer_map(connection, "run", PROJECTION, _map(0))
        first, second = read_layer_maps(connection, "run", PROJECTION.key)
    assert (first.layer, second.layer) == (0, 1)
    np.testing.assert_array_equal(first.points, _map(0).points)
    np.testing.assert_array_equal(first.text_index, np.arange(5))
    assert first.trustworthiness == pytest.approx(0.9)
    assert second.trustworthiness is None
    assert second.preservation == 0.5


def test_a_layer_is_replaced_not_doubled(config):
    with connect(config) as connection:
        save_layer_map(connection, "run", PROJECTION, _map(0))
        save_layer_map(connection, "run", PROJECTION, _map(0, shift=7))
        (found,) = read_layer_maps(connection, "run", PROJECTION.key)
    np.testing.assert_array_equal(found.points, _map(0, shift=7).points)


def test_other_settings_are_another_projection(config):
    other = ProjectionId.of("chained-umap", {"k": 30, "seed": 0})
    assert other.key != PROJECTION.key
    assert ProjectionId.of("chained-umap", {"seed": 0, "k": 15}).key == PROJECTION.key
    with connect(config) as connection:
        save_layer_map(connection, "run", PROJECTION, _map(0))
        save_layer_map(connection, "run", other, _map(0))
        save_layer_map(connection, "else", other, _map(0))
        found = list_projections(connection, ["run"])
        assert len(list_projections(connection)) == 3
        assert read_layer_maps(connection, "run", "no such key") == []
    assert set(found["projection_key"]) == {PROJECTION.key, other.key}
    assert found["layers"].tolist() == [1, 1]
    assert found["texts"].tolist() == [5, 5]


def test_neighbours_come_back_as_rows(config):
    ids = np.array([[1, 2], [0, 2], [1, 0]])
    with connect(config) as connection:
        for layer in (1, 0):
            save_neighbours(connection, "run", layer, ids + 10 * layer, 1.0 / (1 + ids))
        everything = read_neighbours(connection, "run")
        chosen = read_neighbours(connection, "run", layers=[1])
    assert list(everything) == [0, 1]
    assert list(chosen) == [1]
    np.testing.assert_array_equal(chosen[1].ids, ids + 10)
    np.testing.assert_allclose(everything[0].similarity, 1.0 / (1 + ids))
    assert everything[0].k == 2


def test_missing_numbers_inside_arrays_come_back_as_nan_and_never_as_zero(config):
    cells = np.array([[0.0, np.nan], [np.nan, 2.0]])
    values = np.array([1.5, np.nan, 3.0])
    with connect(config) as connection:
        save_metric(
            connection,
            "run",
            MetricId.of("frenet", 1),
            [],
            [PerText("nrs", 0.5, np.arange(3), values)],
            [Matrix("distances", cells)],
        )
        matrix = read_table(connection, MATRICES, run_key="run").iloc[0]
        per_text = read_table(connection, PER_TEXT, run_key="run").iloc[0]
    np.testing.assert_array_equal(np.asarray(matrix["cells"]).reshape(2, 2), cells)
    np.testing.assert_array_equal(np.asarray(per_text["text_values"]), values)
