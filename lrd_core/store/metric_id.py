"""What the rows of every table of metrics have in common: run, computation, source."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lrd_core.store.keys import canonical_json
from lrd_core.store.table import Json, Key

METRIC_KEY = ("run_key", "metric", "version", "mode", "parameters")
"""What names everything that one computation gave for one run."""


@dataclass(frozen=True)
class MetricId:
    """Which computation a value came from."""

    metric: str
    version: int
    mode: str = "exact"
    parameters: Json = "{}"

    @classmethod
    def of(
        cls, name: str, version: int, mode: str = "exact", parameters: Mapping[str, Any] = {}
    ) -> "MetricId":
        return cls(name, version, mode, canonical_json(parameters))


@dataclass(frozen=True, kw_only=True)
class MetricRow:
    """A row of a metric: whose it is and which computation made it; see MetricId."""

    run_key: Key
    metric: str
    version: int
    mode: str
    parameters: Json
    source: str = "own"
