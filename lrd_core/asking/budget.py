"""How much of a model may be had: the first layers that cost no more than was allowed."""

import numpy as np
import pandas as pd

from lrd_core.asking.settings import AskSettings
from lrd_core.errors import InputError
from lrd_core.numbers import significant, whole


def layers_within(
    settings: AskSettings, milliseconds: np.ndarray, megabytes: np.ndarray
) -> np.ndarray:
    """(layers,) whether each layer costs at most what was allowed; 0 allows anything.

    Both costs grow with depth, so it is the first layers that remain. A layer behind one that is
    too slow is too slow, whatever the clock said.
    """
    within = np.ones(len(milliseconds), dtype=bool)
    if settings.megabytes:
        within &= megabytes <= settings.megabytes
    if settings.milliseconds:
        within &= milliseconds <= settings.milliseconds
    first: np.ndarray = np.logical_and.accumulate(within)
    return first


def budget_words(settings: AskSettings) -> str:
    """80 MB and 20 ms; empty where anything is allowed."""
    parts = []
    if settings.megabytes:
        parts.append(f"{whole(settings.megabytes)} MB")
    if settings.milliseconds:
        parts.append(f"{whole(settings.milliseconds)} ms")
    return " and ".join(parts)


def refuse_empty(settings: AskSettings, rows: pd.DataFrame) -> None:
    """rows: within, milliseconds, megabytes of every layer of every candidate.

    Raises: InputError that names the budget and the least that any candidate costs, where no layer
        is within it.
    """
    if rows["within"].any():
        return
    raise InputError(
        f"no layer of these candidates stays within {budget_words(settings)}; the smallest takes "
        f"{significant(rows['megabytes'].min())} MB, the fastest "
        f"{significant(rows['milliseconds'].min())} ms; allow more"
    )
