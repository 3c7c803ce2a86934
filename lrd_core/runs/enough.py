"""Is n enough? Metrics of a finished run on seeded subsamples of its items, kept in the store.

No model is needed: pooled embeddings are on disk and values per item in the store.
"""

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.extraction.embeddings import embeddings_path, open_embeddings
from lrd_core.metrics.registry import Metric, owner_of, ranked
from lrd_core.metrics.subsample import SubsamplePoint, judge, subsample_curve
from lrd_core.progress import Progress, silent
from lrd_core.runs.request import MetricRequest, parse_metrics
from lrd_core.store.connection import connect
from lrd_core.store.keys import canonical_json
from lrd_core.store.metric_id import MetricId, over_fewer
from lrd_core.store.metric_values import finished_metrics
from lrd_core.store.per_text import PER_TEXT
from lrd_core.store.reading import read_table
from lrd_core.store.runs import RUNS
from lrd_core.store.saving import Saver
from lrd_core.store.subsamples import SubsampleCurve, finished_subsamples, subsample_writes
from lrd_core.tasks.specs import check_seed

NUM_SIZES = 6
SMALLEST = 40
"""Items in the smallest subsample: the neighbour metrics need more than 30."""
FEWEST = 8
MOST_REPEATS = 100
"""Every metric is computed for each size and repeat; more than this takes days and says no more."""

LARGEST_SEED = 2**32 - 1


@dataclass(frozen=True)
class EnoughReport:
    """Names of the metrics that were computed and of those that the store had."""

    computed: tuple[str, ...]
    cached: tuple[str, ...]


def default_metrics() -> tuple[str, ...]:
    """Names of the metrics whose series are best known among those that need all items."""
    return tuple(dict.fromkeys(owner_of(series.name).name for series in ranked("subsamples")))


