"""What earlier work finished and the store does not have yet: it need not be done again."""

from lrd_core.config import Config
from lrd_core.store.metric_id import MetricId
from lrd_core.store.metric_values import METRIC_VALUES
from lrd_core.store.requests import REQUESTS
from lrd_core.store.spool import kept_rows


def kept_run_key(config: Config, request_key: str) -> str | None:
    """The run that an equal request led to, among what waits to be saved."""
    for row in kept_rows(config, REQUESTS):
        if row["request_key"] == request_key:
            return str(row["run_key"])
    return None


def kept_metrics(config: Config, run_key: str) -> set[MetricId]:
    """The metrics of a run among what waits to be saved."""
    return {
        MetricId(row["metric"], row["version"], row["mode"], row["parameters"])
        for row in kept_rows(config, METRIC_VALUES)
        if row["run_key"] == run_key
    }
