"""What earlier work finished, in the store or waiting to be saved: it need not be done again."""

from collections.abc import Sequence

from lrd_core.runs.request import MetricRequest
from lrd_core.store.matrices import MATRICES
from lrd_core.store.metric_id import METRIC_KEY, MetricId, has_all
from lrd_core.store.metric_values import METRIC_VALUES, finished_metrics
from lrd_core.store.reading import read_table
from lrd_core.store.requests import REQUESTS, find_run_key
from lrd_core.store.saving import Saver
from lrd_core.store.spool import kept_rows


def known_run_key(saver: Saver, request_key: str) -> str | None:
    """The key of the run that an equal request led to; None if there was none."""
    # Both are read while the store is held, so that nothing moves from one to the other meanwhile.
    with saver.reading() as connection:
        waiting = [
            str(row["run_key"])
            for row in kept_rows(saver.config, REQUESTS)
            if row["request_key"] == request_key
        ]
        return find_run_key(connection, request_key) or next(iter(waiting), None)


def lacking(
    saver: Saver, run_key: str, wanted: Sequence[MetricRequest]
) -> tuple[MetricRequest, ...]:
    """What of these a run does not have yet: a metric, or a matrix of it that was not measured."""
    done = done_metrics(saver, run_key)
    asked = [metric for metric in wanted if metric.extent]
    whole = _with_matrices(saver, run_key) if asked else set()
    return tuple(
        metric
        for metric in wanted
        if not has_all([metric.id], done) or (metric in asked and metric.id not in whole)
    )


def _with_matrices(saver: Saver, run_key: str) -> set[MetricId]:
    with saver.reading() as connection:
        kept = [row for row in kept_rows(saver.config, MATRICES) if row["run_key"] == run_key]
        stored = read_table(connection, MATRICES, run_key=run_key).to_dict("records")
    return {MetricId(*(row[name] for name in METRIC_KEY[1:])) for row in (*stored, *kept)}


def done_metrics(saver: Saver, run_key: str) -> set[MetricId]:
    """The metrics of a run that need not be computed again."""
    with saver.reading() as connection:
        return finished_metrics(connection, run_key) | {
            MetricId(row["metric"], row["version"], row["mode"], row["parameters"])
            for row in kept_rows(saver.config, METRIC_VALUES)
            if row["run_key"] == run_key
        }
