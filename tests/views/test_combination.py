"""The combination in words: better only where the interval over tasks says so."""

import pandas as pd
import pytest

from lrd_core.analysis.combination import is_mixture
from lrd_core.config import Config
from lrd_core.views import combination
from lrd_core.views.combination import combination_words
from lrd_core.views.track_record import TOGETHER, pick_regrets, records_of_ways
from tests.selection_store import fill_selection
from tests.shared_store import shared


def means(gains: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {"dime": [0.02 + gain for gain in gains], "infonce": 0.5, "dime:2+infonce:2": 0.02},
        index=list("abcd"),
    )


def test_it_is_told_as_better_only_where_that_is_sure() -> None:
    sure = combination._sentence("published", means([0.03, 0.031, 0.029, 0.03]))
    assert "lose 2.0 points, the best single metric 5.0: together they are better by +3.0" in sure
    assert sure.endswith("learnt on all: DiME (50%) and InfoNCE (50%) together.")
    unsure = combination._sentence("published", means([0.1, -0.1, 0.05, -0.04]))
    assert unsure.endswith("a combination is not surely better.")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Config:
    found = Config(data_dir=tmp_path_factory.mktemp("combination"))
    fill_selection(found)
    return shared(found)


def test_it_is_computed_from_what_is_stored_of_the_type(store: Config) -> None:
    (said,) = combination_words(store, "classification")
    # DiME is lowest at the best layer on every task: nothing can be better.
    assert said.startswith("On 3 tasks (computed here)")
    assert "the best single metric 0.0" in said and said.endswith("is not surely better.")
    assert combination_words(store, "sts") == ()  # a single task
    assert combination_words(store, "no such type") == ()


def test_mixtures_are_on_record_and_shown_as_one_way(store: Config) -> None:
    regrets = pick_regrets(store, "classification")
    mixed = regrets[regrets["way"].map(is_mixture)]
    assert set(mixed["way"]) == {f"dataset_entropy:{4 - n}+dime:{n}" for n in (1, 2, 3)}
    # Dataset entropy is lowest at layer 3 and DiME at 6, where the scores are best.
    assert mixed["layer"].between(3, 6).all()
    assert mixed["regret"].to_numpy() == pytest.approx((6 - mixed["layer"]) / 100)
    record = records_of_ways(regrets)
    assert not record["way"].map(is_mixture).any()
    (row,) = record[record["way"] == TOGETHER].itertuples()
    by_way = mixed.groupby("way")["regret"].mean()
    assert row.regret == pytest.approx(by_way.min()) and row.num_tasks == 3
