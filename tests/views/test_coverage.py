"""Which runs a figure draws when the store holds several."""

import pandas as pd
import pytest

from lrd_core.config import Config
from lrd_core.settings import find_setting
from lrd_core.views import coverage
from lrd_core.views import stored as results
from tests.example_store import fill, run_record


@pytest.fixture
def runs() -> pd.DataFrame:
    """Two models on one task; alpha with mean and cls pooling, a condition, and fewer texts."""
    records = [
        run_record("alpha", n=500),
        run_record("alpha", n=1000),
        run_record("alpha", pooling="cls", n=200),
        run_record("alpha", condition="repeat:0.5", n=2000),
        run_record("beta", pooling="lasttoken"),
    ]
    times = pd.date_range("2025-01-01", periods=len(records))
    return pd.DataFrame([vars(record) for record in records]).assign(created_at=times)


def test_a_plain_run_with_the_most_texts_is_picked(runs: pd.DataFrame) -> None:
    picked = coverage.pick_runs(runs, ["beta", "alpha"], ["bbc-news"])
    assert list(picked["model"]) == ["beta", "alpha"]
    alpha = picked.iloc[1]
    assert (alpha["condition"], alpha["n"], alpha["pooling"]) == ("", 1000, "mean")


def test_a_fixed_setting_comes_first(runs: pd.DataFrame) -> None:
    chosen = coverage.pick_runs(runs, ["alpha", "beta"], ["bbc-news"], {"pooling": "cls"})
    assert list(chosen["model"]) == ["alpha"]
    broken = coverage.pick_runs(runs, ["alpha"], ["bbc-news"], {"condition": "repeat:0.5"})
    assert broken["n"].item() == 2000


def test_settings_that_only_differ_between_models_are_not_offered(runs: pd.DataFrame) -> None:
    found = coverage.ambiguous_settings(runs)
    assert set(found) == {"pooling", "condition", "n"}
    assert coverage.ambiguous_settings(runs[runs["model"] == "beta"]) == {}
    assert coverage.ambiguous_settings(runs.iloc[:0]) == {}


def test_runs_that_vary_differ_in_that_setting_alone(runs: pd.DataFrame) -> None:
    picked = coverage.pick_runs(runs, ["alpha"], ["bbc-news"])
    assert list(coverage.runs_that_vary(runs, picked, "n")["n"]) == [500, 1000]
    assert len(coverage.runs_that_vary(runs, picked, "condition")) == 1


def test_a_run_without_variations_gives_way_to_one_that_has_some(runs: pd.DataFrame) -> None:
    """Conditions are often tried on fewer texts than the run that is drawn otherwise."""
    base = runs[(runs["model"] == "alpha") & (runs["n"] == 500)].iloc[[0]]
    swept = [
        base.assign(run_key=f"c{i}", n=100, condition=condition)
        for i, condition in enumerate(["", "repeat:0.5", "repeat:0.9"])
    ]
    more = pd.concat([runs, *swept], ignore_index=True)
    picked = coverage.pick_runs(more, ["alpha"], ["bbc-news"])
    found = coverage.runs_that_vary(more, picked, "condition")
    assert sorted(found["condition"]) == ["", "repeat:0.5", "repeat:0.9"]
    fixed = coverage.runs_that_vary(more, picked, "condition", {"n": picked["n"].iloc[0]})
    assert list(fixed["run_key"]) == list(picked["run_key"])


def test_order_follows_first_appearance_and_scores_come_last(runs: pd.DataFrame) -> None:
    scores = pd.DataFrame({"model": ["zeta", "alpha"]})
    assert coverage.model_order(runs, scores) == ("alpha", "beta", "zeta")


def test_defaults_are_the_widest_task_and_at_most_six_models(runs: pd.DataFrame) -> None:
    more = pd.concat([runs, runs.iloc[[0]].assign(task="kjv")])
    assert coverage.default_tasks(more) == ["bbc-news"]
    assert coverage.default_tasks(runs.iloc[:0]) == []
    assert coverage.default_models(runs, ["bbc-news"], ("beta", "alpha")) == ["beta", "alpha"]
    assert coverage.default_models(runs, ["bbc-news"], ("beta", "alpha"), limit=1) == ["beta"]


