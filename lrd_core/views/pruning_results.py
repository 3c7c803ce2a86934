"""What pruning cost and gained: rules against random plans, the best subset, the language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.numbers import whole
from lrd_core.pruning.opponents import SAME, Opponents, inner_candidates
from lrd_core.pruning.plan import BY_HAND
from lrd_core.pruning.settings import RANDOM_RULES
from lrd_core.pruning.summary import summarise
from lrd_core.views import pruning
from lrd_core.views.pruning_findings import noise_sentence, sentence, trial_provenance
from lrd_core.views.pruning_rows import merged_note, merged_plans, order_note
from lrd_core.views.pruning_timing import one_timing, with_speedup
from lrd_core.views.pruning_trials import TrialsRequest, Tried, tried
from lrd_core.views.view import View, told

RESULT_COLUMNS = [
    "task",
    "rule",
    "budget",
    "m",
    "num_blocks",
    "removed",
    "score_name",
    "score_full",
    "score",
    "change",
    "noise",
    "evaluator_sd",
    "evaluator_seeds",
    "random",
    "random_protected",
    "win_random",
    "n_random",
    "win_protected",
    "n_protected",
    "no_choice",
    "oracle",
    "regret",
    "same_plan",
    "perplexity_full",
    "perplexity",
    "agreement",
    "n",
    "protect",
    "indexing",
    "selection",
    "device",
    "settings",
    "source",
]
NO_BUDGET = "Plans by hand have no budget to summarise over."
NO_ORACLE = "Every subset is tried only where they are few; there is no oracle here."


@dataclass(frozen=True)
class ResultRequest:
    """The trials, and which of several timings gives the speed-up ("" for the usual one)."""

    trials: TrialsRequest
    timing: str = ""


@dataclass(frozen=True)
class ResultView(View):
    """Change in points of each plan on each task: `table` is that of result_rows.

    bands: of result_bands. trials: the compared plans as a table for people. measured: how.
    narrow: whether it stands beside the results of another model, on one scale with them.
    """

    bands: pd.DataFrame = field(default_factory=pd.DataFrame)
    trials: pd.DataFrame = field(default_factory=pd.DataFrame)
    measured: str = ""
    narrow: bool = False

    @property
    def saved(self) -> pd.DataFrame:
        """The trials themselves."""
        return self.trials

    @property
    def provenance(self) -> tuple[str, ...]:
        """What was scored and timed, how and where."""
        return told(self.measured)


@dataclass(frozen=True)
class MarginRequest:
    """One budget, None for the smallest; over these trials or over everything in the store."""

    trials: TrialsRequest
    budget: float | None = None
    everything: bool = False


@dataclass(frozen=True)
class MarginView(View):
    """Points above random plans by rule: `table` is that of pruning.summary.summarise."""

    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RegretRequest:
    """m: number of removed blocks; None for the smallest of which every subset was tried."""

    trials: TrialsRequest
    m: int | None = None


@dataclass(frozen=True)
class RegretView(View):
    """Points below the best subset of the same size: `table` has rule, task, m, regret."""

    labels: Mapping[str, str] = field(default_factory=dict)


def results(config: Config, request: ResultRequest) -> ResultView:
    """What the trials cost and gained. Empty without any."""
    return results_of(tried(config, request.trials), request.timing)


def results_of(found: Tried, timing: str = "", *, narrow: bool = False) -> ResultView:
    """The same of trials that are at hand. narrow: to stand beside those of another model."""
    compared, labels = found.compared, pruning.rule_names()
    timed = one_timing(found.timed, timing)
    points = result_rows(compared, timed)
    return ResultView(
        table=points,
        sentence=sentence(compared, labels),
        notes=told(
            merged_note(points),
            "" if points.empty else order_note(points),
            "" if points["speedup"].notna().all() else "Sizes without a speed are not timed yet.",
            "All panels have one scale; a grey strip that meets the edge goes on beyond it; "
            "grey around 0: one SD of the evaluator's own draws. "
            f"{noise_sentence(found.trials)}.",
        ),
        command=found.command,
        bands=result_bands(found.trials, points),
        trials=compared[[name for name in RESULT_COLUMNS if name in compared]],
        measured=trial_provenance(found.trials, timed),
        narrow=narrow,
    )


def margins(config: Config, request: MarginRequest) -> MarginView:
    """Rules against random plans over all tasks, with intervals. Empty for an untried budget."""
    asked, found = request.trials, tried(config, request.trials)
    budget = next(iter(found.budgets), None) if request.budget is None else request.budget
    if budget is None:
        return MarginView(table=pd.DataFrame(), sentence=NO_BUDGET)
    every = pruning.trials(config) if request.everything else found.trials
    source = pruning.chosen_trials(every, asked.settings)
    return MarginView(
        table=summarise(source, budget=budget),
        notes=(
            "Medians over model-task pairs that all rules share; intervals by drawing models, "
            "then tasks within each, 2,000 times. Win shares leave out pairs with one possible "
            f"plan (no_choice). Trials: {whole(len(source))}.",
        ),
        command=found.command,
        alt="Median difference to random plans by rule, with 95% intervals.",
        labels=pruning.rule_names(),
    )


def regret(config: Config, request: RegretRequest) -> RegretView:
    """What the rules lose against the best subset. Empty where no size has every subset tried."""
    found = tried(config, request.trials)
    m = next(iter(oracle_sizes(found)), None) if request.m is None else request.m
    return (
        RegretView(table=pd.DataFrame(), sentence=NO_ORACLE) if m is None else regret_of(found, m)
    )


def oracle_sizes(found: Tried) -> list[int]:
    """Numbers of removed blocks of which every subset was tried."""
    known = found.compared[found.compared["regret"].notna()]
    return sorted(known["m"].unique())


def regret_of(found: Tried, m: int) -> RegretView:
    """What the rules lose against the best subset of m blocks. Empty where it is not known."""
    compared = found.compared
    known = compared[compared["regret"].notna() & (compared["m"] == m)]
    return RegretView(
        table=known[["rule", "task", "m", "regret"]],
        notes=(
            "The oracle is the best of all subsets of this size on the evaluated items "
            "themselves: a bound, not a method.",
        ),
        command=found.command,
        alt="Points below the best subset of the same size, by rule and task.",
        labels=pruning.rule_names(),
    )


def result_rows(compared: pd.DataFrame, timed: pd.DataFrame) -> pd.DataFrame:
    """One row a task and plan of one model, with its speed-up (NaN untimed): see `merged_plans`."""
    rows = with_speedup(compared.drop(columns="speedup", errors="ignore"), timed)
    return merged_plans(rows, pruning.rule_labels())


def result_bands(trials: pd.DataFrame, points: pd.DataFrame) -> pd.DataFrame:
    """Mean and 5 to 95% of the random plans of one model, by task, opponent and size.

    Exact where every subset was tried; none where there is but one plan to draw. points: from
    `result_rows`.
    """
    chance = Opponents(trials)
    # Plans by hand have candidates of their own: the bands are those of the rules.
    last = points.assign(inner=inner_candidates(points)).sort_values(
        "rule", key=lambda rules: rules == BY_HAND, kind="stable"
    )
    bands: dict[tuple[str, str, int], dict[str, Any]] = {}
    for kind in RANDOM_RULES:
        for row in last.to_dict("records"):
            same = tuple(row[name] for name in SAME)
            drawn = chance.against(same, row["m"], kind, row["inner"])
            if len(drawn) > 1:
                place = {"task": row["task"], "kind": kind, "m": row["m"]}
                bands.setdefault(tuple(place.values()), place | _spread_of(drawn))
    columns = ["task", "kind", "m", "mean", "low", "high", "n"]
    return pd.DataFrame(bands.values(), columns=columns)


def _spread_of(drawn: Mapping[Any, float]) -> dict[str, float]:
    changes = np.array(list(drawn.values()))
    low, high = np.quantile(changes, [0.05, 0.95])
    return {"mean": changes.mean(), "low": low, "high": high, "n": len(changes)}
