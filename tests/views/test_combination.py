"""The combination in words: better only where the interval over tasks says so."""

import pandas as pd
import pytest

from lrd_core.config import Config
from lrd_core.views import combination
from lrd_core.views.combination import combination_words
from tests.selection_store import fill_selection
from tests.shared_store import shared


def by_task(gains: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {"task": list("abcd"), "combined": 0.02, "single": [0.02 + gain for gain in gains]}
    )


def test_it_is_told_as_better_only_where_that_is_sure() -> None:
    weights = (0.5, 0.5, 0.0)
    sure = combination._sentence("published", weights, by_task([0.03, 0.031, 0.029, 0.03]))
    assert "lose 2.0 points, the best single metric 5.0: together they are better by +3.0" in sure
    assert "with 50% DiME's pick, 50% InfoNCE's pick" in sure
    unsure = combination._sentence("published", weights, by_task([0.1, -0.1, 0.05, -0.04]))
    assert unsure.endswith("a combination is not surely better, and none is used.")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Config:
    found = Config(data_dir=tmp_path_factory.mktemp("combination"))
    fill_selection(found)
    return shared(found)


def test_it_is_computed_from_what_is_stored_of_the_type(store: Config) -> None:
    kinds = ("classification", "sts", "clustering")
    said = {kind: combination_words(store, kind) for kind in kinds}
    for sentences in said.values():
        assert all(sentence.startswith("On ") for sentence in sentences)
    assert combination_words(store, "no such type") == ()
