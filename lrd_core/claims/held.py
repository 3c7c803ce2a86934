"""What claims are judged from: the numbers of one origin as plain tables.

The claims know no store: whoever asks fills a `Held` for published values and another one for
values computed here, and neither ever sees the other's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, Literal, TypeVar

import numpy as np
import pandas as pd

T = TypeVar("T")
Origin = Literal["published", "own"]
ORIGINS: tuple[Origin, ...] = ("published", "own")

PROFILE_COLUMNS = (
    *("model", "family", "task", "revision", "condition", "series", "position"),
    *("num_blocks", "n", "hidden_size", "value"),
)
SCORE_COLUMNS = ("model", "family", "task", "layer", "num_blocks", "score")
LEVEL_COLUMNS = ("model", "task", "metric", "value")
MODEL_SCORE_COLUMNS = ("model", "task", "score")
DIP_COLUMNS = ("model", "task", "layer", "variant", "p_value", "n")
TRIAL_COLUMNS = ("model", "task", "rule", "budget", "change", "random", "random_protected")


def _empty(columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(columns=list(columns))


@dataclass(frozen=True)
class Held:
    """The numbers of one origin.

    profiles: values by position, one plain run of each finished model and task. checkpoints: the
    same of every revision of models that have several. conditions: the same of runs under a
    condition and of the plain run on the same sample. scores: by layer, one way of scoring a
    model. levels: one number a model, task and metric. model_scores: at the last layer. dips: one
    row a tested layer. trials: plans of rules with what they are compared with, points. sources:
    where all of them come from, in words. modalities: what each model reads that has a
    run; others are known by scores of texts alone.
    """

    profiles: pd.DataFrame = field(default_factory=lambda: _empty(PROFILE_COLUMNS))
    checkpoints: pd.DataFrame = field(default_factory=lambda: _empty(PROFILE_COLUMNS))
    conditions: pd.DataFrame = field(default_factory=lambda: _empty(PROFILE_COLUMNS))
    scores: pd.DataFrame = field(default_factory=lambda: _empty(SCORE_COLUMNS))
    levels: pd.DataFrame = field(default_factory=lambda: _empty(LEVEL_COLUMNS))
    model_scores: pd.DataFrame = field(default_factory=lambda: _empty(MODEL_SCORE_COLUMNS))
    dips: pd.DataFrame = field(default_factory=lambda: _empty(DIP_COLUMNS))
    trials: pd.DataFrame = field(default_factory=lambda: _empty(TRIAL_COLUMNS))
    sources: tuple[str, ...] = ()
    modalities: Mapping[str, str] = field(default_factory=dict)

    def reading(self, modality: str) -> "Held":
        """The numbers of the models that read one kind of items alone.

        A comparison of models mixes no kinds: what falls on texts need not on pictures.
        """
        parts: dict[str, Held] = self.__dict__.setdefault("_parts", {})
        if modality not in parts:
            tables = {one.name: getattr(self, one.name) for one in fields(self)}
            parts[modality] = replace(
                self,
                **{
                    name: table[self._reads(table["model"]) == modality]
                    for name, table in tables.items()
                    if isinstance(table, pd.DataFrame)
                },
            )
        return parts[modality]

    def _reads(self, models: pd.Series) -> pd.Series:
        return models.map(lambda model: self.modalities.get(model, "text"))

    def once(self, work: "Callable[[Held], T]") -> T:
        """What `work` makes of these numbers, made once however many claims ask for it."""
        kept: dict[Any, Any] = self.__dict__.setdefault("_kept", {})
        if work not in kept:
            kept[work] = work(self)
        found: T = kept[work]
        return found

    @cached_property
    def tables(self) -> "dict[str, dict[str, Profiles]]":
        """By series, then model: complete profiles, in the order of the table."""
        return profiles_of(self.profiles)

    def table(self, model: str, series: str) -> "Profiles":
        """Complete profiles of one series; none where the model has no value of it."""
        return self.tables.get(series, {}).get(model, NO_PROFILES)

    @cached_property
    def curves(self) -> "dict[str, Profiles]":
        """By model: scores of the tasks that every layer has, where these are three at least."""
        found = {}
        rows = self.scores.rename(columns={"layer": "position", "score": "value"})
        for model, table in profiles_of(rows.assign(series="score")).get("score", {}).items():
            if len(table.tasks) >= LEAST_TASKS and table.cells.shape[1] > 2:
                found[model] = table
        return found

    @cached_property
    def families(self) -> dict[str, str]:
        """The family of every model that has a profile."""
        first = self.profiles.drop_duplicates("model")
        return dict(zip(first["model"], first["family"], strict=True))


LEAST_TASKS = 3
"""Fewer scored tasks say nothing of a layer."""


@dataclass(frozen=True)
class Profiles:
    """Complete profiles of one model. Shape: cells (tasks, positions), by position."""

    tasks: tuple[str, ...]
    cells: np.ndarray

    def of(self, tasks: Sequence[str]) -> np.ndarray:
        """The rows of these tasks, in their order."""
        place = {task: row for row, task in enumerate(self.tasks)}
        return np.asarray(self.cells[[place[task] for task in tasks]])

    def shared(self, other: "Profiles") -> list[str]:
        """Tasks that both have, where both have as many positions; none otherwise."""
        if self.cells.shape[1] != other.cells.shape[1]:
            return []
        return [task for task in self.tasks if task in set(other.tasks)]


NO_PROFILES = Profiles((), np.empty((0, 0)))


def profiles_of(rows: pd.DataFrame) -> dict[str, dict[str, Profiles]]:
    """By series, then model: the profiles that have a value at every position of the model's.

    rows: model, task, series, position, value; of several values of one place the first counts.
    Sorted once and cut at the borders: pivoting each would take many times as long.
    """
    keys = ["series", "model", "task", "position"]
    known = rows[rows["position"].notna()].drop_duplicates(keys)
    order = {name: place for place, name in enumerate(known["model"].drop_duplicates())}
    known = known.assign(place=known["model"].map(order))
    known = known.sort_values(["series", "place", "task", "position"])
    columns = [known[name].to_numpy() for name in ("series", "model", "task", "position")]
    values = known["value"].to_numpy(float)
    found: dict[str, dict[str, Profiles]] = {}
    for part in _runs(columns[0], columns[1]):
        widest = len(np.unique(columns[3][part].astype(float)))
        tasks, cells = [], []
        for offset in _runs(columns[2][part]):
            row = values[part][offset]
            if len(row) == widest and not np.isnan(row).any():
                tasks.append(str(columns[2][part][offset][0]))
                cells.append(row)
        if cells:
            series, model = str(columns[0][part][0]), str(columns[1][part][0])
            found.setdefault(series, {})[model] = Profiles(tuple(tasks), np.stack(cells))
    return found


def _runs(*columns: np.ndarray) -> list[slice]:
    """Stretches of equal rows."""
    size = len(columns[0])
    if not size:
        return []
    changes = np.zeros(size - 1, dtype=bool)
    for column in columns:
        changes |= column[1:] != column[:-1]
    ends = [*(np.flatnonzero(changes) + 1), size]
    return [slice(int(a), int(b)) for a, b in zip([0, *ends[:-1]], ends, strict=True)]
