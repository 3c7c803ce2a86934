"""Measured times of pruned models: which belong together, and the speed-up that they give."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lrd_core.numbers import counted
from lrd_core.views.item_words import vector_noun

TIMED = ["device", "dtype", "batch", "length"]
"""Times are compared and drawn together only where all of these are equal."""


def timing_label(row: Mapping[str, Any]) -> str:
    """What a time was taken under, such as cpu, float32, 8 x 64 tokens."""
    length = counted(row["length"], vector_noun(row["model"]))
    return f"{row['device']}, {row['dtype']}, {row['batch']} x {length}"


def timings(timed: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Times of one model by what they were taken under: for most sizes first, then the newest.

    Not the newest alone: a single time on another device would take the place of all others.
    """
    newest_first = timed.sort_values("created_at", ascending=False, kind="stable")
    parts = [part.sort_values("m") for _, part in newest_first.groupby(TIMED, sort=False)]
    parts.sort(key=lambda part: -part["m"].nunique())
    return {timing_label(part.iloc[0]): part for part in parts}


def usual_timing(timed: pd.DataFrame) -> pd.DataFrame:
    """Of each model the first of its `timings`."""
    models = [part for _, part in timed.groupby("model", sort=False)]
    return pd.concat([one_timing(part) for part in models]) if models else timed


def with_speedup(rows: pd.DataFrame, timed: pd.DataFrame) -> pd.DataFrame:
    """Trials with the measured speed-up of their number of removed blocks; NaN where untimed.

    Of a model's times those of its usual timing; see `timings` to choose another.
    """
    if timed.empty:
        return rows.assign(speedup=np.nan)
    usual = usual_timing(timed).sort_values("created_at")
    usual = usual.drop_duplicates(["model", "m"], keep="last")
    return rows.merge(usual[["model", "m", "speedup"]], on=["model", "m"], how="left")


def one_timing(timed: pd.DataFrame, label: str = "") -> pd.DataFrame:
    """Times of one device, dtype, batch and length; "" or an unknown label gives the usual.

    timed: of one model. Where there is but one timing, all of it as it stands.
    """
    settings = timings(timed)
    if len(settings) < 2:
        return timed
    return settings.get(label, next(iter(settings.values())))
