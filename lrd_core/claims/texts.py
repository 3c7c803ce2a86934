"""L11: whether the entropies of one layer's texts fall into two groups."""

import numpy as np

from lrd_core.claims.held import Held
from lrd_core.claims.intervals import mean_of
from lrd_core.claims.registry import LBL, claim
from lrd_core.claims.verdicts import Finding, Kind, Number, Verdict, not_testable
from lrd_core.numbers import percent, whole

RATE = 0.05
"""Share of false discoveries among the layers called bimodal."""

LEAST_TEXTS = 50


def discoveries(p_values: np.ndarray, rate: float = RATE) -> np.ndarray:
    """Which tests are significant while at most `rate` of those called so are false.

    Shape: (tests,) -> (tests,) of bool. Source: Benjamini & Hochberg 1995.
    """
    order = np.argsort(p_values)
    ranks = np.arange(1, len(p_values) + 1)
    passing = np.flatnonzero(p_values[order] <= rate * ranks / len(p_values))
    found = np.zeros(len(p_values), dtype=bool)
    if len(passing):
        found[order[: passing[-1] + 1]] = True
    return found


@claim(
    "L11",
    "The prompt entropies of one layer are bimodal.",
    LBL,
    "the workshop paper",
    statistic="share of layers whose texts' entropies have more than one hump (Hartigan's dip "
    "test), mean over models",
    rule="Holds where a layer of two models or more is significant under control of false "
    "discoveries; never contradicted, because no test shows that there is one hump.",
    series=("prompt_entropy",),
    origins=("own",),
)
def entropies_are_bimodal(held: Held) -> Finding:
    """The dip test of every layer of every run, together."""
    dips = held.dips[held.dips["n"] >= LEAST_TEXTS]
    dips = dips[dips["p_value"].notna()]
    if dips.empty:
        return not_testable(
            f"No run has entropies of {LEAST_TEXTS} texts each.",
            "Measure prompt entropy here: published tables have means alone.",
        )
    numbers: list[Number] = []
    models = []
    for variant, rows in dips.groupby("variant", sort=False):
        found = discoveries(rows["p_value"].to_numpy(float))
        shares = 100 * rows.assign(found=found).groupby("model", sort=False)["found"].mean()
        kind: Kind = "baseline" if numbers else "main"
        numbers.append(mean_of(str(variant), list(shares), kind=kind))
        models.append(shares)
    several = [model for model, share in models[0].items() if share > 0]
    verdict: Verdict = "holds" if len(several) > 1 else "open"
    parts = [mean_of(str(model), [float(share)], "models") for model, share in models[0].items()]
    return Finding(
        verdict,
        f"{len(several)} of {len(models[0])} models have such a layer.",
        "% of layers",
        (*numbers, *parts),
        "" if verdict == "holds" else "More texts a run: the test needs many to see two humps.",
        f"{whole(len(dips))} layers are tested; at most {percent(RATE)} of those called bimodal "
        "are expected to be false (Benjamini-Hochberg).",
    )
