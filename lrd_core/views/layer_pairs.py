"""Two runs of any widths against each other: how alike every pair of layers is."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.errors import InputError, UnknownNameError
from lrd_core.metrics import alikeness
from lrd_core.metrics.similarity import NAME, VERSION
from lrd_core.numbers import correlation, decimals, whole
from lrd_core.store.connection import connect
from lrd_core.store.matrices import MATRICES
from lrd_core.store.reading import read_newest
from lrd_core.views import coverage, stored
from lrd_core.views.command_text import commands_for_runs
from lrd_core.views.view import Selection, View, told

PLAIN = "cka"

MEASURES: Mapping[str, str] = {
    PLAIN: NAME,
    **{name: one.label for name, one in alikeness.MEASURES.items()},
}
"""What layers are compared by, as stored -> in words."""

MEASURES_HELP = (
    "; ".join(
        [
            "Linear CKA: all of the geometry, large directions first",
            *(f"{one.label}: {one.same}" for one in alikeness.MEASURES.values()),
        ]
    )
    + f". All but the first on at most {alikeness.MOST_TEXTS} items."
)

SAME_TEXTS = ("task", "task_revision", "split", "n", "seed")
"""Settings that two runs must share to have seen the same texts."""


@dataclass(frozen=True)
class CkaRequest:
    """Which two of the selected runs to compare, by name: a model on a task (coverage.by_name).

    "" stands for the first one, and for the first other one. measure: by which, one of MEASURES.
    """

    selection: Selection
    rows: str = ""
    columns: str = ""
    measure: str = PLAIN


@dataclass(frozen=True)
class CkaView(View):
    """How alike every pair of layers is: `table` has layer, other_layer and the value as cka.

    Empty where it was not computed; `payload` is then what a job of kind "cka" is given.
    rows, columns: names of the two runs. same_texts: whether they can be compared at all.
    measure: what the values are called. agreement: rank correlation over all pairs of layers of
    every two measures that are stored: columns first, second, rho, n.
    """

    rows: str = ""
    columns: str = ""
    measure: str = NAME
    agreement: pd.DataFrame = field(default_factory=pd.DataFrame)
    same_texts: bool = True
    payload: Mapping[str, str] = field(default_factory=dict)

    @property
    def cells(self) -> np.ndarray:
        """(layers of the one, layers of the other) values."""
        wide = self.table.pivot(index="layer", columns="other_layer", values="cka")
        return np.asarray(wide)

    @property
    def saved(self) -> pd.DataFrame:
        """One row a layer of the one, a column a layer of the other."""
        return pd.DataFrame(self.cells).rename_axis("layer").reset_index()


def cka(config: Config, request: CkaRequest) -> CkaView:
    """How alike the layers of two runs are, if it is stored.

    Raises: UnknownNameError for a name that none of the selected runs has, or for a measure that
    does not exist; InputError where there are not two.
    """
    if request.measure not in MEASURES:
        raise UnknownNameError("measure of layers", request.measure, MEASURES)
    everything = stored.runs(config)
    picked = request.selection.pick_runs(everything)
    rows, columns = _names(picked, request)
    one, other = (coverage.find_run(picked, name) for name in (rows, columns))
    keys = (str(one["run_key"]), str(other["run_key"]))
    same = comparable(one, other)
    known = _stored(config, *keys) if same else {}
    cells = known.get(request.measure)
    both = pd.DataFrame([one, other])
    label = MEASURES[request.measure]
    agreement = agreement_of(known)
    return CkaView(
        _table(cells),
        sentence="" if cells is None else _sentence(cells, rows, columns, label),
        notes=told(coverage.not_picked(everything, both), agreement_words(agreement)),
        runs=both,
        metrics=(f"{label} v{VERSION if request.measure == PLAIN else alikeness.VERSION}",),
        command=commands_for_runs(both),
        rows=rows,
        columns=columns,
        same_texts=same,
        payload=dict(zip(("first", "second"), keys, strict=True)),
        measure=label,
        agreement=agreement,
    )


def agreement_of(known: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Spearman's rho of every two measures over the n pairs of layers that both have a number for.

    Columns: first, second, rho, n; empty below two measures, or where one is constant.
    """
    rows = []
    for first, second in itertools.combinations(known, 2):
        cells = pd.DataFrame({"a": known[first].ravel(), "b": known[second].ravel()}).dropna()
        rho = cells["a"].corr(cells["b"], method="spearman") if len(cells) > 2 else math.nan
        if not math.isnan(rho):
            rows.append((MEASURES[first], MEASURES[second], float(rho), len(cells)))
    return pd.DataFrame(rows, columns=["first", "second", "rho", "n"])


def agreement_words(agreement: pd.DataFrame) -> str:
    """How far the measures order the pairs of layers alike, in a sentence."""
    if agreement.empty:
        return ""
    last = agreement.loc[agreement["rho"].idxmin()]
    measures = len({*agreement["first"], *agreement["second"]})
    return (
        f"{measures} measures order these {whole(last['n'])} pairs of layers with a median rank "
        f"correlation of {correlation(agreement['rho'].median())}; least alike are "
        f"{last['first']} and {last['second']} ({correlation(last['rho'])})."
    )


def _stored(config: Config, first_key: str, second_key: str) -> dict[str, np.ndarray]:
    found = {name: stored_cka(config, first_key, second_key, name) for name in MEASURES}
    return {name: cells for name, cells in found.items() if cells is not None}


def stored_cka(
    config: Config, first_key: str, second_key: str, measure: str = PLAIN
) -> np.ndarray | None:
    """(L_first + 1, L_second + 1) values of two runs, or None if they were not computed."""
    with connect(config, read_only=True) as connection:
        for one, other in ((first_key, second_key), (second_key, first_key)):
            found = read_newest(connection, MATRICES, run_key=one, series=f"{measure}:{other}")
            if not found.empty:
                row = found.iloc[-1]
                cells = np.asarray(row.cells).reshape(row.num_rows, row.num_columns)
                return cells if one == first_key else cells.T
    return None


def comparable(first: Mapping[str, Any] | pd.Series, second: Mapping[str, Any] | pd.Series) -> bool:
    """Whether two runs saw the same texts, so that CKA between them means something."""
    return all(first[name] == second[name] for name in SAME_TEXTS)


def _table(cells: np.ndarray | None) -> pd.DataFrame:
    if cells is None:
        return pd.DataFrame(columns=["layer", "other_layer", "cka"])
    layers, others = np.indices(cells.shape)
    return pd.DataFrame(
        {"layer": layers.ravel(), "other_layer": others.ravel(), "cka": cells.ravel()}
    )


def _names(picked: pd.DataFrame, request: CkaRequest) -> tuple[str, str]:
    names = list(coverage.by_name(picked))
    if len(names) < 2:
        raise InputError("comparing layers needs two runs; choose another model or task")
    rows = request.rows or names[0]
    return rows, request.columns or next(name for name in names if name != rows)


def _sentence(cells: np.ndarray, rows: str, columns: str, label: str) -> str:
    if np.isnan(cells).all():
        return f"No pair of layers of {rows} and {columns} has a {label}."
    best = divmod(int(np.nanargmax(cells)), cells.shape[1])
    measure = label[0].upper() + label[1:]
    return (
        f"{measure} of every layer of {rows} with every layer of {columns}; the most alike "
        f"are layers {best[0]} and {best[1]} ({decimals(np.nanmax(cells))})."
    )
