"""Every row says where it came from: own runs take nothing from outside, and it can go again."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from rows import SPEED, VALUES, run_record, write_run

from lrd_core.actions.imports import import_results
from lrd_core.config import Config
from lrd_core.store import connect
from lrd_core.store.bundle import add_bundle, export_bundle, forget_source, imported_sources
from lrd_core.store.calibrations import read_calibration
from lrd_core.store.metric_id import MetricId
from lrd_core.store.metric_values import METRIC_VALUES, Value, finished_metrics, read_profiles
from lrd_core.store.metrics import save_metric
from lrd_core.store.neighbours import NEIGHBOURS, save_neighbours
from lrd_core.store.reading import read_table
from lrd_core.store.requests import find_run_key
from lrd_core.store.runs import RUNS, save_run
from lrd_core.store.trials import TRIALS, save_trials, scored_variants
from lrd_core.views.stored import profiles
from tests.pruning.trial_table import example_trials

NRS = MetricId.of("nrs", 99)
FALSE = [Value("nrs", layer + 0.5, 0.123, 10) for layer in range(2)]
OUTSIDE = "import: theirs"


def bundle_of(tmp_path: Path, name: str, fill) -> Path:
    folder = tmp_path / name
    with connect(Config(tmp_path / f"{name}-store")) as connection:
        fill(connection)
        export_bundle(connection, folder)
    return folder


@pytest.fixture
def theirs(tmp_path) -> Path:
    """A bundle of someone who knows the key of the run "one": false values, lists and a request."""

    def fill(connection) -> None:
        for key in ("one", "two"):
            save_run(connection, run_record(key), f"asked for {key}")
            save_metric(connection, key, NRS, FALSE)
            save_neighbours(connection, key, 0, np.array([[1], [0]]), np.ones((2, 1)))
        save_metric(connection, "unborn", NRS, FALSE)  # of a run that nobody has yet

    return bundle_of(tmp_path, "theirs", fill)


def test_a_bundle_writes_nothing_into_a_run_that_was_made_here(config, theirs):
    with connect(config) as connection:
        write_run(connection, "one")
        report = add_bundle(connection, theirs, OUTSIDE)
        assert set(read_table(connection, METRIC_VALUES, run_key="one").source) == {"own"}
        assert read_table(connection, NEIGHBOURS, run_key="one").empty
        assert finished_metrics(connection, "one") == {SPEED}
        assert set(read_profiles(connection, run_key="one").series) == {"speed"}
        assert find_run_key(connection, "asked for two") is None
        assert read_table(connection, METRIC_VALUES, run_key="unborn").empty
    assert report.added["metric_values"] == 2
    assert report.closed["metric_values"] == 4
    assert report.closed["neighbours"] == 1


@pytest.mark.parametrize(("source", "shown"), [(OUTSIDE, OUTSIDE), ("demo", "demo"), (None, "own")])
def test_rows_of_a_bundle_of_0_2_0_get_the_source_that_their_run_gets(
    config, theirs, source, shown
):
    for name in ("metric_values", "neighbours"):
        path = theirs / f"{name}.parquet"
        pd.read_parquet(path).drop(columns="source").to_parquet(path, index=False)
    with connect(config) as connection:
        add_bundle(connection, theirs, source)
        for table in (RUNS, METRIC_VALUES, NEIGHBOURS):
            assert set(read_table(connection, table).source) == {shown}


def test_a_bundled_run_takes_nothing_from_outside_either(config, theirs):
    with connect(config) as connection:
        save_run(connection, replace(run_record("one"), source="demo"))
        add_bundle(connection, theirs, OUTSIDE)
        assert read_table(connection, METRIC_VALUES, run_key="one").empty


def test_what_is_there_already_is_no_refusal(config, theirs):
    with connect(config) as connection:
        save_run(connection, run_record("one"))
        save_metric(connection, "one", NRS, VALUES)
        report = add_bundle(connection, theirs, OUTSIDE)
    assert (report.present["metric_values"], report.closed["metric_values"]) == (2, 2)


def test_the_report_says_what_did_not_enter_and_how_to_ask_for_it(config, theirs):
    with connect(config) as connection:
        write_run(connection, "one")
    report = import_results(config, theirs)
    assert any("metric_values: their runs were made here" in line for line in report.lines())
    import_results(config, theirs, into_own=True)
    shown = profiles(config, run_key="one")
    assert dict(zip(shown.series, shown.source, strict=True)) == {
        "speed": "own",
        "nrs": "import: theirs",
    }


def test_what_was_asked_for_counts_as_nothing_done_and_can_go_again(config, theirs):
    with connect(config) as connection:
        write_run(connection, "one")
        before = read_table(connection, METRIC_VALUES)
        add_bundle(connection, theirs, OUTSIDE, into_own=True)
        assert finished_metrics(connection, "one") == {SPEED}
        assert imported_sources(connection) == [OUTSIDE]
        forget_source(connection, OUTSIDE)
        assert read_table(connection, METRIC_VALUES).equals(before)
        assert read_table(connection, NEIGHBOURS).empty
        assert read_table(connection, RUNS).run_key.tolist() == ["one"]
        assert imported_sources(connection) == []


def test_own_work_takes_the_place_of_what_was_imported(config, theirs):
    with connect(config) as connection:
        add_bundle(connection, theirs, OUTSIDE)
        assert finished_metrics(connection, "one") == set()
        save_run(connection, run_record("one"), "asked")
        save_metric(connection, "one", NRS, VALUES)
        runs = read_table(connection, RUNS).set_index("run_key")
        assert runs.source.to_dict() == {"one": "own", "two": OUTSIDE}
        values = read_table(connection, METRIC_VALUES, run_key="one")
        assert (set(values.source), len(values)) == ({"own"}, 2)
        assert find_run_key(connection, "asked") == "one"


def test_a_run_of_two_imports_stays_with_the_one_that_is_left(config, tmp_path, theirs):
    def fill(connection) -> None:
        write_run(connection, "one")

    other = bundle_of(tmp_path, "other", fill)
    with connect(config) as connection:
        add_bundle(connection, theirs, OUTSIDE)
        report = add_bundle(connection, other, "import: other")
        assert report.added["metric_values"] == 2
        forget_source(connection, OUTSIDE)
        runs = read_table(connection, RUNS)
        assert runs.set_index("run_key").source.to_dict() == {"one": "import: other"}
        assert set(read_table(connection, METRIC_VALUES).source) == {"import: other"}
        forget_source(connection, "import: other")
        assert read_table(connection, RUNS).empty
        assert read_table(connection, METRIC_VALUES).empty


def test_trials_and_calibrations_of_others_stand_for_no_measurement(config, tmp_path):
    trials = example_trials()
    false = [replace(trial, score=0.0) for trial in trials]
    bundle = bundle_of(tmp_path, "trials", lambda connection: save_trials(connection, false))
    identity = {
        name: getattr(trials[0], name)
        for name in ("model_id", "revision", "task", "task_revision", "settings", "device")
    }
    with connect(config) as connection:
        assert add_bundle(connection, bundle, OUTSIDE).added["trials"] == len(trials)
        assert scored_variants(connection, identity) == {}
        assert save_trials(connection, trials) == len(trials)
        assert set(read_table(connection, TRIALS).source) == {"own"}
        assert scored_variants(connection, identity) != {}
        assert read_calibration(connection, "none") is None


def test_a_value_without_a_source_cannot_be_stored(config):
    import duckdb

    with connect(config) as connection, pytest.raises(duckdb.ConstraintException, match="source"):
        connection.execute(
            "INSERT INTO metric_values (run_key, metric, series, version, mode, parameters, n) "
            "VALUES ('one', 'nrs', 'nrs', 1, 'exact', '{}', 1)"
        )
