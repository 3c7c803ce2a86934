"""Samples of a task keep its kind, and the rest of it is disjoint."""

import pytest

from lrd_core.errors import PruningError
from lrd_core.pruning.sampling import rest_of_task, sample_task, split_to_choose_by
from lrd_core.tasks import TaskContent, load_content
from lrd_core.tasks.splits import text_key


@pytest.mark.parametrize("name", ["lee-sts", "bbc-news", "bible-pairs", "bbc-news-clustering"])
def test_rows_are_fewer_and_the_revision_says_so(name):
    whole = load_content(name)
    part = sample_task(whole, 40, seed=3)
    assert len(next(iter(part.tables["test"].values()))) == 40
    assert part.spec.revision == f"{whole.spec.revision}+n40-seed3"
    assert part.tables["test"] == sample_task(whole, 40, seed=3).tables["test"]
    assert part.tables["test"] != sample_task(whole, 40, seed=4).tables["test"]


def test_a_search_keeps_what_its_queries_need():
    whole = load_content("chatterbot")
    part = sample_task(whole, 30, seed=0)
    queries, documents = set(part.tables["queries"]["id"]), set(part.tables["corpus"]["id"])
    assert len(queries) == 30
    assert set(part.tables["relevant"]["query"]) == queries
    assert set(part.tables["relevant"]["document"]) <= documents
    assert 30 < len(documents) <= 30 * 6


def test_a_reranking_keeps_the_candidates_of_its_queries():
    part = sample_task(load_content("chatterbot-reranking"), 20, seed=0)
    assert set(part.tables["candidates"]["query"]) == set(part.tables["queries"]["id"])
    assert set(part.tables["candidates"]["document"]) <= set(part.tables["corpus"]["id"])


@pytest.mark.parametrize("n", [None, 10**9])
def test_no_sample_is_the_task_itself(n):
    whole = load_content("lee-sts")
    assert sample_task(whole, n, 0) is whole


def test_the_rest_is_disjoint_and_named_otherwise():
    whole = load_content("lee-sts")
    part, rest = sample_task(whole, 100, 0), rest_of_task(whole, 100, 0)

    def pairs(content):
        return set(zip(*(content.tables["test"][f"sentence{i}"] for i in (1, 2)), strict=True))

    assert not pairs(part) & pairs(rest)
    assert rest.spec.revision != part.spec.revision
    with pytest.raises(PruningError, match="no rows beside the 1225 evaluated ones"):
        rest_of_task(whole, None, 0)


def pair_texts(content) -> set[str]:
    return {
        text_key(t) for name in ("sentence1", "sentence2") for t in content.tables["test"][name]
    }


def test_the_split_to_choose_by_shares_no_text_with_the_evaluated_rows():
    whole = load_content("bible-pairs")
    part, (split, note) = sample_task(whole, 200, 0), split_to_choose_by(whole, 200, 0)
    assert not pair_texts(part) & pair_texts(split)
    assert len(split.tables["test"]["sentence1"]) >= 30
    assert note == ""
    assert pair_texts(part) & pair_texts(rest_of_task(whole, 200, 0)), "a positive control"


def test_texts_that_cannot_be_kept_apart_are_said():
    """All pairs of lee-sts are made of the same 50 texts."""
    split, note = split_to_choose_by(load_content("lee-sts"), 200, 0)
    assert note == "chosen on rows that share 50 of 50 texts with the evaluated"
    assert len(split.tables["test"]["sentence1"]) == 200


@pytest.mark.parametrize("name", ["bbc-news", "bbc-news-clustering", "chatterbot"])
def test_other_tasks_split_without_a_shared_row(name):
    split, note = split_to_choose_by(load_content(name), 40, 0)
    evaluated = "queries" if name == "chatterbot" else "test"
    taken = sample_task(load_content(name), 40, 0).tables[evaluated]["text"]
    assert note == ""
    assert not set(map(text_key, taken)) & set(map(text_key, split.tables[evaluated]["text"]))
    with pytest.raises(PruningError, match="no rows beside the"):
        split_to_choose_by(load_content(name), None, 0)


def test_calibration_texts_are_not_evaluated():
    whole = load_content("bbc-news")
    part = sample_task(whole, 50, 0)
    assert not set(whole.calibration_items()) & set(part.evaluated_items()["text"])


def test_pictures_are_chosen_by_and_evaluated_apart():
    whole = load_content("digits")
    taken = set(sample_task(whole, 100, 0).tables["test"]["image"])
    split, note = split_to_choose_by(whole, 100, 0)
    assert note == "" and taken.isdisjoint(split.tables["test"]["image"])
    doubled = {name: column * 2 for name, column in whole.tables["test"].items()}
    twice = TaskContent(whole.spec, {**whole.tables, "test": doubled})
    taken = set(sample_task(twice, 500, 0).tables["test"]["image"])
    split, note = split_to_choose_by(twice, 500, 0)
    assert note == "" and taken.isdisjoint(split.tables["test"]["image"])
    few = {name: column[:40] * 2 for name, column in whole.tables["test"].items()}
    _, note = split_to_choose_by(TaskContent(whole.spec, {**whole.tables, "test": few}), 60, 0)
    assert note.startswith("chosen on rows that share ") and " images with the" in note
