"""The common set: the largest complete part of a table with gaps, and what it leaves out."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class CommonSet:
    """A table without gaps, and the rows and columns that were left out to get it."""

    table: pd.DataFrame
    dropped_rows: tuple[str, ...]
    dropped_columns: tuple[str, ...]

    @property
    def empty(self) -> bool:
        return bool(self.table.empty)


def common_set(table: pd.DataFrame, *, keep_columns: bool = False) -> CommonSet:
    """Leave out rows (and columns) until no cell is missing.

    The row or column with the largest share of missing cells goes first; of equals the column,
    then the later one, so that the result does not depend on anything but the table.

    keep_columns: only rows may go, as where columns are layers and all of them must be compared.
    Shape: any. An average over rows of the result compares like with like.
    """
    missing = table.isna().to_numpy()
    rows, columns = (np.arange(size) for size in missing.shape)
    while (left := missing[np.ix_(rows, columns)]).any():
        by_row, by_column = left.mean(axis=1), left.mean(axis=0)
        if keep_columns or by_row.max() > by_column.max():
            rows = np.delete(rows, _last_largest(by_row))
        else:
            columns = np.delete(columns, _last_largest(by_column))
    if not keep_columns and not columns.size:  # rows that have no column left share nothing
        rows = rows[:0]
    return CommonSet(
        table=table.iloc[rows, columns],
        dropped_rows=tuple(str(row) for row in table.index.delete(rows)),
        dropped_columns=tuple(str(column) for column in table.columns.delete(columns)),
    )


def _last_largest(shares: np.ndarray) -> int:
    return int(np.flatnonzero(shares == shares.max())[-1])
