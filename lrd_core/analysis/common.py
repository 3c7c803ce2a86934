"""The common set: the largest complete part of a table with gaps, and what it leaves out."""

from dataclasses import dataclass

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
    kept = table
    while kept.isna().to_numpy().any():
        by_row = kept.isna().mean(axis=1)
        by_column = kept.isna().mean(axis=0)
        if keep_columns or by_row.max() > by_column.max():
            kept = kept.drop(index=by_row.index[by_row.to_numpy() == by_row.max()][-1])
        else:
            kept = kept.drop(columns=by_column.index[by_column.to_numpy() == by_column.max()][-1])
    return CommonSet(
        table=kept,
        dropped_rows=tuple(str(row) for row in table.index.difference(kept.index, sort=False)),
        dropped_columns=tuple(
            str(column) for column in table.columns.difference(kept.columns, sort=False)
        ),
    )
