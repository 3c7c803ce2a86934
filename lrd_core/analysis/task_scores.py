"""From stored score rows to one number for each model, task and layer, comparing like with like."""

from typing import Literal

import pandas as pd

Subsets = Literal["english", "mean", "first"]
"""How a task of several subsets becomes one score.

english: its English subset, as MTEB(eng) takes it; where it has none or several, their mean.
mean: the mean over all subsets.
first: the subset that came first in each result file. The published averages were made this
way, though the first one is not the same at every layer.
"""

ENGLISH = frozenset(("default", "en", "en-en", "eng", "eng-eng", "eng-Latn", "eng-Latn-eng-Latn"))

MODEL = ["model", "revision", "variant"]


def one_score_a_task(scores: pd.DataFrame, subsets: Subsets = "english") -> pd.DataFrame:
    """One row a model, revision, variant, task and layer, over subsets that all layers share.

    scores: model, revision, variant, task, layer, subset, score and, for `first`, first_subset
    (True, False or missing). A subset that some layer of a model lacks is left out for all its
    layers; for `first` the subset is each layer's own. Missing scores are dropped before.
    Returns the columns MODEL + task, layer, score, num_subsets.
    """
    known = scores.dropna(subset=["score", "layer"])
    group = [*MODEL, "task"]
    # Groups are made of names once: made anew for every question, they would take most of the time.
    known = known.assign(group=known.groupby(group).ngroup())
    if subsets == "first":
        first = known["first_subset"].fillna(False).astype(bool)
        flagged = first.groupby(known["group"]).transform("any")
        known = known[first | ~flagged]
    else:
        if subsets == "english":
            english = known["subset"].isin(ENGLISH)
            has_english = english.groupby(known["group"]).transform("any")
            known = known[english | ~has_english]
        layers = known.groupby("group")["layer"].transform("nunique")
        covered = known.groupby(["group", "subset"])["layer"].transform("nunique")
        known = known[covered == layers]
    averaged = known.groupby(["group", "layer"], as_index=False).agg(
        **{name: (name, "first") for name in group},
        score=("score", "mean"),
        num_subsets=("subset", "nunique"),
    )
    return averaged.astype({"layer": int})[[*group, "layer", "score", "num_subsets"]]


def layer_table(scores: pd.DataFrame) -> pd.DataFrame:
    """One model's scores as a table: a row a task, a column a layer, NaN where missing."""
    return scores.pivot(index="task", columns="layer", values="score").sort_index(axis=1)
