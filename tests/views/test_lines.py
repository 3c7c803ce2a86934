"""Lines, common tasks, differences: the numbers under the Depth page."""

import pandas as pd
import pytest

from lrd_core.config import Config
from lrd_core.views import coverage, crowds, line_words, series_names, text_sample
from lrd_core.views import lines as depth
from lrd_core.views import stored as results
from tests.example_store import fill
from tests.plots.conftest import make_line


@pytest.fixture
def filled(config: Config) -> Config:
    fill(config)
    return config


def test_lines_are_exact_unless_a_variant_is_asked_for(filled: Config) -> None:
    runs = coverage.pick_runs(results.runs(filled), ["all-MiniLM-L6-v2"], ["bbc-news"])
    values = depth.read_values(filled, list(runs["run_key"]), ["prompt_entropy", "d_0L"])
    exact = depth.metric_lines(values, runs)
    assert len(exact) == 7
    assert exact["value"].iloc[0] == pytest.approx(0.9, abs=0.01)
    both = depth.metric_lines(values, runs, ["published"])
    assert len(both) == 14
    assert set(both["variant"]) == {"", "published"}


def test_lines_stand_in_the_order_of_the_selection(filled: Config) -> None:
    runs, scores = results.runs(filled), results.scores(filled)
    models = list(dict.fromkeys(runs[runs["task"] == "bbc-news"]["model"]))
    assert len(models) > 1
    for order in (models, models[::-1]):
        picked = coverage.pick_runs(runs, order, ["bbc-news"])
        values = depth.read_values(filled, list(picked["run_key"]), ["prompt_entropy"])
        drawn = depth.metric_lines(values, picked)
        assert list(dict.fromkeys(drawn["model"])) == order
        assert all(part["position"].is_monotonic_increasing for _, part in drawn.groupby("model"))
        scored = depth.score_lines(scores, order, ["bbc-news"])
        have = set(scored["model"])
        assert have and list(dict.fromkeys(scored["model"])) == [m for m in order if m in have]


def test_offered_series_are_profiles_and_scores_of_layers(filled: Config) -> None:
    stored, scores = coverage.series_by_run(filled), results.scores(filled)
    offered = series_names.profile_series(stored, scores)
    assert offered[:2] == ["prompt_entropy", "speed"]
    assert offered[-1] == series_names.SCORE
    assert "d_0L" not in offered
    assert series_names.default_series(offered) == ["prompt_entropy", "speed", series_names.SCORE]
    assert series_names.SCORE not in series_names.profile_series(stored, scores.iloc[:0])
    assert series_names.variants_of(stored, ["prompt_entropy"]) == ["published"]


def test_scores_become_lines_of_one_revision_and_one_source(filled: Config) -> None:
    scores = results.scores(filled)
    imported = scores.assign(source="import:x", score=0.1)
    older = scores.assign(revision="step1000", score=0.2)
    both = pd.concat([scores, imported, older], ignore_index=True)
    revision = scores["revision"].iloc[0]
    lines = depth.score_lines(
        both, ["all-MiniLM-L6-v2"], ["bbc-news"], {"all-MiniLM-L6-v2": revision}
    )
    assert len(lines) == 7
    assert lines["value"].max() == pytest.approx(0.9)
    every = depth.score_lines(both, ["all-MiniLM-L6-v2"], ["bbc-news"])
    assert set(every["revision"]) == {revision, "step1000"}
    assert depth.score_lines(scores, ["nobody"], ["bbc-news"]).empty


def test_lines_have_the_same_columns_whatever_they_are(filled: Config) -> None:
    scores = results.scores(filled)
    runs = coverage.pick_runs(results.runs(filled), ["all-MiniLM-L6-v2"], ["bbc-news"])
    values = depth.read_values(filled, list(runs["run_key"]), ["speed"])
    measured = depth.score_lines(scores, ["all-MiniLM-L6-v2"], ["bbc-news"])
    none = depth.score_lines(scores, ["nobody"], ["bbc-news"])
    for lines in (depth.metric_lines(values, runs), measured, none):
        assert list(lines.columns) == depth.LINE_COLUMNS
    for setting in coverage.FILTERS:
        assert not depth.with_variation(measured, setting.name)["variation"].any()
    assert line_words.metric_names(measured) == []


