"""Whole comparisons on the real MiniLM and a real task, small enough for every test run."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest

from lrd_core.cli import main
from lrd_core.config import Config
from lrd_core.errors import InputError, PruningError
from lrd_core.evaluation.layer_scores import layer_scores
from lrd_core.extraction.hidden_states import extract
from lrd_core.models.load import load_model
from lrd_core.models.loading import Loading
from lrd_core.pruning.calibrate import calibrate
from lrd_core.pruning.export import with_parent
from lrd_core.pruning.plan import PlanRequest, make_plan, plan_by_hand
from lrd_core.pruning.sampling import sample_task
from lrd_core.pruning.settings import TrialSettings
from lrd_core.pruning.subject import Subject, remeasure
from lrd_core.pruning.surgery import prune
from lrd_core.pruning.trial import execute_trials
from lrd_core.pruning.variants import embed_variants
from lrd_core.store import connect
from lrd_core.store.latencies import read_latencies
from lrd_core.store.trials import read_trials, save_details
from lrd_core.tasks import load_content
from tests.tiny import tiny_loaded

MODEL, TASK = "all-MiniLM-L6-v2", "lee-sts"
SETTINGS = TrialSettings(
    rules=("gfmi", "exhaustive"),
    budgets=(0.1, 0.2),
    removed=(0, 5),
    n=40,
    calibration_n=32,
    max_length=12,
    subset_limit=6,
    seeds=3,
    batch=1,
    length=8,
)


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A comparison in a store of its own: (config, report, trials)."""
    config = Config(data_dir=tmp_path_factory.mktemp("trials"))
    report = execute_trials(MODEL, TASK, SETTINGS, config=config, loading=Loading("cpu"))
    with connect(config, read_only=True) as connection:
        return config, report, read_trials(connection)


def test_everything_planned_is_tried(first):
    _, report, trials = first
    assert {p.rule for p in report.plans} == {*SETTINGS.rules, "by hand"}
    counts = trials["rule"].value_counts()
    assert counts["every subset"] == 6
    assert counts["random"] == counts["random-protected"] == 3
    assert counts["full"] == 1
    assert counts["gfmi"] == 2
    same = [p for p in report.plans if p.rule == "gfmi"]
    assert all("budgets 10%, 20% are the same plan on 6 blocks" in p.notes for p in same)


def test_the_full_model_is_run_twice_and_changes_are_against_it(first):
    _, report, trials = first
    assert report.noise == pytest.approx(0, abs=1e-6)
    assert (trials["score_full_again"].round(6) == trials["score_full"].round(6)).all()
    change = 100 * (trials["score"] - trials["score_full"])
    np.testing.assert_allclose(trials["change"], change, atol=1e-9)
    assert trials.loc[trials["rule"] != "full", "change"].abs().max() > 1


def test_a_variant_has_its_own_name_and_never_the_score_of_the_full_model(first):
    _, _, trials = first
    pruned = trials[trials["rule"] != "full"]
    assert (pruned["variant"] != MODEL).all()
    assert pruned.groupby("removed")["variant"].nunique().max() == 1
    assert (pruned["score"] != pruned["score_full"]).all()


def test_the_score_is_that_of_the_physically_pruned_model(first):
    _, _, trials = first
    row = trials[trials["rule"] == "by hand"].iloc[0]
    loaded = load_model(MODEL, device="cpu", max_length=12)
    plan = plan_by_hand(MODEL, 6, row["removed"])
    pruned = with_parent(loaded, prune(loaded.model, plan.removed), plan)

    def encode(texts: list[str]) -> list[np.ndarray]:
        return [extract(pruned, texts).embeddings[-1]]

    content = sample_task(load_content(TASK), 40, 0)
    (score,) = layer_scores(content, encode, normalise=True)
    assert row["score"] == pytest.approx(score.score, abs=1e-6)
    assert row["task_revision"] == content.spec.revision


def test_the_exhaustive_plan_was_chosen_on_other_rows(first):
    _, report, trials = first
    plan = next(p for p in report.plans if p.rule == "exhaustive" and p.budget == 0.1)
    assert plan.notes[0].startswith("best of all 4 subsets")
    assert any(note.startswith("chosen on rows that share") for note in plan.notes)
    others = [p for p in report.plans if p.rule != "exhaustive"]
    assert not any(note.startswith("chosen on rows") for p in others for note in p.notes)
    # The oracle of the evaluated rows is at least as good: it saw them.
    every = trials[(trials["rule"] == "every subset")]
    chosen = trials[(trials["rule"] == "exhaustive") & (trials["m"] == 1)]
    assert every["change"].max() >= chosen["change"].max()


def test_each_size_is_timed_once(first):
    config, report, _ = first
    with connect(config, read_only=True) as connection:
        timed = read_latencies(connection)
    assert sorted(timed["m"]) == sorted({p.m for p in report.plans})
    assert {len(runs) for runs in timed["pruned_ms"]} == {50}
    assert (timed["parameters_pruned"] < timed["parameters_full"]).all()


