"""Tried plans as rows: what is one row, in which order, under which name."""

from lrd_core.pruning.summary import compare
from lrd_core.views.pruning_rows import blocks_of, merged_note, merged_plans, order_note
from tests.pruning.trial_table import frame, trial

LABELS = {"gfmi": "GFMI: close to the output", "nrs": "NRS: neighbours kept", "last": "Last blocks"}


def rows_of(*trials):
    return merged_plans(compare(frame(trials)), LABELS)


def test_rules_that_remove_the_same_blocks_on_every_task_are_one_row():
    rows = rows_of(
        trial("gfmi", (1,), -1.0, budget=0.1),
        trial("gfmi", (1,), -1.0, budget=0.2),
        trial("nrs", (1,), -1.0, budget=0.1),
        trial("last", (2,), -3.0, budget=0.1),
        trial("by hand", (1,), -1.0),
    )
    assert rows["name"].tolist() == ["GFMI = NRS = By hand", "Last blocks"]
    assert merged_note(rows) == "1 row is of several rules that remove the same blocks."
    assert blocks_of(rows[rows["row"] == 0]) == "block 1 of 4"


def test_rules_that_differ_on_one_task_are_two_rows():
    rows = rows_of(
        trial("gfmi", (1,), -1.0, budget=0.1),
        trial("nrs", (1,), -1.0, budget=0.1),
        trial("gfmi", (1,), -2.0, budget=0.1, task="pairs"),
        trial("nrs", (2,), -4.0, budget=0.1, task="pairs"),
    )
    names = rows.drop_duplicates("row")["name"].tolist()
    assert names == ["GFMI", "NRS"]
    assert merged_note(rows) == ""
    assert blocks_of(rows[rows["row"] == 1]) == "1 of 4, differs by task"
    assert "over 2 tasks" in order_note(rows)


def test_a_row_without_a_shared_task_is_ordered_by_no_score():
    rows = rows_of(
        trial("nrs", (2,), 9.0, budget=0.1, task="pairs"), trial("gfmi", (1,), -1.0, budget=0.1)
    )
    assert rows["name"].tolist() == ["GFMI", "NRS"]
    assert "share no task" in order_note(rows)


def test_fewer_blocks_come_first_and_sets_by_hand_stay_apart():
    rows = rows_of(
        trial("gfmi", (1, 2), 5.0, budget=0.5),
        trial("by hand", (1,), -1.0),
        trial("by hand", (2,), -2.0),
    )
    assert rows["m"].tolist() == [1, 1, 2]
    assert rows["removed"].tolist() == [(1,), (2,), (1, 2)]
