"""The table of values by text: one number for each text at one position of a series."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from lrd_core.store.metric_id import METRIC_KEY, MetricRow
from lrd_core.store.reading import newest
from lrd_core.store.table import Floats, Ints, Table


@dataclass(frozen=True)
class PerText:
    """One number for each of `text_index` at one position of a series. Shape: both (n,)."""

    series: str
    position: float
    text_index: Ints
    text_values: Floats


@dataclass(frozen=True)
class PerTextRow(PerText, MetricRow):
    """Values by text, and which computation they came from."""


PER_TEXT = Table(
    "per_text",
    PerTextRow,
    key=(*METRIC_KEY, "series", "position"),
    whole=METRIC_KEY,
    even=(("text_index", "text_values"),),
)


class SeriesKind(NamedTuple):
    """A series and which computation made it."""

    series: str
    metric: str
    mode: str
    parameters: str


def per_text_kinds(connection: Any, run_key: str) -> list[SeriesKind]:
    """What this run holds a value for each text of, in the newest version of each metric."""
    rows, bound = newest(PER_TEXT, {"run_key": run_key})
    found = connection.execute(
        f"SELECT DISTINCT series, metric, mode, parameters FROM {rows}", bound
    ).fetchall()
    return [SeriesKind(*row) for row in found]


def series_of_texts(connection: Any, run_keys: Sequence[str]) -> list[str]:
    """Series that hold a value for each text in one of these runs, sorted."""
    rows, bound = newest(PER_TEXT, {"run_key": list(run_keys)})
    found = connection.execute(f"SELECT DISTINCT series FROM {rows} ORDER BY series", bound)
    return [row[0] for row in found.fetchall()]
