"""Which label-free number goes with which task's score, and which model to take without labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lrd_core.analysis.correlation import THIN_BELOW
from lrd_core.analysis.evidence import Evidence, association_table, metric_evidence
from lrd_core.analysis.families import FamilySummary, family_summaries, peak_depths
from lrd_core.analysis.levels import (
    all_levels,
    default_levels,
    fallback_levels,
    level_values,
    mean_over_shared_tasks,
)
from lrd_core.analysis.recommend import HoldOut, Recommendation, check_on_labelled_tasks, recommend
from lrd_core.analysis.task_scores import Subsets
from lrd_core.config import Config
from lrd_core.store import connect
from lrd_core.store.metric_values import METRIC_VALUES, newest_kinds
from lrd_core.store.reading import content_mark
from lrd_core.store.runs import RUNS
from lrd_core.store.scores import SCORES
from lrd_core.views.coverage import pick_runs
from lrd_core.views.score_tables import model_scores, score_table, training_step
from lrd_core.views.stored import profiles, runs, variant_name

SIZE = "parameters"
"""Number of parameters as a rival metric: what a guess by size alone would give."""


_MEDIAN_COLUMNS = (
    *("metric", "rho", "low", "high", "num_models", "num_tasks", "positive", "negative"),
    *("verdict", "dropped_models", "dropped_tasks", "reason"),
)


@dataclass(frozen=True)
class ModelEvidence:
    """Everything behind the heatmap of correlations.

    values: model, task, metric, value. scores: model, task, score, ... facts: one row a model.
    cells: of association_table, with the words of `verdict`. medians: one Evidence a metric.
    borrowed: task that was never run -> tasks whose mean stands in for it.
    picked: the runs behind the values.
    """

    values: pd.DataFrame
    scores: pd.DataFrame
    facts: pd.DataFrame
    cells: pd.DataFrame
    medians: tuple[Evidence, ...]
    borrowed: Mapping[str, tuple[str, ...]]
    picked: pd.DataFrame


@dataclass(frozen=True)
class Levels:
    """Model-level numbers (model, task, metric, value), and the runs that they were picked from."""

    values: pd.DataFrame
    picked: pd.DataFrame


@dataclass(frozen=True)
class Filters:
    """What can be filtered by: families of models, types of scored tasks."""

    families: list[str]
    task_types: list[str]


def filters_of(stored_runs: pd.DataFrame, stored_scores: pd.DataFrame) -> Filters:
    """Families and task types among these runs and scores."""
    families = set(stored_runs["family"]) | set(stored_scores["family"].dropna())
    types = set(stored_scores["task_type"])
    return Filters(sorted(families - {""}), sorted(types - {""}))


def modes_stored(config: Config) -> list[str]:
    """exact, published: the kinds of metric values that the store holds, newest versions only."""
    with connect(config, read_only=True) as connection:
        kinds = newest_kinds(connection)
    found = {variant_name(kind.metric, kind.mode, kind.parameters) for kind in kinds}
    return [name for name in ("exact", "published") if _variant(name) in found]


def evidence_version(config: Config) -> str:
    """Equal as long as runs, metric values and scores are: all that `model_evidence` reads.

    The order of rows does not count. Trials, projections and the rest may change meanwhile.
    """
    with connect(config, read_only=True) as connection:
        return content_mark(connection, (RUNS, METRIC_VALUES, SCORES))


def model_evidence(
    config: Config,
    *,
    mode: str = "exact",
    at: str = "last",
    subsets: Subsets = "english",
    families: Sequence[str] = (),
    task_types: Sequence[str] = (),
    settings: Mapping[str, object] | None = None,
) -> ModelEvidence:
    """Correlate every model-level number with every task's score, across models.

    mode: exact, or published values, which are never mixed. at: score of the last or the best
    layer. families, task_types: only these; none means all. settings: of runs, see pick_runs.
    """
    levels = stored_levels(config, mode=mode, families=families, settings=settings)
    return correlate(levels, score_table(config, subsets), at=at, task_types=task_types)


def stored_levels(
    config: Config,
    *,
    mode: str = "exact",
    families: Sequence[str] = (),
    settings: Mapping[str, object] | None = None,
) -> Levels:
    """The model-level numbers of finished models, one run a model and task."""
    picked = finished_runs(runs(config), settings, mode)
    if families:
        picked = picked[picked["family"].isin(list(families))]
    values = level_values(_profiles_of(config, picked, mode))
    return Levels(values.dropna(subset=["value"]), picked)


def correlate(
    levels: Levels, table: pd.DataFrame, *, at: str = "last", task_types: Sequence[str] = ()
) -> ModelEvidence:
    """The evidence of `model_evidence` from what the store gave. table: of score_table."""
    measured = model_scores(table, at)
    if task_types:
        measured = measured[measured["task_type"].isin(list(task_types))]
    values, borrowed = mean_over_shared_tasks(levels.values, measured)
    facts = model_facts(levels.picked)
    return ModelEvidence(
        values=values,
        scores=measured[measured["model"].isin(facts.index)].reset_index(drop=True),
        facts=facts,
        cells=association_table(values, measured, facts["hidden_size"]),
        medians=tuple(metric_evidence(values, measured)),
        borrowed=borrowed,
        picked=levels.picked,
    )


def finished_runs(
    table: pd.DataFrame, settings: Mapping[str, object] | None = None, mode: str = "exact"
) -> pd.DataFrame:
    """One run a finished model and task; training checkpoints are no models of their own.

    In published mode only imported runs count, in exact mode only the others.
    """
    imported = table["source"].str.startswith("import:") & table["n"].eq(0)
    kept = table[imported if mode == "published" else ~imported]
    kept = kept[kept["revision"].map(training_step).isna()]
    models, tasks = kept["model"].unique().tolist(), kept["task"].unique().tolist()
    return pick_runs(kept, models, tasks, settings)


def model_facts(picked: pd.DataFrame) -> pd.DataFrame:
    """family, hidden_size, parameters and note by model; unknown sizes are missing, not 0."""
    facts = picked.drop_duplicates("model").set_index("model")
    facts = facts[["family", "hidden_size", "num_parameters", "num_blocks", "model_note"]]
    return facts.assign(hidden_size=facts["hidden_size"].where(facts["hidden_size"] > 0))


def verdict(evidence: Evidence | None) -> str:
    """What may be concluded, in a few words."""
    if evidence is None or evidence.reason:
        return "no evidence yet"
    if evidence.direction == 0:
        return "direction open"
    sign = "higher goes with better" if evidence.direction > 0 else "higher goes with worse"
    return sign if len(evidence.models) >= THIN_BELOW else f"{sign}, on thin evidence"


def level_order(evidence: ModelEvidence, only_published: bool = False) -> list[str]:
    """Names of the levels that have a cell: the seven of the paper first, then as registered."""
    present = set(evidence.cells["metric"]) if len(evidence.cells) else set()
    return [
        level.name
        for level in all_levels()
        if level.name in present and (level.published or not only_published)
    ]


def preferred_levels(available: Sequence[str]) -> list[str]:
    """Which of these levels the recommender weighs before anybody chooses."""
    wanted = [name for name in default_levels() if name in available]
    return wanted or [name for name in fallback_levels() if name in available]


def median_table(evidence: ModelEvidence) -> pd.DataFrame:
    """One row a metric: its median correlation over the common models and tasks, in words too."""
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
    ]
    return pd.DataFrame(rows, columns=list(_MEDIAN_COLUMNS))


def candidate_table(found: Recommendation) -> pd.DataFrame:
    """One row a candidate in order of rank: model, rank, low, high, chance_best, its numbers."""
    rows = [
        {
            "model": entry.model,
            "rank": entry.rank,
            "low": entry.low,
            "high": entry.high,
            "chance_best": entry.chance_best,
            **entry.values,
        }
        for entry in found.candidates
    ]
    return pd.DataFrame(rows)


def task_order(evidence: ModelEvidence, metrics: Sequence[str], sort: str = "type") -> list[str]:
    """Tasks with a cell: by type and name, by name, or by mean strength over `metrics`."""
    cells = evidence.cells[evidence.cells["metric"].isin(list(metrics))]
    tasks = sorted(cells["task"].unique())
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
    """The cell to show first: the largest |rho| for its number of models, in standard errors."""
    cells = evidence.cells
    cells = cells[cells["metric"].isin(list(metrics)) & cells["task"].isin(list(tasks))]
    own = cells[~cells["task"].isin(evidence.borrowed)]
    cells = own if len(own) else cells
    rho = cells["rho"].abs().clip(upper=0.99).fillna(0.0)
    best = cells.loc[(np.arctanh(rho) * np.sqrt((cells["n"] - 3).clip(lower=0))).idxmax()]
    return str(best["metric"]), str(best["task"])


def models_with_values(evidence: ModelEvidence) -> list[str]:
    """Models that some metric was computed for, in the order of the store."""
    known = set(evidence.values["model"])
    return [str(model) for model in evidence.facts.index if model in known]


def recommend_models(
    evidence: ModelEvidence,
    *,
    targets: Sequence[str],
    candidates: Sequence[str],
    metrics: Sequence[str],
    most_parameters: float | None = None,
) -> Recommendation:
    """Rank candidates within a budget of parameters for tasks whose scores are not looked at.

    most_parameters: models that are larger, or whose size is unknown, are left out and named.
    Raises: InputError where fewer than two candidates remain.
    """
    sizes = evidence.facts["num_parameters"].reindex(list(candidates)).astype(float)
    affordable = list(candidates)
    if most_parameters is not None:
        affordable = [model for model in candidates if sizes[model] <= most_parameters]
    found = recommend(
        evidence.values, evidence.scores, metrics=metrics, targets=targets, candidates=affordable
    )
    over = {
        model: "of unknown size" if pd.isna(sizes[model]) else "over the budget"
        for model in candidates
        if model not in affordable
    }
    return _with_left_out(found, over)


def rivals(
    evidence: ModelEvidence, metrics: Sequence[str]
) -> dict[str, tuple[HoldOut | None, int]]:
    """The rule held out against ranking by size alone, both over the same models and tasks."""
    sized = evidence.facts["num_parameters"].dropna()
    measured = evidence.values[evidence.values["metric"].isin(list(metrics))]
    counts = measured.groupby(["model", "task"])["metric"].nunique()
    pairs = counts[counts == len(metrics)].reset_index()[["model", "task"]]
    pairs = pairs[pairs["model"].isin(sized.index)]
    by_size = pairs.assign(metric=SIZE, value=pairs["model"].map(sized).astype(float))
    known = evidence.values[evidence.values["model"].isin(sized.index)]
    result = {}
    for name, values, used in (("metrics", known, metrics), (SIZE, by_size, (SIZE,))):
        checked = check_on_labelled_tasks(values, evidence.scores, used)
        result[name] = (checked, 0 if checked is None else len(checked.by_task))
    return result


def family_view(
    config: Config, settings: Mapping[str, object] | None = None
) -> tuple[pd.DataFrame, list[FamilySummary], pd.DataFrame]:
    """Peaks of every finished model, their summary by family, and the runs behind them."""
    picked = finished_runs(runs(config), settings)
    table = _profiles_of(config, picked, "exact")
    peaks = peak_depths(table)
    return peaks, family_summaries(peaks), picked


def _profiles_of(config: Config, picked: pd.DataFrame, mode: str) -> pd.DataFrame:
    table = profiles(config, variants=True, run_key=picked["run_key"].tolist())
    return table[table["variant"].eq(_variant(mode))]


def _variant(mode: str) -> str:
    return "" if mode == "exact" else mode


def _with_left_out(found: Recommendation, over: Mapping[str, str]) -> Recommendation:
    return Recommendation(
        candidates=found.candidates,
        weights=found.weights,
        learned=found.learned,
        targets=found.targets,
        evidence_tasks=found.evidence_tasks,
        hold_out=found.hold_out,
        thin=found.thin,
        left_out={**found.left_out, **over},
    )
