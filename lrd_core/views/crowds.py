"""Lines too many to be told apart: what stands in for them, and what is said of them."""

import pandas as pd

from lrd_core.views.family_bands import BAND_COLUMNS, FEWEST, family_bands
from lrd_core.views.family_words import bends_sentence, line_names
from lrd_core.views.task_means import task_means

MANY = 12
"""Lines of one panel up to which each can be told from the others."""

LINE = ["model", "task", "variation", "variant"]


def families(drawn: pd.DataFrame, axis: str, apart: str | None) -> pd.DataFrame:
    """family_bands of the lines where one panel has more than MANY, or is of a family; else empty.

    Lines of a few models under many conditions are no family: their median would be of no model.

    drawn: lines, of one task or the mean over several. apart: the column of which each value has
    panels of its own, None for one picture; in panels by task every task has its own families.
    """
    each = drawn.drop_duplicates([*LINE, "family"])
    most = len(each) if apart is None else each[apart].value_counts().max()
    varied = (drawn["variation"] != "").any() and drawn["model"].nunique() <= MANY
    if drawn.empty or not ((most > MANY and not varied) or apart == "family"):
        return pd.DataFrame(columns=BAND_COLUMNS)
    return family_bands(drawn if apart == "task" else drawn.assign(task=""), axis)


def sentence(drawn: pd.DataFrame, series: str) -> str:
    """What each family does in this series, over the tasks that all lines share."""
    means, _ = task_means(drawn[drawn["series"] == series])
    return bends_sentence(means.assign(name=line_names(means)), series)


def note(bands: pd.DataFrame, axis: str) -> str:
    """What the bands of families are; "" where there are none."""
    if bands.empty:
        return ""
    between = ", lines interpolated between their layers" if axis == "percent" else ""
    return (
        "Thick: the median of each family; bands: the middle 50% and 90% of its lines, from "
        f"{FEWEST} lines on{between}."
    )
