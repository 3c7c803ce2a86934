"""R5 to R7: what removing blocks by a rule is worth."""

import numpy as np
import pandas as pd

from lrd_core.analysis.correlation import LEAST_MODELS
from lrd_core.claims.across_models import LEVELS, correlated
from lrd_core.claims.held import Held
from lrd_core.claims.registry import LRD, claim
from lrd_core.claims.verdicts import Finding, Number, Verdict, all_of, not_testable, side_of
from lrd_core.numbers import correlation, percent
from lrd_core.pruning.summary import hierarchical_interval

LEAST_PAIRS = 6
BUDGETS = (0.1, 0.15, 0.2)
"""Those of the source; others that were tried decide nothing."""

LEVEL = 1 - 0.05 / len(BUDGETS)
HEAVY = (0.15, 0.2)
NO_TRIALS = "No trial of this rule with random plans beside it is stored."
TRY = "python -m lrd_core prune --model NAME --task NAME --rule RULE, on more models and tasks."
CHANCE = {"random": "random plans", "random_protected": "random plans that keep the ends"}


def margin(
    trials: pd.DataFrame, rule: str, budget: float, chance: str, level: float = 0.95
) -> Number | None:
    """Median advantage over the mean of random plans, in points, over pairs of model and task.

    The interval draws models, then tasks within each. None where no such pair is stored.
    """
    rows = trials[(trials["rule"] == rule) & np.isclose(trials["budget"].astype(float), budget)]
    gaps = (rows["change"] - rows[chance]).dropna()
    if gaps.empty:
        return None
    models = list(rows.loc[gaps.index, "model"])
    low, high = hierarchical_interval(list(gaps), models, share=level)
    label = f"{percent(budget)}: over {CHANCE[chance]}"
    return Number(label, float(gaps.median()), low, high, len(gaps), "pairs", "baseline")


@claim(
    "R5",
    "GFMI beats random pruning at 15 and 20% and has the best median at every budget.",
    LRD,
    statistic="median advantage over random plans in points, the least of 15 and 20%; the rule "
    "with the best median at each budget",
    rule="Holds where the intervals lie above zero against random plans of both kinds and no other "
    "rule has a better median; contradicted where an interval lies below zero, or another rule is "
    "better with its paired interval.",
    page="pruning",
    origins=("own",),
)
def gfmi_beats_chance(held: Held) -> Finding:
    """Margins at the heavier budgets, and GFMI against the best other rule at each budget."""
    trials = held.trials
    found = [
        one
        for budget in HEAVY
        for chance in CHANCE
        if (one := margin(trials, "gfmi", budget, chance)) is not None
    ]
    if not found:
        return not_testable(NO_TRIALS, TRY)
    verdict, why = all_of(side_of(one, LEAST_PAIRS) for one in found)
    rivals = [one for budget in BUDGETS if (one := _rival(trials, budget)) is not None]
    beaten = [one for one in rivals if one.high < 0]
    better = [one for one in rivals if one.value < 0]
    if beaten and verdict != "contradicted":
        verdict, why = "contradicted", f"{beaten[0].label} is surely better."
    elif better and verdict == "holds":
        verdict, why = "open", f"{better[0].label} has the better median."
    least = min(found, key=lambda one: one.value)
    told = f" At {len(better)} of {len(rivals)} budgets another rule has the better median."
    return Finding(
        verdict,
        why + told,
        "points",
        (least.called(f"least: {least.label}", "main"), *found, *rivals),
        "" if verdict == "holds" else TRY,
        "The best other rule is looked for among all that were tried on the same pairs, at three "
        f"budgets: its intervals are at {percent(LEVEL, 1)}.",
    )


