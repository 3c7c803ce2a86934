"""What models are compared by: their label-free numbers beside their measured scores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from lrd_core.analysis.evidence import Evidence, association_table, metric_evidence
from lrd_core.analysis.levels import (
    all_levels,
    default_levels,
    fallback_levels,
    level_values,
    mean_over_shared_tasks,
)
from lrd_core.analysis.levels import level_label as level_label
from lrd_core.analysis.task_scores import Subsets
from lrd_core.config import Config
from lrd_core.store import connect
from lrd_core.store.metric_values import METRIC_VALUES, newest_kinds
from lrd_core.store.reading import content_mark
from lrd_core.store.runs import RUNS
from lrd_core.store.scores import SCORES
from lrd_core.views.coverage import not_picked, pick_runs
from lrd_core.views.score_tables import model_scores, score_table, training_step
from lrd_core.views.stored import profiles, runs, scores, variant_name

Values = Literal["exact", "published"]
At = Literal["last", "best"]


@dataclass(frozen=True)
class EvidenceRequest:
    """What counts as evidence.

    values: exact, or published ones, which are never mixed. at: score of the last or the best
    layer. families, task_types: only these; none means all. settings: of runs, see pick_runs.
    """

    values: Values = "exact"
    at: At = "last"
    subsets: Subsets = "english"
    families: tuple[str, ...] = ()
    task_types: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def of_levels(self) -> "EvidenceRequest":
        """The part that `stored_levels` answers, which no score changes."""
        return EvidenceRequest(self.values, families=self.families, settings=self.settings)


@dataclass(frozen=True)
class EvidenceChoices:
    """What the store offers: kinds of values, families of models, types of scored tasks."""

    values: tuple[Values, ...]
    families: tuple[str, ...]
    task_types: tuple[str, ...]


@dataclass(frozen=True)
class Levels:
    """Model-level numbers (model, task, metric, value), and the runs that they were picked from.

    others: which runs of the same models and tasks were not picked, in words.
    """

    values: pd.DataFrame
    picked: pd.DataFrame
    others: str = ""


@dataclass(frozen=True)
class ModelEvidence:
    """Everything that models are compared by.

    values: model, task, metric, value. scores: model, task, score, ... facts: one row a model.
    cells: of association_table. medians: one Evidence a metric. borrowed: task that was never
    run -> tasks whose mean stands in for it. picked: the runs behind the values. others: which
    runs of the same models and tasks were not picked, in words.
    """

    values: pd.DataFrame
    scores: pd.DataFrame
    facts: pd.DataFrame
    cells: pd.DataFrame
    medians: tuple[Evidence, ...]
    borrowed: Mapping[str, tuple[str, ...]]
    picked: pd.DataFrame
    others: str = ""

    @property
    def correlated(self) -> bool:
        """Whether any metric and task share enough models for a correlation."""
        return not self.cells.empty and bool(self.cells["rho"].notna().any())

    @property
    def shared_models(self) -> str:
        """How many models a correlation could stand on, and how many it needs."""
        both = set(self.values["model"]) & set(self.scores["model"])
        return f"{len(both)} models have both metrics and scores; four on the same task are needed."

    @property
    def coverage(self) -> pd.DataFrame:
        """How many models and tasks there are to compare, as a table for people."""
        tasks = set(self.values["task"]) & set(self.scores["task"])
        return pd.DataFrame(
            {
                "models with metrics": [self.values["model"].nunique()],
                "models with scores": [self.scores["model"].nunique()],
                "tasks with both": [len(tasks)],
            }
        )

    @property
    def models(self) -> list[str]:
        """Models that some metric was computed for, in the order of the store."""
        known = set(self.values["model"])
        return [str(model) for model in self.facts.index if model in known]

    def levels(self, *, only_published: bool = False) -> list[str]:
        """Names of the levels that have a cell: the seven of the paper first, then as
        registered."""
        present = set(self.cells["metric"]) if len(self.cells) else set()
        return [
            level.name
            for level in all_levels()
            if level.name in present and (level.published or not only_published)
        ]


def choices(config: Config) -> EvidenceChoices:
    """What can count as evidence in this store; exact values where it holds none."""
    stored_runs, stored_scores = runs(config), scores(config)
    families = set(stored_runs["family"]) | set(stored_scores["family"].dropna())
    types = set(stored_scores["task_type"])
    values = values_stored(config) or ["exact"]
    return EvidenceChoices(
        tuple(values), tuple(sorted(families - {""})), tuple(sorted(types - {""}))
    )


def values_stored(config: Config) -> list[Values]:
    """exact, published: the kinds of metric values that the store holds, newest versions only."""
    with connect(config, read_only=True) as connection:
        kinds = newest_kinds(connection)
    found = {variant_name(kind.metric, kind.mode, kind.parameters) for kind in kinds}
    known: tuple[Values, ...] = ("exact", "published")
    return [name for name in known if _variant(name) in found]


def version(config: Config) -> str:
    """Equal as long as runs, metric values and scores are: all that `model_evidence` reads.

    The order of rows does not count. Trials, projections and the rest may change meanwhile.
    """
    with connect(config, read_only=True) as connection:
        return content_mark(connection, (RUNS, METRIC_VALUES, SCORES))


def model_evidence(config: Config, request: EvidenceRequest) -> ModelEvidence:
    """Correlate every model-level number with every task's score, across models."""
    levels = stored_levels(config, request)
    return correlate(levels, score_table(config, request.subsets), request)


