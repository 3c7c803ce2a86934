"""What the page asks: plans without torch, words, tables, estimates, exports."""

import subprocess
import sys
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from lrd_core.errors import PruningError
from lrd_core.pruning.comparison import TrialSettings
from lrd_core.pruning.plan import plan_by_hand
from lrd_core.pruning.profile import Profile
from lrd_core.store import connect
from lrd_core.store.calibrations import CalibrationRow, save_calibration
from lrd_core.store.keys import canonical_json
from lrd_core.store.latencies import read_latencies, save_latency
from lrd_core.store.trials import IDENTITY, read_trials, save_trials
from lrd_core.views import pruning, pruning_findings, pruning_work
from tests.pruning.trial_table import example_trials, latency, trial

MINILM = "all-MiniLM-L6-v2"


def frame(rows) -> pd.DataFrame:
    """Rows as the store gives them, a minute apart."""
    stamps = pd.date_range("2026-01-01", periods=len(rows), freq="min")
    return pd.DataFrame([asdict(row) for row in rows]).assign(created_at=stamps)


@pytest.fixture
def filled(config):
    """Trials of `small`, timed at one block, and a calibration of MiniLM."""
    profile = Profile(
        tuple(range(6)), {"nrs": np.array([0, 0.1, 0.9, 0.2, 0.1, 0]), "gfmi": np.arange(7.0)}
    )
    row = CalibrationRow(
        calibration_key="k",
        model=MINILM,
        model_id="id",
        revision="r",
        num_blocks=6,
        task="lee-sts",
        task_revision="1",
        n=128,
        seed=0,
        settings="{}",
        texts_hash="h",
        profile=canonical_json(profile.to_json()),
    )
    with connect(config) as connection:
        save_trials(connection, example_trials())
        save_latency(connection, latency(1, 1.25))
        save_calibration(connection, row)
    return config


@pytest.fixture
def tables(filled):
    with connect(filled, read_only=True) as connection:
        return read_trials(connection), read_latencies(connection)


