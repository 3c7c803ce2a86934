"""The table of matrices of a metric, such as distances from layer to layer."""

from dataclasses import dataclass

from lrd_core.store.metric_id import METRIC_KEY, MetricRow
from lrd_core.store.table import Doubles, Size, Table, Written, column


@dataclass(frozen=True)
class Matrix:
    """A (rows, columns) array of a series; a row of the table holds its cells row by row."""

    series: str
    cells: Doubles


@dataclass(frozen=True)
class MatrixRow(Matrix, MetricRow):
    """A matrix, and which computation it came from."""


MATRICES = Table(
    "matrices",
    MatrixRow,
    key=(*METRIC_KEY, "series"),
    written=(
        Written(column("num_rows", Size), lambda row, moment: row.cells.shape[0]),
        Written(column("num_columns", Size), lambda row, moment: row.cells.shape[1]),
    ),
    whole=METRIC_KEY,
    area=("cells", "num_rows", "num_columns"),
)