def test_the_foot_names_what_is_drawn_alone(filled: Config) -> None:
    runs = coverage.pick_runs(results.runs(filled), ["all-MiniLM-L6-v2"], ["bbc-news", "kjv"])
    values = depth.read_values(filled, list(runs["run_key"])[:1], ["speed"])
    speed = depth.metric_lines(values, runs)
    scores = results.scores(filled)
    measured = depth.score_lines(scores, ["all-MiniLM-L6-v2"], ["bbc-news"])
    imported = depth.score_lines(
        scores.assign(source="import:x.csv"), ["all-MiniLM-L6-v2"], ["bbc-news"]
    )
    assert line_words.score_notes(speed, scores) == []
    assert line_words.score_notes(measured, scores) == ["Measured scores: own run."]
    assert line_words.score_notes(imported, scores)[0] == "Measured scores: imported from x.csv."
    assert "kjv" not in line_words.commands(speed, runs)
    assert line_words.commands(measured, runs) == (
        "python -m lrd_core scores --model all-MiniLM-L6-v2 --task bbc-news"
    )
    assert line_words.commands(imported, runs) == ""
    assert line_words.commands(pd.concat([speed, measured]), runs).count("\n") == 1


def test_new_scores_never_take_the_place_of_those_on_show(filled: Config) -> None:
    scores = results.scores(filled)
    before = depth.score_lines(scores, ["all-MiniLM-L6-v2"], ["bbc-news"])
    later = scores.assign(
        score=0.1, settings='{"n":50}', created_at=scores["created_at"] + pd.Timedelta(days=1)
    )
    both = pd.concat([scores.assign(source="demo"), later], ignore_index=True)
    after = depth.score_lines(both, ["all-MiniLM-L6-v2"], ["bbc-news"])
    assert list(after["value"]) == list(before["value"])
    (_, said) = line_words.score_notes(after, both)
    assert said.startswith("Scored in more than one way, of which the first is drawn: all-MiniLM")


def test_subsets_are_averaged_only_where_every_layer_has_them(filled: Config) -> None:
    scores = results.scores(filled)
    mine = scores[scores["model"] == "all-MiniLM-L6-v2"]
    german = mine.assign(subset="de", score=mine["score"] - 0.2)
    partial = mine[mine["layer"] < 3].assign(subset="fr", score=0.0)
    lines = depth.score_lines(
        pd.concat([mine, german, partial]), ["all-MiniLM-L6-v2"], ["bbc-news"]
    )
    assert lines["value"].max() == pytest.approx(0.8)


def test_a_mean_over_tasks_takes_only_tasks_that_all_lines_have() -> None:
    lines = pd.concat(
        [
            make_line("alpha", (1.0, 2.0, 3.0), task="a"),
            make_line("alpha", (3.0, 4.0, 5.0), task="b"),
            make_line("alpha", (100.0, 100.0, 100.0), task="c"),
            make_line("beta", (0.0, 0.0, 0.0), task="a"),
            make_line("beta", (2.0, 2.0, 2.0), task="b"),
            make_line("beta", (50.0, None, 50.0), task="c"),
        ],
        ignore_index=True,
    )
    table, used = depth.over_tasks(lines)
    assert used == {"prompt_entropy": ["a", "b"]}
    alpha = table[table["model"] == "alpha"]
    assert list(alpha["value"]) == [2.0, 3.0, 4.0]
    assert list(alpha["low"]) == [1.0, 2.0, 3.0]
    assert list(alpha["high"]) == [3.0, 4.0, 5.0]
    assert line_words.tasks_in_words(used) == [
        "Prompt entropy: mean and range over the 2 tasks that all lines have (a and b)."
    ]


def test_no_common_task_gives_no_mean() -> None:
    lines = pd.concat([make_line("alpha", task="a"), make_line("beta", task="b")])
    table, used = depth.over_tasks(lines)
    assert table.empty
    assert "no task in common" in line_words.tasks_in_words(used)[0]


def test_difference_is_taken_layer_by_layer_at_equal_depth_only() -> None:
    lines = pd.concat(
        [
            make_line("base", (1.0, 2.0, 3.0)),
            make_line("tuned", (1.5, 2.0, 2.0)),
            make_line("deep", (0.0,) * 5, num_blocks=4),
        ],
        ignore_index=True,
    )
    change, left_out = depth.difference(lines, ("base", ""))
    assert list(change["model"].unique()) == ["tuned"]
    assert list(change["value"]) == [0.5, 0.0, -1.0]
    assert left_out == ["deep"]


def test_variations_are_ordered_by_strength() -> None:
    lines = pd.concat(
        [make_line(condition=c) for c in ("", "repeat:0.10", "repeat:0.8", "repeat:0.5")]
    )
    varied = depth.with_variation(lines, "condition")
    strength = varied.groupby("variation")["strength"].first()
    assert strength[""] == 1.0
    assert strength["repeat 0.10"] > strength["repeat 0.5"] > strength["repeat 0.8"] == 0.0
    steps = pd.concat([make_line(revision=r) for r in ("step8000", "main", "step64")])
    later = depth.with_variation(steps, "revision").groupby("variation")["strength"].first()
    assert later["main"] == 1.0 > later["step8000"] > later["step64"]
    assert set(depth.with_variation(make_line(), "revision")["variation"]) == {""}


