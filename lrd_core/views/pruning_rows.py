"""Tried plans as rows to look at: rules that name the same blocks are one row."""

from collections.abc import Iterable, Mapping

import pandas as pd

from lrd_core.numbers import counted
from lrd_core.pruning.plan import BY_HAND
from lrd_core.views.words import joined

MOST_NAMED = 4
"""Blocks that a row names; of more it says how many."""


def merged_plans(compared: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """One row a plan and task; rules that remove the same blocks on the same tasks are one plan.

    compared: rows of `pruning.summary.compare`. labels: rules in their fixed order. Adds name
    (what the plan is called: its rules), row (its place from the top, fewest blocks first, then the
    best median change over the tasks that all plans of this size share). Budgets of a rule that are
    the same plan are one as well.
    """
    if compared.empty:
        return compared.assign(name=pd.Series(dtype=str), row=pd.Series(dtype=int))
    order = {rule: place for place, rule in enumerate(labels)}
    rows = compared.assign(rank=compared["rule"].map(order).fillna(len(order)))
    rows = rows.sort_values("rank", kind="stable").drop_duplicates(["task", "rule", "m", "removed"])
    rows["plan"] = _plans(rows)
    same: dict[frozenset[tuple[str, tuple[int, ...]]], list[int]] = {}
    for plan, part in rows.groupby("plan", sort=False):
        same.setdefault(frozenset(zip(part["task"], part["removed"], strict=True)), []).append(plan)
    rules = dict(zip(rows["plan"], rows["rule"], strict=True))
    names = {
        plans[0]: rules_in_words(short_name(labels.get(rules[plan], rules[plan])) for plan in plans)
        for plans in same.values()
    }
    kept = rows[rows["plan"].isin(list(names))]
    places = {plan: row for row, plan in enumerate(_ordered(kept))}
    kept = kept.assign(name=kept["plan"].map(names), row=kept["plan"].map(places))
    return kept.drop(columns=["plan", "rank"]).sort_values("row", kind="stable", ignore_index=True)


def _plans(rows: pd.DataFrame) -> list[int]:
    """Of each row the number of its plan: what a rule removes of one size, over all tasks.

    By hand any number of sets may be tried of one size; of a rule, plans of several calibrations.
    """
    apart = rows.groupby(["task", "rule", "m"]).cumcount()
    by_hand = rows["removed"].where(rows["rule"] == BY_HAND, None)
    numbers: dict[tuple[object, ...], int] = {}
    keys = zip(rows["rule"], rows["m"], by_hand, apart, strict=True)
    return [numbers.setdefault(key, len(numbers)) for key in keys]


def blocks_of(part: pd.DataFrame) -> str:
    """Which blocks a plan removes: block 4 of 6; where they are many or tasks differ, how many."""
    first = part.iloc[0]
    if part["removed"].nunique() > 1:
        return f"{first['m']} of {first['num_blocks']}, differs by task"
    if first["m"] > MOST_NAMED:
        return f"{first['m']} of {first['num_blocks']} blocks"
    gone = ", ".join(map(str, first["removed"]))
    return f"{'blocks' if first['m'] > 1 else 'block'} {gone} of {first['num_blocks']}"


def short_name(label: str) -> str:
    """A rule as a row has room for it: what stands before the colon of its label."""
    name = label.partition(":")[0]
    return name[:1].upper() + name[1:]


def rules_in_words(names: Iterable[str]) -> str:
    """Several rules that are one plan: GFMI = Frenet = Last blocks."""
    return " = ".join(dict.fromkeys(names))


def merged_note(rows: pd.DataFrame) -> str:
    """How many rows stand for several rules; "" for none. rows: of `merged_plans`."""
    together = rows.loc[rows["name"].str.contains(" = ", regex=False), "row"].nunique()
    if not together:
        return ""
    verb = "is" if together == 1 else "are"
    return f"{counted(together, 'row')} {verb} of several rules that remove the same blocks."


def order_note(rows: pd.DataFrame) -> str:
    """What rows of one size are ordered by."""
    tasks = [len(_shared_tasks(part)) for _, part in rows.groupby("m")]
    if not any(tasks):
        return "Rows of one size share no task and stand in the order of the rules."
    return (
        "Rows of one size: the best median change first, over "
        f"{joined([counted(n, 'task') for n in dict.fromkeys(tasks) if n])} that they share."
    )


def _shared_tasks(part: pd.DataFrame) -> set[str]:
    """Tasks that every plan of these rows was tried on."""
    key = "row" if "row" in part else "plan"
    seen = part.groupby("task")[key].nunique()
    return set(seen[seen == part[key].nunique()].index)


def _ordered(rows: pd.DataFrame) -> list[int]:
    found: list[int] = []
    for _, size in rows.groupby("m"):
        shared = size[size["task"].isin(_shared_tasks(size))]
        medians = shared.groupby("plan")["change"].median()
        # Where no task is shared, nothing can be compared: the fixed order of rules stays.
        plans = list(dict.fromkeys(size["plan"]))
        found += sorted(plans, key=lambda plan: -medians.get(plan, 0.0))
    return found
