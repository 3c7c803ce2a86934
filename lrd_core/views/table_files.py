"""Tables as files: CSV that a spreadsheet shows as it is and never runs, Parquet."""

import io

import pandas as pd

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_text(table: pd.DataFrame) -> str:
    """The table as CSV. A text that a spreadsheet would take for a formula gets an apostrophe.

    Names of models and tasks come from anywhere (an imported bundle, say). Numbers stay numbers,
    negative ones too.
    """
    columns = [table.iloc[:, place] for place in range(table.shape[1])]
    shown = pd.concat([_as_texts(column) for column in columns], axis=1) if columns else table
    shown.columns = pd.Index([_as_text(name) for name in table.columns])
    text = str(shown.to_csv(index=False))
    # A cell with a carriage return is only quoted where rows end in one too.
    return str(shown.to_csv(index=False, lineterminator="\r\n")) if "\r" in text else text


def parquet_bytes(table: pd.DataFrame) -> bytes:
    """The table as a Parquet file."""
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    return buffer.getvalue()


def _as_texts(column: "pd.Series[object]") -> "pd.Series[object]":
    words = not pd.api.types.is_numeric_dtype(column)
    return column.astype(object).map(_as_text) if words else column


def _as_text(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_STARTS_FORMULA) else cell
