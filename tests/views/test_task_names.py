"""Names of tasks in words: kinds are left out, no two tasks get one title."""

from hypothesis import given
from hypothesis import strategies as st

from lrd_core.views.task_names import task_titles


def test_a_kind_at_the_end_is_left_out_and_the_rest_is_words() -> None:
    assert task_titles(["MTOPIntentClassification", "CQADupstackAndroidRetrieval"]) == {
        "MTOPIntentClassification": "MTOP Intent",
        "CQADupstackAndroidRetrieval": "CQA Dupstack Android",
    }


def test_other_names_stay_as_they_are() -> None:
    for name in ("FiQA2018", "SICK-R", "bbc-news", "Classification", "own Retrieval set"):
        assert task_titles([name]) == {name: name}


def test_two_kinds_of_one_set_keep_their_names() -> None:
    names = ["TwentyNewsgroupsClustering", "TwentyNewsgroupsClassification"]
    assert task_titles(names) == {name: name for name in names}


@given(st.lists(st.text(alphabet="ABab1Classification", max_size=24), unique=True))
def test_titles_tell_tasks_apart(names: list[str]) -> None:
    titles = task_titles(names)
    assert len(set(titles.values())) == len(names)
