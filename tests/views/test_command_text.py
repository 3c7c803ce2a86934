"""Pasted into a shell, a command that the app shows makes the same numbers again."""

import shlex
from argparse import Namespace
from dataclasses import asdict

import pandas as pd
import pytest

from lrd_core.cli import build_parser
from lrd_core.cli.options import run_settings
from lrd_core.cli.prune import settings_of
from lrd_core.pruning.settings import TrialSettings
from lrd_core.settings import RunSettings
from lrd_core.views.command_text import command, commands_for_runs, prune_command, run_command
from tests.example_store import run_record

CHANGED = RunSettings(
    n=None,
    seed=3,
    max_length=64,
    pooling="cls",
    final_norm="raw",
    dtype="bfloat16",
    prompt="query: ",
    condition="repeat:0.5",
    capture="attention",
    tail="all",
    tokens="without_dominating",
)
CHANGED_TRIAL = TrialSettings(
    rules=("gfmi", "bi"),
    budgets=(0.1, 0.5),
    protect=2,
    indexing="published",
    selection="window",
    seeds=7,
    removed=(1, 4),
    subset_limit=12,
    n=None,
    calibration_n=64,
    seed=2,
    max_length=32,
    dtype="float32",
    language_texts=48,
    latency=False,
    batch=2,
    length=16,
)
HOSTILE = ["x; touch pwned", "$(touch pwned)", "`id`", "a b", "it's"]


def parsed(line: str) -> Namespace:
    words = shlex.split(line)
    assert words[:3] == ["python", "-m", "lrd_core"]
    return build_parser().parse_args(words[3:])


def test_every_setting_is_changed_in_the_examples() -> None:
    """A setting added later must be added to the examples, and so to the round trips."""
    for changed, plain in ((CHANGED, RunSettings()), (CHANGED_TRIAL, TrialSettings())):
        same = [name for name, value in asdict(changed).items() if value == getattr(plain, name)]
        assert same == []


def test_a_run_comes_back_with_every_setting() -> None:
    found = parsed(run_command(["a"], ["t"], ["nrs", "gfmi"], CHANGED))
    assert run_settings(found) == CHANGED
    assert (found.model, found.task, found.metrics) == (["a"], ["t"], "nrs,gfmi")
    assert run_settings(parsed(run_command())) == RunSettings()


def test_a_stored_run_comes_back_as_what_its_settings_came_to() -> None:
    run = run_record("alpha", pooling="cls")
    runs = pd.DataFrame([vars(run), vars(run_record("beta", pooling="cls"))])
    found = parsed(commands_for_runs(runs, ["frenet"]))
    columns = {name: getattr(run, name) for name in asdict(RunSettings())}
    assert run_settings(found) == RunSettings(**columns)
    assert found.model == ["alpha", "beta"]


def test_runs_with_other_settings_are_a_line_of_their_own_and_imported_ones_have_none() -> None:
    runs = pd.DataFrame([vars(run_record("alpha")), vars(run_record("beta", pooling="cls"))])
    assert len(commands_for_runs(runs).splitlines()) == 2
    assert commands_for_runs(runs.assign(n=0)) == ""
    assert commands_for_runs(runs.assign(model_id="memory:mine")) == "", "of a notebook"
    assert commands_for_runs(runs.assign(task_revision="given:1234")) == ""


def test_a_trial_comes_back_with_every_setting() -> None:
    assert settings_of(parsed(prune_command(["a"], ["t"], CHANGED_TRIAL))) == CHANGED_TRIAL
    assert prune_command(["a"], ["t"], TrialSettings(rules=("gfmi",), budgets=(0.1,))) == (
        "python -m lrd_core prune --model a --task t --rule gfmi --budget 0.1"
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_from_outside_stays_one_word(name: str) -> None:
    assert parsed(run_command([name], [name])).model == [name]
    assert parsed(prune_command([name], [name], TrialSettings())).task == [name]
    assert parsed(command("select layer", model=name)).model == name


def test_what_is_not_said_is_left_out() -> None:
    line = command("enough", model="m", condition="", metric=["a", "a", "b"], repeats=None)
    assert line == "python -m lrd_core enough --model m --metric a --metric b"
    assert command("export", json=True, quiet=False) == "python -m lrd_core export --json"