def test_importing_views_and_actions_loads_no_torch():
    code = (
        "import sys, lrd_core.views.pruning, lrd_core.views.pruning_findings, "
        "lrd_core.views.pruning_work; "
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
    notes = {plan.rule: plan.notes for plan in preview.plans if plan.budget == 0.1}
    assert notes == {"nrs": ("calibrated on 128 texts of lee-sts",), "last": ()}
    assert {p.rule: p.calibration for p in preview.plans} == {"nrs": "k", "last": None}
    other = pruning.plan_preview(filled, MINILM, "chatterbot", settings)
    assert other.plans[0].notes == ("calibrated on 128 texts of lee-sts, another task",)


def calibrated(config, key, nrs, **settings):
    profile = Profile(tuple(range(6)), {"nrs": np.array(nrs)})
    revision = settings.pop("revision", "r")
    row = CalibrationRow(
        calibration_key=key,
        model=MINILM,
        model_id="id",
        revision=revision,
        num_blocks=6,
        task="lee-sts",
        task_revision="1",
        n=128,
        seed=0,
        settings=canonical_json(settings),
        texts_hash="h",
        profile=canonical_json(profile.to_json()),
    )
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
    import json

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


def test_what_the_loaded_model_said_comes_before_what_its_type_tells(filled):
    profile = Profile(
        tuple(range(6)), {"nrs": np.array([0, 0.1, 0.9, 0.2, 0.1, 0])}, {2: "another stream"}
    )
    with connect(filled) as connection:
        row = CalibrationRow(
            calibration_key="newer",
            model=MINILM,
            model_id="id",
            revision="r",
            num_blocks=6,
            task="lee-sts",
            task_revision="1",
            n=128,
            seed=0,
            settings="{}",
            texts_hash="h",
            profile=canonical_json(profile.to_json()),
        )
        save_calibration(connection, row)
    settings = TrialSettings(rules=("nrs",), budgets=(0.1,))
    preview = pruning.plan_preview(filled, MINILM, "lee-sts", settings)
    assert preview.fixed == {2: "another stream"}
    assert preview.plans[0].removed == (3,)
    assert "block 2 stays: another stream" in preview.plans[0].notes


def test_a_model_that_is_not_here_is_not_checked(filled):
    settings = TrialSettings(rules=("last",), budgets=(0.1,), removed=(1,))
    preview = pruning.plan_preview(filled, "small", "news", settings)
    assert len(preview.plans) == 2
    for plan in preview.plans:
        assert plan.notes[-1].startswith("not checked against the model")


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
    assert preview.plans[0].notes[0].startswith("profiles of the run on 1,000 texts")
    assert preview.plans[0].calibration is None


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


def test_the_sentence_uses_only_pairs_that_all_rules_share():
    """A rule tried on as many pairs, but on others, must not be compared with the rest."""
    rows = [
        *(trial("gfmi", (1,), -1.0, task=task, budget=0.1) for task in ("a", "b")),
        *(
            trial("nrs", (1,), change, task=task, budget=0.1)
            for task, change in (("b", -5.0), ("c", 90.0))
        ),
    ]
    table = pruning_findings.summarise_compared(pruning.compare(frame(rows))).set_index("rule")
    assert table["n"].tolist() == [1, 1]
    assert table.loc["nrs", "median"] == -5.0


def test_noise_says_what_it_is():
    full = {"rule": "full", "removed": (), "change": 0.0}
    rows = [
        trial(**full, task="a", evaluator_scores=[0.7, 0.8]),
        trial(**full, task="b", evaluator_scores=[]),
    ]
    said = pruning_findings.noise_sentence(frame(rows))
    assert "run twice: 0.000 points apart at most, repeatability on the same texts and" in said
    assert (
        "not sampling error; evaluator noise of the full model: SD 7.1 points on a over 2" in said
    )
    assert pruning_findings.noise_sentence(frame(rows[1:])).endswith("draws nothing here")
    assert pruning_findings.noise_sentence(frame(rows).iloc[:0]) == ""


def test_a_trial_in_words_merges_budgets_that_are_one_plan(filled):
    plans = [
        {"rule": rule, "removed": list(removed)}
        for rule, removed in (("gfmi", (1,)), ("last", (3,)))
    ]
    one = example_trials()[0]
    identity = {name: getattr(one, name) for name in IDENTITY}
    report = {
        "model": "small",
        "task": "news",
        "identity": identity,
        "plans": plans,
        "score_full": 0.8,
        "noise": 0.0,
        "scored": 4,
        "known": 0,
        "seconds": 2.0,
    }
    found = pruning_findings.result_of(filled, report)
    assert len(found["lines"]) == 2
    assert found["lines"][0].startswith("gfmi 10%, 20% (same plan): 1 of 4 blocks go (1), -1.0 p")
    assert found["lines"][0].endswith("of 4 random plans and 75% of 2 that keep the ends")
    assert len(found["trials"]) == 3
    elsewhere = report | {"identity": identity | {"device": "NVIDIA H100"}}
    assert pruning_findings.result_of(filled, elsewhere)["lines"] == []


def test_only_plans_of_the_chosen_options_are_shown(tables):
    trials, _ = tables
    options = TrialSettings(indexing="published")
    assert pruning.compare(pruning.chosen_trials(trials, options))["rule"].tolist() == [
        "by hand",
        "by hand",
    ]
    kept = pruning.chosen_trials(trials, TrialSettings(protect=1))
    assert len(kept) == len(trials)


def test_times_of_different_machines_are_never_mixed():
    times = [
        latency(1, 1.2),
        latency(2, 1.5),
        latency(1, 3.0, device="NVIDIA H100"),
        latency(1, 2.0, device="NVIDIA H100", dtype="bfloat16"),
    ]
    timed = frame(times)
    chosen = pruning_findings.timings(timed)
    assert list(chosen) == [
        "NVIDIA H100, bfloat16, 8 x 64 tokens",
        "NVIDIA H100, float32, 8 x 64 tokens",
        "cpu, float32, 8 x 64 tokens",
    ]
    assert chosen["cpu, float32, 8 x 64 tokens"]["m"].tolist() == [1, 2]
    rows = pd.DataFrame({"model": ["small", "small"], "m": [1, 2]})
    speedup = pruning_findings.with_speedup(rows, timed)["speedup"]
    assert speedup[0] == 2.0
    assert np.isnan(speedup[1]), "two blocks were timed on the CPU alone"
    drawn = pruning_findings.latency_times(timed, end_to_end=False)
    assert set(drawn["label"]) == {"1 of 4 removed"}
    assert len(drawn) == 100
    assert len(pruning_findings.cost_table(timed)) == 4


def test_no_band_where_there_is_but_one_plan_to_draw():
    rows = [trial("gfmi", (1,), -3.0, budget=0.1, candidates=(1,))]
    rows += [trial("every subset", (gone,), -3.0 - gone) for gone in range(4)]
    trials = frame(rows)
    points, _ = pruning_findings.result_points(pruning.compare(trials), frame([]))
    bands = pruning_findings.result_bands(trials, points)
    assert bands["kind"].tolist() == ["random"]


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


def test_the_estimate_takes_a_model_that_no_registry_knows(config):
    told = pruning_work.estimate(config, "../my-model", ["lee-sts"], TrialSettings(), 6)
    assert told.startswith("about ")
