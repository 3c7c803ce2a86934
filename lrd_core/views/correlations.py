"""Which label-free metric goes with which task's score: a map of correlations across models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from lrd_core.analysis.correlation import THIN_BELOW
from lrd_core.analysis.evidence import Evidence
from lrd_core.analysis.levels import all_levels, level_label, short_label
from lrd_core.config import Config
from lrd_core.numbers import correlation, counted
from lrd_core.views.command_text import command
from lrd_core.views.evidence import EvidenceRequest, ModelEvidence, model_evidence
from lrd_core.views.view import View, told
from lrd_core.views.words import joined

Sort = Literal["type", "name", "rho"]

MEDIAN = "Median over tasks"
"""Name of the row above the tasks."""


@dataclass(frozen=True)
class CorrelationRequest:
    """What the map shows.

    partial: correlations given model size. every: also levels that no paper compares models by.
    sort: of the tasks. metric and task: the cell that is marked; None for the strongest.
    """

    evidence: EvidenceRequest = field(default_factory=EvidenceRequest)
    partial: bool = False
    every: bool = False
    sort: Sort = "type"
    metric: str | None = None
    task: str | None = None


@dataclass(frozen=True)
class CorrelationChoices:
    """Columns and rows of the map, and the cell to look at first."""

    metrics: tuple[str, ...]
    tasks: tuple[str, ...]
    metric: str
    task: str


@dataclass(frozen=True)
class CorrelationView(View):
    """The map: `table` has one row a cell, the row of medians first (see drawn_cells).

    cells: of association_table, the drawn ones and the others. medians: of median_table, the drawn
    metrics. names: of the drawn metrics, in order, where there is little room. partial: whether
    correlations are given model size. marks: the marked cell. types: of the tasks.
    """

    cells: pd.DataFrame = field(default_factory=pd.DataFrame)
    medians: pd.DataFrame = field(default_factory=pd.DataFrame)
    names: Mapping[str, str] = field(default_factory=dict)
    partial: bool = False
    types: Mapping[str, str] = field(default_factory=dict)

    @property
    def saved(self) -> pd.DataFrame:
        """Every cell, with both correlations and why some are missing."""
        return self.cells

    @property
    def named_medians(self) -> pd.DataFrame:
        """The medians as a table for people, the strongest first."""
        names = [level_label(name) for name in self.medians["metric"]]
        order = self.medians["rho"].abs().sort_values(ascending=False, kind="stable").index
        return self.medians.assign(metric=names).loc[order].round(2)


def correlations(config: Config, request: CorrelationRequest) -> CorrelationView:
    """The map that was asked for. Empty where no metric and task share enough models."""
    return correlations_of(model_evidence(config, request.evidence), request)


def correlation_choices(
    evidence: ModelEvidence, *, every: bool = False, sort: Sort = "type"
) -> CorrelationChoices:
    """What the map of this evidence has to choose from.

    Raises: ValueError for evidence without a correlation.
    """
    if not evidence.correlated:
        raise ValueError("no metric and task share enough models: there is no map")
    metrics = evidence.levels(only_published=not every) or evidence.levels()
    tasks = task_order(evidence, metrics, sort)
    return CorrelationChoices(
        tuple(metrics), tuple(tasks), *strongest_cell(evidence, metrics, tasks)
    )


def correlations_of(evidence: ModelEvidence, request: CorrelationRequest) -> CorrelationView:
    """The map of evidence that is at hand; see correlations."""
    if not evidence.correlated:
        return CorrelationView(table=pd.DataFrame(), sentence=evidence.shared_models)
    offered = correlation_choices(evidence, every=request.every, sort=request.sort)
    metrics, tasks = offered.metrics, offered.tasks
    medians = median_table(evidence, metrics)
    sentence = evidence_sentence(evidence, metrics, tasks, partial=request.partial)
    marked = {"row": [request.task or offered.task], "metric": [request.metric or offered.metric]}
    return CorrelationView(
        table=drawn_cells(evidence.cells, medians, metrics, tasks, partial=request.partial),
        sentence=sentence,
        notes=told(evidence.others, evidence_note(evidence, metrics, tasks)),
        runs=_behind(evidence, tasks),
        command=command("select evidence"),
        marks=pd.DataFrame(marked),
        alt=f"Rank correlation of {len(metrics)} metrics with scores on {len(tasks)} tasks. "
        + sentence,
        cells=evidence.cells,
        medians=medians,
        names={name: short_label(name) for name in metrics},
        partial=request.partial,
        types=dict(zip(evidence.scores["task"], evidence.scores["task_type"], strict=True)),
    )


def drawn_cells(
    cells: pd.DataFrame,
    medians: pd.DataFrame,
    metrics: Sequence[str],
    tasks: Sequence[str],
    *,
    partial: bool = False,
) -> pd.DataFrame:
    """One row a cell of the map, the medians first: row, metric, rho, low, high, n, reason.

    cells: of association_table. medians: of median_table; there are none of partial correlations,
    and their num_tasks, positive and negative come along.
    """
    prefix = "partial_" if partial else ""
    chosen = cells[cells["metric"].isin(list(metrics)) & cells["task"].isin(list(tasks))]
    renamed = pd.DataFrame(
        {
            "row": chosen["task"],
            "metric": chosen["metric"],
            "rho": chosen["partial" if partial else "rho"],
            **{name: chosen[prefix + name] for name in ("low", "high", "n", "reason")},
        }
    )
    grid = pd.MultiIndex.from_product([tasks, metrics], names=["row", "metric"])
    table = renamed.set_index(["row", "metric"]).reindex(grid).reset_index()
    if partial or medians.empty:
        return table
    top = medians[medians["metric"].isin(list(metrics))].assign(row=MEDIAN)
    columns = [*table.columns, "num_tasks", "positive", "negative"]
    return pd.concat([top.assign(n=top["num_models"])[columns], table], ignore_index=True)


def task_order(evidence: ModelEvidence, metrics: Sequence[str], sort: Sort = "type") -> list[str]:
    """Tasks with a correlation: by type and name, by name, or by mean strength over `metrics`.

    Those on which too few models have a score are left out, unless all are such.
    """
    cells = evidence.cells[evidence.cells["metric"].isin(list(metrics))]
    known = cells.dropna(subset=["rho"])
    tasks = sorted((known if len(known) else cells)["task"].unique())
    if sort == "rho":
        strength = cells.assign(size=cells["rho"].abs()).groupby("task")["size"].mean()
        return sorted(tasks, key=lambda task: -strength.fillna(-1.0)[task])
    if sort == "type":
        types = evidence.scores.drop_duplicates("task").set_index("task")["task_type"]
        return sorted(tasks, key=lambda task: (str(types.get(task, "")), task))
    return tasks


def strongest_cell(
    evidence: ModelEvidence, metrics: Sequence[str], tasks: Sequence[str]
) -> tuple[str, str]:
    """Metric and task with the largest |rho| for its number of models, in standard errors."""
    cells = evidence.cells
    cells = cells[cells["metric"].isin(list(metrics)) & cells["task"].isin(list(tasks))]
    own = cells[~cells["task"].isin(evidence.borrowed)]
    cells = own if len(own) else cells
    rho = cells["rho"].abs().clip(upper=0.99).fillna(0.0)
    best = cells.loc[(np.arctanh(rho) * np.sqrt((cells["n"] - 3).clip(lower=0))).idxmax()]
    return str(best["metric"]), str(best["task"])


_MEDIAN_COLUMNS = (
    *("metric", "rho", "low", "high", "num_models", "num_tasks", "positive", "negative"),
    *("verdict", "dropped_models", "dropped_tasks", "reason"),
)


def median_table(evidence: ModelEvidence, metrics: Sequence[str] | None = None) -> pd.DataFrame:
    """One row a metric: its median correlation over the common models and tasks, in words too.

    metrics: only these; None for all.
    """
    rows = [
        {
            "metric": entry.metric,
            "rho": entry.rho,
            "low": entry.low,
            "high": entry.high,
            "num_models": len(entry.models),
            "num_tasks": len(entry.tasks),
            "positive": entry.positive,
            "negative": entry.negative,
            "verdict": verdict(entry),
            "dropped_models": ", ".join(entry.dropped_models),
            "dropped_tasks": ", ".join(entry.dropped_tasks),
            "reason": entry.reason,
        }
        for entry in evidence.medians
        if metrics is None or entry.metric in metrics
    ]
    return pd.DataFrame(rows, columns=list(_MEDIAN_COLUMNS))


def verdict(evidence: Evidence | None) -> str:
    """What may be concluded, in a few words."""
    if evidence is None or evidence.reason:
        return "no evidence yet"
    if evidence.direction == 0:
        return "direction open"
    sign = "higher goes with better" if evidence.direction > 0 else "higher goes with worse"
    return sign if len(evidence.models) >= THIN_BELOW else f"{sign}, on thin evidence"


def evidence_sentence(
    evidence: ModelEvidence,
    metrics: Sequence[str],
    tasks: Sequence[str] = (),
    *,
    partial: bool = False,
) -> str:
    """The strongest correlation among what the map draws, and how much of it to believe.

    metrics, tasks: the columns and rows of the map. partial: whether it is given model size; it
    has no row of medians then, so the sentence takes those of its cells.
    """
    if partial:
        return _partial_sentence(evidence.cells, metrics, tasks)
    drawn = [entry for entry in evidence.medians if entry.metric in set(metrics)]
    known = [entry for entry in drawn if not entry.reason]
    if not known:
        return "No metric and task share four models yet."
    strongest = max(known, key=lambda entry: abs(entry.rho))
    tasks_used = counted(len(strongest.tasks), "task")
    text = (
        f"'{level_label(strongest.metric)}' goes with the score most closely: median ρ "
        f"{correlation(strongest.rho)} over {tasks_used} and {len(strongest.models)} models "
        f"(95% interval {correlation(strongest.low)} to {correlation(strongest.high)})."
    )
    if not {entry.metric for entry in known} <= published_levels():
        text += f" It is the largest of {len(known)} that were looked at together."
    open_ones = sum(entry.direction == 0 for entry in known)
    if open_ones == len(known):
        return (
            text + " For each of these metrics the interval includes zero: the direction is open."
        )
    if len(strongest.models) < THIN_BELOW:
        return text + f" {len(strongest.models)} models are thin evidence."
    return text


def _partial_sentence(cells: pd.DataFrame, metrics: Sequence[str], tasks: Sequence[str]) -> str:
    drawn = cells[cells["metric"].isin(list(metrics)) & cells["task"].isin(list(tasks))]
    known = drawn[drawn["partial"].notna()].groupby("metric")["partial"].agg(["median", "size"])
    if known.empty:
        return "Given model size, no metric and task share enough models yet."
    known = known[known["size"] == known["size"].max()]  # one task alone is easily at an end
    name: Any = known["median"].abs().idxmax()
    return (
        f"Given model size, '{level_label(str(name))}' goes with the score most "
        f"closely: median ρ {correlation(known.loc[name, 'median'])} over "
        f"{counted(int(known.loc[name, 'size']), 'task')}; the cells show how sure each is."
    )


def _behind(evidence: ModelEvidence, tasks: Sequence[str]) -> pd.DataFrame:
    """The runs that the rows of these tasks can rest on: of models with a score on one of them."""
    scored = evidence.scores.loc[evidence.scores["task"].isin(list(tasks)), "model"]
    return evidence.picked[evidence.picked["model"].isin(scored)]


def evidence_note(evidence: ModelEvidence, metrics: Sequence[str], tasks: Sequence[str]) -> str:
    """What the numbers of the map mean, which cells stand on borrowed metrics, what is left out.

    metrics, tasks: the columns and rows of the map.
    """
    text = (
        "Bold: the 95% interval leaves zero out. Intervals are the wider of a bootstrap over "
        "models and Fisher's; medians resample models for all tasks together. All models of the "
        "store take part, not only those in the side bar."
    )
    borrowed = [task for task in evidence.borrowed if task in tasks]
    if borrowed:
        names = ", ".join(borrowed)
        text += f" Texts of {names} were not run: metrics there are means over other tasks."
    few = sorted(set(evidence.cells["task"]) - set(tasks))
    if few:
        text += f" Not drawn, because too few models have a score there: {joined(few, most=8)}."
    drawn = [entry for entry in evidence.medians if entry.metric in set(metrics)]
    dropped = sorted({name for entry in drawn for name in entry.dropped_models})
    if dropped:
        text += f" Left out of some medians, for a missing task: {', '.join(dropped)}."
    return text


def published_levels() -> set[str]:
    """Levels that a paper compares models by."""
    return {level.name for level in all_levels() if level.published}
