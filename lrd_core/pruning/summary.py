"""From trials to findings: changes by rule, random bands, win rates, intervals, regret. Pure."""

import json
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from lrd_core.pruning.opponents import (
    OTHERS,
    PAIR,
    SAME,
    Key,
    Opponents,
    inner_candidates,
    oracle_changes,
)
from lrd_core.pruning.plan import BY_HAND
from lrd_core.pruning.rules import all_rules
from lrd_core.pruning.settings import RANDOM_RULES
from lrd_core.store.trials import EVALUATOR, FULL

BOOTSTRAP_SAMPLES = 2000


def evaluator_noise(trials: pd.DataFrame) -> dict[Key, tuple[float, int]]:
    """By values of SAME: the full model's standard deviation (points) over evaluator seeds.

    Also how many seeds: 0, and a deviation of 0, where the evaluator draws nothing. Missing
    where it was not measured.
    """
    found: dict[Key, tuple[float, int]] = {}
    full = trials[trials["rule"] == FULL]
    for row in full.to_dict("records"):
        details = json.loads(row["details"])
        if EVALUATOR in details:
            scores = details[EVALUATOR] or []
            deviation = 100 * float(np.std(scores, ddof=1)) if len(scores) > 1 else 0.0
            found[tuple(row[name] for name in SAME)] = (deviation, len(scores))
    return found


def guided_trials(trials: pd.DataFrame) -> pd.DataFrame:
    """Trials of rules and of plans by hand: no opponents, not the full model."""
    return trials[~trials["rule"].isin(OTHERS)]


def newest_plans(trials: pd.DataFrame) -> pd.DataFrame:
    """Guided trials, of each rule and budget (or set named by hand) the newest alone.

    Protection, indexing, selection and calibration are options of a plan: two of them are never
    pooled under one rule's name.
    """
    guided = guided_trials(trials).sort_values("created_at", kind="stable")
    by_hand = guided["removed"].where(guided["rule"] == BY_HAND, None)
    plans = guided.assign(by_hand=by_hand)
    kept = plans.drop_duplicates([*SAME, "rule", "budget", "by_hand"], keep="last")
    return kept.drop(columns="by_hand").sort_index(kind="stable")


def compare(trials: pd.DataFrame) -> pd.DataFrame:
    """One row a rule and budget (the newest plan), with what it is compared with.

    Adds noise (points between two runs of the full model on the same texts and seed),
    evaluator_sd and evaluator_seeds (see `evaluator_noise`), random and random_protected (means
    in points), win_random and win_protected (share of opponents that it beats, ties half),
    n_random, n_protected (different opponents), no_choice (every protected opponent is the plan
    itself; then mean and share are NaN), oracle and regret (points; NaN where not all subsets
    were tried), and same_plan (other budgets of the rule that remove the same blocks).
    """
    rows = newest_plans(trials)
    rows["noise"] = 100 * (rows["score_full_again"] - rows["score_full"]).abs()
    same = [tuple(values) for values in rows[SAME].itertuples(index=False, name=None)]
    noise = evaluator_noise(trials)
    rows["evaluator_sd"] = [noise.get(key, (np.nan, 0))[0] for key in same]
    rows["evaluator_seeds"] = [noise.get(key, (np.nan, 0))[1] for key in same]
    chance, inner = Opponents(trials), inner_candidates(rows)
    asked = list(zip(same, rows["m"], inner, strict=True))
    for kind, short in zip(RANDOM_RULES, ("random", "protected"), strict=True):
        drawn = [chance.against(key, int(m), kind, blocks) for key, m, blocks in asked]
        alone = [set(x) == {gone} for x, gone in zip(drawn, rows["removed"], strict=True)]
        rivals = [
            np.array([] if only else list(x.values())) for x, only in zip(drawn, alone, strict=True)
        ]
        rows[kind.replace("-", "_")] = [x.sum() / len(x) if len(x) else np.nan for x in rivals]
        rows[f"n_{short}"] = [len(x) for x in drawn]
        rows[f"win_{short}"] = [
            win_share(change, x) for change, x in zip(rows["change"], rivals, strict=True)
        ]
    rows["no_choice"] = alone
    oracle = oracle_changes(trials)
    rows["oracle"] = [oracle.get((key, int(m)), np.nan) for key, m, _ in asked]
    rows["regret"] = rows["oracle"] - rows["change"]
    rows["same_plan"] = _equal_budgets(rows)
    return rows


