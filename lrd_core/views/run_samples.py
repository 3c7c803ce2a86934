"""Whether a run that is asked for can be laid beside those that the store has."""

from collections.abc import Sequence

import pandas as pd

from lrd_core.numbers import counted
from lrd_core.settings import RunSettings
from lrd_core.views.words import joined

SAMPLE = ["n", "max_length"]


def apart_note(runs: pd.DataFrame, tasks: Sequence[str], settings: RunSettings) -> str:
    """What to know before a run on another sample than the stored ones; "" where some have it.

    runs: rows of the store's runs. All of a task's texts count as any larger number of them.
    """
    said = []
    for task in tasks:
        own = runs[(runs["task"] == task) & (runs["n"] > 0)]  # of imports n may not be known
        if own.empty or _has(own, settings):
            continue
        samples = own[SAMPLE].drop_duplicates().sort_values(SAMPLE).itertuples(index=False)
        words = [f"{counted(int(n), 'text')} of {_tokens(length)}" for n, length in samples]
        said.append(f"{task} was run on {joined(words, most=4)}")
    if not said:
        return ""
    return (
        f"Another sample than the store has: {'; '.join(said)} at most. Numbers of different "
        "samples are not to be laid beside each other; set both under Settings to have the same."
    )


def _has(own: pd.DataFrame, settings: RunSettings) -> bool:
    wanted = own["n_total"] if settings.n is None else own["n_total"].clip(upper=settings.n)
    same_length = own["max_length"] == (settings.max_length or -1)
    return bool(((own["n"] == wanted) & same_length).any())


def _tokens(length: float) -> str:
    return "an unknown number of tokens" if pd.isna(length) else counted(int(length), "token")
