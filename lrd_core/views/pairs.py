"""Two models beside each other, number by number: the value of each, the difference, and n."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from lrd_core.analysis.levels import all_levels, fallback_levels, level_values
from lrd_core.claims.intervals import mean_of
from lrd_core.config import Config
from lrd_core.metrics.registry import find_series
from lrd_core.metrics.score import MEASURED
from lrd_core.numbers import counted, in_sentence, significant
from lrd_core.views import stored
from lrd_core.views.command_text import commands_for_runs
from lrd_core.views.evidence import EvidenceRequest, Levels, Values, profiles_of, stored_levels
from lrd_core.views.item_words import item_noun
from lrd_core.views.pinned import pinned_rows
from lrd_core.views.score_tables import model_scores, score_table
from lrd_core.views.view import Selection, View, told
from lrd_core.views.words import mid_sentence

PAIR_COLUMNS = (
    *("number", "unit", "first", "second", "difference", "low", "high", "n", "of"),
    *("lowest", "highest", "num_models"),
)
VALUES: tuple[Values, ...] = ("exact", "published")
"""Those computed here come first; the two models are compared by one kind alone."""


@dataclass(frozen=True)
class PairRequest:
    """Two models on some tasks.

    every: all numbers of a model that are known; else those of the papers and the usual means.
    """

    selection: Selection
    every: bool = False


@dataclass(frozen=True)
class PairView(View):
    """`table` has PAIR_COLUMNS: one row a number that both have on the same tasks.

    first, second: means over the `n` tasks that both have. difference: second less first, with
    its 95% interval over tasks (NaN below three). lowest, highest: over the `num_models` models
    that have the number on all of these tasks. shared_scale: whether all rows have one unit.
    """

    models: tuple[str, str] = ("", "")
    shared_scale: bool = False


def pair(config: Config, request: PairRequest) -> PairView:
    """The two selected models, number by number; empty where they have none on the same tasks.

    Raises: ValueError unless two models are selected.
    """
    settings = dict(request.selection.settings)
    levels = [stored_levels(config, EvidenceRequest(kind, settings=settings)) for kind in VALUES]
    return pair_of(config, request, levels, score_table(config))


def pair_of(
    config: Config, request: PairRequest, levels: Sequence[Levels], scores: pd.DataFrame
) -> PairView:
    """`pair` with what all models have at hand. levels: by VALUES. scores: of score_table."""
    selection = request.selection
    first, second = selection.models
    picked = selection.pick_runs(stored.runs(config))
    known, kind = _values(config, picked, levels)
    known = pd.concat([known, _scores(scores, selection)], ignore_index=True)
    known = known[known["task"].isin(selection.tasks)]
    table = named(pair_table(known, (first, second), numbers(every=request.every)))
    view = PairView(
        table,
        runs=picked,
        notes=told(
            "Each row has a scale of its own: from the lowest to the highest model of the store "
            "that has the number on the same tasks.",
            "Metric values are published ones." if kind == "published" else "",
        ),
        command=commands_for_runs(picked) if len(picked) else "",
        models=(first, second),
    )
    return replace(view, sentence=pair_sentence(view))


def numbers(*, every: bool) -> list[str]:
    """The score, then numbers of a model; of a profile the mean, which every layer is in."""
    usual = set(fallback_levels())
    known = [one for one in all_levels() if one.reduce != "last"]
    kept = [one.name for one in known if every or one.published or one.name in usual]
    return [MEASURED.name, *kept]


def named(table: pd.DataFrame) -> pd.DataFrame:
    """The table with each number as it is called, and its unit."""
    labels = {one.name: (one.label, find_series(one.series).unit) for one in all_levels()}
    labels[MEASURED.name] = (MEASURED.label, MEASURED.unit)
    found = [labels[name] for name in table["number"]]
    return table.assign(number=[one for one, _ in found], unit=[one for _, one in found])


def _values(
    config: Config, picked: pd.DataFrame, levels: Sequence[Levels]
) -> tuple[pd.DataFrame, Values]:
    """model, task, metric, value of the two and of all others, of one kind; and which."""
    for kind, every in zip(VALUES, levels, strict=True):
        own = level_values(profiles_of(config, picked, kind))
        if own["model"].nunique() == 2 or kind == VALUES[-1]:
            others = every.values[~every.values["model"].isin(own["model"])]
            return pd.concat([own, others], ignore_index=True), kind
    raise AssertionError("VALUES is empty")


def _scores(table: pd.DataFrame, selection: Selection) -> pd.DataFrame:
    """The scores of all models in the columns of values; a pinned checkpoint is a model here."""
    rows = pinned_rows(table, selection.models)
    named = rows["model"].isin(selection.models)
    measured = model_scores(rows.assign(checkpoint=rows["checkpoint"].where(~named)))
    renamed = measured.rename(columns={"score": "value"}).assign(metric=MEASURED.name)
    return renamed[["model", "task", "metric", "value"]]


def pair_table(
    values: pd.DataFrame, models: tuple[str, str], numbers: Sequence[str]
) -> pd.DataFrame:
    """One row a number that both models have on a task at least, in the order of `numbers`.

    values: model, task, metric (the number), value; one row each. unit stays empty.
    """
    rows = []
    for number in numbers:
        part = values[values["metric"] == number].dropna(subset=["value"])
        wide = part.pivot(index="task", columns="model", values="value")
        if not set(models) <= set(wide.columns):
            continue
        wide = wide.loc[wide[list(models)].notna().all(axis=1)]
        if wide.empty:
            continue
        means = wide.dropna(axis=1).mean()
        first, second = (wide[name] for name in models)
        gap = mean_of("", list(second - first), "tasks")
        rows.append(
            (
                *(number, "", means[models[0]], means[models[1]], gap.value, gap.low, gap.high),
                *(len(wide), "tasks", means.min(), means.max(), len(means)),
            )
        )
    return pd.DataFrame(rows, columns=list(PAIR_COLUMNS))


def pair_by_task(values: pd.DataFrame, models: tuple[str, str], label: str, unit: str) -> PairView:
    """One quantity of two models, a row a task. values: model, task, value, n (items)."""
    noun = item_noun(models[0])
    known = values.assign(metric=values["task"])
    table = pair_table(known, models, sorted(known["task"].unique()))
    texts = known[known["model"].isin(models)].groupby("task")["n"].min()
    table["n"] = [int(texts[task]) for task in table["number"]]
    ends = table[["first", "second"]]
    table = table.assign(unit=unit, of=f"{noun}s", lowest=ends.min(axis=None), num_models=2)
    table = table.assign(highest=ends.max(axis=None))
    view = PairView(table, models=models, shared_scale=True)
    return replace(view, sentence=_by_task_sentence(view, label, noun))


def pair_sentence(view: PairView) -> str:
    """The scores of both, and where they lie furthest apart among the models of the store."""
    first, second = view.models
    if view.empty:
        return f"{first} and {second} have no number on the same chosen tasks."
    scored = view.table[view.table["number"] == MEASURED.label]
    said = f"{first} and {second} have no score on the same chosen tasks."
    if len(scored):
        row = scored.iloc[0]
        said = (
            f"{second} scores {in_sentence(row['second'])} and {first} {in_sentence(row['first'])} "
            f"on {counted(int(row['n']), 'task')} that both have"
        )
        interval = f" (95% interval {significant(row['low'])} to {significant(row['high'])})"
        said += f": a difference of {significant(row['difference'])}"
        said += (interval if row["low"] == row["low"] else "") + "."
    others = view.table[(view.table["number"] != MEASURED.label) & (view.table["num_models"] > 2)]
    spread = (others["highest"] - others["lowest"]).where(lambda width: width > 0)
    shares = (others["difference"].abs() / spread).dropna()
    if shares.empty:
        return said
    row = others.loc[shares.idxmax()]
    return (
        f"{said} Among {int(row['num_models'])} models they lie furthest apart in "
        f"{mid_sentence(row['number'])}: {in_sentence(row['first'])} for {first}, "
        f"{in_sentence(row['second'])} for {second}."
    )


def _by_task_sentence(view: PairView, label: str, noun: str) -> str:
    """On how many tasks the second model's value is the higher one."""
    first, second = view.models
    if view.empty:
        return f"{first} and {second} have no value of it on the same chosen tasks."
    if len(view.table) == 1:
        row = view.table.iloc[0]
        return (
            f"{label} on {row['number']}: {significant(row['first'])} for {first} and "
            f"{significant(row['second'])} for {second}, n={counted(row['n'], noun)}."
        )
    higher = int((view.table["difference"] > 0).sum())
    return (
        f"{label}: higher for {second} than for {first} on {higher} of "
        f"{counted(len(view.table), 'task')} that both have."
    )
