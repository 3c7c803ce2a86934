"""What the page asks: plans without torch, words, tables, estimates, exports."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from lrd_core.errors import PruningError
from lrd_core.pruning.comparison import TrialSettings
from lrd_core.pruning.plan import plan_by_hand
from lrd_core.pruning.profile import Profile
from lrd_core.services import pruning, pruning_findings, pruning_work
from lrd_core.store import connect
from lrd_core.store.keys import canonical_json
from lrd_core.store.trials import (
    CalibrationRow,
    read_latencies,
    read_trials,
    save_calibration,
    save_latency,
    save_trials,
)
from tests.pruning.trial_table import example_trials, latency

MINILM = "all-MiniLM-L6-v2"


@pytest.fixture
def filled(config):
    """Trials of `small`, timed at one block, and a calibration of MiniLM."""
    profile = Profile(
        tuple(range(6)), nrs=np.array([0, 0.1, 0.9, 0.2, 0.1, 0]), gfmi=np.arange(7.0)
    )
    row = CalibrationRow(
        calibration_key="k", model=MINILM, model_id="id", revision="r", num_blocks=6,
        task="lee-sts", task_revision="1", n=128, seed=0, settings="{}", texts_hash="h",
        profile=canonical_json(profile.to_json()),
    )  # fmt: skip
    with connect(config) as connection:
        save_trials(connection, example_trials())
        save_latency(connection, latency(1, 1.25))
        save_calibration(connection, row)
    return config


@pytest.fixture
def tables(filled):
    with connect(filled, read_only=True) as connection:
        return read_trials(connection), read_latencies(connection)


def test_importing_the_services_loads_no_torch():
    code = (
        "import sys, lrd_core.services.pruning, lrd_core.services.pruning_findings, "
        "lrd_core.services.pruning_work; "
        "sys.exit(any(m in sys.modules for m in ('torch', 'transformers', 'mteb')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_plans_come_from_the_stored_calibration(filled):
    settings = TrialSettings(rules=("nrs", "frenet", "last", "greedy"), budgets=(0.1, 0.5))
    preview = pruning.plan_preview(filled, MINILM, "lee-sts", settings)
    by_rule = {(p.rule, p.budget): p.removed for p in preview.plans}
    assert by_rule[("nrs", 0.1)] == (2,)
    assert by_rule[("nrs", 0.5)] == (2, 3)
    assert by_rule[("last", 0.1)] == (4,)
    assert preview.missing == ("frenet", "greedy")
    assert preview.basis == "calibrated on 128 texts of lee-sts"
    other = pruning.plan_preview(filled, MINILM, "chatterbot", settings)
    assert other.basis == "calibrated on 128 texts of lee-sts, another task"


def test_by_hand_needs_no_calibration(config):
    settings = TrialSettings(rules=(), budgets=(), removed=(1, 4))
    preview = pruning.plan_preview(config, MINILM, "lee-sts", settings)
    assert [plan.removed for plan in preview.plans] == [(1, 4)]
    assert preview.num_blocks == 6


def test_without_a_calibration_a_run_of_the_metrics_serves(config):
    from tests.example_store import fill

    fill(config)
    settings = TrialSettings(rules=("nrs", "gfmi"), budgets=(0.2,))
    preview = pruning.plan_preview(config, MINILM, "bbc-news", settings)
    assert [plan.rule for plan in preview.plans] == ["nrs"]
    assert preview.missing == ("gfmi",)
    assert preview.basis.startswith("profiles of the run on 1,000 texts")


def test_an_unknown_number_of_blocks(config):
    with pytest.raises(PruningError, match="number of blocks of org/thing is not known"):
        pruning.block_count(config, "org/thing")


def test_the_sentence_is_computed(tables):
    trials, _ = tables
    text = pruning_findings.sentence(pruning.compare(trials), {"gfmi": "GFMI"})
    assert text == (
        "At the 10% budget the rule 'GFMI' does best against chance: it beats 75% of random plans "
        "that keep the ends; -1.5 points against the full model in the median of 2 tasks."
    )
    poor = pruning.compare(trials).assign(win_protected=0.5)
    assert "no rule shown beats chance: the best, 'GFMI', beats 50%" in (
        pruning_findings.sentence(poor, {"gfmi": "GFMI"})
    )
    assert "No trial" in pruning_findings.sentence(pruning.compare(trials.iloc[:0]))


def test_points_stand_side_by_side_at_their_size(tables):
    trials, timed = tables
    points, is_timed = pruning_findings.result_points(pruning.compare(trials), timed)
    assert is_timed
    assert set(points["centre"]) == {1.0}
    assert set(points["speedup"]) == {1.25}
    assert points["x"].between(0.5, 1.5).all()
    assert points.groupby("task")["x"].nunique().max() == points["rule"].nunique()
    untimed, is_timed = pruning_findings.result_points(pruning.compare(trials), timed.iloc[:0])
    assert not is_timed
    assert untimed["speedup"].isna().all()


def test_bands_are_those_of_the_random_plans(tables):
    trials, timed = tables
    points, _ = pruning_findings.result_points(pruning.compare(trials), timed)
    bands = pruning_findings.result_bands(trials, points).set_index(["task", "kind"])
    assert bands.loc[("news", "random"), "mean"] == pytest.approx(-10.75)
    assert bands.loc[("news", "random-protected"), "n"] == 2
    assert bands.loc[("news", "random"), "low"] < -19
    assert (bands["x"] == 1.0).all()


def test_times_and_costs(tables):
    _, timed = tables
    times = pruning_findings.latency_times(timed, end_to_end=False)
    assert len(times) == 100
    assert times.groupby("kind")["milliseconds"].median()["full"] == pytest.approx(8.245)
    costs = pruning_findings.cost_table(timed).iloc[0]
    assert costs["blocks removed"] == "1 of 4"
    assert costs["of full"] == pytest.approx(0.8)
    assert costs["pruned (ms)"].startswith("6.6 (")
    assert pd.isna(costs["peak memory (MB)"])


def test_provenance_names_what_was_measured(tables):
    trials, timed = tables
    line = pruning_findings.provenance(trials, timed)
    assert line.startswith("small@main · news, pairs · n=100 · seed 0 · max_length 64")
    assert line.endswith("scored on cpu · timed on cpu")


def test_the_estimate_says_where_and_what_it_rests_on(config):
    text = pruning_work.estimate(config, MINILM, ["lee-sts"], TrialSettings(), 6)
    assert "6 variants on 1 task (" in text
    assert "a guess, nothing was measured here" in text
    more = pruning_work.estimate(config, MINILM, ["lee-sts"], TrialSettings(), 600)
    assert more != text


def test_an_export_is_offered_once_it_is_complete(config):
    plan = plan_by_hand("org/we ird", 4, [1])
    payload = pruning_work.export_payload("org/we ird", "t", TrialSettings(), plan)
    assert payload["folder"] == "org-we-ird-minus-1"
    assert pruning_work.exported_folder(config, payload) is None
    folder = config.exports_dir / payload["folder"]
    folder.mkdir(parents=True)
    (folder / "pruning.json").write_text("{}")
    assert pruning_work.exported_folder(config, payload) == folder
    archive = pruning_work.zip_folder(folder)
    import zipfile

    assert f"{folder.name}/pruning.json" in zipfile.ZipFile(archive).namelist()
