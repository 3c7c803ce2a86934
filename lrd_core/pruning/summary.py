"""From trials to findings: changes by rule, random bands, win rates, intervals, regret. Pure."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lrd_core.pruning.comparison import EVERY_SUBSET, RANDOM_RULES

FULL = "full"
BOOTSTRAP_SAMPLES = 2000
PAIR = ["model", "task"]
SAME = ["model", "revision", "task", "task_revision", "settings"]
"""Trials are compared only where all of these are equal."""

Key = tuple[str, ...]


def opponent_changes(trials: pd.DataFrame, rule: str) -> dict[tuple[Key, int], np.ndarray]:
    """Changes in points of random plans, by (values of SAME, m).

    Where every subset of m blocks was tried, these are all subsets that the rule could draw (for
    random-protected: those that keep the first and the last block), so that their mean is exact;
    elsewhere the seeded draws.
    """
    found: dict[tuple[Key, int], np.ndarray] = {}
    for (*same, m), part in trials.groupby([*SAME, "m"]):
        every = part[part["rule"] == EVERY_SUBSET]
        if rule == "random-protected" and not every.empty:
            last = int(part["num_blocks"].iloc[0]) - 1
            ends = every["removed"].map(lambda gone, last=last: 0 in gone or last in gone)
            every = every[~ends]
        drawn = every if not every.empty else part[part["rule"] == rule]
        if not drawn.empty:
            found[(tuple(same), int(m))] = drawn["change"].to_numpy()
    return found


def oracle_changes(trials: pd.DataFrame) -> dict[tuple[Key, int], float]:
    """The best change among all subsets of m blocks, where all were tried."""
    every = trials[trials["rule"] == EVERY_SUBSET]
    best = every.groupby([*SAME, "m"])["change"].max()
    return {(tuple(same), int(m)): float(value) for (*same, m), value in best.items()}


def guided_trials(trials: pd.DataFrame) -> pd.DataFrame:
    """Trials of rules and of plans by hand: no opponents, not the full model."""
    return trials[~trials["rule"].isin([*RANDOM_RULES, EVERY_SUBSET, FULL])]


def compare(trials: pd.DataFrame) -> pd.DataFrame:
    """One row a rule's trial, with what it is compared with.

    Adds noise (points between the two runs of the full model), random and random_protected
    (means in points), win_random and win_protected (share of opponents that it beats, ties half),
    n_random, n_protected, oracle and regret (points; NaN where not all subsets were tried).
    """
    rows = guided_trials(trials).copy()
    rows["noise"] = 100 * (rows["score_full_again"] - rows["score_full"]).abs()
    keys = [(same, int(m)) for *same, m in rows[[*SAME, "m"]].itertuples(index=False, name=None)]
    keys = [(tuple(same), m) for same, m in keys]
    for rule, short in (("random", "random"), ("random-protected", "protected")):
        opponents = opponent_changes(trials, rule)
        mean = "random" if rule == "random" else "random_protected"
        drawn = [opponents.get(key) for key in keys]
        rows[mean] = [np.nan if x is None else float(x.mean()) for x in drawn]
        rows[f"n_{short}"] = [0 if x is None else len(x) for x in drawn]
        rows[f"win_{short}"] = [
            np.nan if x is None else win_share(change, x)
            for change, x in zip(rows["change"], drawn, strict=True)
        ]
    oracle = oracle_changes(trials)
    rows["oracle"] = [oracle.get(key, np.nan) for key in keys]
    rows["regret"] = rows["oracle"] - rows["change"]
    return rows


def win_share(change: float, opponents: np.ndarray) -> float:
    """Share of opponents below `change`; equal ones count half."""
    return float((opponents < change).mean() + 0.5 * (opponents == change).mean())


def summarise(trials: pd.DataFrame, *, budget: float | None = None, seed: int = 0) -> pd.DataFrame:
    """One row a rule and budget (or only the given one) over the models and tasks they share.

    Columns: median (points), low and high (95% hierarchical bootstrap: models, then tasks within
    each), worst and worst_task, win_random, win_protected and mean margins over them with
    intervals, regret (mean, over n_oracle), n (model-task pairs), models, tasks. Rules of one
    budget are compared on the pairs they have in common; pairs left out are counted in `dropped`.
    """
    compared = compare(trials)
    if budget is not None:
        compared = compared[compared["budget"] == budget]
    rows = []
    for share, group in compared.groupby("budget", dropna=False):
        common = _common_pairs(group)
        for rule, part in group.groupby("rule", sort=False):
            pairs = pd.MultiIndex.from_frame(part[PAIR])
            used = part[pairs.isin(common)]
            rows.append({"rule": rule, "budget": share} | _summary_row(used, len(part), seed))
    columns = ["budget", "median"]
    table = pd.DataFrame(rows)
    return table.sort_values(columns, ascending=[True, False], ignore_index=True) if rows else table


def hierarchical_interval(
    values: Sequence[float], groups: Sequence[str], seed: int = 0, share: float = 0.95
) -> tuple[float, float]:
    """Bootstrap interval of the median: groups are drawn with replacement, then values in each.

    NaN for fewer than two values: one number has no interval.
    """
    if len(values) < 2:
        return float("nan"), float("nan")
    by_group = [
        np.asarray([v for v, g in zip(values, groups, strict=True) if g == name])
        for name in dict.fromkeys(groups)
    ]
    draw = np.random.default_rng(seed)
    slots, widest = len(by_group), max(map(len, by_group))
    drawn = np.full((BOOTSTRAP_SAMPLES, slots, widest), np.nan)
    chosen = draw.integers(slots, size=(BOOTSTRAP_SAMPLES, slots))
    for group, members in enumerate(by_group):
        samples, places = np.nonzero(chosen == group)
        size = len(members)
        drawn[samples, places, :size] = draw.choice(members, size=(len(samples), size))
    medians = np.nanmedian(drawn.reshape(BOOTSTRAP_SAMPLES, -1), axis=1)
    tail = (1 - share) / 2
    low, high = np.quantile(medians, [tail, 1 - tail])
    return float(low), float(high)


def newest_settings(trials: pd.DataFrame) -> pd.DataFrame:
    """For each model and task only the trials under the settings that were tried last."""
    if trials.empty:
        return trials
    guided = guided_trials(trials)
    newest = (guided if not guided.empty else trials).sort_values("created_at")
    last = newest.drop_duplicates(PAIR, keep="last")[SAME]
    return trials.merge(last, on=SAME)


def _common_pairs(group: pd.DataFrame) -> pd.MultiIndex:
    """Model-task pairs that every rule of this budget was tried on."""
    counts = group.drop_duplicates([*PAIR, "rule"]).groupby(PAIR).size()
    return counts[counts == group["rule"].nunique()].index


def _summary_row(used: pd.DataFrame, available: int, seed: int) -> dict[str, object]:
    if used.empty:
        return {"n": 0, "dropped": available}
    models, change = list(used["model"]), used["change"].to_numpy()
    low, high = hierarchical_interval(list(change), models, seed)
    worst = used.loc[used["change"].idxmin()]
    row: dict[str, object] = {
        "median": float(np.median(change)),
        "low": low,
        "high": high,
        "worst": float(worst["change"]),
        "worst_task": f"{worst['model']} on {worst['task']}",
        "regret": float(used["regret"].mean()),
        "n_oracle": int(used["regret"].notna().sum()),
        "n": len(used),
        "models": used["model"].nunique(),
        "tasks": used["task"].nunique(),
        "dropped": available - len(used),
    }
    for name, mean in (("random", "random"), ("protected", "random_protected")):
        margin = (used["change"] - used[mean]).dropna()
        kept = used.loc[margin.index]
        bounds = hierarchical_interval(list(margin), list(kept["model"]), seed)
        row |= {
            f"win_{name}": float(kept[f"win_{name}"].mean()),
            f"margin_{name}": float(margin.median()) if len(margin) else float("nan"),
            f"margin_{name}_low": bounds[0],
            f"margin_{name}_high": bounds[1],
            f"n_{name}": len(margin),
        }
    return row
