"""Quality against speed: what score a model keeps and what time it saves, over all budgets."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from lrd_core.config import Config
from lrd_core.numbers import counted, percent
from lrd_core.views.pruning_findings import trial_provenance
from lrd_core.views.pruning_results import ResultRequest, result_rows
from lrd_core.views.pruning_rows import blocks_of
from lrd_core.views.pruning_timing import one_timing
from lrd_core.views.pruning_trials import Tried, tried
from lrd_core.views.view import View, told
from lrd_core.views.words import joined

CHANCE_NAME = "random, ends kept"
TOO_FEW = "Score against time needs plans that were timed and tried on every chosen task."


@dataclass(frozen=True)
class FrontierView(View):
    """Score kept against time saved: `table` is that of frontier_points.

    model: whose. tasks: over how many the scores are. measured: how.
    """

    model: str = ""
    tasks: int = 0
    measured: str = ""

    @property
    def provenance(self) -> tuple[str, ...]:
        """What was scored and timed, how and where."""
        return told(self.measured)


def frontier(config: Config, request: ResultRequest) -> FrontierView:
    """Every tried plan of the asked rules, of all budgets. Empty where none was timed."""
    return frontier_of(tried(config, request.trials), request.timing)


def frontier_of(found: Tried, timing: str = "") -> FrontierView:
    """The same of trials that are at hand."""
    timed = one_timing(found.timed, timing)
    rows = result_rows(found.every, timed)
    table = frontier_points(rows)
    if table.empty:
        return FrontierView(table=table, sentence=TOO_FEW)
    drawn = set(table["name"])
    left_out = [name for name in dict.fromkeys(rows["name"]) if name not in drawn]
    tasks = rows["task"].nunique()
    return FrontierView(
        table=table,
        sentence=_sentence(table, tasks),
        notes=told(
            "Score kept: the median share of the full model's score over "
            f"{counted(tasks, 'task')}. Time saved: of one batch, by the number of blocks, which "
            "are alike. The line joins plans that no other beats in both.",
            f"Not on every task or not timed, so not drawn: {joined(left_out, most=4)}."
            if left_out
            else "",
        ),
        command=found.command,
        alt="Share of the score that each plan keeps against the share of time that it saves.",
        model=found.request.model,
        tasks=tasks,
        measured=trial_provenance(found.trials, timed),
    )


def frontier_points(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a plan that was tried on every task and timed, and one a size for random plans.

    rows: of `result_rows`. Columns: name, rule, m, num_blocks, blocks (in words), saved (share of
    the full model's time), kept (median share of its score over the tasks), low, high (of single
    tasks), n (tasks), best (no other plan keeps more and saves as much), chance (whether it is the
    mean of random plans that keep the ends).
    """
    tasks = rows["task"].nunique()
    usable = rows[rows["speedup"].notna() & (rows["score_full"] > 0)]
    points = []
    for _, part in usable.groupby("row"):
        if part["task"].nunique() == tasks:
            first = part.iloc[0]
            points.append({"name": first["name"], "rule": first["rule"]} | _point(part, "change"))
    for _, part in usable.drop_duplicates(["task", "m"]).groupby("m"):
        part = part.dropna(subset=["random_protected"])
        if part["task"].nunique() == tasks:
            chance = {"name": CHANCE_NAME, "rule": "", "blocks": ""}
            points.append(_point(part, "random_protected") | chance)
    columns = ["name", "rule", "m", "num_blocks", "blocks", "saved", "kept", "low", "high", "n"]
    table = pd.DataFrame(points, columns=columns)
    table["chance"] = table["name"] == CHANCE_NAME
    table["best"] = _unbeaten(table)
    return table


def _point(part: pd.DataFrame, change: str) -> dict[str, Any]:
    """change: the column of points lost."""
    first = part.iloc[0]
    kept = 1 + part[change] / 100 / part["score_full"]
    return {
        "m": first["m"],
        "num_blocks": first["num_blocks"],
        "blocks": blocks_of(part),
        "saved": 1 - 1 / first["speedup"],
        "kept": kept.median(),
        "low": kept.min(),
        "high": kept.max(),
        "n": len(part),
    }


def _unbeaten(table: pd.DataFrame) -> list[bool]:
    """Plans that no plan beats in one of the two without losing in the other; no random ones."""
    plans = table[~table["chance"]]
    return [
        not row.chance
        and not (
            (plans["kept"] >= row.kept)
            & (plans["saved"] >= row.saved)
            & ((plans["kept"] > row.kept) | (plans["saved"] > row.saved))
        ).any()
        for row in table.itertuples()
    ]


def _sentence(table: pd.DataFrame, tasks: int) -> str:
    """The best plan of the fewest blocks, and the fastest one on the line."""
    best = table[table["best"]].sort_values("saved")
    first, last = best.iloc[0], best.iloc[-1]
    where = f"in the median of {tasks} tasks" if tasks > 1 else "on the one task"
    text = f"{_kept(first)} {where} and {_saved(first)}"
    return f"{text}; {_kept(last)} and {_saved(last)}." if len(best) > 1 else f"{text}."


def _kept(row: "pd.Series[Any]") -> str:
    return (
        f"{row['name']} without {row['m']} of {row['num_blocks']} blocks keeps "
        f"{percent(row['kept'], 1)} of the score"
    )


def _saved(row: "pd.Series[Any]") -> str:
    saved = row["saved"]
    return (
        f"saves {percent(saved)} of the time" if saved >= 0 else f"takes {percent(-saved)} longer"
    )
