"""One revision of a model under a name of its own, and what two sides differ in."""

import pandas as pd
import pytest

from lrd_core.config import Config
from lrd_core.store import connect
from lrd_core.store.scores import save_scores
from lrd_core.views import coverage, stored
from lrd_core.views.depth import DepthRequest, depth
from lrd_core.views.differences import differences
from lrd_core.views.pinned import pinned_names, pinned_rows, split
from lrd_core.views.view import Selection
from tests.example_store import add_run, layer_scores, run_record, valley

EARLY, LATE = "pythia@step1", "pythia@step1000"


@pytest.fixture
def trained(config: Config) -> Config:
    """A model at two checkpoints, and another one; scores of both checkpoints."""
    with connect(config) as connection:
        for revision, depth_of in (("step1", 0.1), ("step1000", 0.4)):
            run = run_record("pythia", num_blocks=8, family="base LM", revision=revision)
            add_run(connection, run, valley(8, depth_of))
            save_scores(connection, layer_scores(run, best=3 if revision == "step1" else 6))
        add_run(connection, run_record("other", num_blocks=12), valley(12, 0.0))
    return config


def selected(config: Config, *models: str) -> Selection:
    order = coverage.model_order(stored.runs(config), stored.scores(config))
    return Selection(models, ("bbc-news",), {}, order)


def test_names_are_offered_where_revisions_differ(trained: Config) -> None:
    assert sorted(pinned_names(stored.runs(trained), stored.scores(trained))) == [EARLY, LATE]


def test_a_models_own_name_is_never_cut() -> None:
    assert split("a@b", ["a@b", "a"]) == ("a@b", None)
    assert split("a@b", ["a"]) == ("a", "b")
    assert split("x@b", ["a"]) == ("x@b", None)


def test_rows_of_the_revision_stand_under_the_name() -> None:
    table = pd.DataFrame({"model": ["a", "a", "b"], "revision": ["1", "2", "1"]})
    found = pinned_rows(table, ["a@2", "b"])
    assert found["model"].tolist() == ["a", "a", "b", "a@2"]
    assert found["revision"].tolist()[-1] == "2"
    assert pinned_rows(table, ["a"]) is table


def test_two_checkpoints_are_two_lines_with_scores_of_their_own(trained: Config) -> None:
    request = DepthRequest(
        selected(trained, EARLY, LATE), ("prompt_entropy", "score"), layout="multiples"
    )
    view = depth(trained, request)
    lowest = view.table[view.table["series"] == "prompt_entropy"].groupby("model")["value"].min()
    assert lowest[EARLY] == pytest.approx(0.8, abs=0.01)
    assert lowest[LATE] == pytest.approx(0.5, abs=0.01)
    scores = view.table[view.table["series"] == "score"]
    best = scores.loc[scores.groupby("model")["value"].idxmax()].set_index("model")["position"]
    assert best.to_dict() == {EARLY: 3, LATE: 6}
    assert "pythia@step1000" in view.command


def test_what_differs_and_what_does_not_is_one_line(trained: Config) -> None:
    said = differences(trained, selected(trained, EARLY, LATE))
    assert said.startswith(f"{EARLY} and {LATE} differ in model revision step1 against step1000; ")
    assert said.endswith("other recorded facts are the same.")
    two = differences(trained, selected(trained, EARLY, "other"))
    assert "family base LM against encoder embedder, blocks 8 against 12" in two
    assert "only pythia" not in two


def test_a_side_without_a_run_is_said(trained: Config) -> None:
    assert "ghost has no run" in differences(trained, selected(trained, EARLY, "ghost"))
    assert differences(trained, selected(trained, EARLY)) == ""
