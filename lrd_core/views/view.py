"""The answer to one question as a value, and what it was asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from lrd_core.views import coverage
from lrd_core.views.item_words import noun_of_runs
from lrd_core.views.pinned import pinned_rows
from lrd_core.views.provenance import model_notes, provenance_line


@dataclass(frozen=True)
class Selection:
    """Which models and tasks, under which settings; the same on every page.

    models: names of models, or of a model at one revision (see pinned). settings: only what the
    visitor fixed, as column=value of a run. Empty: each model's own.
    order: every model of the store in its fixed order; colours follow it.
    """

    models: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    order: tuple[str, ...] = ()

    def pick_runs(self, runs: pd.DataFrame) -> pd.DataFrame:
        """One run for each selected model and task (see coverage.pick_runs)."""
        known = pinned_rows(runs, self.models)
        return coverage.pick_runs(known, self.models, self.tasks, self.settings)

    def meeting_runs(self, runs: pd.DataFrame) -> pd.DataFrame:
        """All runs of the selected models and tasks under the fixed settings."""
        known = pinned_rows(runs, self.models)
        return coverage.meeting_runs(known, self.models, self.tasks, self.settings)


@dataclass(frozen=True)
class View:
    """What is seen: everything that a figure, its foot, a notebook or a test needs.

    table: exactly what is drawn, one row a value. sentence: what is seen, in
    plain words, computed from `table`. marks: places of `table` worth pointing at. runs: the rows
    of `runs` behind it. metrics: label and version of what is drawn. notes: what else must be
    said, a sentence each. command: what computes it again. alt: the figure in words, for those
    who do not see it; the sentence where there is nothing to add.
    """

    table: pd.DataFrame
    sentence: str = ""
    notes: tuple[str, ...] = ()
    runs: pd.DataFrame = field(default_factory=pd.DataFrame)
    metrics: tuple[str, ...] = ()
    command: str = ""
    marks: pd.DataFrame | None = None
    alt: str = ""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return bool(self.table.empty)

    @property
    def saved(self) -> pd.DataFrame:
        """What a download holds."""
        return self.table

    @property
    def noun(self) -> str:
        """What an item of the runs behind it is called."""
        return noun_of_runs(self.runs)

    @property
    def provenance(self) -> tuple[str, ...]:
        """Where the numbers come from, one line each: their runs, what their models must say."""
        if self.runs.empty:
            return ()
        lines = (provenance_line(self.runs, self.metrics), " · ".join(model_notes(self.runs)))
        return tuple(line for line in lines if line)


def told(*sentences: str | Sequence[str]) -> tuple[str, ...]:
    """Notes from single sentences and lists of them, without the empty ones."""
    flat = [one for s in sentences for one in ([s] if isinstance(s, str) else s)]
    return tuple(one for one in flat if one)
