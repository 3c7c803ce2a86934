"""Which way without labels is taken, on made-up records of which the truth is known."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from lrd_core.config import Config
from lrd_core.views.ask_pick import records_of, trial_words
from lrd_core.views.earned import earned_way
from lrd_core.views.track_record import family_regrets, pick_regrets
from tests.selection_store import FAMILIES, MODELS, NUM_BLOCKS, TASKS, curve, fill_selection
from tests.shared_store import shared

OFFERED = ("dime", "infonce", "last", "middle")
WAYS = (*OFFERED, "average")


def record(
    lost: Callable[[int, int, str], float], models: int = 6, tasks: int = 10, seed: int = 0
) -> pd.DataFrame:
    """lost: of model, task and way, plus noise of a tenth of a point."""
    draw = np.random.default_rng(seed)
    rows = [
        (f"m{model}", f"t{task}", way, lost(model, task, way) + draw.normal(0, 1e-3))
        for model in range(models)
        for task in range(tasks)
        for way in WAYS
    ]
    return pd.DataFrame(rows, columns=["model", "task", "way", "regret"])


def everywhere(**lost: float) -> Callable[[int, int, str], float]:
    return lambda model, task, way: lost.get(way, 0.1)


@pytest.mark.parametrize("way", ["dime", "infonce", "middle"])
def test_what_is_better_on_every_task_and_model_is_taken(way: str) -> None:
    found = earned_way(record(everywhere(**{"last": 0.05, way: 0.02})), "unseen", OFFERED)
    assert found is not None and (found.way, found.stays, found.beaten) == (way, "last", True)
    assert found.trials["task"].n == 10 and found.trials["model"].n == 6
    assert found.trials["task"].value == pytest.approx(0.03, abs=1e-3)


def test_what_is_better_on_most_models_by_chance_is_not() -> None:
    """One of the six loses so much more that the mean over models still speaks for it."""
    found = earned_way(
        record(
            lambda model, task, way: {"last": 0.05, "dime": 0.20 if model == 5 else 0.01}.get(
                way, 0.3
            )
        ),
        "unseen",
        OFFERED,
    )
    assert found is not None and found.way == "last"
    assert found.best_other == "dime" and found.lost["dime"] < found.lost["last"]
    assert found.trials["task"].low > 0  # the same models on every task: tasks alone would take it
    assert found.trials["model"].low < 0
    assert "none is taken" in trial_words(found)


def test_the_winner_of_noise_is_not_taken() -> None:
    """Ways that are all alike: the best of them on record is best by chance."""
    taken = 0
    for seed in range(40):
        draw = np.random.default_rng(1000 + seed)
        noise = draw.normal(0.05, 0.02, size=(6, 10, len(WAYS)))
        table = record(lambda m, t, way, noise=noise: noise[m, t, WAYS.index(way)], seed=seed)
        found = earned_way(table, "unseen", OFFERED)
        assert found is not None
        best = min(found.lost, key=lambda way: found.lost[way])
        taken += found.beaten
        assert found.best_other and best in WAYS
    assert taken <= 2


def test_a_model_whose_own_other_tasks_are_sure_goes_by_them() -> None:
    """The last layer is best for five models and DiME's for one."""

    def lost(model: int, task: int, way: str) -> float:
        return {"last": 0.08 if model == 0 else 0.01, "dime": 0.02 if model == 0 else 0.1}.get(
            way, 0.2
        )

    own, other = (earned_way(record(lost), name, OFFERED) for name in ("m0", "m3"))
    assert own is not None and other is not None
    assert (own.way, own.own, own.num_models, own.num_tasks) == ("dime", True, 1, 10)
    assert (other.way, other.own, other.num_models) == ("last", False, 6)


@pytest.mark.parametrize("models, tasks", [(1, 10), (6, 1), (1, 1)])
def test_where_nothing_can_be_left_out_nothing_is_earned(models: int, tasks: int) -> None:
    table = record(everywhere(last=0.5, dime=0.0), models, tasks)
    found = earned_way(table, "unseen", OFFERED)
    assert found is not None and found.way == "last"
    assert "a single one is on record" in trial_words(found)


def test_beyond_the_budget_the_middle_layer_stays_and_else_the_best_pick() -> None:
    table = record(everywhere(last=0.0, middle=0.05, dime=0.04, infonce=0.2), models=2)
    middle = earned_way(table, "unseen", ("dime", "infonce", "middle"))
    assert middle is not None and middle.stays == "middle"
    picks = earned_way(table, "unseen", ("infonce", "dime"))
    assert picks is not None and (picks.way, picks.stays) == ("dime", "")
    assert earned_way(table, "unseen", ()) is None
    nothing = earned_way(table.head(0), "unseen", ("infonce", "dime"))
    assert nothing is not None and nothing.way == "infonce"


def test_ways_are_compared_on_the_same_cells() -> None:
    """InfoNCE is not known on the one hard task, which must not speak for it."""
    table = record(lambda model, task, way: (0.3 if task == 0 else 0.0) + 0.01)
    gaps = table[~((table["way"] == "infonce") & (table["task"] == "t0"))]
    found = earned_way(gaps, "unseen", OFFERED)
    assert found is not None and found.num_tasks == 9
    assert found.lost["last"] == pytest.approx(found.lost["infonce"], abs=1e-3)
    assert found.way == "last"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Config:
    found = Config(data_dir=tmp_path_factory.mktemp("earned"))
    fill_selection(found)
    return shared(found)


def test_from_a_store_the_metric_that_is_lowest_at_the_best_layer_is_taken(store: Config) -> None:
    """DiME is lowest at layer 6 of 10, where every score is highest."""
    _, regrets = records_of(store, "classification", "news", [MODELS[0]])
    assert set(regrets["task"]) == set(TASKS) - {"news"}
    found = earned_way(regrets, MODELS[0], ("dime", "dataset_entropy", "last", "middle"))
    assert found is not None and found.way == "dime"
    scores = curve(0, TASKS[1])
    assert found.lost["last"] == pytest.approx(scores.max() - scores[NUM_BLOCKS])
    assert found.lost["average"] == pytest.approx(scores.max() - scores.mean())


def test_models_of_its_kind_are_on_record_and_all_where_its_kind_is_unknown(store: Config) -> None:
    assert set(family_regrets(store, "nobody")["model"]) == set(pick_regrets(store)["model"])
    kinds = {model: FAMILIES[rank % 3] for rank, model in enumerate(MODELS)}
    of_kind = pick_regrets(store, family=FAMILIES[1])
    assert {kinds[model] for model in of_kind["model"]} <= {FAMILIES[1]}
