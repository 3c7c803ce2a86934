"""Reading the store: tables for pages and for the command line."""

import json
from dataclasses import replace

import pandas as pd

from lrd_core.config import Config
from lrd_core.disk import whole_file
from lrd_core.errors import UnwritableError
from lrd_core.metrics import all_metrics
from lrd_core.store.bundle import import_bundle
from lrd_core.store.connection import connect
from lrd_core.store.connection import store_version as store_version
from lrd_core.store.results import is_empty, read_profiles, read_table


def load_demo(config: Config) -> bool:
    """Add the bundled results to an empty store, or to one that holds others of them.

    Returns whether it did. A store of own results alone is left as it is, and own results are
    never replaced. A read-only installation is filled too: a public demo starts from these.
    """
    fingerprint = _fingerprint(config)
    mark = config.data_dir / "bundled.txt"
    if not fingerprint:
        return False
    if config.database.exists():
        known = mark.exists() and mark.read_text() == fingerprint
        with connect(config, read_only=True) as connection:
            bundled = not read_table(connection, "runs", source="demo").empty
            if not is_empty(connection) and (known or not bundled):
                return False
    try:
        with connect(replace(config, read_only=False)) as connection:
            import_bundle(connection, config.demo_dir, source="demo")
        with whole_file(mark) as partial:
            partial.write_text(fingerprint)
    except UnwritableError:
        if not config.database.exists():
            raise
        return False  # a folder that can only be read shows what it holds
    return True


def _fingerprint(config: Config) -> str:
    """Which bundled results these are: names and sizes of their files; "" where there are none."""
    files = sorted(config.demo_dir.glob("*.parquet"))
    return ", ".join(f"{path.name} {path.stat().st_size}" for path in files)


def runs(config: Config) -> pd.DataFrame:
    """One row a run: model, task, settings, provenance."""
    with connect(config, read_only=True) as connection:
        return read_table(connection, "runs")


def profiles(config: Config, *, variants: bool = False, **where: object) -> pd.DataFrame:
    """One row a metric value, with the provenance of its run. `where`: column=value or list.

    The column `variant` is empty for a metric in exact mode with default parameters; else it
    says what differs ("published", "alpha=2"). Those rows come only when `variants` is given.
    """
    with connect(config, read_only=True) as connection:
        table = read_profiles(connection, **where)
    kinds = table[["metric", "mode", "parameters"]].drop_duplicates()
    names = {tuple(kind): variant_name(*kind) for kind in kinds.itertuples(index=False)}
    keys = zip(table["metric"], table["mode"], table["parameters"], strict=True)
    table["variant"] = pd.Series([names[key] for key in keys], dtype=object)
    return table if variants else table[table.variant == ""].reset_index(drop=True)


def variant_name(metric: str, mode: str, parameters: str) -> str:
    """How a stored computation differs from the metric's default: "", "published", "alpha=2".

    A metric that this version does not know keeps all its parameters in the name.
    """
    known = {entry.name: entry.parameters for entry in all_metrics()}.get(metric, {})
    given = json.loads(parameters)
    changed = [f"{name}={value}" for name, value in given.items() if known.get(name) != value]
    return ":".join([mode] * (mode != "exact") + changed)


def scores(config: Config, **where: object) -> pd.DataFrame:
    """One row a downstream score: model, task, layer (NA: final layer only), score, source."""
    with connect(config, read_only=True) as connection:
        return read_table(connection, "scores", **where)
