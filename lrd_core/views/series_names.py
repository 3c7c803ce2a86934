"""The series that can be drawn over depth: what they are called, which are stored and usual."""

from collections.abc import Iterable, Sequence

import pandas as pd

from lrd_core.errors import UnknownNameError
from lrd_core.metrics.registry import all_metrics, all_series, chosen_first, in_order
from lrd_core.metrics.score import MEASURED, declared
from lrd_core.tasks.content import positions_of
from lrd_core.views.stored import variant_name
from lrd_core.views.words import joined

SCORE = MEASURED.name
"""Measured downstream score per layer, offered beside the metrics' series."""


def profile_series(stored: pd.DataFrame, scores: pd.DataFrame) -> list[str]:
    """Series with a value per layer or transition that the store holds, best known first.

    stored: rows of coverage.series_by_run. Measured scores per layer are offered last.
    """
    present = set(stored["series"])
    profiles = [series for series in all_series() if series.is_profile]
    offered = [series.name for series in in_order("depth", profiles) if series.name in present]
    has_scores = not scores.empty and bool(scores["layer"].notna().any())
    return offered + [SCORE] * has_scores


def default_series(available: Sequence[str]) -> list[str]:
    """What is drawn before anybody chooses, the measured score last; if there is too little of it,
    the first two that there are."""
    first = [series.name for series in (*chosen_first("depth"), MEASURED)]
    wanted = [name for name in first if name in available]
    return wanted if len(wanted) > 1 else list(available[:2])


def variants_of(stored: pd.DataFrame, series: Sequence[str]) -> list[str]:
    """Other modes and parameters in which these series are stored, such as published."""
    kinds = stored[stored["series"].isin(list(series))]
    kinds = kinds[["metric", "mode", "parameters"]].drop_duplicates()
    found = {variant_name(*kind) for kind in kinds.itertuples(index=False)}
    return sorted(name for name in found if name and "subsample" not in name)


def series_named(name: str) -> tuple[str, ...]:
    """A series by its name, or what a metric of that name gives over depth.

    Raises: UnknownNameError for a name that is neither.
    """
    profiles = {
        entry.name: tuple(series.name for series in entry.series if series.is_profile)
        for entry in all_metrics()
    }
    known = {series.name for series in all_series()} | {SCORE}
    if name not in known and name not in profiles:
        raise UnknownNameError("metric", name, sorted(known | set(profiles)))
    return (name,) if name in known else profiles[name]


def series_text(series: str) -> tuple[str, str]:
    """Label and unit of a series."""
    known = declared(series)
    if known is None:
        return series.replace("_", " ").capitalize(), ""
    return known.label, known.unit


def text_over(series: str, modalities: Iterable[str]) -> tuple[str, str]:
    """Label and unit of a series that models of these modalities have.

    A metric of tokens is one of patches or frames in a model that reads no texts, and says so.
    """
    label, unit = series_text(series)
    owner = next((m for m in all_metrics() if any(s.name == series for s in m.series)), None)
    if owner is None or owner.inputs != "tokens" or set(modalities) <= {"text"}:
        return label, unit
    read = {positions_of(one).partition(",")[0] for one in modalities}
    return f"{label} over {joined(sorted(read))}", unit


def owners(series: Sequence[str]) -> list[str]:
    """The metrics that give these series, each once; the measured score belongs to none."""
    owner = {s.name: entry.name for entry in all_metrics() for s in entry.series}
    return list(dict.fromkeys(owner[name] for name in series if name in owner))
