"""Families of models along depth: where they move most, bend most and settle."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd

from lrd_core.analysis.families import FamilySummary, family_summaries, peak_depths
from lrd_core.config import Config
from lrd_core.metrics.registry import ranked
from lrd_core.metrics.series import Series
from lrd_core.numbers import percent
from lrd_core.settings import FAMILIES
from lrd_core.views import stored
from lrd_core.views.command_text import commands_for_runs
from lrd_core.views.coverage import not_picked
from lrd_core.views.evidence import finished_runs, profiles_of
from lrd_core.views.view import View, told
from lrd_core.views.words import joined, mid_sentence


@dataclass(frozen=True)
class FamilyRequest:
    """settings: of runs, as column=value, see pick_runs."""

    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class FamilyView(View):
    """`table` has one row a model and series (see family_table).

    summaries: one a family and series. panels: series -> title and name of its axis, in order.
    """

    summaries: tuple[FamilySummary, ...] = ()
    panels: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def tasks(self) -> dict[str, tuple[str, ...]]:
        """The tasks that all models share, by series."""
        return {entry.series: entry.tasks for entry in self.summaries}

    @property
    def by_family(self) -> pd.DataFrame:
        """The summaries as a table for people."""
        table = pd.DataFrame([asdict(entry) for entry in self.summaries])
        return table.assign(
            models=[", ".join(names) for names in table["models"]],
            tasks=[len(names) for names in table["tasks"]],
        ).round(3)


def families(config: Config, request: FamilyRequest) -> FamilyView:
    """Peaks of finished models by family, of those that read the same kind of items.

    Empty where these share no task.
    """
    every = stored.runs(config)
    finished = finished_runs(every, request.settings)
    picked = of_one_modality(finished)
    peaks = peak_depths(profiles_of(config, picked, "exact"))
    summaries = family_summaries(peaks)
    sentence = family_sentence(summaries)
    tasks = {entry.series: entry.tasks for entry in summaries}
    used = sorted({task for names in tasks.values() for task in names})
    behind = picked[picked["task"].isin(used)]
    note = (
        "A dot is a model, averaged over the tasks that all models share "
        f"({joined(used, most=4)}); the bar is the median of the family, the box "
        "around it the 95% interval of the median, which takes six models."
    )
    return FamilyView(
        table=family_table(peaks, tasks),
        sentence=sentence,
        notes=told(not_picked(every, behind), note, _others(finished, picked)),
        runs=behind,
        command=commands_for_runs(behind),
        alt=f"{family_description()} {sentence}",
        summaries=tuple(summaries),
        panels=family_panels(),
    )


def of_one_modality(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs of that kind of items which most models read: of others they share no task."""
    if runs.empty:
        return runs
    models = runs.groupby("modality")["model"].nunique()
    return runs[runs["modality"] == models.idxmax()]


def _others(finished: pd.DataFrame, picked: pd.DataFrame) -> str:
    left = sorted(set(finished["model"]) - set(picked["model"]))
    if not left:
        return ""
    return f"Not compared, for they read something else: {joined(left, most=4)}."


def family_table(peaks: pd.DataFrame, tasks: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """One row a model and series, the mean over that series' tasks: series, family, model, value.

    peaks: model, family, task, series, value. tasks: by series, those that all models share.
    """
    shared = pd.concat(
        [
            peaks[(peaks["series"] == series) & peaks["task"].isin(list(names))]
            for series, names in tasks.items()
        ]
        or [peaks.iloc[:0]]
    )
    return shared.groupby(["series", "family", "model"], as_index=False)["value"].mean()


def family_sentence(summaries: Sequence[FamilySummary]) -> str:
    """Where each family moves fastest."""
    first = ranked("peaks")[0]
    peaks = [entry for entry in summaries if entry.series == first.name and entry.models]
    if not peaks:
        return f"No profile of {_called(first)} in the store yet."
    parts = [
        f"{_family_name(entry)} at {percent(entry.median)} of depth{_interval(entry)}"
        for entry in sorted(peaks, key=lambda entry: entry.median)
    ]
    sure = min(len(entry.models) for entry in peaks)
    told = first.names.peak.removeprefix("Where ")
    text = f"{told[:1].upper()}{told[1:]} for {joined(parts)}."
    return text + (" One or two models are no family: read them as examples." if sure < 3 else "")


def family_panels() -> dict[str, tuple[str, str]]:
    """Series -> title and axis name of its panel."""
    depth = "Depth of the peak (% of blocks)"
    return {
        series.name: (series.names.peak or series.label, depth)
        if series.is_profile
        else (series.label, series.unit.capitalize())
        for series in ranked("peaks")
    }


def family_description() -> str:
    """What the figure shows, for those who cannot see it."""
    peaks = [_called(series) for series in ranked("peaks") if series.is_profile]
    return f"Depth of the peaks of {joined(peaks)} by family."


def _interval(entry: FamilySummary) -> str:
    """The interval of the median, where there are models enough for one."""
    if math.isnan(entry.low):
        return ""
    return f" (95% interval {percent(entry.low)} to {percent(entry.high)})"


def _called(series: Series) -> str:
    """A series as it stands inside a sentence."""
    return series.names.sentence or mid_sentence(series.label)


def _family_name(entry: FamilySummary) -> str:
    named = FAMILIES[entry.family].plural if entry.family in FAMILIES else f"{entry.family}s"
    return f"{named} ({len(entry.models)})"
