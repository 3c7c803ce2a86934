"""Sentences are computed: each shape has its verb, each number its place."""

import pandas as pd
import pytest

from lrd_core.numbers import counted, in_sentence
from lrd_core.views import overview
from lrd_core.views.findings import (
    clear_from,
    difference_sentence,
    find_marks,
    find_shape,
    sentence,
)
from lrd_core.views.ready import Held, ready_views
from lrd_core.views.words import joined, mid_sentence, where
from tests.plots.conftest import make_line


@pytest.mark.parametrize(
    ("values", "shape", "at"),
    [
        ([0.9, 0.4, 0.8], "valley", 1),
        ([0.1, 0.9, 0.2], "hill", 1),
        ([0.1, 0.5, 0.9], "rising", 2),
        ([0.9, 0.5, 0.1], "falling", 2),
        ([0.5, 0.51, 0.5], "flat", 0),
    ],
)
def test_shapes(values: list[float], shape: str, at: int) -> None:
    assert find_shape(values, 0.12) == (shape, at)


def test_a_dip_counts_against_the_whole_range_not_the_lines_own() -> None:
    alone, beside = pd.Series([0.5, 0.45, 0.5]), pd.Series([0.5, 0.45, 0.5, 1.0, 0.0])
    assert find_shape(list(alone), clear_from(alone))[0] == "valley"
    assert find_shape(list(alone), clear_from(beside))[0] == "flat"


def test_lines_that_are_nearly_level_have_no_valley_whatever_is_beside_them() -> None:
    level = pd.Series([0.80, 0.776, 0.80])
    assert find_shape(list(level), clear_from(level))[0] == "flat"
    around_zero = pd.Series([0.01, -0.02, 0.01])
    assert find_shape(list(around_zero), clear_from(around_zero))[0] == "valley"


def test_the_sentence_names_the_valley_and_the_flat_line() -> None:
    lines = pd.concat(
        [make_line("SmolLM2", (0.9, 0.41, 0.8)), make_line("MiniLM", (0.9, 0.9, 0.9))]
    )
    assert sentence(lines, "prompt_entropy") == (
        "SmolLM2's prompt entropy falls to 0.41 at layer 1 of 2; MiniLM's stays at 0.90."
    )


def test_further_lines_are_counted_and_gaps_are_skipped() -> None:
    lines = pd.concat(
        [make_line(f"m{i}", (0.9, 0.4, 0.8)) for i in range(4)] + [make_line("gap", (0.9, None))]
    )
    said = sentence(lines, "prompt_entropy")
    assert said.endswith("2 more lines are drawn.")
    assert "gap" not in said
    assert sentence(lines.iloc[:0], "prompt_entropy") == ""


def test_transitions_and_ends_have_words() -> None:
    assert where(3.5, 6) == "between layers 3 and 4 of 6"
    assert (where(0, 6), where(6, 6)) == ("at the embedding", "at the output")


def test_numbers_keep_what_matters() -> None:
    assert [in_sentence(v) for v in (0.41234, 0.00123, 12.34, 1234.5)] == [
        "0.41",
        "0.0012",
        "12.3",
        "1,234",
    ]


def test_marks_are_the_valley_the_best_layer_and_the_pick() -> None:
    lines = pd.concat(
        [make_line(values=(0.9, 0.4, 0.8)), make_line(series="score", values=(0.5, 0.6, 0.7))],
        ignore_index=True,
    )
    marks = find_marks(lines).set_index("kind")
    assert marks.loc["valley", "position"] == 1
    assert marks.loc["best", "position"] == 2
    assert (marks.loc["pick", "position"], marks.loc["pick", "value"]) == (1, 0.6)
    assert marks.loc["pick", "text"] == "Prompt entropy would pick"


def test_a_flat_entropy_has_no_valley_to_mark() -> None:
    lines = pd.concat([make_line(values=(0.9, 0.89, 0.9)), make_line("b", (0.1, 0.5, 0.9))])
    assert list(find_marks(lines)["kind"]) == []


def test_the_largest_difference_is_said() -> None:
    lines = make_line("tuned", (0.0, -0.3, 0.1))
    assert difference_sentence(lines, "prompt_entropy", "base") == (
        "The largest difference: Prompt entropy of tuned is 0.30 below that of base at layer 1 "
        "of 2."
    )
    same = make_line("tuned", (0.0, 0.0, 0.0))
    assert "is the same" in difference_sentence(same, "prompt_entropy", "base")


def test_best_layer_against_the_last() -> None:
    lines = pd.concat(
        [
            make_line("a", (0.5, 0.8, 0.7), series="score"),
            make_line("b", (0.1, 0.2, 0.3), series="score"),
        ]
    )
    assert overview.best_layer_sentence(lines) == (
        "An earlier layer scores above the last in 1 of 2 cases; most in a on news, 10.0 points "
        "higher at layer 1 of 2."
    )
    assert overview.best_layer_sentence(lines.iloc[:0]) == ""


def test_the_store_is_summed_up() -> None:
    runs = pd.DataFrame({"model": ["a", "b"], "task": ["t", "t"], "source": ["demo", "demo"]})
    stored = pd.DataFrame({"num_values": [7, 7, 1]})
    scores = pd.DataFrame({"model": [], "task": []})
    assert overview.store_sentence(runs, scores, stored) == (
        "2 models on 1 task: 2 metric profiles, all bundled with the app."
    )
    others = pd.concat([runs, runs.assign(source="import: board.csv")], ignore_index=True)
    assert overview.store_sentence(others, scores, stored) == (
        "2 models on 1 task: 2 metric profiles, in 2 bundled runs and 2 imported from board.csv."
    )
    mine = pd.concat([others, runs.assign(source="own")], ignore_index=True)
    assert overview.store_sentence(mine, scores, stored).endswith(
        ", 2 runs of your own beside 2 bundled and 2 imported from board.csv."
    )


def test_labels_inside_a_sentence_keep_the_capitals_of_names() -> None:
    said = [mid_sentence(x) for x in ("DiME", "InfoNCE loss", "Grassmann speed", "LiDAR")]
    assert said == ["DiME", "InfoNCE loss", "Grassmann speed", "LiDAR"]
    assert mid_sentence("Prompt entropy") == "prompt entropy"


def test_lists_and_counts_read_as_a_person_says_them() -> None:
    assert [joined([]), joined("a"), joined("ab"), joined("abc")] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert joined("abcdef", most=3) == "a, b and 4 more"
    assert [counted(1, "task"), counted(1204, "task")] == ["1 task", "1,204 tasks"]


def test_of_several_tasks_the_sentence_names_the_one() -> None:
    lines = pd.concat([make_line("a", task="news"), make_line("a", task="bible")])
    assert sentence(lines, "prompt_entropy").startswith("a (on news): prompt entropy")


def test_ready_views_only_use_what_is_there() -> None:
    table = pd.DataFrame(
        {"model": ["a", "b"], "task": ["t", "t"], "num_series": [3, 2], "num_layers_scored": [0, 0]}
    )
    views = ready_views(Held(table, ["prompt_entropy"], ["b", "a"]))
    assert [view.page for view in views] == ["pages/depth.py", "pages/trajectories.py"]
    assert views[0].query["models"] == ["b", "a"]
    assert views[0].query["metrics"] == ["Prompt entropy"]
    assert ready_views(Held(table.iloc[:0], [])) == []
