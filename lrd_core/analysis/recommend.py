"""Rank models for tasks without labels, from label-free numbers and the evidence of other tasks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from lrd_core.analysis.common import common_set
from lrd_core.analysis.correlation import (
    LEAST_MODELS,
    THIN_BELOW,
    average_ranks,
    median_of_known,
    resampled_rows,
    resampled_spearman,
    spearman,
)
from lrd_core.errors import InputError

LEAST_TASKS = 3
"""Fewer labelled tasks than this are too few to hold one out and learn from the rest."""

DRAWS = 2000


@dataclass(frozen=True)
class HoldOut:
    """How the same rule ranked models on labelled tasks that it had not seen.

    rho: median rank correlation of predicted and true order. regret: mean score lost by taking the
    first model; chance_regret: the same for a model drawn at random.
    """

    rho: float
    by_task: Mapping[str, float]
    regret: float
    chance_regret: float
    models: tuple[str, ...]


@dataclass(frozen=True)
class Candidate:
    """A model in the ranking. rank 1 is best; low to high hold 90% of the simulated ranks.

    The order is that of the mean simulated rank; without evidence, that of the weighted metrics.
    """

    model: str
    rank: int
    low: float
    high: float
    chance_best: float
    values: Mapping[str, float]


@dataclass(frozen=True)
class Recommendation:
    """The ranking, what it stands on, and every reason to doubt it.

    weights: by metric, its median correlation with the score over the labelled tasks, or the
    published sign where `learned` is False. thin: reasons why the evidence is too thin to act
    on; empty where there are none. left_out: models without a full set of values.
    """

    candidates: tuple[Candidate, ...]
    weights: Mapping[str, float]
    learned: bool
    targets: tuple[str, ...]
    evidence_tasks: tuple[str, ...]
    hold_out: HoldOut | None
    thin: tuple[str, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)

    def chance_among_first(self, count: int) -> float:
        """The chance that the best model is among the first `count`; NaN without evidence."""
        return float(sum(entry.chance_best for entry in self.candidates[:count]))


@dataclass(frozen=True)
class _Labelled:
    """Complete arrays over the common models and tasks: metrics (m, models, tasks), scores."""

    metrics: np.ndarray
    scores: np.ndarray
    models: tuple[str, ...]
    tasks: tuple[str, ...]


def recommend(
    values: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    metrics: Sequence[str],
    targets: Sequence[str],
    candidates: Sequence[str],
    seed: int = 0,
) -> Recommendation:
    """Rank `candidates` for `targets`, whose scores are never looked at.

    values: model, task, metric, value. scores: model, task, score.

    Each metric weighs as much as its median Spearman correlation with the score over the labelled
    tasks that are no targets. The uncertainty of a rank has two parts, drawn together: which models
    happened to be in the evidence, and how loosely the ranking followed the true order on tasks
    held out.
    Raises: InputError for fewer than 2 candidates with values on a target.
    """
    standing, left_out, used_targets = _standing(values, metrics, targets, candidates)
    models = tuple(standing.index.get_level_values("model").unique())
    labelled = _labelled(values, scores, metrics, exclude=targets)
    learned = (
        labelled is not None
        and len(labelled.models) >= LEAST_MODELS
        and len(labelled.tasks) >= LEAST_TASKS
    )
    ranks = _rank_scores(standing, metrics, models, used_targets)
    if learned and labelled is not None:
        weights = _weights(labelled)
        held = _hold_out(labelled)
        drawn = _simulate(ranks, labelled, held, seed)
    else:
        weights, held = np.ones(len(metrics)), None
        drawn = np.full((0, len(models)), np.nan)
    predicted = _predicted(ranks, weights)
    return Recommendation(
        candidates=_candidates(models, predicted, drawn, standing),
        weights=dict(zip(metrics, weights.tolist(), strict=True)),
        learned=learned,
        targets=used_targets,
        evidence_tasks=labelled.tasks if labelled is not None else (),
        hold_out=held,
        thin=_doubts(labelled, held, learned),
        left_out=left_out,
    )


def check_on_labelled_tasks(
    values: pd.DataFrame, scores: pd.DataFrame, metrics: Sequence[str]
) -> HoldOut | None:
    """Hold out every labelled task in turn; None where models or tasks are too few."""
    labelled = _labelled(values, scores, metrics, exclude=())
    if labelled is None or len(labelled.models) < LEAST_MODELS or len(labelled.tasks) < LEAST_TASKS:
        return None
    return _hold_out(labelled)


def _standing(
    values: pd.DataFrame, metrics: Sequence[str], targets: Sequence[str], candidates: Sequence[str]
) -> tuple[pd.DataFrame, dict[str, str], tuple[str, ...]]:
    """Values of the candidates on the targets, complete; what was left out and why."""
    wanted = values[values["metric"].isin(list(metrics)) & values["task"].isin(list(targets))]
    wanted = wanted[wanted["model"].isin(list(candidates))]
    wide = wanted.pivot(index=["model", "task"], columns="metric", values="value")
    complete = wide.reindex(columns=list(metrics)).notna().all(axis=1).unstack("task")
    common = common_set(complete.astype(float).where(complete.eq(True)))
    models = [model for model in candidates if model in common.table.index]
    left_out = {
        model: f"no {' or '.join(metrics)} on {', '.join(targets)}"
        for model in candidates
        if model not in models
    }
    if len(models) < 2:
        raise InputError(
            f"{len(models)} of {len(candidates)} candidates have {', '.join(metrics)} on "
            f"{', '.join(targets)}; compute them first with python -m lrd_core run"
        )
    tasks = tuple(str(task) for task in common.table.columns)
    pairs = pd.MultiIndex.from_product([models, tasks], names=["model", "task"])
    return wide.loc[pairs], left_out, tasks


def _labelled(
    values: pd.DataFrame, scores: pd.DataFrame, metrics: Sequence[str], exclude: Sequence[str]
) -> _Labelled | None:
    rows = values[values["metric"].isin(list(metrics)) & ~values["task"].isin(list(exclude))]
    wide = rows.pivot(index=["model", "task"], columns="metric", values="value")
    wide = wide.reindex(columns=list(metrics)).dropna()
    joined = wide.join(scores.set_index(["model", "task"])["score"].dropna(), how="inner")
    if joined.empty:
        return None
    common = common_set(joined["score"].unstack("task"))
    models, tasks = common.table.index, common.table.columns
    if common.empty:
        return None
    cubes = [joined[name].unstack("task").loc[models, tasks].to_numpy() for name in metrics]
    return _Labelled(
        np.stack(cubes), common.table.to_numpy(), tuple(models), tuple(str(t) for t in tasks)
    )


def _rank_scores(
    standing: pd.DataFrame, metrics: Sequence[str], models: Sequence[str], tasks: Sequence[str]
) -> np.ndarray:
    cubes = [
        standing[name].unstack("task").loc[list(models), list(tasks)].to_numpy() for name in metrics
    ]
    return np.asarray(_centred_ranks(np.stack(cubes), axis=1).mean(axis=2))


def _centred_ranks(values: np.ndarray, axis: int) -> np.ndarray:
    """Ranks scaled to mean 0 and length comparable for any number of models."""
    ranks = average_ranks(values, axis)
    return np.asarray((ranks - ranks.mean(axis=axis, keepdims=True)) / values.shape[axis])


def _weights(labelled: _Labelled, rows: np.ndarray | None = None) -> np.ndarray:
    """(m,) median over tasks of each metric's correlation, or (draws, m) for drawn models."""
    x = labelled.metrics.transpose(0, 2, 1)
    y = np.broadcast_to(labelled.scores.T, x.shape)
    if rows is None:
        by_task = spearman(x, y)
    else:
        cells = (-1, x.shape[-1])
        drawn = resampled_spearman(x.reshape(cells), y.reshape(cells), rows)
        by_task = np.moveaxis(drawn.reshape(*x.shape[:2], -1), 1, -1)
    return np.asarray(np.nan_to_num(median_of_known(by_task).T))


