"""A made-up store that holds a value of every registered series, or of one metric alone."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from lrd_core.config import Config
from lrd_core.metrics.registry import Metric
from lrd_core.metrics.series import Series
from lrd_core.store import connect
from lrd_core.store.matrices import Matrix
from lrd_core.store.metric_id import MetricId
from lrd_core.store.metric_values import Value
from lrd_core.store.metrics import save_metric
from lrd_core.store.per_text import PerText
from lrd_core.store.runs import RunRecord, save_run
from lrd_core.store.scores import ScoreRow, save_scores
from tests.example_store import layer_scores, run_record

N_TEXTS = 40
MODELS = {"small": 3, "deep": 5, "wide": 3, "other": 4}
TASKS = ("bbc-news", "kjv")


def fill_metrics(
    config: Config, metrics: Iterable[Metric], models: Sequence[str] = (*MODELS,)
) -> None:
    """These models on two tasks, with every series of these metrics and a score of every layer."""
    wanted = list(metrics)
    with connect(config) as connection:
        for place, model in enumerate(models):
            for task in TASKS:
                run = run_record(model, task, MODELS[model])
                save_run(connection, run)
                for metric in wanted:
                    _save(connection, run, metric, shift=0.1 * place)
                save_scores(connection, _scores(run, place))


def fill_scores_alone(config: Config) -> None:
    """Scores of layers without a run of their models, as an import leaves them."""
    with connect(config) as connection:
        for place, (model, blocks) in enumerate(MODELS.items()):
            for task in TASKS:
                save_scores(connection, _scores(run_record(model, task, blocks), place))


def _scores(run: RunRecord, place: int) -> list[ScoreRow]:
    rows = layer_scores(run, best=run.num_blocks - 1)
    return [replace(row, score=(row.score or 0) - 0.05 * place) for row in rows]


def _save(connection: object, run: RunRecord, metric: Metric, shift: float) -> None:
    values = [value for series in metric.series for value in _values(series, run, shift)]
    matrices = [
        Matrix(series.name, _distances(run.num_blocks + 1))
        for series in metric.series
        if series.at in ("layer_pair", "layer_curve")
    ]
    texts = [
        PerText(value.series, value.position, np.arange(N_TEXTS), np.linspace(0, 1, N_TEXTS))
        for value in values
        if value.position is not None and metric.inputs == "tokens"
    ]
    identity = MetricId.of(metric.name, metric.version, "exact", dict(metric.parameters))
    save_metric(connection, run.run_key, identity, values, texts, matrices)


def _values(series: Series, run: RunRecord, shift: float) -> list[Value]:
    last = run.num_blocks
    positions: dict[str, Iterable[float | None]] = {
        "layer": range(last + 1),
        "transition": (block + 0.5 for block in range(last)),
        "interior": range(1, last),
        "model": (None,),
    }
    return [
        Value(series.name, None if at is None else float(at), shift + 0.2 + 0.1 * place, run.n)
        for place, at in enumerate(positions.get(series.at, ()))
    ]


def _distances(size: int) -> np.ndarray:
    places = np.arange(size, dtype=float)
    return np.abs(places[:, None] - places[None, :])