def stored_levels(config: Config, request: EvidenceRequest) -> Levels:
    """The model-level numbers of finished models, one run a model and task."""
    stored = runs(config)
    picked = finished_runs(stored, request.settings, request.values)
    if request.families:
        picked = picked[picked["family"].isin(request.families)]
    values = level_values(profiles_of(config, picked, request.values))
    return Levels(values.dropna(subset=["value"]), picked, not_picked(stored, picked))


def correlate(levels: Levels, table: pd.DataFrame, request: EvidenceRequest) -> ModelEvidence:
    """The evidence of `model_evidence` from what the store gave. table: of score_table."""
    measured = model_scores(table, request.at)
    if request.task_types:
        measured = measured[measured["task_type"].isin(request.task_types)]
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
        others=levels.others,
    )


def finished_runs(
    table: pd.DataFrame, settings: Mapping[str, Any] | None = None, values: Values = "exact"
) -> pd.DataFrame:
    """One run a finished model and task; training checkpoints are no models of their own.

    Of published values only imported runs count, of exact ones only the others.
    """
    imported = table["source"].str.startswith("import:") & table["n"].eq(0)
    kept = table[imported if values == "published" else ~imported]
    kept = kept[kept["revision"].map(training_step).isna()]
    models, tasks = kept["model"].unique().tolist(), kept["task"].unique().tolist()
    return pick_runs(kept, models, tasks, settings)


def model_facts(picked: pd.DataFrame) -> pd.DataFrame:
    """family, hidden_size, parameters and note by model; unknown sizes are missing, not 0."""
    facts = picked.drop_duplicates("model").set_index("model")
    facts = facts[["family", "hidden_size", "num_parameters", "num_blocks", "model_note"]]
    return facts.assign(hidden_size=facts["hidden_size"].where(facts["hidden_size"] > 0))


def profiles_of(config: Config, picked: pd.DataFrame, values: Values) -> pd.DataFrame:
    """The stored values of these runs, of one kind."""
    table = profiles(config, variants=True, run_key=picked["run_key"].tolist())
    return table[table["variant"].eq(_variant(values))]


def preferred_levels(available: Sequence[str]) -> list[str]:
    """Which of these levels the recommender weighs before anybody chooses."""
    wanted = [name for name in default_levels() if name in available]
    return wanted or [name for name in fallback_levels() if name in available]


def _variant(values: Values) -> str:
    return "" if values == "exact" else values
