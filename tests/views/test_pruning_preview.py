"""Plans from what the store holds, without torch: calibrations, runs, blocks that cannot go."""

import json
import subprocess
import sys

import numpy as np
import pytest

from lrd_core.errors import PruningError
from lrd_core.pruning.profile import Profile
from lrd_core.pruning.settings import TrialSettings
from lrd_core.store import connect
from lrd_core.store.calibrations import save_calibration
from lrd_core.store.keys import canonical_json
from lrd_core.views import pruning_preview as pruning
from lrd_core.views import pruning_work
from tests.example_store import fill
from tests.pruning.trial_table import calibration

MINILM = "all-MiniLM-L6-v2"


def test_importing_views_and_actions_loads_no_torch():
    code = (
        "import sys, lrd_core.views.pruning_plans, lrd_core.views.pruning_results, "
        "lrd_core.views.pruning_work, lrd_core.actions.exports; "
        "sys.exit(any(m in sys.modules for m in ('torch', 'transformers', 'mteb')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_plans_come_from_the_stored_calibration(pruned):
    settings = TrialSettings(rules=("nrs", "frenet", "last", "greedy"), budgets=(0.1, 0.5))
    preview = pruning.plan_preview(pruned, MINILM, "lee-sts", settings)
    by_rule = {(p.rule, p.budget): p.removed for p in preview.plans}
    assert by_rule[("nrs", 0.1)] == (2,)
    assert by_rule[("nrs", 0.5)] == (2, 3)
    assert by_rule[("last", 0.1)] == (4,)
    assert preview.missing == ("frenet", "greedy")
    notes = {plan.rule: plan.notes for plan in preview.plans if plan.budget == 0.1}
    assert notes == {"nrs": ("calibrated on 128 texts of lee-sts",), "last": ()}
    assert {p.rule: p.calibration for p in preview.plans} == {"nrs": "k", "last": None}
    other = pruning.plan_preview(pruned, MINILM, "chatterbot", settings)
    assert other.plans[0].notes == ("calibrated on 128 texts of lee-sts, another task",)


def of_minilm(profile, **changed):
    return calibration(
        profile, **{"model": MINILM, "model_id": "id", "revision": "r", "task": "lee-sts"} | changed
    )


def calibrated(config, key, nrs, revision="r", **settings):
    profile = Profile(tuple(range(6)), {"nrs": np.array(nrs)})
    told = canonical_json(settings)
    row = of_minilm(profile, calibration_key=key, revision=revision, settings=told)
    with connect(config) as connection:
        save_calibration(connection, row)


def test_the_calibration_with_the_trials_own_settings_comes_first(config):
    """The newest one was made at another length and would remove another block."""
    calibrated(config, "own", [0, 0, 0.9, 0, 0, 0], max_length=128, dtype="float32")
    calibrated(config, "newest", [0, 0, 0, 0.9, 0, 0], max_length=64, dtype="float32")
    asked = TrialSettings(rules=("nrs",), budgets=(0.1,), max_length=128, dtype="float32")
    (plan,) = pruning.plan_preview(config, MINILM, "lee-sts", asked).plans
    assert (plan.removed, plan.calibration) == ((2,), "own")
    assert plan.notes == ("calibrated on 128 texts of lee-sts",)
    longer = TrialSettings(rules=("nrs",), budgets=(0.1,), max_length=256, dtype="bfloat16")
    (plan,) = pruning.plan_preview(config, MINILM, "lee-sts", longer).plans
    assert plan.calibration == "newest"
    assert plan.notes == (
        "calibrated on 128 texts of lee-sts; calibrated with max_length 64, a trial with 256 may "
        "choose otherwise; calibrated with dtype float32, a trial with bfloat16 may choose "
        "otherwise",
    )


def test_another_pooling_and_several_revisions_are_said(config):
    calibrated(config, "old", [0, 0, 0.9, 0, 0, 0], pooling="mean", revision="one")
    calibrated(config, "new", [0, 0, 0.9, 0, 0, 0], pooling="cls", revision="two")
    asked = TrialSettings(rules=("nrs",), budgets=(0.1,))
    (plan,) = pruning.plan_preview(config, MINILM, "lee-sts", asked).plans
    assert plan.calibration == "old"
    assert plan.notes[0].endswith("lee-sts; revision one of 2 calibrated")


def test_blocks_that_cannot_go_are_no_candidates_before_the_model_is_loaded(config, tmp_path):
    folder = tmp_path / "t5"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "t5", "num_layers": 6}))
    unprotected = TrialSettings(rules=("last",), budgets=(0.2,), protect=0)
    calibrated(config, "k", [0.0] * 6)
    with connect(config) as connection:
        connection.execute("UPDATE calibrations SET model = ?", [str(folder)])
    preview = pruning.plan_preview(config, str(folder), "lee-sts", unprotected)
    assert 0 in preview.plans[0].protected
    assert preview.plans[0].notes[0].startswith("block 0 stays: it holds the position bias")
    assert pruning_work.count_variants(preview, unprotected) == 5, "each block but the first"
    by_hand = TrialSettings(rules=(), budgets=(), removed=(0,))
    with pytest.raises(PruningError, match="block 0 cannot go"):
        pruning.plan_preview(config, str(folder), "lee-sts", by_hand)


def test_what_the_loaded_model_said_comes_before_what_its_type_tells(pruned):
    profile = Profile(
        tuple(range(6)), {"nrs": np.array([0, 0.1, 0.9, 0.2, 0.1, 0])}, {2: "another stream"}
    )
    with connect(pruned) as connection:
        row = of_minilm(profile, calibration_key="newer")
        save_calibration(connection, row)
    settings = TrialSettings(rules=("nrs",), budgets=(0.1,))
    preview = pruning.plan_preview(pruned, MINILM, "lee-sts", settings)
    assert preview.fixed == {2: "another stream"}
    assert preview.plans[0].removed == (3,)
    assert "block 2 stays: another stream" in preview.plans[0].notes


def test_a_model_that_is_not_here_is_not_checked(pruned):
    settings = TrialSettings(rules=("last",), budgets=(0.1,), removed=(1,))
    preview = pruning.plan_preview(pruned, "small", "news", settings)
    assert len(preview.plans) == 2
    for plan in preview.plans:
        assert plan.notes[-1].startswith("not checked against the model")


def test_by_hand_needs_no_calibration(config):
    settings = TrialSettings(rules=(), budgets=(), removed=(1, 4))
    preview = pruning.plan_preview(config, MINILM, "lee-sts", settings)
    assert [plan.removed for plan in preview.plans] == [(1, 4)]
    assert preview.num_blocks == 6


def test_without_a_calibration_a_run_of_the_metrics_serves(config):
    fill(config)
    settings = TrialSettings(rules=("nrs", "gfmi"), budgets=(0.2,))
    preview = pruning.plan_preview(config, MINILM, "bbc-news", settings)
    assert [plan.rule for plan in preview.plans] == ["nrs"]
    assert preview.missing == ("gfmi",)
    assert preview.plans[0].notes[0].startswith("profiles of the run on 1,000 texts")
    assert preview.plans[0].calibration is None
