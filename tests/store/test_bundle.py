"""Bundles: out and in again, and what is there already stays."""

import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from rows import SPEED, write_run

from lrd_core.config import Config
from lrd_core.errors import InputError, StoreError
from lrd_core.store import connect
from lrd_core.store.bundle import (
    add_bundle,
    add_bundles,
    export_bundle,
    forget_source,
    import_bundle,
    imported_sources,
)
from lrd_core.store.bundle_check import check_folder
from lrd_core.store.metric_id import MetricId
from lrd_core.store.metric_values import METRIC_VALUES, Value
from lrd_core.store.metrics import save_metric
from lrd_core.store.per_text import PER_TEXT
from lrd_core.store.reading import read_table
from lrd_core.store.runs import RUNS
from lrd_core.store.scores import SCORES, save_scores
from tests.example_store import fill, layer_scores, run_record

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
        assert set(read_table(connection, RUNS).source) == {"demo"}
        arrived = read_table(connection, PER_TEXT)
    with connect(Config(tmp_path / "source"), read_only=True) as connection:
        sent = read_table(connection, PER_TEXT)
    assert (set(arrived.pop("source")), set(sent.pop("source"))) == ({"demo"}, {"own"})
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
        speed = read_table(connection, METRIC_VALUES, run_key="one", metric="frenet")
        assert speed.value.tolist() == [0.99]
        nrs = read_table(connection, METRIC_VALUES, run_key="one", metric="nrs")
        assert sorted(nrs.value) == [0.6, 0.7]
        sources = read_table(connection, RUNS).set_index("run_key").source
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
        assert read_table(connection, METRIC_VALUES).empty


def test_no_bundle_calls_its_scores_own(config, tmp_path):
    run = run_record("gpt2")
    source = Config(tmp_path / "other")
    rows = layer_scores(run, 3)
    with connect(source) as connection:
        save_scores(connection, [replace(rows[0], source="import: board"), *rows[1:]])
        export_bundle(connection, tmp_path / "scores")
    with connect(config) as connection:
        import_bundle(connection, tmp_path / "scores", source="import: x")
        added = import_bundle(connection, tmp_path / "scores", source="import: again")
        assert added["scores"] == 0
        sources = read_table(connection, SCORES).source.value_counts().to_dict()
    assert sources == {"import: x": 6, "import: board": 1}


def test_an_import_can_be_taken_out_again(config, bundle):
    with connect(config) as connection:
        write_run(connection, "one")
        save_metric(connection, "one", SPEED, [Value("speed", 0.5, 0.99, 10)])
        import_bundle(connection, bundle, source="import: x")
        save_scores(connection, layer_scores(run_record("gpt2"), 3))
        assert imported_sources(connection) == ["import: x"]
        assert forget_source(connection, "import: x") > 1
        assert imported_sources(connection) == []
        assert read_table(connection, RUNS).run_key.tolist() == ["one"]
        assert set(read_table(connection, METRIC_VALUES).run_key) == {"one"}
        assert len(read_table(connection, SCORES)) == 7
        with pytest.raises(StoreError, match="'own' is no import"):
            forget_source(connection, "own")


@pytest.mark.parametrize(
    ("table", "columns", "message"),
    [
        ("matrices", {"num_rows": [9], "num_columns": [9], "cells": [[1.0]]}, "num_rows times"),
        ("matrices", {"num_rows": [2**33], "num_columns": [1], "cells": [[1.0]]}, "num_rows '85"),
        ("matrices", {"num_rows": [1], "num_columns": [1], "cells": ["x"]}, "has another type"),
        (
            "matrices",
            {"num_rows": [1] * 2, "num_columns": [1] * 2, "cells": [[1.0], None]},
            "times",
        ),
        ("neighbours", {"ids": [[1, 2]], "similarity": [[0.5]]}, "have different lengths"),
        ("scores", {"layer": [10**9]}, "layer '1000000000' is not a layer up to 2000"),
        ("runs", {}, "has no columns"),
    ],
)
def test_tables_that_later_steps_would_stumble_over(tmp_path, table, columns, message):
    pd.DataFrame(columns).to_parquet(tmp_path / f"{table}.parquet")
    with pytest.raises(InputError, match=message):
        check_folder(tmp_path)


def test_what_was_exported_is_sound(bundle):
    check_folder(bundle)


def test_a_bundle_from_before_a_column_was_added_is_read_plainly(config, bundle):
    import pyarrow.parquet as pq

    runs = pq.read_table(bundle / "runs.parquet")
    pq.write_table(runs.drop_columns(["reading"]), bundle / "runs.parquet")
    with connect(config) as connection:
        assert import_bundle(connection, bundle)["runs"] == 2
        assert set(read_table(connection, RUNS).reading) == {""}


def test_several_bundles_go_in_at_once_and_the_first_of_a_name_counts(
    config: Config, tmp_path: Path
) -> None:
    fill(config)
    with connect(config) as connection:
        export_bundle(connection, tmp_path / "first")
        connection.execute("UPDATE runs SET model_note = 'second'")
        export_bundle(connection, tmp_path / "second")
    other = Config(tmp_path / "other")
    with connect(other) as connection:
        report = add_bundles(connection, [tmp_path / "first", tmp_path / "second"], "demo")
        notes = connection.execute("SELECT DISTINCT model_note FROM runs").fetchall()
        again = add_bundles(connection, [tmp_path / "first", tmp_path / "second"], "demo")
    assert notes == [("",)]
    assert report.added["runs"] == report.doubled["runs"] > 0
    assert not any(again.added.values()) and again.present["runs"] == report.added["runs"]


def test_an_empty_store_takes_a_bundle_as_it_is_and_one_with_doubles_without_them(
    config: Config, tmp_path: Path
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    fill(config)
    with connect(config) as connection:
        export_bundle(connection, tmp_path / "plain")
    runs = pq.read_table(tmp_path / "plain" / "runs.parquet")
    (tmp_path / "doubled").mkdir()
    pq.write_table(pa.concat_tables([runs, runs.slice(0, 2)]), tmp_path / "doubled/runs.parquet")
    counts = {}
    for name in ("plain", "doubled"):
        with connect(Config(tmp_path / f"store {name}")) as connection:
            report = add_bundle(connection, tmp_path / name, "demo")
            (rows,) = connection.execute("SELECT count(*) FROM runs").fetchone()
        counts[name] = rows, report.doubled["runs"]
    assert counts == {"plain": (runs.num_rows, 0), "doubled": (runs.num_rows, 2)}
