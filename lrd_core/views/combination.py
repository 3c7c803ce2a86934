"""Whether metrics that need no labels pick a layer better together than the best one alone."""

import pandas as pd

from lrd_core.analysis.combination import is_mixture
from lrd_core.claims.intervals import mean_of
from lrd_core.config import Config
from lrd_core.numbers import points, signed_points, whole
from lrd_core.views.earned import FIXED, RANDOM, without_say
from lrd_core.views.layer_words import strategy_name
from lrd_core.views.track_record import HERE, PUBLISHED, pick_regrets

LEAST_TASKS = 3
ORIGINS = (HERE, PUBLISHED)


def combination_words(config: Config, task_type: str, without: str = "") -> tuple[str, ...]:
    """A sentence an origin: what weights learnt on the other tasks lose, beside the best metric.

    Only where the paired interval over tasks excludes 0 it is told as better, with its weights.
    task_type, without: as track_record.
    """
    regrets = pick_regrets(config, task_type, without)
    found = ((origin, _by_task(regrets[regrets["origin"] == origin])) for origin in ORIGINS)
    return tuple(_sentence(origin, means) for origin, means in found if len(means) >= LEAST_TASKS)


def _by_task(regrets: pd.DataFrame) -> pd.DataFrame:
    """Task x way, the mean over models that have every metric there; empty without mixtures."""
    ways = regrets[~regrets["way"].isin([*FIXED, RANDOM])]
    if not ways["way"].map(is_mixture).any():
        return pd.DataFrame()
    wide = ways.pivot(index=["task", "model"], columns="way", values="regret").dropna()
    return wide.groupby(level="task").mean()


def _sentence(origin: str, means: pd.DataFrame) -> str:
    """means: task x way, of metrics and their mixtures."""
    mixtures = [way for way in means if is_mixture(way)]
    together = without_say(means, mixtures)
    alone = without_say(means, [way for way in means if way not in mixtures])
    gain = mean_of("", (alone - together).tolist(), "tasks")
    begin = (
        f"On {whole(len(means))} tasks ({origin}), weights of these metrics that were learnt on "
        f"the others lose {points(100 * together.mean())} points, the best single metric "
        f"{points(100 * alone.mean())}"
    )
    low, high = gain.low, gain.high
    if low is None or high is None or not low > 0:
        return f"{begin}: a combination is not surely better."
    learnt = strategy_name(str(means[mixtures].mean().idxmin()))
    return (
        f"{begin}: together they are better by {signed_points(100 * gain.value)} points "
        f"({signed_points(100 * low)} to {signed_points(100 * high)}), learnt on all: {learnt}."
    )
