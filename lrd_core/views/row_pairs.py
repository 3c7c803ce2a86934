"""Rows of two models beside each other: those about the same thing, and the cells that differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lrd_core.config import Config
from lrd_core.numbers import counted, whole
from lrd_core.views import stored
from lrd_core.views.data import VIEWS, Filter, browse
from lrd_core.views.pinned import split
from lrd_core.views.view import Selection
from lrd_core.views.words import joined

BESIDE = "differs in"
MOST_ROWS = 300
"""Rows read of each of the two: a page of them is read, not scrolled."""


@dataclass(frozen=True)
class RowPairs:
    """Rows of a table, those of the second model below those of the first that they belong to.

    table: the model, what a row is about and what differs come first; BESIDE says the latter in
    words. differs: the same cells without BESIDE, True where the value is another one than in the
    row beside it. sentence: how many rows have one beside them.
    """

    table: pd.DataFrame
    differs: pd.DataFrame
    sentence: str


def row_pairs(config: Config, view: str, selection: Selection, text: str = "") -> RowPairs:
    """The rows of a view of the store that are about the two selected models and the tasks.

    text: only rows in which it stands. Raises: UnknownNameError for a view that there is none of.
    """
    sides = [_side(config, view, name, selection.tasks, text) for name in selection.models]
    asked = VIEWS[view]
    about = [name for name in asked.about if name in sides[0].columns]
    placed = _placed(sides, about)
    both = placed[0].index.intersection(placed[1].index)
    columns = [name for name in sides[0].columns if name not in {*asked.names, *about}]
    apart = _apart(placed[0].loc[both, columns], placed[1].loc[both, columns])
    table = _told(placed, apart, selection.models)
    differs = pd.concat([apart.reindex(index=one.index, fill_value=False) for one in placed])
    differs = differs.reindex(columns=sides[0].columns, fill_value=False)
    first = ["model", *about, *apart.columns[apart.any()]]
    order = [*first, BESIDE, *(name for name in sides[0].columns if name not in first)]
    return RowPairs(
        table[order].reset_index(drop=True),
        differs.sort_index(kind="stable").reset_index(drop=True),
        _sentence(asked.label, len(both), int(apart.any(axis=1).sum()), len(table)),
    )


def _placed(sides: Sequence[pd.DataFrame], about: Sequence[str]) -> list[pd.DataFrame]:
    """The rows of both by the place of what they are about: first what both have.

    The same thing several times (other settings): the first beside the first, and so on.
    """
    keyed = [one.assign(_time=one.groupby(list(about), dropna=False).cumcount()) for one in sides]
    keys = pd.concat([one[[*about, "_time"]] for one in keyed])
    shared = keys.duplicated(keep=False)
    order = keys.assign(_alone=~shared).drop_duplicates([*about, "_time"])
    order = order.sort_values("_alone", kind="stable").drop(columns="_alone")
    order = order.reset_index(drop=True).reset_index(names="_place")
    merged = [one.merge(order, on=[*about, "_time"]).set_index("_place") for one in keyed]
    return [one.drop(columns="_time") for one in merged]


def _told(
    placed: Sequence[pd.DataFrame], apart: pd.DataFrame, models: Sequence[str]
) -> pd.DataFrame:
    """The rows of both below each other, and in words what differs."""
    words = {place: joined(row.index[row]) or "nothing" for place, row in apart.iterrows()}
    parts = [
        side.assign(**{BESIDE: [words.get(place, f"no row of {other}") for place in side.index]})
        for side, other in zip(placed, reversed(models), strict=True)
    ]
    return pd.concat(parts).sort_index(kind="stable")


def _side(config: Config, view: str, name: str, tasks: tuple[str, ...], text: str) -> pd.DataFrame:
    """The first rows of one model, or of one revision of it."""
    model, revision = split(name, stored.runs(config)["model"].unique())
    found = browse(config, view, Filter((model,), tasks, text), MOST_ROWS).table
    if revision is not None and "revision" in found:
        found = found[found["revision"] == revision]
    return found.reset_index(drop=True)


def _apart(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Where two tables of equal shape hold different values; missing equals missing."""
    cells = {
        name: [not _same(a, b) for a, b in zip(first[name], second[name], strict=True)]
        for name in first.columns
    }
    return pd.DataFrame(cells, index=first.index, columns=first.columns, dtype=bool)


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, str) or isinstance(b, str):
        return bool(a is b or (isinstance(a, str) and isinstance(b, str) and a == b))
    try:
        return bool(a == b or (pd.isna(a) and pd.isna(b)))
    except (TypeError, ValueError):  # lists: compared member by member
        return list(a) == list(b)


def _sentence(label: str, pairs: int, apart: int, rows: int) -> str:
    alone = rows - 2 * pairs
    return (
        f"{label}: {counted(pairs, 'pair')} of rows about the same thing, {whole(apart)} of them "
        f"differ somewhere; {counted(alone, 'row')} without one beside "
        f"{'it' if alone == 1 else 'them'}."
    )
