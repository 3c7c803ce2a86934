"""One score a task: the same subsets at every layer, whatever the rule."""

import pandas as pd
import pytest

from lrd_core.analysis.task_scores import layer_table, one_score_a_task


def rows(*cells):
    frame = pd.DataFrame(cells, columns=["layer", "subset", "score", "first_subset"])
    return frame.assign(model="m", revision="main", variant="", task="STS17")


CROSS_LINGUAL = rows(
    (0, "en-en", 0.8, False),
    (0, "fr-en", 0.2, True),
    (0, "nl-en", 0.3, False),
    (1, "en-en", 0.9, True),
    (1, "fr-en", 0.4, False),
)


@pytest.mark.parametrize(
    ("rule", "expected"), [("english", [0.8, 0.9]), ("mean", [0.5, 0.65]), ("first", [0.2, 0.9])]
)
def test_each_rule_by_hand(rule, expected):
    """nl-en is missing at layer 1, so its mean over subsets leaves it out at layer 0 too."""
    result = one_score_a_task(CROSS_LINGUAL, rule).sort_values("layer")
    assert result["score"].tolist() == pytest.approx(expected)


def test_a_task_without_an_english_subset_is_averaged():
    table = rows((0, "fr-en", 0.2, True), (0, "it-en", 0.4, False))
    assert one_score_a_task(table, "english")["score"].tolist() == pytest.approx([0.3])


def test_missing_scores_are_dropped_not_zero():
    table = rows((0, "default", None, True), (1, "default", 0.5, True))
    result = one_score_a_task(table)
    assert layer_table(result).columns.tolist() == [1]


def test_files_without_the_mark_of_the_first_subset_are_averaged():
    table = rows((0, "a", 0.2, None), (0, "b", 0.4, None))
    assert one_score_a_task(table, "first")["score"].tolist() == pytest.approx([0.3])
