"""What the rows of every table of metrics have in common: run, computation, source."""

import json
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lrd_core.store.keys import canonical_json
from lrd_core.store.table import Json, Key

METRIC_KEY = ("run_key", "metric", "version", "mode", "parameters")
"""What names everything that one computation gave for one run."""

TOKEN_TEXTS = "token_texts"
"""The parameter of a metric of tokens that says how many texts it read; without it, all."""


def sampled_texts(parameters: str) -> int:
    """How many texts a metric of tokens read, where not all; else 0. parameters: of a MetricId."""
    if f'"{TOKEN_TEXTS}"' not in parameters:
        return 0
    texts = json.loads(parameters)[TOKEN_TEXTS]
    return texts if isinstance(texts, int) and texts > 0 else 0  # an import may say anything


@dataclass(frozen=True)
class MetricId:
    """Which computation a value came from."""

    metric: str
    version: int
    mode: str = "exact"
    parameters: Json = "{}"

    @property
    def token_texts(self) -> float:
        """How many texts a metric of tokens read; infinite where it read all."""
        return float(sampled_texts(self.parameters) or math.inf)

    @property
    def of_all(self) -> "MetricId":
        """The same over all texts of a run."""
        if TOKEN_TEXTS not in self.parameters:
            return self
        known = json.loads(self.parameters)
        known.pop(TOKEN_TEXTS, None)
        return replace(self, parameters=canonical_json(known))

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


def has_all(wanted: Iterable[MetricId], done: Collection[MetricId]) -> bool:
    """Whether each of these computations is done, or the same over more texts."""
    return all(one in done or any(_is_over_fewer(one, other) for other in done) for one in wanted)


def over_fewer(metric: MetricId, done: Iterable[MetricId]) -> list[MetricId]:
    """Those of these that are this computation over fewer texts: it takes their place."""
    return [other for other in done if _is_over_fewer(other, metric)]


def _is_over_fewer(one: MetricId, other: MetricId) -> bool:
    return one.token_texts < other.token_texts and one.of_all == other.of_all
