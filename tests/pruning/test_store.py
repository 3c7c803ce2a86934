"""Trials, latencies and calibrations go into the store and come back."""

from dataclasses import fields, replace

import pandas as pd
import pytest

from lrd_core.config import Config
from lrd_core.pruning.profile import Profile
from lrd_core.store import connect
from lrd_core.store.bundle import export_bundle, import_bundle
from lrd_core.store.calibrations import CalibrationRow, read_calibration, save_calibration
from lrd_core.store.latencies import read_latencies, save_latency
from lrd_core.store.trials import (
    TrialRow,
    read_details,
    read_trials,
    save_details,
    save_trials,
    scored_variants,
)
from tests.pruning.trial_table import calibration, example_trials, latency, trial


def two_blocks(**profile) -> CalibrationRow:
    return calibration(Profile((0, 1), profile), n=40)


def test_trials_come_back_and_equal_ones_are_kept_once(config):
    rows = example_trials()
    with connect(config) as connection:
        assert save_trials(connection, rows) == len(rows)
        assert save_trials(connection, rows) == 0
        found = read_trials(connection, task="news")
    assert len(found) == len(rows) // 2
    assert set(found.loc[found["rule"] == "gfmi", "removed"]) == {(1,)}
    assert found.loc[found["rule"] == "full", "removed"].iloc[0] == ()
    assert found["perplexity"].isna().all()


def test_what_changes_a_trial_changes_its_key():
    one = trial("gfmi", (1,), -1.0, budget=0.1)
    for changes in (
        {"removed": (2,)},
        {"budget": 0.2},
        {"settings": "{}"},
        {"task_revision": "2"},
        {"revision": "other"},
        {"indexing": "published"},
        {"seed": 3},
        {"rule": "nrs"},
    ):
        assert replace(one, **changes).key != one.key
    assert replace(one, source="demo", details="{}").key == one.key


def test_the_device_counts_but_keys_of_bundled_rows_are_as_they_were():
    stored = pd.read_parquet(Config.demo_dir / "trials.parquet")
    stored = stored[stored["device"] == "cpu"]
    names = {field.name for field in fields(TrialRow)}
    for row in stored.sample(60, random_state=0).to_dict("records"):
        plain = {name: None if is_none(row[name]) else row[name] for name in names}
        plain["removed"] = tuple(int(block) for block in plain["removed"])
        plain["seed"] = None if plain["seed"] is None else int(plain["seed"])
        made = TrialRow(**plain)
        assert made.key == row["trial_key"]
        assert replace(made, device="NVIDIA H100").key != made.key


def is_none(value) -> bool:
    return isinstance(value, float) and value != value


def test_known_variants_are_found_only_under_equal_settings(config):
    rows = example_trials()
    identity = {
        "model_id": "example/small",
        "revision": "main",
        "task": "news",
        "task_revision": "1",
        "settings": rows[0].settings,
        "device": "cpu",
    }
    with connect(config) as connection:
        save_trials(connection, rows)
        known = scored_variants(connection, identity)
        other = scored_variants(connection, identity | {"settings": "{}"})
        on_gpu = scored_variants(connection, identity | {"device": "NVIDIA H100"})
        with pytest.raises(KeyError, match="device"):
            scored_variants(connection, {k: v for k, v in identity.items() if k != "device"})
    assert known[(3,)]["score"] == pytest.approx(0.6)
    assert known[()]["score"] == pytest.approx(0.8)
    assert other == on_gpu == {}


def test_details_of_a_stored_trial_can_be_added_to(config):
    row = trial("full", (), 0.0)
    with connect(config) as connection:
        save_trials(connection, [row])
        save_details(connection, row.key, '{"evaluator_scores":[0.5]}')
        assert read_details(connection, row.key) == {"evaluator_scores": [0.5]}
        assert save_trials(connection, [row]) == 0


def test_a_newer_latency_replaces_the_older(config):
    with connect(config) as connection:
        save_latency(connection, latency(1, 1.2))
        save_latency(connection, latency(1, 1.3))
        save_latency(connection, latency(2, 1.6))
        found = read_latencies(connection)
    assert sorted(found["speedup"]) == [1.3, 1.6]
    assert len(found["full_ms"].iloc[0]) == 50


def test_a_calibration_with_more_replaces_the_one_with_less(config):
    with connect(config) as connection:
        save_calibration(connection, two_blocks(nrs=[0.5, float("nan")]))
        save_calibration(connection, two_blocks(nrs=[0.5, float("nan")], speed=[1.0, 2.0]))
        stored = read_calibration(connection, "k")
        assert read_calibration(connection, "unknown") is None
    profile = Profile.from_json(stored)
    assert profile.measured["speed"].tolist() == [1.0, 2.0]
    assert profile.measured["nrs"][0] == 0.5
    assert profile.measured["nrs"][1] != profile.measured["nrs"][1]  # undefined stays undefined


def test_trials_travel_in_a_bundle(config, tmp_path):
    with connect(config) as connection:
        save_trials(connection, example_trials())
        save_latency(connection, latency(1, 1.2))
        save_calibration(connection, two_blocks(nrs=[0.5, 0.6]))
        export_bundle(connection, tmp_path / "bundle")
        connection.execute("DELETE FROM trials")
        connection.execute("DELETE FROM latencies")
        connection.execute("DELETE FROM calibrations")
        added = import_bundle(connection, tmp_path / "bundle")
        again = import_bundle(connection, tmp_path / "bundle")
        assert len(read_trials(connection)) == len(example_trials())
    assert (added["trials"], added["latencies"], added["calibrations"]) == (18, 1, 1)
    assert again["trials"] == 0
