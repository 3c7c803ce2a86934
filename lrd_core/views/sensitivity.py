"""How much a quantity changes when dominating tokens are left out, measured on what is stored."""

import pandas as pd

from lrd_core.config import Config
from lrd_core.metrics.registry import find_series, owner_of
from lrd_core.metrics.series import Series
from lrd_core.numbers import counted, percent
from lrd_core.settings import TOKENS
from lrd_core.views import dominance, lines, stored

ONE_TOKEN = ("cls", "lasttoken")
"""Poolings that look at a single token: what the others are like cannot change them."""

UNCHANGED = 0.01
"""A median change of less is none worth a word."""


def sensitivity(config: Config, name: str) -> str:
    """The relative difference of a series at dominated layers, in a sentence; empty if unknown.

    Relative to the larger of the two values, so that it is 100% at most. Over all runs of the
    store that have the series with and without dominating tokens: median and largest difference
    of the value of a layer, for layers where most texts have such a token.
    Raises: UnknownNameError for a series that is not registered.
    """
    series = find_series(name)
    if not series.is_profile or series.all_tokens:
        return ""
    changes = _changes(config, series)
    if changes.empty:
        return ""
    size = changes["change"]
    where = (
        f"{counted(len(changes), 'dominated layer')} of "
        f"{counted(changes['model'].nunique(), 'model')}"
    )
    if size.max() < UNCHANGED:
        return f"Not sensitive to dominating tokens: under 1% of change at {where}."
    return (
        f"Sensitive to dominating tokens: without them it differs by {percent(size.median())} in "
        f"the median and by {percent(size.max())} at most, at {where}."
    )


def _changes(config: Config, series: Series) -> pd.DataFrame:
    """model and relative difference, one row a dominated layer of a run that has both values."""
    every = stored.runs(config)
    plain = every[every["tokens"] == TOKENS[0]]
    if owner_of(series.name).reads != "tokens":
        plain = plain[~plain["pooling"].isin(ONE_TOKEN)]
    heavy = dominance.heavy_layers(config, plain)
    if heavy.empty:
        return heavy.assign(model="", change=0.0)
    picked = plain[plain["run_key"].isin(heavy["run_key"])]
    values = lines.read_values(config, list(picked["run_key"]), [series.name])
    drawn = lines.metric_lines(values, picked)
    left = dominance.others(config, every, picked, [series.name])
    told = dominance.explain(drawn, heavy, left)
    told = told[(told["heavy"] != "") & told["without"].notna() & told["value"].notna()]
    larger = told[["value", "without"]].abs().max(axis=1)
    change = (told["without"] - told["value"]).abs() / larger.where(larger > 0, 1.0)
    return told.assign(change=change)[["model", "change"]]
