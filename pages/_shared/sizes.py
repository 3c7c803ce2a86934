"""How much memory a thing that was read takes, near enough to decide what to keep."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pandas as pd


def bytes_of(value: Any) -> int:
    """Bytes of the arrays and tables inside a value; texts of tables count as shared."""
    if isinstance(value, pd.DataFrame):
        return sum(bytes_of(value[name]) for name in dict.fromkeys(value.columns))
    if isinstance(value, (pd.Series, pd.Index)):
        return int(value.memory_usage()) + _bytes_of_objects(value)
    if isinstance(value, np.ndarray):
        return int(value.nbytes)
    if isinstance(value, (str, bytes)):
        return len(value)
    if isinstance(value, Mapping):
        return sum(bytes_of(one) for one in {id(one): one for one in value.values()}.values())
    if isinstance(value, (list, tuple, set, frozenset)):
        return 8 * len(value) + sum(bytes_of(one) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        return sum(bytes_of(getattr(value, field.name)) for field in fields(value))
    return 8


def _bytes_of_objects(column: "pd.Series | pd.Index") -> int:
    """What the cells of a column point to, where these are arrays or lists."""
    if column.dtype != object or len(column) == 0:
        return 0
    first = next((cell for cell in column if cell is not None), None)
    if isinstance(first, (np.ndarray, list, tuple, dict)):
        return sum(bytes_of(cell) for cell in column)
    return 0
