"""The models behind one correlation: a metric of each beside its score on a task."""

from dataclasses import dataclass, field

import pandas as pd

from lrd_core.analysis.levels import all_levels, level_label, short_label
from lrd_core.config import Config
from lrd_core.metrics.registry import find_series
from lrd_core.numbers import correlation
from lrd_core.views.correlations import correlation_choices
from lrd_core.views.evidence import EvidenceRequest, ModelEvidence, model_evidence
from lrd_core.views.view import View, told


@dataclass(frozen=True)
class CellRequest:
    """A metric, as a level is called, and a task; None for those of the strongest correlation."""

    metric: str | None = None
    task: str | None = None
    evidence: EvidenceRequest = field(default_factory=EvidenceRequest)


@dataclass(frozen=True)
class CellView(View):
    """`table` has one row a model with both numbers (see cell_table).

    title: metric and task. label, unit: of the metric. score: name of the other axis. series: the
    registered series behind the metric.
    """

    title: str = ""
    label: str = ""
    unit: str = ""
    score: str = ""
    series: str = ""


def evidence_cell(config: Config, request: CellRequest) -> CellView:
    """The models behind one cell of the map of correlations. Empty where there is no map."""
    evidence = model_evidence(config, request.evidence)
    if not evidence.correlated:
        return CellView(table=pd.DataFrame(), sentence=evidence.shared_models)
    first = correlation_choices(evidence)
    return cell_of(evidence, request.metric or first.metric, request.task or first.task)


def cell_of(evidence: ModelEvidence, metric: str, task: str) -> CellView:
    """The same of evidence that is at hand."""
    table = cell_table(evidence.values, evidence.scores, evidence.facts, metric, task)
    series = level_series(metric)
    label = short_label(metric)
    return CellView(
        table=table,
        sentence=cell_sentence(evidence.cells, metric, task),
        notes=told(borrowed_note(evidence, task)),
        alt=f"{len(table)} models: {label} against the score on {task}",
        title=f"{level_label(metric)} and the score on {task}",
        label=label,
        unit=find_series(series).unit,
        score=f"Score on {task}",
        series=series,
    )


def cell_table(
    values: pd.DataFrame, scores: pd.DataFrame, facts: pd.DataFrame, metric: str, task: str
) -> pd.DataFrame:
    """One row a model with both numbers, by name: model, value, score, family, num_parameters.

    values: model, task, metric, value. scores: model, task, score. facts: by model, family,
    num_parameters.
    """
    chosen = values[(values["metric"] == metric) & (values["task"] == task)]
    joined = chosen.merge(scores[scores["task"] == task][["model", "score"]], on="model")
    joined = joined.dropna(subset=["value", "score"])
    known = facts.reindex(joined["model"])
    joined["family"] = known["family"].fillna("").to_numpy()
    joined["num_parameters"] = known["num_parameters"].to_numpy()
    return joined.sort_values("model", ignore_index=True)


def cell_sentence(cells: pd.DataFrame, metric: str, task: str) -> str:
    """rho, partial rho, intervals and n of one cell, or why there is none.

    cells: of association_table.
    """
    rows = cells[(cells["metric"] == metric) & (cells["task"] == task)]
    if rows.empty:
        return "No model has both numbers."
    row = rows.iloc[0]
    if pd.isna(row["rho"]):
        return f"No correlation: {row['reason']}."
    text = f"ρ {correlation(row['rho'])} [{correlation(row['low'])}, {correlation(row['high'])}]"
    if not pd.isna(row.get("partial")):
        text += (
            f"; given model size {correlation(row['partial'])} "
            f"[{correlation(row['partial_low'])}, {correlation(row['partial_high'])}]"
        )
    elif row.get("partial_reason"):
        text += f"; given model size: {row['partial_reason']}"
    return f"{text}; n = {int(row['n'])} models."


def borrowed_note(evidence: ModelEvidence, task: str) -> str:
    """Where a task's metric values come from when its own texts were not run."""
    tasks = evidence.borrowed.get(task)
    if not tasks:
        return ""
    return f"Metric: mean over {', '.join(tasks)}, since no text of {task} was run."


def level_series(name: str) -> str:
    """The registered series behind a level."""
    return next(level.series for level in all_levels() if level.name == name)