def default_sizes(n: int) -> list[int]:
    """Evenly spaced on a log scale from 40 items, or a quarter of them if n is small, to n.

    Raises: InputError for fewer than 8 items.
    """
    if n < FEWEST:
        raise InputError(f"the run has {n} texts; subsamples need at least {FEWEST}")
    return sorted({round(size) for size in np.geomspace(min(SMALLEST, n // 4), n, NUM_SIZES)})


def newest_run(config: Config, model: str, task: str, condition: str = "", begins: str = "") -> str:
    """Key of the newest run whose embeddings are here, or else of the newest.

    begins: how its key begins.

    Raises: InputError if the store has no run of this model on this task.
    """
    with connect(config, read_only=True) as connection:
        runs = read_table(connection, RUNS, model=model, task=task, condition=condition)
    runs = runs[runs["run_key"].str.startswith(begins)]
    if runs.empty:
        raise InputError(
            f"the store has no run of {model} on {task}; make one first: "
            f"python -m lrd_core run --model {model} --task {task}"
        )
    here = [embeddings_path(config, key).exists() for key in runs["run_key"]]
    order = runs.assign(here=here).sort_values(["here", "created_at"])
    return str(order["run_key"].iloc[-1])


def measure_subsamples(
    config: Config,
    run_key: str,
    metrics: Iterable[str] | None = None,
    sizes: Sequence[int] | None = None,
    repeats: int = 5,
    seed: int = 0,
    progress: Progress = silent,
) -> EnoughReport:
    """Compute and store the curves of these metrics, each as soon as it is finished.

    What the store has for the same sizes, repeats and seed is not computed again. sizes: None
    takes `default_sizes` of the run's items (of those that a metric of tokens read, where it read
    a sample), metrics: None `default_metrics`.
    Raises: InputError for an unknown run, sizes outside 2..n, repeats or a seed out of range, or a
    metric of augmented views;
    MissingArrayError where the embeddings are not on this machine; JobError where read only.
    """
    config.refuse_read_only("compute")
    if not 1 <= repeats <= MOST_REPEATS:
        raise InputError(f"repeats is {repeats}; choose 1 to {MOST_REPEATS}")
    if not 0 <= seed <= LARGEST_SEED:
        raise InputError(f"seed is {seed}; choose 0 to {LARGEST_SEED}")
    asked = parse_metrics(default_metrics() if metrics is None else metrics)
    # Kept as a curve over texts, whatever their number: it grows when more texts are read.
    wanted = tuple(metric.of_all for metric in asked)
    _refuse_what_is_not_kept(wanted)
    saver = Saver(config, progress)
    with saver.reading() as connection:
        runs = read_table(connection, RUNS, run_key=run_key)
        finished = finished_subsamples(connection, run_key)
        stored = finished_metrics(connection, run_key)
    if runs.empty:
        raise InputError(f"no run has the key {run_key!r}; `show` lists what is stored")
    n, hidden_size = int(runs["n"].iloc[0]), int(runs["hidden_size"].iloc[0])
    check_seed(seed)
    drawn = {m.id: _drawn(sizes, _texts_read(m, n, stored)) for m in wanted}
    samplings = {
        name: canonical_json({"sizes": found, "repeats": repeats, "seed": seed})
        for name, found in drawn.items()
    }
    missing = [m for m in wanted if (m.id, samplings[m.id]) not in finished]
    open_once = functools.cache(lambda: list(open_embeddings(config, run_key)))
    for metric in missing:
        if metric.metric.inputs == "tokens":
            layers = _values_per_text(saver, run_key, metric)
        else:
            layers = open_once()
        report = functools.partial(progress, f"{metric.label} on subsamples")
        bound = _bound(metric)
        points = subsample_curve(bound, layers, drawn[metric.id], repeats, seed, report)
        curves = _curves(points, bound, hidden_size)
        saver.save(subsample_writes(run_key, metric.id, samplings[metric.id], curves))
    saver.settle()
    had = [metric.label for metric in wanted if metric not in missing]
    return EnoughReport(tuple(metric.label for metric in missing), tuple(had))


def _drawn(sizes: Sequence[int] | None, n: int) -> list[int]:
    return sorted(set(default_sizes(n) if sizes is None else sizes))


def _texts_read(metric: MetricRequest, n: int, stored: Iterable[MetricId]) -> int:
    """How many of a run's n texts a metric read: a sample, if it was measured on one."""
    return min([n, *(int(one.token_texts) for one in over_fewer(metric.id, stored))])


def _refuse_what_is_not_kept(wanted: Sequence[MetricRequest]) -> None:
    for metric in wanted:
        name, reads = metric.metric.name, metric.metric.reads
        if reads in ("views", "attention"):
            raise InputError(
                f"{name} reads {'augmented views' if reads == 'views' else 'attention weights'} of "
                "each text, which are not kept; run it with fewer texts instead, for example "
                f"--metrics {name}:n_texts=50"
            )
        if reads == "tokens" and len(metric.metric.series) > 1:
            raise InputError(
                f"{name} gives several numbers for each text, which are not all kept; run it with "
                "fewer texts instead"
            )


def _bound(metric: MetricRequest) -> Metric:
    """The metric with the mode and parameters that were asked for as its own."""
    return replace(metric.metric, function=lambda *args, **_: metric.call(*args))


def _values_per_text(saver: Saver, run_key: str, metric: MetricRequest) -> list[np.ndarray]:
    identity = metric.id
    with saver.reading() as connection:
        fewer = over_fewer(identity, finished_metrics(connection, run_key))
        rows = read_table(
            connection,
            PER_TEXT,
            run_key=run_key,
            metric=identity.metric,
            version=identity.version,
            mode=identity.mode,
            parameters=[identity.parameters, *(one.parameters for one in fewer)],
        )
    if rows.empty:
        raise InputError(
            f"{metric.label} has no values per text in this run; compute it first with "
            f"run --metrics {metric.label}"
        )
    by_layer = rows.sort_values("position")["text_values"]
    return [np.asarray(values, dtype=np.float64) for values in by_layer]


def _curves(
    points: Sequence[SubsamplePoint], metric: Metric, hidden_size: int
) -> list[SubsampleCurve]:
    groups: dict[tuple[str, float | None], list[SubsamplePoint]] = {}
    for point in points:
        groups.setdefault((point.series, point.position), []).append(point)
    verdicts = {(v.series, v.position): v for v in judge(points, hidden_size)}
    placed = {series for series, position in groups if position is not None}
    curves = []
    for (series, position), group in groups.items():
        # A subsample that the metric is undefined for names each series once, without a position.
        if position is None and (series in placed or _is_matrix(metric, series)):
            continue
        verdict: Any = verdicts.get((series, position))
        known = verdict is not None
        curves.append(
            SubsampleCurve(
                series=series,
                position=position,
                sizes=[point.size for point in group],
                repeats=[point.repeat for point in group],
                subsample_values=[point.value for point in group],
                capped=verdict.capped if known else None,
                moving=verdict.moving if known else None,
                change=verdict.change if known and np.isfinite(verdict.change) else None,
            )
        )
    return curves


def _is_matrix(metric: Metric, series: str) -> bool:
    return next(s for s in metric.series if s.name == series).at in ("layer_pair", "layer_curve")