def _rival(trials: pd.DataFrame, budget: float) -> Number | None:
    """GFMI less the rule with the best median at this budget, paired over model and task."""
    rows = trials[np.isclose(trials["budget"].astype(float), budget)]
    wide = rows.pivot_table(index=["model", "task"], columns="rule", values="change")
    if "gfmi" not in wide or wide.shape[1] < 2:
        return None
    wide = wide[wide["gfmi"].notna()].dropna(axis=1, thresh=LEAST_PAIRS).dropna()
    others = wide.drop(columns="gfmi", errors="ignore")
    if others.empty or "gfmi" not in wide:
        return None
    best = str(others.median().idxmax())
    gaps = wide["gfmi"] - others[best]
    models = list(wide.index.get_level_values("model"))
    low, high = hierarchical_interval(list(gaps), models, share=LEVEL)
    value = float(wide["gfmi"].median() - others[best].median())
    return Number(f"{percent(budget)}: GFMI less {best}", value, low, high, len(gaps), "pairs")


@claim(
    "R6",
    "Frenet helps only at the lightest budget.",
    LRD,
    statistic="median advantage over random plans in points, at the lightest budget",
    rule="Holds where the interval lies above zero at the lightest budget and at no other; "
    "contradicted where it lies below zero there.",
    page="pruning",
    origins=("own",),
)
def frenet_only_light(held: Held) -> Finding:
    """Margins by budget."""
    trials = held.trials[held.trials["rule"] == "frenet"]
    found = [one for b in BUDGETS if (one := margin(trials, "frenet", b, "random")) is not None]
    if not found:
        return not_testable(NO_TRIALS, TRY)
    verdict, why = side_of(found[0], LEAST_PAIRS)
    if verdict == "holds" and any(side_of(one, LEAST_PAIRS)[0] == "holds" for one in found[1:]):
        verdict, why = "contradicted", "It helps at a heavier budget too."
    return Finding(
        verdict,
        why,
        "points",
        (found[0].called(f"lightest, {found[0].label}", "main"), *found[1:]),
        "" if verdict == "holds" else TRY,
        f"{len(found)} budgets are looked at; only the lightest decides.",
    )


@claim(
    "R7",
    "NRS does not carry over from choosing models to pruning.",
    LRD,
    statistic="NRS's correlation with scores over models (R2), beside its advantage over random "
    "plans",
    rule="Holds where the correlation's interval lies above zero and that of the advantage does "
    "not; contradicted where the advantage lies above zero.",
    page="pruning",
    origins=("own",),
)
def nrs_does_not_carry_over(held: Held) -> Finding:
    """The advantage of NRS's plans, with its correlation beside it."""
    trials = held.trials[held.trials["rule"] == "nrs"]
    tried = [margin(trials, "nrs", budget, "random", LEVEL) for budget in BUDGETS]
    found = [one for one in tried if one is not None]
    rho, drawn, models, tasks = held.once(correlated)
    if not found or len(models) < LEAST_MODELS or not tasks:
        return not_testable(
            "Both trials of NRS and its correlation over four scored models are needed.", TRY
        )
    place = list(LEVELS).index("nrs_mean")
    low, high = (float(np.nanpercentile(drawn[place], p)) for p in (2.5, 97.5))
    interval = f"[{correlation(low)}, {correlation(high)}]"
    said = f"NRS's median rho is {correlation(rho[place])} {interval} over {len(models)} models."
    carried = [one for one in found if one.low > 0 and one.n >= LEAST_PAIRS]
    verdict: Verdict = "open"
    if carried:
        verdict, why = "contradicted", f"At {carried[0].label} it is above zero."
    elif low > 0:
        verdict, why = "holds", "It goes with scores, and its plans are not surely better."
    else:
        why = "It does not surely go with scores over models, so there is nothing to carry over."
    best = max(found, key=lambda one: one.value)
    return Finding(
        verdict,
        f"{why} {said}",
        "points",
        (best.called(f"best, {best.label}", "main"), *found),
        "" if verdict == "holds" else "More models, scored and pruned.",
        f"{len(found)} budgets are looked at, and one advantage above zero would contradict: "
        f"intervals are at {percent(LEVEL, 1)} (Bonferroni).",
    )
