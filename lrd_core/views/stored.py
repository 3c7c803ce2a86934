"""Reading the store: tables for pages and for the command line."""

import json
from collections.abc import Sequence

import pandas as pd

from lrd_core.config import Config
from lrd_core.metrics import all_metrics
from lrd_core.store.connection import connect
from lrd_core.store.connection import store_version as store_version
from lrd_core.store.metric_id import TOKEN_TEXTS
from lrd_core.store.metric_values import read_profiles
from lrd_core.store.reading import read_table
from lrd_core.store.runs import RUNS
from lrd_core.store.scores import SCORES
from lrd_core.store.sources import TRUSTED


def runs(config: Config) -> pd.DataFrame:
    """One row a run: model, task, settings, provenance."""
    with connect(config, read_only=True) as connection:
        return read_table(connection, RUNS)


def runs_of(config: Config, run_keys: Sequence[str]) -> pd.DataFrame:
    """The rows of `runs` with these keys, in their order; keys that are not there are left out."""
    found = runs(config).set_index("run_key", drop=False)
    return found.loc[[key for key in run_keys if key in found.index]].reset_index(drop=True)


def profiles(config: Config, *, variants: bool = False, **where: object) -> pd.DataFrame:
    """One row a metric value, with the provenance of its run. `where`: column=value or list.

    The column `variant` is empty for a metric in exact mode with default parameters; else it
    says what differs ("published", "alpha=2"). Those rows come only when `variants` is given.
    """
    with connect(config, read_only=True) as connection:
        table = read_profiles(connection, **where)
    table["variant"] = variants_of(table)
    return table if variants else table[table.variant == ""].reset_index(drop=True)


def variants_of(rows: pd.DataFrame) -> pd.Series:
    """`variant_name` of every row's metric, mode and parameters."""
    keys = list(zip(rows["metric"], rows["mode"], rows["parameters"], strict=True))
    names = {key: variant_name(*key) for key in dict.fromkeys(keys)}
    return pd.Series([names[key] for key in keys], index=rows.index, dtype=object)


def variant_name(metric: str, mode: str, parameters: str) -> str:
    """How a stored computation differs from the metric's default: "", "published", "alpha=2".

    A metric that this version does not know keeps all its parameters in the name. How many texts'
    tokens were read makes no variant: a run holds each computation once, over the most texts.
    """
    known = {entry.name: entry.parameters for entry in all_metrics()}.get(metric, {})
    given = {k: v for k, v in json.loads(parameters).items() if k != TOKEN_TEXTS}
    changed = [f"{name}={value}" for name, value in given.items() if known.get(name) != value]
    return ":".join([mode] * (mode != "exact") + changed)


def scores(config: Config, **where: object) -> pd.DataFrame:
    """One row a downstream score: model, task, layer (NA: final layer only), score, source."""
    with connect(config, read_only=True) as connection:
        return read_table(connection, SCORES, **where)


def has_scores_of_ours(config: Config) -> bool:
    """Whether any score was computed here, or came with the app."""
    return bool(scores(config)["source"].isin(TRUSTED).any())