def test_plain_values_have_plain_names() -> None:
    assert find_setting("condition").in_words("") == "plain texts"
    assert find_setting("final_norm").in_words("hf") == "as published"
    assert find_setting("pooling").in_words("cls") == "cls"
    assert find_setting("tail").in_words("all") == "model's own tail"


def test_pooled_states_come_before_those_through_a_tail(runs: pd.DataFrame) -> None:
    more = pd.concat([runs, runs.iloc[[1]].assign(tail="all", n=2000)], ignore_index=True)
    assert coverage.pick_runs(more, ["alpha"], ["bbc-news"])["tail"].item() == "none"
    assert "tail" in coverage.ambiguous_settings(more)


def test_series_of_a_store_are_counted(config: Config) -> None:
    fill(config)
    stored = coverage.series_by_run(config)
    key = results.runs(config).set_index(["model", "task", "condition"])["run_key"]
    mine = stored[stored["run_key"] == key["all-MiniLM-L6-v2", "kjv", ""]]
    gap = mine[mine["series"] == "dataset_entropy"].iloc[0]
    assert (gap["num_values"], gap["num_missing"]) == (7, 1)
    assert set(mine[mine["series"] == "prompt_entropy"]["mode"]) == {"exact", "published"}


def test_a_new_run_on_another_sample_never_takes_the_place_of_a_shared_one(
    runs: pd.DataFrame,
) -> None:
    plain = runs[runs["n"].eq(1000)]  # alpha and beta
    before = coverage.pick_runs(plain, ["alpha", "beta"], ["bbc-news"])
    later = pd.Timestamp("2027-01-01")
    longer = plain.iloc[[0]].assign(run_key="x", n=2000, max_length=512, created_at=later)
    twin = plain.iloc[[0]].assign(run_key="y", dtype="bfloat16", created_at=later)
    more = pd.concat([plain, longer, twin], ignore_index=True)
    for models in (["alpha", "beta"], ["alpha"]):
        after = coverage.pick_runs(more, models, ["bbc-news"])
        assert set(after["run_key"]) <= set(before["run_key"])
    fixed = coverage.pick_runs(more, ["alpha"], ["bbc-news"], {"n": 2000})
    assert list(fixed["run_key"]) == ["x"]


def test_what_is_not_drawn_is_said_with_what_it_has_otherwise(runs: pd.DataFrame) -> None:
    drawn = coverage.pick_runs(runs, ["alpha"], ["bbc-news"])
    assert coverage.not_picked(runs, drawn) == (
        "Other runs of these, not drawn here: 1 with texts 500; 1 with pooling cls, texts 200. "
        "The side bar can fix a setting."
    )
    beta = coverage.pick_runs(runs, ["beta"], ["bbc-news"])
    assert coverage.not_picked(runs, beta) == ""
    assert coverage.not_picked(runs, runs) == ""


def test_one_more_kind_is_no_kinds(runs: pd.DataFrame) -> None:
    drawn = coverage.pick_runs(runs, ["beta"], ["bbc-news"])
    others = [drawn.assign(run_key=f"n{n}", n=n) for n in (10, 20, 30, 40)]
    assert "; 1 more kind. " in coverage.not_picked(pd.concat([runs, *others]), drawn)


def test_a_finished_model_comes_before_its_checkpoints(runs: pd.DataFrame) -> None:
    steps = [runs.iloc[[1]].assign(run_key=f"s{i}", revision=f"step{i}", n=5000) for i in (1, 2)]
    picked = coverage.pick_runs(pd.concat([*steps, runs]), ["alpha"], ["bbc-news"])
    assert not picked["revision"].item().startswith("step")


def test_the_first_task_is_one_that_was_computed_here(runs: pd.DataFrame) -> None:
    others = pd.concat([runs.assign(model=f"m{i}", task="wikitext") for i in range(9)])
    others = others.assign(source="import: a table")
    assert coverage.default_tasks(pd.concat([others, runs])) == ["bbc-news"]
    assert coverage.default_tasks(others) == ["wikitext"]
