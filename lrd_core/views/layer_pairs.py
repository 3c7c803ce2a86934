"""Two runs of any widths against each other: linear CKA of every pair of layers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.metrics.similarity import NAME, VERSION
from lrd_core.numbers import decimals
from lrd_core.store.connection import connect
from lrd_core.store.matrices import MATRICES
from lrd_core.store.reading import read_newest
from lrd_core.views import coverage, stored
from lrd_core.views.command_text import commands_for_runs
from lrd_core.views.view import Selection, View, told

SAME_TEXTS = ("task", "task_revision", "split", "n", "seed")
"""Settings that two runs must share to have seen the same texts."""


@dataclass(frozen=True)
class CkaRequest:
    """Which two of the selected runs to compare, by name: a model on a task (coverage.by_name).

    "" stands for the first one, and for the first other one.
    """

    selection: Selection
    rows: str = ""
    columns: str = ""


@dataclass(frozen=True)
class CkaView(View):
    """Linear CKA of every pair of layers: `table` has layer, other_layer and cka.

    Empty where it was not computed; `payload` is then what a job of kind "cka" is given.
    rows, columns: names of the two runs. same_texts: whether they can be compared at all.
    """

    rows: str = ""
    columns: str = ""
    same_texts: bool = True
    payload: Mapping[str, str] = field(default_factory=dict)

    @property
    def cells(self) -> np.ndarray:
        """(layers of the one, layers of the other) CKA."""
        wide = self.table.pivot(index="layer", columns="other_layer", values="cka")
        return np.asarray(wide)

    @property
    def saved(self) -> pd.DataFrame:
        """One row a layer of the one, a column a layer of the other."""
        return pd.DataFrame(self.cells).rename_axis("layer").reset_index()


def cka(config: Config, request: CkaRequest) -> CkaView:
    """Linear CKA of two runs, if it is stored.

    Raises: UnknownNameError for a name that none of the selected runs has; InputError where there
    are not two.
    """
    everything = stored.runs(config)
    picked = request.selection.pick_runs(everything)
    rows, columns = _names(picked, request)
    one, other = (coverage.find_run(picked, name) for name in (rows, columns))
    keys = (str(one["run_key"]), str(other["run_key"]))
    same = comparable(one, other)
    cells = stored_cka(config, *keys) if same else None
    both = pd.DataFrame([one, other])
    return CkaView(
        _table(cells),
        sentence="" if cells is None else _sentence(cells, rows, columns),
        notes=told(coverage.not_picked(everything, both)),
        runs=both,
        metrics=(f"{NAME} v{VERSION}",),
        command=commands_for_runs(both),
        rows=rows,
        columns=columns,
        same_texts=same,
        payload=dict(zip(("first", "second"), keys, strict=True)),
    )


def stored_cka(config: Config, first_key: str, second_key: str) -> np.ndarray | None:
    """(L_first + 1, L_second + 1) linear CKA of two runs, or None if it was not computed."""
    with connect(config, read_only=True) as connection:
        for one, other in ((first_key, second_key), (second_key, first_key)):
            found = read_newest(connection, MATRICES, run_key=one, series=f"cka:{other}")
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


def _sentence(cells: np.ndarray, rows: str, columns: str) -> str:
    best = divmod(int(cells.argmax()), cells.shape[1])
    return (
        f"CKA of every layer of {rows} with every layer of {columns}; the most "
        f"alike are layers {best[0]} and {best[1]} ({decimals(cells.max())})."
    )
