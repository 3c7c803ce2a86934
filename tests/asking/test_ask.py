"""A whole question on a real small model: classes, pairs, no labels, and what is refused."""

import functools

import numpy as np
import pytest
from scipy.stats import spearmanr

from lrd_core.asking.answers import answer_file, ask_payload, read_answer, write_answer
from lrd_core.asking.ask import ask
from lrd_core.asking.budget import layers_within
from lrd_core.asking.labelled import labelled_rows
from lrd_core.asking.settings import AskSettings
from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.extraction.hidden_states import extract
from lrd_core.models.load import load_model
from lrd_core.models.loading import Loading
from lrd_core.settings import RunSettings
from lrd_core.tasks import load_content

MODEL = "all-MiniLM-L6-v2"
SHORT = RunSettings(n=24, max_length=16)


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    return Config(data_dir=tmp_path_factory.mktemp("ask"))


@pytest.fixture(scope="module")
def classes(config):
    settings = AskSettings(labels=60, folds=3, repeats=1)
    return ask([MODEL], "bbc-news", settings, SHORT, config, loading=Loading("cpu"))


def test_every_layer_is_judged_and_ranked(classes):
    table = classes.table
    assert table["layer"].tolist() == list(range(7))
    assert classes.score_name == "probe accuracy"
    assert table["tied"].any() and table["behind"].min() == 0
    assert table[["score", "knn"]].to_numpy().min() > 0.3  # five classes, so chance is 0.2
    assert table["milliseconds"].is_monotonic_increasing
    assert table["megabytes"].is_monotonic_increasing
    assert classes.n + classes.left_out == 60


def test_picks_without_labels_stand_beside(classes):
    picks = {row["series"]: row["layer"] for row in classes.picks}
    assert set(picks) == {"dime", "infonce", "dataset_entropy"}
    assert {row["n"] for row in classes.picks} == {24}
    ways = {row["way"] for row in classes.curve}
    assert {"by labels", "best layer", "last layer", *picks} == ways


def test_a_pick_is_the_one_of_the_metric_itself(classes):
    from lrd_core.metrics import dataset_entropy
    from lrd_core.tasks import load_task

    loaded = load_model(MODEL, device="cpu", max_length=16)
    layers = extract(loaded, load_task("bbc-news", 24, 0).items, SHORT).embeddings
    expected = int(np.argmin([dataset_entropy(layer) for layer in layers]))
    assert {row["layer"] for row in classes.picks if row["series"] == "dataset_entropy"} == {
        expected
    }


def test_pairs_are_judged_by_the_correlation_itself(config):
    found = ask([MODEL], "lee-sts", AskSettings(labels=40), SHORT, config, loading=Loading("cpu"))
    content = load_content("lee-sts")
    rows = labelled_rows(content, 40, 0, 5)
    loaded = load_model(MODEL, device="cpu", max_length=16)
    last = extract(loaded, rows.texts, SHORT).embeddings[-1].astype(float)
    last /= np.linalg.norm(last, axis=1, keepdims=True)
    cosines = (last[rows.first] * last[rows.second]).sum(axis=1)
    expected = spearmanr(cosines, rows.targets).statistic
    assert found.table["score"].iloc[-1] == pytest.approx(expected)
    assert found.table["knn"].isna().all()


def test_without_labels_no_score_is_made_up(config):
    found = ask([MODEL], "lee-news", AskSettings(labels=0), SHORT, config, loading=Loading("cpu"))
    assert (found.score_name, found.n) == ("", 0)
    assert found.table["score"].isna().all()
    assert len(found.picks) == 3
    for pick in found.picks:
        values = {r["layer"]: r["value"] for r in found.profiles if r["series"] == pick["series"]}
        assert sorted(values) == list(range(7))
        assert values[pick["layer"]] == pick["value"] == min(values.values())


@pytest.mark.parametrize(
    ("task", "labels", "reason"),
    [
        ("lee-news", 50, "has no label for each text or pair"),
        ("bbc-news", 6, "use more labels"),
        ("lee-sts", 3, "3 labelled pairs are too few"),
    ],
)
def test_labels_that_cannot_be_used_are_refused(task, labels, reason):
    with pytest.raises(InputError, match=reason):
        labelled_rows(load_content(task), labels, 0, 5)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [({"folds": 1}, "folds is 1; choose 2 to 20"), ({"repeats": 99}, "repeats is 99; choose 1 to")],
)
def test_settings_out_of_their_bounds_are_refused(config, wrong, reason):
    with pytest.raises(InputError, match=reason):
        ask([MODEL], "bbc-news", AskSettings(**wrong), SHORT, config)


def test_layers_beyond_the_budget_are_neither_judged_nor_picked(config, classes):
    allowed = AskSettings(labels=60, folds=3, repeats=1, megabytes=60)
    found = ask([MODEL], "bbc-news", allowed, SHORT, config, loading=Loading("cpu")).table
    within = found["within"].to_numpy(bool)
    assert within.tolist() == (found["megabytes"] <= 60).tolist() == [True] * 3 + [False] * 4
    np.testing.assert_array_equal(found["score"][within], classes.table["score"][:3])
    assert found["score"][~within].isna().all()
    assert found["behind"][within].min() == 0


def test_a_budget_that_nothing_meets_names_the_least(config):
    with pytest.raises(InputError, match=r"stays within 10 MB; the smallest takes 46.* MB"):
        ask([MODEL], "lee-sts", AskSettings(0, megabytes=10), SHORT, config, loading=Loading("cpu"))


def test_a_layer_behind_one_that_is_too_slow_is_too_slow():
    times, sizes = np.array([1.0, 5.0, 3.0]), np.array([10.0, 20.0, 30.0])
    within = functools.partial(layers_within, milliseconds=times, megabytes=sizes)
    assert within(AskSettings(milliseconds=4)).tolist() == [True, False, False]
    assert within(AskSettings(megabytes=20)).tolist() == [True, True, False]
    assert within(AskSettings()).all()


def test_an_answer_is_kept_under_what_was_asked(classes, config):
    asked = ask_payload([MODEL], "bbc-news", {"labels": 60}, SHORT.described())
    assert read_answer(config, asked) is None
    write_answer(config, asked, classes)
    assert read_answer(config, asked) == classes
    other = ask_payload([MODEL], "bbc-news", {"labels": 61}, SHORT.described())
    assert read_answer(config, other) is None
    answer_file(config.data_dir / "answers", asked).write_text("{")
    assert read_answer(config, asked) is None
