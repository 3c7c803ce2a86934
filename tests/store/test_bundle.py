"""Bundles: out and in again, and what is there already stays."""

import sys
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from rows import SPEED, write_run

from lrd_core.config import Config
from lrd_core.errors import StoreError
from lrd_core.store import connect
from lrd_core.store.bundle import export_bundle, import_bundle
from lrd_core.store.results import MetricId, Value, read_table, save_metric

NRS = MetricId.of("nrs", 1)


@pytest.fixture
def bundle(tmp_path) -> Path:
    with connect(Config(tmp_path / "source")) as connection:
        write_run(connection, "one")
        write_run(connection, "two")
        save_metric(
            connection, "one", NRS, [Value("nrs", 0.5, 0.7, 10), Value("nrs", 1.5, 0.6, 10)]
        )
        export_bundle(connection, tmp_path / "bundle")
    return tmp_path / "bundle"


def test_round_trip_into_an_empty_store(config, bundle, tmp_path):
    with connect(config) as connection:
        added = import_bundle(connection, bundle, source="demo")
        assert (added["runs"], added["metric_values"]) == (2, 6)
        assert set(read_table(connection, "runs").source) == {"demo"}
        arrived = read_table(connection, "per_text")
    with connect(Config(tmp_path / "source"), read_only=True) as connection:
        sent = read_table(connection, "per_text")
    pd.testing.assert_frame_equal(arrived, sent)


def test_importing_twice_adds_nothing(config, bundle):
    with connect(config) as connection:
        import_bundle(connection, bundle)
        assert set(import_bundle(connection, bundle).values()) == {0}


def test_run_that_is_there_keeps_its_values_and_gets_the_metrics_it_lacks(config, bundle):
    with connect(config) as connection:
        write_run(connection, "one")
        save_metric(connection, "one", SPEED, [Value("speed", 0.5, 0.99, 10)])
        import_bundle(connection, bundle, source="demo")
        speed = read_table(connection, "metric_values", run_key="one", metric="frenet")
        assert speed.value.tolist() == [0.99]
        nrs = read_table(connection, "metric_values", run_key="one", metric="nrs")
        assert sorted(nrs.value) == [0.6, 0.7]
        sources = read_table(connection, "runs").set_index("run_key").source
        assert sources.to_dict() == {"one": "own", "two": "demo"}


def test_selected_runs_only(config, bundle, tmp_path):
    with connect(config) as connection:
        import_bundle(connection, bundle)
        written = export_bundle(connection, tmp_path / "part", ["two"])
    assert (written["runs"], written["metric_values"]) == (1, 2)


def test_folder_without_a_bundle_and_foreign_columns(config, bundle, tmp_path):
    with connect(config) as connection:
        with pytest.raises(StoreError, match=r"holds no bundle \(expected runs.parquet"):
            import_bundle(connection, tmp_path)
        pd.DataFrame({"run_key": ["x"], "mood": ["good"]}).to_parquet(bundle / "runs.parquet")
        with pytest.raises(StoreError, match=r"runs.parquet has columns .* \{'mood'\}"):
            import_bundle(connection, bundle)
        assert read_table(connection, "metric_values").empty
