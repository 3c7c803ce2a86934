"""What pruning cost and gained as views: points, bands, margins, regret, language."""

import pytest

from lrd_core.config import Config
from lrd_core.pruning.settings import TrialSettings
from lrd_core.pruning.summary import compare
from lrd_core.store import connect
from lrd_core.store.trials import save_trials
from lrd_core.views.pruning_language import language_of
from lrd_core.views.pruning_results import (
    MarginRequest,
    ResultRequest,
    margins,
    oracle_sizes,
    regret_of,
    result_bands,
    result_rows,
    results,
)
from lrd_core.views.pruning_trials import TrialsRequest, tried
from tests.pruning.trial_table import frame, trial

SMALL = TrialsRequest("small", ("news", "pairs"))


def test_no_band_where_there_is_but_one_plan_to_draw():
    rows = [trial("gfmi", (1,), -3.0, budget=0.1, candidates=(1,))]
    rows += [trial("every subset", (gone,), -3.0 - gone) for gone in range(4)]
    trials = frame(rows)
    points = result_rows(compare(trials), frame([]))
    bands = result_bands(trials, points)
    assert bands["kind"].tolist() == ["random"]


def test_rows_carry_the_speed_up_of_their_size(tables):
    trials, timed = tables
    rows = result_rows(compare(trials), timed)
    assert set(rows["speedup"]) == {1.25}
    assert rows.groupby("row")["task"].nunique().tolist() == [2, 2, 2]
    assert result_rows(compare(trials), timed.iloc[:0])["speedup"].isna().all()


def test_bands_are_those_of_the_random_plans(tables):
    trials, timed = tables
    points = result_rows(compare(trials), timed)
    bands = result_bands(trials, points).set_index(["task", "kind"])
    assert bands.loc[("news", "random"), "mean"] == pytest.approx(-10.75)
    assert bands.loc[("news", "random-protected"), "n"] == 2
    assert bands.loc[("news", "random"), "low"] < -19
    assert (bands["m"] == 1).all()


def test_results_are_a_view_of_the_compared_plans(pruned: Config) -> None:
    view = results(pruned, ResultRequest(SMALL))
    assert set(view.table["rule"]) == {"gfmi", "by hand"}
    assert set(view.bands["kind"]) == {"random", "random-protected"}
    assert view.sentence.startswith("At the 10% budget the rule 'GFMI: close to the output' does")
    assert "evaluator's own draws. Full model run twice: 0.200 points apart" in view.notes[-1]
    assert view.provenance == (
        "small@main · news, pairs · n=100 · seed 0 · 64 tokens at most · float32 · mean pooling"
        " · scored on cpu · timed on cpu",
    )
    assert view.command.startswith("python -m lrd_core prune --model small --task news")
    assert view.table.drop_duplicates("row")["name"].tolist() == ["GFMI", "By hand"]
    assert view.saved.columns[:4].tolist() == ["task", "rule", "budget", "m"]
    assert len(view.saved) == 6


def test_a_store_without_trials_has_empty_results(config: Config) -> None:
    request = TrialsRequest("all-MiniLM-L6-v2", ("lee-sts",))
    view = results(config, ResultRequest(request))
    assert view.empty and view.provenance == ()
    assert view.sentence == "No trial of a rule in this selection yet."
    assert margins(config, MarginRequest(request, 0.1)).empty
    assert oracle_sizes(tried(config, request)) == []


def test_margins_over_these_tasks_or_over_everything(pruned: Config) -> None:
    with connect(pruned) as connection:
        save_trials(connection, [trial("gfmi", (1,), -7.0, budget=0.1, model="other")])
    own = margins(pruned, MarginRequest(SMALL, 0.1))
    assert own.table.set_index("rule").loc["gfmi", "median"] == pytest.approx(-1.5)
    assert own.table["models"].tolist() == [1, 1]
    every = margins(pruned, MarginRequest(SMALL, 0.2, everything=True))
    assert every.table["rule"].tolist() == ["gfmi"]
    assert own.notes[0].endswith("Trials: 18.") and every.notes[0].endswith("Trials: 19.")
    assert own.command == tried(pruned, SMALL).command


def test_regret_is_over_the_sizes_of_which_every_subset_was_tried(pruned: Config) -> None:
    every = tried(pruned, TrialsRequest("small", SMALL.tasks, TrialSettings(rules=("last",))))
    assert oracle_sizes(every) == [1]
    table = regret_of(every, 1).table.set_index(["rule", "task"])["regret"]
    assert table["last", "news"] == pytest.approx(19)
    assert regret_of(every, 3).empty


def test_models_that_are_no_language_models_have_no_perplexity(pruned: Config) -> None:
    view = language_of(tried(pruned, SMALL))
    assert view.empty and view.sentence == ""
