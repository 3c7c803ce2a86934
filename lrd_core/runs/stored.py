"""What earlier work finished, in the store or waiting to be saved: it need not be done again."""

from lrd_core.store.metric_id import MetricId
from lrd_core.store.metric_values import METRIC_VALUES, finished_metrics
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


def done_metrics(saver: Saver, run_key: str) -> set[MetricId]:
    """The metrics of a run that need not be computed again."""
    with saver.reading() as connection:
        return finished_metrics(connection, run_key) | {
            MetricId(row["metric"], row["version"], row["mode"], row["parameters"])
            for row in kept_rows(saver.config, METRIC_VALUES)
            if row["run_key"] == run_key
        }
