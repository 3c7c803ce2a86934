"""No row twice, in any table, however it came: by import, by saving again, from an older store."""

import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from rows import SPEED, VALUES, run_record

from lrd_core.config import PROJECT_DIR, Config
from lrd_core.store import connect, connection, migrations
from lrd_core.store.bundle import add_bundle, export_bundle, file_names, import_bundle
from lrd_core.store.calibrations import CalibrationRow, save_calibration
from lrd_core.store.latencies import LatencyRow, save_latency
from lrd_core.store.matrices import Matrix
from lrd_core.store.metric_values import METRIC_VALUES
from lrd_core.store.metrics import save_metric
from lrd_core.store.migrations import MIGRATIONS
from lrd_core.store.neighbours import save_neighbours
from lrd_core.store.per_text import PerText
from lrd_core.store.projections import LayerMap, ProjectionId, save_layer_map
from lrd_core.store.reading import doubles, read_table
from lrd_core.store.requests import REQUESTS
from lrd_core.store.runs import save_run
from lrd_core.store.scores import save_scores
from lrd_core.store.subsamples import SubsampleCurve, save_subsamples
from lrd_core.store.tables import all_tables
from lrd_core.store.token_maps import token_map_writes
from lrd_core.store.trials import TRIALS, save_trials
from lrd_core.store.writes import apply
from tests.example_store import layer_scores
from tests.pruning.trial_table import example_trials
from tests.token_store import token_map

LATENCY = LatencyRow(
    model="m",
    model_id="o/m",
    revision="r",
    num_blocks=4,
    m=1,
    removed=(1,),
    device="cpu",
    dtype="float32",
    threads=1,
    batch=8,
    length=64,
    speedup=1.2,
    full_ms=(1.0,),
    pruned_ms=(0.8,),
    full_end_to_end_ms=(1.0,),
    pruned_end_to_end_ms=(0.9,),
    parameters_full=4,
    parameters_pruned=3,
    file_bytes_full=4,
    file_bytes_pruned=3,
    peak_memory_full=None,
    peak_memory_pruned=None,
)
CALIBRATION = CalibrationRow(
    calibration_key="c",
    model="m",
    model_id="o/m",
    revision="r",
    num_blocks=4,
    task="t",
    task_revision="1",
    n=8,
    seed=0,
    settings="{}",
    texts_hash="h",
    profile="{}",
)
FULLER = '{"candidates": [1, 2], "notes": [], "evaluator_scores": [0.5]}'


def save_everything(opened) -> None:
    """Something in every table, through the functions that work uses."""
    save_run(opened, run_record("one"), "asked")
    per_text = [PerText("speed", 0.5, np.arange(3), np.ones(3))]
    save_metric(opened, "one", SPEED, VALUES, per_text, [Matrix("distances", np.eye(2))])
    save_scores(opened, layer_scores(run_record("one"), 1))
    save_neighbours(opened, "one", 0, np.array([[1], [0]]), np.ones((2, 1)))
    map_ = LayerMap(0, np.arange(2), np.ones((2, 2)), 0.9, 0.8)
    save_layer_map(opened, "one", ProjectionId.of("m", {}), map_)
    curve = SubsampleCurve("speed", 0.5, [2], [0], [0.1], None, None, None)
    save_subsamples(opened, "one", SPEED, "{}", [curve])
    save_trials(opened, example_trials())
    save_latency(opened, LATENCY)
    save_calibration(opened, CALIBRATION)
    apply(opened, token_map_writes(token_map("one")))


def counts(opened) -> dict[str, int]:
    names = [table.name for table in all_tables()]
    return {name: opened.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}


def doubled(opened) -> dict[str, int]:
    return {table.name: count for table in all_tables() if (count := doubles(opened, table))}


def test_saving_twice_is_saving_once(config):
    with connect(config) as opened:
        save_everything(opened)
        once = counts(opened)
        save_everything(opened)
        assert counts(opened) == once
        assert min(once.values()) > 0
        assert doubled(opened) == {}


@pytest.mark.parametrize("name", ["import: first", "import: second", "demo", None])
def test_importing_twice_is_importing_once(config, tmp_path, name):
    with connect(Config(tmp_path / "source")) as opened:
        save_everything(opened)
        export_bundle(opened, tmp_path / "bundle")
    with connect(config) as opened:
        import_bundle(opened, tmp_path / "bundle", "import: first")
        once = counts(opened) | {"requests": 0}
        import_bundle(opened, tmp_path / "bundle", name)
        assert counts(opened) | {"requests": 0} == once
        assert min(count for table, count in once.items() if table != "requests") > 0
        assert doubled(opened) == {}


