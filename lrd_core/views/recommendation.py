"""Which model to take for tasks without labels: a ranking with its doubts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from lrd_core.analysis.levels import level_label
from lrd_core.analysis.recommend import HoldOut, Recommendation, check_on_labelled_tasks, recommend
from lrd_core.config import Config
from lrd_core.numbers import correlation, percent
from lrd_core.views.command_text import command
from lrd_core.views.evidence import EvidenceRequest, ModelEvidence, model_evidence, preferred_levels
from lrd_core.views.view import View, told
from lrd_core.views.words import joined

SIZE = "parameters"
"""Number of parameters as a rival metric: what a guess by size alone would give."""

RIVALS_NOTE = (
    "Each labelled task was held out in turn and ranked from the others. Tasks are held out, "
    "models are not: a new model may behave differently."
)


@dataclass(frozen=True)
class RankingRequest:
    """Whom to rank for which tasks.

    targets: tasks whose scores are not looked at; None for one without scores. candidates: None
    for every model. metrics: what weighs; None for the usual ones. most_parameters: the largest
    model. shortlist: how many models one could try.
    """

    targets: tuple[str, ...] | None = None
    evidence: EvidenceRequest = field(default_factory=EvidenceRequest)
    candidates: tuple[str, ...] | None = None
    metrics: tuple[str, ...] | None = None
    most_parameters: float | None = None
    shortlist: int = 2


@dataclass(frozen=True)
class RankingChoices:
    """What there is to choose from.

    tasks: those with metrics of their own. targets: those taken first. metrics: levels; preferred:
    those that weigh first.
    """

    models: tuple[str, ...]
    tasks: tuple[str, ...]
    targets: tuple[str, ...]
    metrics: tuple[str, ...]
    preferred: tuple[str, ...]


@dataclass(frozen=True)
class RankingView(View):
    """The ranking: `table` has one row a candidate, best first (see candidate_table).

    labels: of the metrics that weigh. thin: reasons to doubt it. rivals: the rule held out against
    size alone, as a table for people.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    shortlist: int = 2
    thin: tuple[str, ...] = ()
    rivals: pd.DataFrame = field(default_factory=pd.DataFrame)


def ranking(config: Config, request: RankingRequest) -> RankingView:
    """The ranking that was asked for.

    Raises: InputError where fewer than two candidates remain.
    """
    return ranking_of(model_evidence(config, request.evidence), request)


def ranking_choices(evidence: ModelEvidence, tasks: Sequence[str] = ()) -> RankingChoices:
    """What can be ranked with this evidence. tasks: those that a visitor looks at."""
    known = sorted(set(evidence.values["task"]) - set(evidence.borrowed))
    levels = evidence.levels() or sorted(set(evidence.values["metric"]))
    return RankingChoices(
        tuple(evidence.models),
        tuple(known),
        tuple(_first_unlabelled(evidence, known, tasks)),
        tuple(levels),
        tuple(preferred_levels(levels)),
    )


def ranking_of(evidence: ModelEvidence, request: RankingRequest) -> RankingView:
    """The ranking from evidence that is at hand; see ranking."""
    offered = ranking_choices(evidence)
    metrics = offered.preferred if request.metrics is None else request.metrics
    targets = offered.targets if request.targets is None else request.targets
    candidates = offered.models if request.candidates is None else request.candidates
    found = recommend_models(
        evidence,
        targets=targets,
        candidates=candidates,
        metrics=metrics,
        most_parameters=request.most_parameters,
    )
    table = candidate_table(found)
    sentence = recommendation_sentence(found, request.shortlist)
    return RankingView(
        table=table,
        sentence=sentence,
        notes=told(evidence.others, recommendation_note(found)),
        runs=evidence.picked,
        command=command("select models", task=list(found.targets), metric=list(metrics)),
        alt=f"Ranking of {len(table)} models. {sentence}",
        labels={name: level_label(name) for name in metrics},
        shortlist=request.shortlist,
        thin=found.thin,
        rivals=rival_table(rivals(evidence, metrics)),
    )


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
    return replace(found, left_out={**found.left_out, **over})


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


def rival_table(held: Mapping[str, tuple[HoldOut | None, int]]) -> pd.DataFrame:
    """The rule and size alone on held-out tasks, as a table for people."""
    names = {"metrics": "These metrics", SIZE: "Number of parameters alone"}
    rows = []
    for name, (checked, tasks) in held.items():
        if checked is None:
            rows.append({"ranked by": names[name], "tasks": tasks, "models": 0})
            continue
        rows.append(
            {
                "ranked by": names[name],
                "median rank correlation": round(checked.rho, 2),
                "score lost by first choice": round(100 * checked.regret, 1),
                "by a random model": round(100 * checked.chance_regret, 1),
                "tasks": tasks,
                "models": len(checked.models),
            }
        )
    return pd.DataFrame(rows)


def recommendation_sentence(found: Recommendation, shortlist: int) -> str:
    """Who comes first, how likely it is the best, and what a short list buys."""
    first = found.candidates[0]
    where = joined(found.targets)
    if not found.learned:
        return f"By the published sign of each metric {first.model} comes first on {where}."
    chance = found.chance_among_first(shortlist)
    names = joined(entry.model for entry in found.candidates[:shortlist])
    text = (
        f"For {where}, {first.model} ranks first, with a {percent(first.chance_best)} chance of "
        f"being "
        "the best."
    )
    likeliest = max(found.candidates, key=lambda entry: entry.chance_best)
    if likeliest.chance_best > first.chance_best:
        text = (
            f"For {where}, {first.model} has the best mean rank; most often best is "
            f"{likeliest.model}, with a chance of {percent(likeliest.chance_best)}."
        )
    if shortlist > 1:
        text += f" The best is among {names} with a chance of {percent(chance)}."
    return text


def recommendation_note(found: Recommendation) -> str:
    """Weights, evidence and what was left out."""
    weights = ", ".join(
        f"{level_label(name)} {correlation(value)}" for name, value in found.weights.items()
    )
    text = f"Bars hold 90% of 2,000 simulated ranks. Weights (median ρ): {weights}."
    if found.learned:
        text += f" Learned from {len(found.evidence_tasks)} tasks with labels."
    left = [f"{model} ({why})" for model, why in found.left_out.items()]
    return text + (f" Left out: {', '.join(left)}." if left else "")


def _first_unlabelled(
    evidence: ModelEvidence, tasks: Sequence[str], looked_at: Sequence[str]
) -> list[str]:
    """A task without scores if there is one: that is what the recommender is for."""
    labelled = set(evidence.scores["task"])
    chosen = [task for task in looked_at if task in tasks]
    return [task for task in tasks if task not in labelled][:1] or chosen[:1] or list(tasks[:1])