def test_the_same_again_measures_nothing(first, monkeypatch):
    config, report, trials = first
    monkeypatch.setattr("lrd_core.pruning.trial.score_full", pytest.fail)
    monkeypatch.setattr("lrd_core.pruning.timing.measure_latency", pytest.fail)
    monkeypatch.setattr("lrd_core.pruning.trial.evaluator_scores", pytest.fail)
    again = execute_trials(MODEL, TASK, SETTINGS, config=config, loading=Loading("cpu"))
    assert (again.scored, again.known) == (0, report.scored)
    with connect(config, read_only=True) as connection:
        assert len(read_trials(connection)) == len(trials)


def test_another_device_is_scored_anew(first, monkeypatch):
    """The same machine under another name stands for a GPU."""
    config, _, trials = first
    for module in ("subject", "latency"):
        monkeypatch.setattr(f"lrd_core.pruning.{module}.device_name", lambda device: "NVIDIA H100")
    settings = replace(SETTINGS, rules=("last",), budgets=(0.1,), removed=(), latency=False)
    again = execute_trials(MODEL, TASK, settings, config=config, loading=Loading("cpu"))
    assert (again.known, again.scored) == (0, 6)
    with connect(config, read_only=True) as connection:
        found = read_trials(connection)
    on_gpu = found[found["device"] == "NVIDIA H100"]
    assert set(on_gpu["rule"]) == {"full", "last", "every subset"}
    assert len(found) == len(trials) + len(on_gpu)
    with connect(config) as connection:
        connection.execute("DELETE FROM trials WHERE device = 'NVIDIA H100'")


def test_evaluator_noise_is_measured_once_also_for_a_comparison_stored_without(tmp_path):
    config = Config(data_dir=tmp_path)
    settings = TrialSettings(
        rules=("last",),
        budgets=(0.2,),
        n=40,
        calibration_n=32,
        max_length=8,
        latency=False,
        subset_limit=1,
        seeds=1,
    )
    execute_trials(MODEL, "bbc-news-clustering", settings, config=config, loading=Loading("cpu"))
    with connect(config, read_only=True) as connection:
        rows = read_trials(connection, rule="full")
    (details,) = map(json.loads, rows["details"])
    assert len(details["evaluator_scores"]) == 8
    assert np.std(details["evaluator_scores"]) > 0.001
    with connect(config) as connection:
        save_details(connection, rows["trial_key"].iloc[0], '{"candidates":[],"notes":[]}')
    again = execute_trials(
        MODEL, "bbc-news-clustering", settings, config=config, loading=Loading("cpu")
    )
    assert again.scored == 0
    with connect(config, read_only=True) as connection:
        rows = read_trials(connection, rule="full")
    assert json.loads(rows["details"].iloc[0]) == details


def test_a_task_scored_by_cosines_has_no_evaluator_noise(first):
    _, _, trials = first
    details = json.loads(trials.loc[trials["rule"] == "full", "details"].iloc[0])
    assert details["evaluator_scores"] is None


def test_an_interrupted_comparison_goes_on_where_it_stopped(tmp_path, monkeypatch):
    config = Config(data_dir=tmp_path)
    monkeypatch.setattr("lrd_core.pruning.scoring.LARGEST_CHUNK", 3)
    settings = TrialSettings(
        rules=("last",), budgets=(0.2,), n=20, calibration_n=32, max_length=8, latency=False
    )
    chunks = 0

    def stop(stage: str, done: int, total: int) -> None:
        nonlocal chunks
        chunks += stage == "scoring variants"
        if chunks == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        execute_trials(MODEL, TASK, settings, config=config, loading=Loading("cpu"), progress=stop)
    report = execute_trials(MODEL, TASK, settings, config=config, loading=Loading("cpu"))
    assert (report.known, report.scored) == (3, 3)


def test_greedy_asks_the_model_that_is_left():
    loaded = tiny_loaded("bert", num_layers=5)
    texts = tuple(f"{a} and {b}" for a in ("rain", "tree", "sun") for b in range(11))
    settings = TrialSettings(rules=("greedy",), budgets=(0.6,))
    subject = Subject(loaded, None, load_content(TASK), texts, settings, normalise=False)
    measure = remeasure(subject, ("change_cosine",))
    first = calibrate(loaded, texts, ("change_cosine",))
    plan = make_plan("tiny", 5, PlanRequest("greedy", m=2), first, remeasure=measure)
    embedded = embed_variants(loaded, texts, [(), *itertools.combinations((1, 2, 3), 2)])
    best = min((1, 2, 3), key=lambda block: first.measured["change_cosine"][block])

    def change(removed: tuple[int, ...]) -> float:
        a, b = embedded[()], embedded[removed]
        norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
        return -float(((a * b).sum(1) / norms).sum())

    grown = [pair for pair in itertools.combinations((1, 2, 3), 2) if best in pair]
    assert plan.removed == min(grown, key=change)