def test_a_row_that_comes_twice_in_one_bundle_enters_once_the_fuller_one(config, tmp_path):
    trial = example_trials()[0]
    with connect(Config(tmp_path / "source")) as opened:
        save_everything(opened)
        export_bundle(opened, tmp_path / "bundle")
    for name in file_names():
        path = tmp_path / "bundle" / name
        rows = pd.read_parquet(path)
        again = rows.assign(details=FULLER) if name == "trials.parquet" else rows
        pd.concat([rows, again]).to_parquet(path, index=False)
    with connect(config) as opened:
        report = add_bundle(opened, tmp_path / "bundle", "import: x")
        assert doubled(opened) == {}
        (stored,) = read_table(opened, TRIALS, trial_key=trial.key).details
    assert stored == FULLER
    assert report.doubled["trials"] == report.added["trials"] == len(example_trials())


def test_scores_of_a_new_revision_of_a_task_are_no_doubles(config):
    rows = layer_scores(run_record("one"), 1)
    newer = [replace(row, task_revision="2", score=0.5) for row in rows]
    with connect(config) as opened:
        assert save_scores(opened, rows) == save_scores(opened, newer) == len(rows)
        assert save_scores(opened, newer) == 0


def test_a_column_of_a_later_version_has_its_plain_value_in_what_lacks_it(
    config, tmp_path, monkeypatch
):
    with connect(Config(tmp_path / "source")) as opened:
        save_everything(opened)
        export_bundle(opened, tmp_path / "bundle")
    names = [table.name for table in all_tables()]
    steps = [f"ALTER TABLE {name} ADD COLUMN colour VARCHAR DEFAULT 'blue'" for name in names]
    monkeypatch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, ";".join(steps)))
    with connect(config) as opened:
        import_bundle(opened, tmp_path / "bundle", "demo")
        save_run(opened, run_record("two"), "asked for two")
        save_scores(opened, layer_scores(run_record("two"), 1))
        for name in names:
            found = opened.execute(f"SELECT DISTINCT colour FROM {name}").fetchall()
            assert found == [("blue",)], name


def test_bundled_results_hold_no_row_twice():
    opened = duckdb.connect()
    for file, table in file_names().items():
        path = PROJECT_DIR / "data" / "demo" / file
        opened.execute(f"CREATE TABLE {table.name} AS SELECT *, NULL AS unused FROM '{path}'")
    assert doubled(opened) == {}
    assert counts(opened)["trials"] == 3226


def test_a_store_of_0_2_0_opens_with_sources_and_without_doubles(config, monkeypatch):
    monkeypatch.setattr(migrations, "MIGRATIONS", MIGRATIONS[:4])
    monkeypatch.setattr(connection, "_current", {})
    stamp = "'0.2.0', TIMESTAMP '2026-01-01'"
    with connect(config) as opened:
        for key, source in (("mine", "own"), ("theirs", "import: x"), ("ours", "demo")):
            opened.execute(
                "INSERT INTO runs SELECT ?, 'm', 'o/m', 'r', 'f', 2, 8, 1, '', 't', '1', 'STS', "
                "'test', 10, 10, 0, 64, 'mean', 'hf', 'float32', '', '', 'block', 'cpu', ?, "
                + stamp,
                [key, source],
            )
            opened.execute("INSERT INTO requests VALUES (?, ?)", [f"asked {key}", key])
            opened.execute(
                "INSERT INTO metric_values VALUES "
                "(?, 'nrs', 'nrs', 1, 'exact', '{}', 0.5, 0.25, NULL, NULL, 10, NULL)",
                [key],
            )
        for details in ('{"notes":[]}', '{"evaluator_scores":[0.5],"notes":[]}', "{}"):
            opened.execute(
                "INSERT INTO trials SELECT 'k', 'm', 'o/m', 'r', 'm', 'f', 2, 't', '1', 'STS', 10, "
                "'{}', 'cpu', 'full', '', '', 0, NULL, 0, NULL, [], 's', 0.5, 0.5, 0.5, 0.0, NULL, "
                "NULL, NULL, NULL, NULL, ?, 'own', " + stamp,
                [details],
            )
    monkeypatch.setattr(migrations, "MIGRATIONS", MIGRATIONS)
    monkeypatch.setattr(connection, "_current", {})
    with connect(config, read_only=True) as opened:
        values = read_table(opened, METRIC_VALUES).set_index("run_key")
        assert values.source.to_dict() == {"mine": "own", "theirs": "import: x", "ours": "demo"}
        assert values.value.tolist() == [0.25] * 3
        assert set(read_table(opened, REQUESTS).run_key) == {"mine", "ours"}
        assert read_table(opened, TRIALS).details.tolist() == [
            '{"evaluator_scores":[0.5],"notes":[]}'
        ]
        assert doubled(opened) == {}
