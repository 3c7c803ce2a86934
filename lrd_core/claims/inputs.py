"""L8 and L9: what broken inputs and fine-tuning do to entropy."""

import numpy as np
import pandas as pd

from lrd_core.claims.held import Held
from lrd_core.claims.intervals import mean_of
from lrd_core.claims.registry import LBL, claim
from lrd_core.claims.verdicts import Finding, Number, all_of, not_testable, side_of

ENTROPY = "prompt_entropy"
LEAST = 3
CLAIMED = {
    "repeat": ("repeated tokens lower it at mid depth", 1, -1),
    "random": ("random tokens raise it early", 0, 1),
    "length": ("longer inputs raise it at mid depth", 1, 1),
}
"""Kind of condition -> what is claimed, the third of depth it is about, the claimed sign."""


@claim(
    "L8",
    "Repeated tokens lower entropy at mid depth, random tokens raise it early, longer inputs raise "
    "it.",
    LBL,
    "figure 6",
    statistic="slope of prompt entropy over the strength of the condition (length: per doubling) "
    "in the third of depth that is meant, signed as claimed",
    rule="Holds where all three intervals over models lie above zero, with three models at least; "
    "contradicted where one lies below.",
    series=(ENTROPY,),
    origins=("own",),
)
def conditions_move_entropy(held: Held) -> Finding:
    """Three slopes, each with its interval over models; the weakest decides."""
    rows = held.conditions[held.conditions["series"] == ENTROPY]
    numbers, parts = [], []
    for kind, (told, third, sign) in CLAIMED.items():
        slopes = {}
        for model, part in rows.groupby("model", sort=False):
            slope = slope_of(part, kind, third)
            if slope is not None:
                slopes[str(model)] = sign * slope
        if slopes:
            numbers.append(mean_of(told, list(slopes.values()), kind="baseline"))
            parts += [Number.alone(f"{m}: {kind}", v, 1, "models") for m, v in slopes.items()]
    if len(numbers) < len(CLAIMED):
        return not_testable(
            "Runs under repetition, random tokens and lengths are needed, at three strengths each.",
            "python -m lrd_core run --condition repeat:0.5 ..., for three models.",
        )
    verdict, why = all_of(side_of(one, LEAST) for one in numbers)
    weakest = min(numbers, key=lambda one: one.value)
    return Finding(
        verdict,
        why,
        "of normalised entropy",
        (weakest.called(f"weakest: {weakest.label}", "main"), *numbers, *parts),
        "" if verdict == "holds" else "The same conditions for more models.",
        "Three effects are tested and all have to hold, so no correction is due.",
    )


def slope_of(rows: pd.DataFrame, kind: str, third: int) -> float | None:
    """Least-squares slope of mean entropy in a third of depth over the condition's strength.

    kind: repeat or random (share from 0 to 1, plain texts are 0), length (doublings of tokens,
    where plain texts have none). None for fewer than three strengths.
    """
    strengths, means = [], []
    for condition, part in rows.groupby("condition", sort=False):
        name, _, value = str(condition).partition(":")
        if name not in ("", kind) or (name == "" and kind == "length"):
            continue
        strength = float(value or 0)
        profile = part.groupby("position")["value"].mean().to_numpy()
        inside = np.array_split(profile, 3)[third]
        if np.isnan(inside).any():
            continue
        strengths.append(np.log2(strength) if kind == "length" else strength)
        means.append(float(inside.mean()))
    if len(set(strengths)) < LEAST:
        return None
    return float(np.polyfit(strengths, means, 1)[0])


@claim(
    "L9",
    "Fine-tuning for reasoning keeps entropy higher.",
    LBL,
    "figure 5",
    statistic="mean prompt entropy over layers, fine-tuned less its base model",
    rule="Holds where the interval over pairs of models lies above zero, with three pairs or more.",
    series=(ENTROPY,),
)
def reasoning_keeps_entropy(held: Held) -> Finding:
    """Pairs of a base model and the one of the same name that was tuned for mathematics."""
    models = held.tables.get(ENTROPY, {})
    pairs = [(one, f"{one}-Math") for one in models if f"{one}-Math" in models]
    gaps = []
    for base, tuned in pairs:
        first, second = held.table(base, ENTROPY), held.table(tuned, ENTROPY)
        shared = first.shared(second)
        if shared:
            gaps.append(float(second.of(shared).mean() - first.of(shared).mean()))
    if not gaps:
        return not_testable(
            "No base model and its fine-tuned twin are both here (the source: Qwen2.5 and "
            "Qwen2.5-Math).",
            "Run both models of a pair on the same texts; their weights are on the hub.",
        )
    main = mean_of("tuned less base", gaps, "pairs", kind="main")
    verdict, why = side_of(main, LEAST)
    settle = "" if verdict == "holds" else "More pairs."
    return Finding(verdict, why, "of normalised entropy", (main,), settle)
