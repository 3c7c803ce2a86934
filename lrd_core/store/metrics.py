"""Writes of everything that one metric gave for one run: values, values by text, matrices."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from lrd_core.store.matrices import MATRICES, Matrix, MatrixRow
from lrd_core.store.metric_id import MetricId
from lrd_core.store.metric_values import METRIC_VALUES, MetricValueRow, Value
from lrd_core.store.per_text import PER_TEXT, PerText, PerTextRow
from lrd_core.store.writes import Write, apply


def save_metric(
    connection: Any,
    run_key: str,
    metric: MetricId,
    values: Sequence[Value],
    per_text: Sequence[PerText] = (),
    matrices: Sequence[Matrix] = (),
    source: str = "own",
) -> None:
    """Write everything one metric gave for one run; what it gave before is replaced."""
    apply(connection, metric_writes(run_key, metric, values, per_text, matrices, source))


def metric_writes(
    run_key: str,
    metric: MetricId,
    values: Sequence[Value],
    per_text: Sequence[PerText] = (),
    matrices: Sequence[Matrix] = (),
    source: str = "own",
) -> list[Write]:
    """Everything one metric gave for one run, in place of what it gave before."""
    identity = {"run_key": run_key} | asdict(metric)
    shared = identity | {"source": source}
    rows = (
        (METRIC_VALUES, [MetricValueRow(**vars(value), **shared) for value in values]),
        (PER_TEXT, [PerTextRow(**vars(row), **shared) for row in per_text]),
        (MATRICES, [MatrixRow(**vars(matrix), **shared) for matrix in matrices]),
    )
    return [Write(table, table.plain(found), "replace", identity) for table, found in rows]
