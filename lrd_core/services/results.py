"""Reading the store: tables for pages and for the command line."""

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.store.bundle import import_bundle
from lrd_core.store.connection import connect
from lrd_core.store.results import is_empty, read_profiles, read_table


def load_demo_when_empty(config: Config) -> bool:
    """Fill an empty store from the bundled results; returns whether it did."""
    if not any(config.demo_dir.glob("*.parquet")):
        return False
    if config.database.exists():
        with connect(config, read_only=True) as connection:
            if not is_empty(connection):
                return False
    with connect(config) as connection:
        if is_empty(connection):
            import_bundle(connection, config.demo_dir, source="demo")
            return True
    return False


def runs(config: Config) -> pd.DataFrame:
    """One row a run: model, task, settings, provenance."""
    with connect(config, read_only=True) as connection:
        return read_table(connection, "runs")


def profiles(config: Config, **where: object) -> pd.DataFrame:
    """One row a metric value, with the provenance of its run. `where`: column=value or list."""
    with connect(config, read_only=True) as connection:
        return read_profiles(connection, **where)


def scores(config: Config, **where: object) -> pd.DataFrame:
    """One row a downstream score: model, task, layer (NA: final layer only), score, source."""
    with connect(config, read_only=True) as connection:
        return read_table(connection, "scores", **where)


def per_text(config: Config, run_key: str, series: str) -> pd.DataFrame:
    """One row a position: `text_index` and `text_values` are arrays of equal length."""
    with connect(config, read_only=True) as connection:
        return read_table(connection, "per_text", run_key=run_key, series=series)


def matrix(config: Config, run_key: str, series: str) -> np.ndarray | None:
    """The stored (rows, columns) array of a series of a run, or None if it was not computed."""
    with connect(config, read_only=True) as connection:
        found = read_table(connection, "matrices", run_key=run_key, series=series)
    if found.empty:
        return None
    newest = found.sort_values("version").iloc[-1]
    return np.asarray(newest.cells).reshape(newest.num_rows, newest.num_columns)
