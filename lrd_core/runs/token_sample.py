"""Which items of a run token metrics read: all, or a seeded sample that every number names.

What a token metric takes of a text grows with the square of its tokens and more, what the model
takes does not; a mean over 256 texts says as much about a layer as one over thousands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lrd_core.extraction.token_readers import Sampled, TokenMetric
from lrd_core.runs.compute import token_function
from lrd_core.runs.measure import Measured, measure_tokens
from lrd_core.runs.request import MetricRequest


def token_places(n: int, texts: int, seed: int) -> np.ndarray | None:
    """(texts,) ascending places among n items; None stands for all of them.

    The first of one seeded order, so that a smaller sample is part of a larger one.
    texts: 0 for all.
    """
    if not texts or texts >= n:
        return None
    return np.sort(np.random.default_rng(seed).permutation(n)[:texts])


@dataclass(frozen=True)
class TokenWork:
    """The metrics of tokens of one pass over n items, drawn with the run's seed."""

    metrics: Sequence[MetricRequest]
    n: int
    seed: int

    @property
    def functions(self) -> dict[str, TokenMetric | Sampled]:
        """By label, what `extract` takes."""
        return {metric.label: self._function(metric) for metric in self.metrics}

    def _function(self, metric: MetricRequest) -> TokenMetric | Sampled:
        places = self._places(metric)
        function = token_function(metric)
        return function if places is None else Sampled(function, places)

    def measured(
        self, per_item: Mapping[str, Mapping[str, np.ndarray]], ids: np.ndarray
    ) -> Iterator[tuple[MetricRequest, Measured]]:
        """What each metric gave of the items that it read. per_item: of an Extraction."""
        for metric in self.metrics:
            places = self._places(metric)
            read = slice(None) if places is None else places
            values = {name: rows[:, read] for name, rows in per_item[metric.label].items()}
            yield metric, measure_tokens(metric, values, ids[read])

    def _places(self, metric: MetricRequest) -> np.ndarray | None:
        return token_places(self.n, metric.token_texts, self.seed)