def test_plan_only_prints_m_of_l_and_runs_nothing(first, monkeypatch, capsys):
    config, _, trials = first
    monkeypatch.setattr("lrd_core.cli.load_config", lambda: config)
    arguments = [
        "prune",
        "--model",
        MODEL,
        "--task",
        TASK,
        "--rule",
        "gfmi",
        "--budget",
        "0.1",
        "--budget",
        "0.2",
        "--n",
        "40",
        "--calibration-n",
        "32",
        "--max-length",
        "12",
        "--device",
        "cpu",
        "--plan-only",
    ]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "gfmi at 10%: m / L = 1 / 6" in printed
    assert "budgets 10%, 20% are the same plan" in printed
    assert main([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["removed"]
    with connect(config, read_only=True) as connection:
        assert len(read_trials(connection)) == len(trials)


def test_the_command_prints_the_trial(first, monkeypatch, capsys):
    config, _, _ = first
    monkeypatch.setattr("lrd_core.cli.load_config", lambda: config)
    arguments = [
        "prune",
        "--model",
        MODEL,
        "--task",
        TASK,
        "--rule",
        "gfmi",
        "--budget",
        "0.1",
        "--remove",
        "2,3",
        "--n",
        "40",
        "--calibration-n",
        "32",
        "--max-length",
        "12",
        "--device",
        "cpu",
        "--all-subsets",
        "6",
        "--seeds",
        "3",
        "--no-latency",
        "--json",
    ]
    assert main(arguments) == 0
    (result,) = json.loads(capsys.readouterr().out)
    assert "run twice: 0.000 points apart at most, repeatability" in result["sentence"]
    assert "the evaluator draws nothing here" in result["sentence"]
    assert {row["rule"] for row in result["trials"]} == {"gfmi", "by hand"}
    assert any("beats" in line and "that keep the ends" in line for line in result["lines"])


def test_unreadable_blocks_are_named(capsys):
    assert main(["prune", "--model", MODEL, "--task", TASK, "--remove", "two"]) == 2
    assert "--remove 'two' is no list of numbers" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--task", "chatterbot", "--export", "out"], "--export writes one model"),
        (
            ["--rule", "gfmi", "--remove", "1", "--budget", "0.1", "--export", "out"],
            "--export writes one plan and these settings give 2",
        ),
        (["--rule", "gfmi", "--export", "out"], "these settings give 3; name one --rule with one"),
        (["--budget", "1.5"], "give a share of the blocks"),
        (["--rule", "gmfi"], "did you mean gfmi"),
        (["--protect", "-1"], "protect is -1"),
        (["--seeds", "-1"], "seeds is -1; give 0 to 1,000"),
    ],
)
def test_wrong_input_is_refused_before_the_model_is_loaded(
    options, message, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr("lrd_core.cli.load_config", lambda: Config(data_dir=tmp_path))
    monkeypatch.setattr("lrd_core.models.load.load_model", pytest.fail)
    assert main(["prune", "--model", MODEL, "--task", TASK, *options]) == 2
    assert message in capsys.readouterr().err


def test_jobs_are_refused_before_the_model_is_loaded_too(tmp_path, monkeypatch):
    monkeypatch.setattr("lrd_core.models.load.load_model", pytest.fail)
    config = Config(data_dir=tmp_path)
    with pytest.raises(PruningError, match="there is no block 9; blocks are 0 to 5"):
        execute_trials(MODEL, TASK, TrialSettings(rules=(), removed=(9,)), config=config)
    with pytest.raises(InputError, match="no selection 'best'"):
        execute_trials(MODEL, TASK, TrialSettings(selection="best"), config=config)
    with pytest.raises(InputError, match="nothing to try"):
        execute_trials(MODEL, TASK, TrialSettings(rules=()), config=config)


@pytest.mark.parametrize(
    ("options", "kept", "calibrated"),
    [
        (["--remove", "2,3"], [0, 1, 4, 5], False),
        (["--rule", "last", "--budget", "0.1"], [0, 1, 2, 3, 5], False),
        (["--rule", "gfmi", "--budget", "0.1"], None, True),
    ],
)
def test_an_export_holds_the_plan_that_was_asked_for(
    first, options, kept, calibrated, tmp_path, monkeypatch, capsys
):
    config, report, trials = first
    monkeypatch.setattr("lrd_core.cli.load_config", lambda: config)
    arguments = [
        "prune",
        "--model",
        MODEL,
        "--task",
        TASK,
        *options,
        "--n",
        "40",
        "--calibration-n",
        "32",
        "--max-length",
        "12",
        "--device",
        "cpu",
        "--plan-only",
        "--export",
        str(tmp_path / "out"),
    ]
    assert main(arguments) == 0
    capsys.readouterr()
    record = json.loads((tmp_path / "out" / "pruning.json").read_text())
    plan = next(p for p in report.plans if p.rule == "gfmi")
    assert record["kept_blocks"] == (kept or list(plan.kept))
    stored = trials.loc[trials["rule"] == "gfmi", "calibration_key"].iloc[0]
    assert record["calibration"] == (stored if calibrated else None)
    if kept is None:
        assert record["measured"]["device"] == "cpu"
        change = trials.loc[
            trials["removed"].map(lambda gone: gone == plan.removed), "change"
        ].iloc[0]
        assert record["measured"]["change_points"] == change != 0
