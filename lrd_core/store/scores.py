"""Reads of the downstream scores."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from lrd_core.store.unique import IMPORTED


def imported_scores(connection: Any, columns: Sequence[str]) -> pd.DataFrame:
    """These columns of every score that was imported."""
    found: pd.DataFrame = connection.execute(
        f"SELECT {', '.join(columns)} FROM scores WHERE starts_with(source, '{IMPORTED}')"
    ).df()
    return found