def _predicted(ranks: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(models,) or (draws, models): the weighted sum of centred ranks (m, models)."""
    predicted: np.ndarray = weights @ ranks
    return predicted


def _hold_out(labelled: _Labelled) -> HoldOut:
    by_task, regrets = {}, []
    for column, task in enumerate(labelled.tasks):
        rest = np.delete(np.arange(len(labelled.tasks)), column)
        seen = _Labelled(
            labelled.metrics[:, :, rest],
            labelled.scores[:, rest],
            labelled.models,
            tuple(labelled.tasks[i] for i in rest),
        )
        ranks = _centred_ranks(labelled.metrics[:, :, column], axis=1)
        predicted = _predicted(ranks, _weights(seen))
        truth = labelled.scores[:, column]
        by_task[task] = float(spearman(predicted, truth))
        regrets.append(truth.max() - truth[int(np.argmax(predicted))])
    known = [value for value in by_task.values() if not np.isnan(value)]
    chance = labelled.scores.max(axis=0) - labelled.scores.mean(axis=0)
    return HoldOut(
        rho=float(np.median(known)) if known else 0.0,
        by_task=by_task,
        regret=float(np.mean(regrets)),
        chance_regret=float(chance.mean()),
        models=labelled.models,
    )


def _simulate(ranks: np.ndarray, labelled: _Labelled, held: HoldOut, seed: int) -> np.ndarray:
    """(draws, models) true ranks that the evidence allows; 1 is best."""
    generator = np.random.default_rng(seed)
    rows = resampled_rows(len(labelled.models), DRAWS, seed)
    predicted = _predicted(ranks, _weights(labelled, rows))
    spread = predicted.std(axis=1, keepdims=True)
    standard = np.divide(
        predicted - predicted.mean(axis=1, keepdims=True),
        spread,
        out=np.zeros_like(predicted),
        where=spread > 0,
    )
    tasks = np.array([value for value in held.by_task.values() if not np.isnan(value)] or [0.0])
    agreement = np.clip(generator.choice(tasks, DRAWS), -1, 1)[:, None]
    noise = generator.standard_normal(predicted.shape)
    truth = agreement * standard + np.sqrt(1 - agreement**2) * noise
    return average_ranks(-truth, 1)


def _candidates(
    models: Sequence[str], predicted: np.ndarray, drawn: np.ndarray, standing: pd.DataFrame
) -> tuple[Candidate, ...]:
    order = np.argsort(drawn.mean(axis=0) if len(drawn) else -predicted, kind="stable")
    found = []
    for rank, index in enumerate(order, start=1):
        column = drawn[:, index]
        sure = len(column) > 0
        means = standing.loc[models[index]].mean(axis=0, skipna=False)
        found.append(
            Candidate(
                model=models[index],
                rank=rank,
                low=float(np.percentile(column, 5)) if sure else float("nan"),
                high=float(np.percentile(column, 95)) if sure else float("nan"),
                chance_best=float((column == 1).mean()) if sure else float("nan"),
                values={str(name): float(value) for name, value in means.items()},
            )
        )
    return tuple(found)


def _doubts(labelled: _Labelled | None, held: HoldOut | None, learned: bool) -> tuple[str, ...]:
    if not learned:
        models = len(labelled.models) if labelled is not None else 0
        tasks = len(labelled.tasks) if labelled is not None else 0
        return (
            f"{models} models share {tasks} labelled tasks here; {LEAST_MODELS} models and "
            f"{LEAST_TASKS} tasks are the least to learn from; the order below only follows the "
            "published sign of each metric",
        )
    doubts = []
    if labelled is not None and len(labelled.models) < THIN_BELOW:
        doubts.append(f"only {len(labelled.models)} models with labels; ten is a fair start")
    if held is not None and held.rho < 0.3:
        doubts.append(
            f"on labelled tasks held out, the predicted order hardly followed the true one "
            f"(median rank correlation {held.rho:.2f})"
        )
    if held is not None and held.regret >= held.chance_regret:
        doubts.append("taking its first choice was no better than drawing a model at random")
    return tuple(doubts)
