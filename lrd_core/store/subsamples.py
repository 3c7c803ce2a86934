"""The table of metrics on subsamples of a run's texts, and of what the curves say."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from lrd_core.store.metric_id import METRIC_KEY, MetricId, MetricRow
from lrd_core.store.reading import read_newest, read_table
from lrd_core.store.sources import TRUSTED
from lrd_core.store.table import Table
from lrd_core.store.writes import Write, apply

if TYPE_CHECKING:
    import pandas as pd

POINT_COLUMNS = (
    "metric",
    "series",
    "position",
    "size",
    "repeat",
    "value",
    "capped",
    "moving",
    "change",
)


@dataclass(frozen=True)
class SubsampleCurve:
    """One series at one position on every subsample; all three lists are equally long.

    subsample_values: NaN where the metric is undefined for a subsample. capped, moving, change: see
    lrd_core.metrics.subsample.Sufficiency; None where no subsample has a value.
    """

    series: str
    position: float | None
    sizes: Sequence[int]
    repeats: Sequence[int]
    subsample_values: Sequence[float]
    capped: bool | None
    moving: bool | None
    change: float | None


@dataclass(frozen=True)
class SubsampleRow(SubsampleCurve, MetricRow):
    """A curve, and which computation it came from. sampling: what was drawn, see writes."""

    sampling: str = field(kw_only=True)


SUBSAMPLES = Table(
    "subsamples",
    SubsampleRow,
    key=(*METRIC_KEY, "series", "position"),
    whole=METRIC_KEY,
    even=(("sizes", "repeats"), ("sizes", "subsample_values")),
)


def save_subsamples(
    connection: Any, run_key: str, metric: MetricId, sampling: str, curves: Sequence[SubsampleCurve]
) -> None:
    """Write every curve of one metric of one run, see `subsample_writes`."""
    apply(connection, subsample_writes(run_key, metric, sampling, curves))


def subsample_writes(
    run_key: str, metric: MetricId, sampling: str, curves: Sequence[SubsampleCurve]
) -> list[Write]:
    """Every curve of one metric of one run, in place of older ones of that metric.

    sampling: what was drawn (sizes, repeats, seed) as canonical JSON.
    """
    identity = {"run_key": run_key} | asdict(metric)
    rows = [SubsampleRow(**vars(curve), **identity, sampling=sampling) for curve in curves]
    older = {name: value for name, value in identity.items() if name != "version"}
    return [Write(SUBSAMPLES, SUBSAMPLES.plain(rows), "replace", older)]


def finished_subsamples(connection: Any, run_key: str) -> set[tuple[MetricId, str]]:
    """(metric, sampling) of every set of curves that were drawn here or are bundled."""
    rows = connection.execute(
        "SELECT DISTINCT metric, version, mode, parameters, sampling FROM subsamples "
        "WHERE run_key = ? AND list_contains(?, source)",
        [run_key, list(TRUSTED)],
    ).fetchall()
    return {(MetricId(*row[:4]), row[4]) for row in rows}


def read_subsamples(
    connection: Any, run_key: str, metrics: Sequence[MetricId] | None = None
) -> "pd.DataFrame":
    """One row a point: POINT_COLUMNS, by metric, series, position, size and repeat.

    value is NaN where undefined; capped, moving and change are those of the whole curve.
    metrics: only these computations; None takes all of the newest version of each metric.
    """
    import pandas as pd

    read = read_newest if metrics is None else read_table
    stored = read(connection, SUBSAMPLES, run_key=run_key)
    if metrics is not None:
        keys = zip(
            stored["metric"], stored["version"], stored["mode"], stored["parameters"], strict=True
        )
        stored = stored[[MetricId(*key) in set(metrics) for key in keys]]
    rows = [
        (
            curve.metric,
            curve.series,
            curve.position,
            int(size),
            int(repeat),
            float(value),
            curve.capped,
            curve.moving,
            curve.change,
        )
        for curve in stored.itertuples()
        for size, repeat, value in zip(
            curve.sizes, curve.repeats, curve.subsample_values, strict=True
        )
    ]
    table = pd.DataFrame(rows, columns=list(POINT_COLUMNS))
    order = ["metric", "series", "position", "size", "repeat"]
    return table.sort_values(order, ignore_index=True)
