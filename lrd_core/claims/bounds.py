"""L12: inequalities between stored quantities, on every layer where both sides exist."""

import numpy as np
import pandas as pd

from lrd_core.claims.held import Held
from lrd_core.claims.registry import LBL, claim
from lrd_core.claims.verdicts import Finding, Number, Verdict, not_testable
from lrd_core.numbers import typed

LEAST_LAYERS = 20
TOLERANCE = 1e-6
ENTROPY, COUNT = "dataset_entropy", "effective_rank"
LOSS, SHARE = "infonce", "infonce_normalised"


@claim(
    "L12",
    "Effective rank bounds the exponential of the entropy, and the entropy bounds InfoNCE.",
    LBL,
    "theorems 1 and 3",
    statistic="share of layers that keep both inequalities: exp of dataset entropy at most the "
    "effective rank, log n less the InfoNCE loss at most the dataset entropy",
    rule="Holds where no layer breaks either, of 20 at least; contradicted where one does.",
    series=(ENTROPY, COUNT, LOSS),
)
def inequalities(held: Held) -> Finding:
    """Counts of layers that break a bound; entropies in nats, so n has to be known."""
    wide = _layers(held)
    tests = {
        "exp of entropy ≤ effective rank": _broken(wide, np.log(wide[COUNT]) - wide["nats"]),
        "log n less InfoNCE ≤ entropy": _broken(wide, wide["nats"] - wide["information"]),
    }
    tests = {name: broken for name, broken in tests.items() if len(broken)}
    if not tests:
        return not_testable(
            "Dataset entropy beside effective rank or InfoNCE, with n and width known, is stored "
            "for no layer.",
            "Measure dataset_entropy, effective_rank and infonce of the same run.",
        )
    numbers = [_kept(name, broken) for name, broken in tests.items()]
    every = pd.concat(list(tests.values()))
    main = _kept("layers that keep them", every).called("layers that keep them", "main")
    count = int(every.sum())
    verdict: Verdict = (
        "contradicted" if count else "holds" if len(every) >= LEAST_LAYERS else "open"
    )
    said = "; ".join(f"{name}: {int(b.sum())} of {len(b)} broken" for name, b in tests.items())
    return Finding(
        verdict,
        f"{said}. What is stored is not one matrix: the entropy's rows are centred and normalised, "
        "those of the effective rank are not normalised, InfoNCE is of augmented views.",
        "% of layers",
        (main, *numbers),
        "" if verdict != "open" else "More layers with both quantities.",
        "An inequality is no estimate: one layer that breaks it decides, and rounding is allowed "
        f"for ({typed(TOLERANCE)}).",
    )


def _kept(name: str, broken: "pd.Series[bool]") -> Number:
    """How many per cent keep a bound; a count has no interval."""
    return Number.alone(name, 100 * float(1 - broken.mean()), len(broken), "layers", "baseline")


def _layers(held: Held) -> pd.DataFrame:
    """One row a layer: the quantities in nats, NaN where one is not stored."""
    rows = held.profiles[held.profiles["series"].isin([ENTROPY, COUNT, LOSS, SHARE])]
    rows = rows[(rows["n"].astype(float) > 1) & (rows["hidden_size"].astype(float) > 1)]
    keys = ["model", "task", "position", "n", "hidden_size"]
    # Pivoting by the five keys would take most of the time; a number a layer stands for them.
    layer = rows.groupby(keys, sort=False).ngroup().to_numpy()
    wide = rows.loc[~pd.Series(layer, index=rows.index).duplicated(), keys].reset_index(drop=True)
    for name in (ENTROPY, COUNT, LOSS, SHARE):
        own = (rows["series"] == name).to_numpy()
        cells = np.full(len(wide), np.nan)
        cells[layer[own]] = rows.loc[own, "value"]
        wide[name] = cells
    most = np.minimum(wide["n"].astype(float), wide["hidden_size"].astype(float))
    share = wide[SHARE].astype(float)
    # Of the loss and its share of log n, the texts that it was taken over are known.
    information = wide[LOSS].astype(float) * share / (1 - share).where(share < 1)
    return wide.assign(nats=wide[ENTROPY].astype(float) * np.log(most), information=information)


def _broken(wide: pd.DataFrame, room: pd.Series) -> "pd.Series[bool]":
    """For each layer that knows both sides, whether the bound is broken beyond rounding."""
    known = room[room.notna()]
    return known < -TOLERANCE * wide.loc[known.index, "nats"].abs().clip(lower=1)
