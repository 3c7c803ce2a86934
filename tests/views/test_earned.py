"""Which way without labels is taken, on made-up records of which the truth is known."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest

from lrd_core.analysis.combination import is_mixture, weights_of
from lrd_core.config import Config
from lrd_core.views.ask_pick import earned_words, mixture_words, records_of, trial_words
from lrd_core.views.earned import OVER_SINGLE, OVER_STAYS, earned_way
from lrd_core.views.track_record import TOGETHER, family_regrets, pick_regrets
from tests.selection_store import (
    FAMILIES,
    MODELS,
    NUM_BLOCKS,
    TASKS,
    curve,
    fill_mixture,
    fill_selection,
)
from tests.shared_store import shared

OFFERED = ("dime", "infonce", "last", "middle")
WAYS = (*OFFERED, "average")


def record(
    lost: Callable[[int, int, str], float],
    models: int = 6,
    tasks: int = 10,
    seed: int = 0,
    ways: Sequence[str] = WAYS,
) -> pd.DataFrame:
    """lost: of model, task and way, plus noise of a tenth of a point."""
    draw = np.random.default_rng(seed)
    rows = [
        (f"m{model}", f"t{task}", way, lost(model, task, way) + draw.normal(0, 1e-3))
        for model in range(models)
        for task in range(tasks)
        for way in ways
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


EVEN, OTHER = "dime:2+infonce:2", "dime:3+infonce:1"
MIXED = (*OFFERED, EVEN, OTHER)


def with_mixtures(
    lost: Callable[[int, int, str], float], models: int = 6, tasks: int = 10
) -> pd.DataFrame:
    return record(lost, models, tasks, ways=(*WAYS, EVEN, OTHER))


def test_a_mixture_that_truly_wins_is_taken() -> None:
    """On half of the tasks one metric errs, on the others the other: together they do not."""

    def lost(model: int, task: int, way: str) -> float:
        errs = {"dime": task % 2 == 0, "infonce": task % 2 == 1}
        return {"last": 0.08, "middle": 0.1, EVEN: 0.01, OTHER: 0.03}.get(
            way, 0.12 if errs.get(way) else 0.02
        )

    table = with_mixtures(lost)
    found = earned_way(table, "unseen", MIXED)
    assert found is not None and (found.way, found.stays, found.beaten) == (EVEN, "last", True)
    assert found.best_other in ("dime", "infonce")
    over_last, over_single = found.mixed[OVER_STAYS], found.mixed[OVER_SINGLE]
    assert over_last["task"].value == pytest.approx(0.07, abs=2e-3)
    assert over_single["model"].value == pytest.approx(0.06, abs=2e-3)
    assert over_single["task"].n == 10 and over_single["model"].n == 6
    assert found.lost[EVEN] == pytest.approx(0.01, abs=1e-3) and OTHER not in found.lost
    assert earned_words(found).startswith(
        ": DiME (50%) and InfoNCE (50%) together lost 1.0 points on 10 other tasks of 6 models, "
        "with weights learnt without each, the last layer 8.0"
    )
    assert mixture_words(found).endswith("so they are used.")
    assert trial_words(found).endswith("but a mixture of metrics loses less.")
    # Where the metrics of the asked model cannot be mixed, none is taken.
    assert earned_way(table, "unseen", OFFERED).way not in (EVEN, OTHER)


def test_a_mixture_that_is_only_as_good_as_one_of_its_metrics_is_not() -> None:
    found = earned_way(
        with_mixtures(everywhere(**{"last": 0.05, "dime": 0.02, EVEN: 0.02, OTHER: 0.02})),
        "unseen",
        MIXED,
    )
    assert found is not None and found.way == "dime"
    assert all(trial.low > 0 for trial in found.mixed[OVER_STAYS].values())
    assert found.mixed[OVER_SINGLE]["task"].low < 0
    assert mixture_words(found).endswith("not surely more than 0 both times, so none are used.")
    assert trial_words(found).endswith("so it is taken.")


def test_a_mixture_that_beats_its_metrics_and_not_the_last_layer_is_not() -> None:
    ways = {"last": 0.01, "dime": 0.2, "infonce": 0.2, "middle": 0.2, EVEN: 0.05, OTHER: 0.06}
    found = earned_way(with_mixtures(everywhere(**ways)), "unseen", MIXED)
    assert found is not None and found.way == "last"
    assert all(trial.low > 0 for trial in found.mixed[OVER_SINGLE].values())
    assert found.mixed[OVER_STAYS]["task"].low < 0


def test_a_mixture_that_wins_on_most_models_by_chance_is_not() -> None:
    """Surely better by tasks, on which the same models lose the same; not by models."""

    def lost(model: int, task: int, way: str) -> float:
        mixed = 0.20 if model == 5 else 0.01
        return {"last": 0.08, "dime": 0.09, EVEN: mixed, OTHER: mixed}.get(way, 0.3)

    found = earned_way(with_mixtures(lost), "unseen", MIXED)
    assert found is not None and found.way == "last"
    over_last = found.mixed[OVER_STAYS]
    assert over_last["task"].low > 0 > over_last["model"].low


def test_the_best_of_mixtures_that_are_noise_is_not_taken() -> None:
    taken = 0
    for seed in range(40):
        noise = np.random.default_rng(seed).normal(0.05, 0.02, size=(6, 10, len(WAYS) + 2))
        ways = [*WAYS, EVEN, OTHER]
        table = with_mixtures(lambda m, t, way, n=noise, w=ways: n[m, t, w.index(way)])
        found = earned_way(table, "unseen", MIXED)
        assert found is not None and found.mixed
        taken += found.way in (EVEN, OTHER)
    assert taken <= 1


def test_a_model_s_own_tasks_can_earn_a_mixture() -> None:
    def lost(model: int, task: int, way: str) -> float:
        own = {"last": 0.08, EVEN: 0.01, OTHER: 0.03}
        return (own if model == 0 else {"last": 0.01}).get(way, 0.2)

    found = earned_way(with_mixtures(lost), "m0", MIXED)
    assert found is not None and (found.way, found.own, found.num_tasks) == (EVEN, True, 10)
    other = earned_way(with_mixtures(lost), "m3", MIXED)
    assert other is not None and other.way == "last"


def test_mixtures_are_judged_where_all_ways_are_known() -> None:
    """Half of the tasks have one metric only; single ways count them, mixtures cannot."""
    ways = {"last": 0.05, "dime": 0.02, EVEN: 0.01, OTHER: 0.01}
    table = with_mixtures(everywhere(**ways))
    gaps = table[~(table["way"].isin([EVEN, OTHER]) & table["task"].isin(["t0", "t1", "t2"]))]
    found = earned_way(gaps, "unseen", MIXED)
    assert found is not None and found.way in (EVEN, OTHER) and found.num_tasks == 7
    assert found.trials["task"].n == 10 and found.mixed[OVER_STAYS]["task"].n == 7


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


def test_from_a_store_the_mixture_is_taken_where_it_alone_is_right(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    config = Config(data_dir=tmp_path_factory.mktemp("mixture"))
    fill_mixture(config)
    track, regrets = records_of(config, "classification", "news", [MODELS[0]])
    offered = sorted({"dime", "dataset_entropy", "last", "middle"} | set(regrets["way"]))
    found = earned_way(regrets, "unseen", [way for way in offered if way != "average"])
    assert found is not None and set(weights_of(found.way)) == {"dime", "dataset_entropy"}
    assert found.lost[found.way] == 0 < found.lost["last"]
    assert {unit: trial.n for unit, trial in found.mixed[OVER_SINGLE].items()}["task"] == 3
    together = track[track["way"] == TOGETHER]["regret"]
    assert together.tolist() == [0] and track["regret"].iloc[0] == 0


def test_from_a_store_no_mixture_is_taken_where_a_metric_is_right_alone(store: Config) -> None:
    _, regrets = records_of(store, "classification", "news", [MODELS[0]])
    ways = set(regrets["way"]) - {"average"}
    assert any(map(is_mixture, ways))
    found = earned_way(regrets, "unseen", sorted(ways))
    assert found is not None and found.way == "dime" and found.mixed
    assert mixture_words(found).endswith("so none are used.")