def _equal_budgets(rows: pd.DataFrame) -> list[tuple[float, ...]]:
    """Of each row: the other budgets at which its rule removes the same blocks."""
    groups: dict[Key, set[float]] = {}
    plans = list(rows[[*SAME, "rule", "removed"]].itertuples(index=False, name=None))
    for plan, budget in zip(plans, rows["budget"], strict=True):
        groups.setdefault(plan, set()).update([] if pd.isna(budget) else [float(budget)])
    return [
        tuple(sorted(groups[plan] - {budget}))
        for plan, budget in zip(plans, rows["budget"], strict=True)
    ]


def chosen_options(
    trials: pd.DataFrame, indexing: str, protect: int, selection: str | None
) -> pd.DataFrame:
    """The trials without rules' plans made under other options than these.

    selection None: the rule's own. Opponents, the full model and plans by hand stay.
    """
    own = {rule.name: rule.selection for rule in all_rules()}
    wanted = trials["rule"].map(own) if selection is None else selection
    fits = (
        (trials["indexing"] == indexing)
        & (trials["protect"] == protect)
        & (trials["selection"] == wanted)
    )
    return trials[fits | trials["rule"].isin([*OTHERS, BY_HAND])]


def win_share(change: float, opponents: np.ndarray) -> float:
    """Share of opponents below `change`; equal ones count half; NaN without opponents."""
    if len(opponents) == 0:
        return float("nan")
    return float((opponents < change).mean() + 0.5 * (opponents == change).mean())


def summarise(trials: pd.DataFrame, *, budget: float | None = None, seed: int = 0) -> pd.DataFrame:
    """One row a rule and budget (or only the given one) over the models and tasks they share.

    Columns: median (points), low and high (95% hierarchical bootstrap: models, then tasks within
    each), worst and worst_task, win_random, win_protected (mean shares) and median margins over
    them with intervals, pairs_random and pairs_protected (pairs behind these), n_random and
    n_protected (different random plans a pair, fewest to most), no_choice (pairs where the rule's
    plan is the only one), regret (mean, over n_oracle), n (model-task pairs), models, tasks,
    m / L (sizes in use), same_plan (other budgets with the same plan, on how many pairs). Rules
    of one budget are compared on the pairs they share; pairs left out are counted in `dropped`.
    """
    compared = compare(trials)
    if budget is not None:
        compared = compared[compared["budget"] == budget]
    rows = []
    for share, group in compared.groupby("budget", dropna=False):
        common = common_pairs(group)
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
    tail = (1 - share) / 2
    low, high = np.quantile(_known_medians(drawn.reshape(BOOTSTRAP_SAMPLES, -1)), [tail, 1 - tail])
    return float(low), float(high)


def _known_medians(rows: np.ndarray) -> np.ndarray:
    """np.nanmedian of each row, each of which has a value, by one sorting for all of them."""
    ordered, known = np.sort(rows, axis=1), (~np.isnan(rows)).sum(axis=1)
    every = np.arange(len(rows))
    return np.asarray((ordered[every, (known - 1) // 2] + ordered[every, known // 2]) / 2)


def common_pairs(group: pd.DataFrame) -> pd.MultiIndex:
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
        "m / L": _sizes(used),
        "same_plan": _same_plans(used),
        "no_choice": int(used["no_choice"].sum()),
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
            f"pairs_{name}": len(margin),
            f"n_{name}": span(kept[f"n_{name}"]),
        }
    return row


def span(counts: "pd.Series[int]") -> str:
    """The fewest and the most of these, such as 2 to 20; "" for none."""
    if counts.empty:
        return ""
    low, high = int(counts.min()), int(counts.max())
    return str(low) if low == high else f"{low} to {high}"


def _sizes(used: pd.DataFrame) -> str:
    """Numbers of removed blocks of all blocks, such as 1/6, 2/12."""
    sizes = used[["num_blocks", "m"]].drop_duplicates().sort_values(["num_blocks", "m"])
    return ", ".join(f"{m}/{count}" for count, m in sizes.itertuples(index=False, name=None))


def _same_plans(used: pd.DataFrame) -> str:
    """Other budgets with the same plan, such as 15% on 6 pairs, 20% on 6 pairs."""
    counts = Counter(budget for others in used["same_plan"] for budget in others)
    return ", ".join(
        f"{budget:.0%} on {n} pair{'s' * (n != 1)}" for budget, n in sorted(counts.items())
    )
