"""What must be said where neighbours were searched by an approximate index."""

from collections.abc import Iterable

import pandas as pd

from lrd_core.config import Config
from lrd_core.metrics.knn_approximate import EXACT_UP_TO
from lrd_core.metrics.registry import all_metrics
from lrd_core.numbers import percent, whole
from lrd_core.store.connection import connect
from lrd_core.store.neighbours import lowest_recall
from lrd_core.views.words import joined


def search_note(config: Config, runs: pd.DataFrame, metrics: Iterable[str] | None = None) -> str:
    """Of which of these runs neighbours are not exact, and how many were found; mostly empty.

    metrics: that are drawn; None where the lists themselves are.
    """
    shared = {metric.name for metric in all_metrics() if metric.shares_neighbours}
    large = runs[runs["n"].fillna(0) > EXACT_UP_TO]
    if large.empty or (metrics is not None and shared.isdisjoint(metrics)):
        return ""
    with connect(config, read_only=True) as connection:
        found = lowest_recall(connection, list(large["run_key"]))
    told = [
        f"{run.model} on {run.task} ({percent(found[run.run_key], 1)})"
        for run in large.itertuples()
        if run.run_key in found
    ]
    if not told:
        return ""
    return (
        f"Neighbours of over {whole(EXACT_UP_TO)} texts are searched by an index. Share of the "
        f"true ones that it found at its worst layer, on a sample of texts: {joined(told, most=3)}."
    )
