"""In which order strips stand: families apart, inside a family by one number or by likeness."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from lrd_core.analysis.leaf_order import leaf_order
from lrd_core.config import Config
from lrd_core.numbers import decimals, points
from lrd_core.settings import family_rank
from lrd_core.views.family_words import bends
from lrd_core.views.score_tables import model_scores, score_table

Order = Literal["valley", "score", "size", "similarity", "name"]

PLACES = 41
"""Depths at which strips are compared with each other, from the embedding to the output."""


@dataclass(frozen=True)
class Measure:
    """One number a strip. called: what it is, above the numbers; "" where there is none.

    values: by the strip's name; told: the same as a person reads it.
    """

    called: str
    values: dict[str, float]
    told: dict[str, str]
    note: str = ""


def ordered(strips: pd.DataFrame, order: Order, measure: Measure) -> list[str]:
    """Names of the strips in their order. strips: name, family, series, position, value ..."""
    families = strips.drop_duplicates("name").groupby("family", sort=False)["name"].apply(list)
    found: list[str] = []
    for family in sorted(families.index, key=family_rank):
        names = sorted(families[family], key=str.casefold)
        if order == "similarity":
            curves = on_grid(strips, names)
            names = [names[place] for place in leaf_order(curves)]
        elif order != "name":
            names.sort(key=lambda name: -measure.values.get(name, -np.inf))
        found += names
    return found


def measure_of(
    config: Config, order: Order, strips: pd.DataFrame, runs: pd.DataFrame, tasks: Sequence[str]
) -> Measure:
    """The number that an order goes by. runs: behind the strips. tasks: that were asked for."""
    if order == "valley":
        kind, values = bends(strips)
        return Measure(kind.capitalize(), values, same_places(values))
    if order == "size":
        return sizes(strips, runs)
    if order == "score":
        return scores(model_scores(score_table(config)), strips, tasks)
    return Measure("", {}, {})


def same_places(values: Mapping[str, float]) -> dict[str, str]:
    """Numbers as a column has them: as many decimals for all as two digits of the largest need."""
    largest = max((abs(value) for value in values.values()), default=0.0)
    places = max(1 - math.floor(math.log10(largest)), 0) if largest else 0
    return {name: decimals(value, places) for name, value in values.items()}


def sizes(strips: pd.DataFrame, runs: pd.DataFrame) -> Measure:
    """Parameters of each strip's model; a size that nobody knows is left out."""
    known = runs[runs["num_parameters"] > 0].drop_duplicates("model").set_index("model")
    models = strips.drop_duplicates("name").set_index("name")["model"]
    values = {
        str(name): float(known.loc[model, "num_parameters"])
        for name, model in models.items()
        if model in known.index
    }
    return Measure("Size", values, {name: size_in_words(value) for name, value in values.items()})


def size_in_words(parameters: float) -> str:
    """Parameters as a person says them: 22M, 1.2B."""
    if parameters >= 1e9:
        return f"{decimals(parameters / 1e9, 1)}B"
    return f"{decimals(parameters / 1e6, 0)}M"


def scores(measured: pd.DataFrame, strips: pd.DataFrame, tasks: Sequence[str]) -> Measure:
    """Mean score of each strip's model over those of the tasks that all scored ones have.

    measured: of model_scores.
    """
    models = strips.drop_duplicates("name").set_index("name")["model"]
    rows = measured[measured["model"].isin(models) & measured["task"].isin(list(tasks))]
    wide = rows.pivot(index="model", columns="task", values="score").dropna(axis=1)
    values = {
        str(name): float(wide.loc[model].mean())
        for name, model in models.items()
        if model in wide.index and len(wide.columns)
    }
    told = {name: points(100 * value) for name, value in values.items()}
    note = f"Scores: last layer, mean over {len(wide.columns)} shared tasks." if values else ""
    return Measure("Score", values, told, note)


def on_grid(strips: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Every named strip at the same depths, all series in a row, each in units of its own spread.

    Between two layers the value is interpolated; beyond the first and last place it is missing.
    """
    depths = np.linspace(0, 1, PLACES)
    parts = []
    for _, rows in strips.groupby("series", sort=False):
        spread = float(rows["value"].std()) or 1.0
        lines = dict(iter(rows.groupby("name", sort=False)))
        parts.append(
            [
                at_depths(lines[name], depths) / spread if name in lines else depths * np.nan
                for name in names
            ]
        )
    return np.concatenate([np.array(part, dtype=float) for part in parts], axis=1)


def at_depths(line: pd.DataFrame, depths: np.ndarray) -> np.ndarray:
    """One line at shares of its depth, interpolated between its places; a gap stays a gap."""
    ordered = line.sort_values("position")
    places = (ordered["position"] / ordered["num_blocks"]).to_numpy(float)
    values = ordered["value"].to_numpy(float)
    return np.asarray(np.interp(depths, places, values, left=np.nan, right=np.nan))