def test_what_is_missing_is_named_with_the_metrics_that_give_it() -> None:
    names = {"run_key": ["a", "b", "c"], "model": ["alpha", "beta", "gamma"], "task": ["news"] * 3}
    why = {"run_key": ["c"], "series": ["prompt_entropy"], "reason": ["2 texts are too few"]}
    notes = line_words.missing_lines(
        make_line("alpha"), pd.DataFrame(names), ["prompt_entropy"], pd.DataFrame(why)
    )
    assert notes == [
        "Prompt entropy is not in the store for beta on news.",
        "Prompt entropy of gamma on news could not be computed: 2 texts are too few.",
    ]
    assert series_names.owners(["speed", "curvature", "nrs", series_names.SCORE]) == [
        "frenet",
        "nrs",
    ]


def test_the_table_has_a_column_a_series() -> None:
    lines = pd.concat([make_line(), make_line(series="nrs", values=(0.1, 0.2), offset=0.5)])
    table = depth.wide_table(lines)
    assert {"model", "task", "position", "Prompt entropy"} <= set(table.columns)
    assert len(table) == 5


def test_two_groups_of_texts_are_found_and_one_is_not(filled: Config) -> None:
    runs = coverage.pick_runs(results.runs(filled), ["all-MiniLM-L6-v2"], ["bbc-news"])
    tests = text_sample.dips(filled, runs["run_key"].item(), "prompt_entropy")
    assert len(tests) == 7
    assert "no sign of two groups" in text_sample.dip_sentence(tests, "MiniLM", 6)
    split = tests.assign(p_value=[1e-6, *[0.5] * 6])
    said = text_sample.dip_sentence(split, "MiniLM", 6)
    assert "two groups or more at the embedding" in said
    assert "too few texts" in text_sample.dip_sentence(tests.assign(p_value=None), "MiniLM", 6)


def test_subsamples_end_at_all_texts(filled: Config) -> None:
    runs = coverage.pick_runs(results.runs(filled), ["all-MiniLM-L6-v2"], ["bbc-news"])
    key = runs["run_key"].item()
    assert text_sample.token_series(depth.per_text_series(filled, [key])) == ["prompt_entropy"]
    points = text_sample.subsamples(filled, key, "prompt_entropy")
    assert points["size"].max() == 40
    whole = points[points["size"] == 40].set_index("position")["value"]
    stored = depth.read_per_text(filled, key, "prompt_entropy")
    assert whole[0.0] == pytest.approx(stored["text_values"].iloc[0].mean(), abs=1e-6)
    assert "MiniLM: Prompt entropy" in text_sample.enough_sentence(
        points, "prompt_entropy", "MiniLM"
    )
    moving = points.assign(moving=True, change=0.2)
    assert "Take more texts" in text_sample.enough_sentence(moving, "prompt_entropy", "MiniLM")
    assert "too few" in text_sample.enough_sentence(points.iloc[:0], "prompt_entropy", "MiniLM")


def test_lines_of_one_model_under_many_conditions_are_no_family() -> None:
    conditions = ("", *(f"repeat:{share / 20}" for share in range(1, 15)))
    varied = pd.concat([make_line(variation=condition) for condition in conditions])
    assert crowds.families(varied, "percent", None).empty
    many = pd.concat([make_line(f"m{number}") for number in range(15)])
    assert len(crowds.families(many, "percent", None))


def test_tokens_are_named_for_what_they_are() -> None:
    found = pd.DataFrame({"metric": ["prompt_entropy", "frenet"]})
    runs = pd.DataFrame({"model": list("abc"), "modality": ["text", "audio", "image"]})
    assert line_words.position_notes(found, runs) == [
        "For b tokens are frames, or patches of a spectrogram.",
        "For c tokens are patches.",
    ]
    assert line_words.position_notes(found, runs[:1]) == []
    assert line_words.position_notes(found[1:], runs) == []


def test_the_spread_shows_every_run_under_its_task(filled: Config) -> None:
    runs = coverage.pick_runs(
        results.runs(filled), ["all-MiniLM-L6-v2", "SmolLM2-135M"], ["bbc-news", "kjv"]
    )
    assert len(runs) == 4
    view = text_sample.spread(filled, list(runs["run_key"]), "prompt_entropy")
    panels = list(dict.fromkeys(view.table["panel"]))
    assert panels == [f"{run.model} · {run.task}" for run in runs.itertuples()]
    assert [said.partition(":")[0] for said in view.tests] == panels
    assert not view.notes
