"""That a few tokens of huge norm make a line what it is, and how to say so."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lrd_core.analysis.profiles import valley_depth
from lrd_core.numbers import in_sentence
from lrd_core.views.words import possessive, span

HALF = 0.5


@dataclass(frozen=True)
class Heavy:
    """That a few tokens dominate the telling point of a line, and what it is without them.

    token: which, in words. first, last: the layers around it that they dominate. without: the
    value there that the other tokens have. remains: the share of a valley's depth that they have.
    """

    token: str
    first: int
    last: int
    without: float
    remains: float

    @property
    def makes_it(self) -> bool:
        """Whether less than half of the valley is there without these tokens."""
        return self.remains < HALF


def heavy_at(line: pd.DataFrame, at: int, clear: float) -> Heavy | None:
    """What tokens of huge norm do at this row of a line, where they change it by over `clear`.

    line: in order of position, with `heavy` and `without` of views.dominance.explain, if known.
    """
    row = line.iloc[at]
    if not row.get("heavy") or pd.isna(row.get("without")):
        return None
    if abs(float(row["without"]) - float(row["value"])) <= clear:
        return None
    heavy = line["heavy"] != ""
    stretch = (heavy != heavy.shift()).cumsum()
    positions = line.loc[stretch == stretch.iloc[at], "position"]
    depth, left = (
        max(float(valley_depth(np.asarray(values, dtype=float))), 0.0)
        for values in (line["value"], line["without"].fillna(line["value"]))
    )
    return Heavy(
        token=str(row["heavy"]),
        first=int(positions.min()),
        last=int(positions.max()),
        without=float(row["without"]),
        remains=left / depth if depth > 0 else 1.0,
    )


def look(heavy: Heavy, line: str, num_blocks: int, label: str, value: float) -> str:
    """A valley that goes away without a few tokens: not what the layers do, but how they look.

    line: the model, with what tells its lines apart in brackets. label, value: of the valley.
    """
    model, bracket, told = line.partition(" (")
    several = heavy.last > heavy.first
    where = f"{'layers' if several else 'layer'} {span(heavy.first, heavy.last)}"
    return (
        f"{heavy.token} makes {possessive(model)} {where} of {num_blocks} look compressed"
        f"{bracket}{told}: {label} {in_sentence(value)} with it, {in_sentence(heavy.without)} "
        "without"
    )
