"""How many neighbours a group of texts keeps through the layers, against all other texts."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lrd_core.numbers import percent, whole
from lrd_core.views.command_text import commands_for_runs
from lrd_core.views.neighbourhoods import MapsView
from lrd_core.views.retention import RETENTION_K, share_kept
from lrd_core.views.view import View

GROUP, REST, ALL = "picked", "all other", "all"


@dataclass(frozen=True)
class GroupView(View):
    """Share of neighbours kept over each transition of the first map's run.

    table: who (GROUP, REST, or ALL where no text is picked), position (l + 1/2), kept (the mean of
    its items, 0..1), n (texts). layer: the one that is shown.
    """

    layer: int = 0


def group_profile(view: MapsView) -> GroupView:
    """The picked texts of maps, else those found, against the rest."""
    side = view.shown[0].side
    rows = np.isin(side.texts["text_index"], view.picked) if view.picked else None
    if rows is None and view.found:
        rows = np.isin(side.texts["row"], view.found)
    parts = {ALL: np.ones(len(side.texts), dtype=bool)} if rows is None else _apart(rows)
    kept = share_kept(side.retention)
    table = pd.concat([_profile(who, kept, mine) for who, mine in parts.items()])
    run = pd.DataFrame([side.run])
    return GroupView(
        table.reset_index(drop=True),
        sentence=_sentence(table, side.noun),
        notes=(
            f"Share of each {side.noun}'s {RETENTION_K} nearest neighbours kept, mean of the "
            f"{side.noun}s.",
        ),
        runs=run,
        command=commands_for_runs(run),
        alt="Share of neighbours kept from layer to layer. " + _sentence(table, side.noun),
        layer=view.layer,
    )


def _apart(rows: np.ndarray) -> dict[str, np.ndarray]:
    return {who: mine for who, mine in ((GROUP, rows), (REST, ~rows)) if mine.any()}


def _profile(who: str, kept: np.ndarray, mine: np.ndarray) -> pd.DataFrame:
    values = kept[:, mine].mean(axis=1) if kept.size else np.empty(0)
    return pd.DataFrame(
        {"who": who, "position": np.arange(len(values)) + 0.5, "kept": values, "n": int(mine.sum())}
    )


def _sentence(table: pd.DataFrame, noun: str) -> str:
    if table.empty:
        return f"No neighbour lists of these {noun}s are stored."
    means = table.groupby("who", sort=False).agg(kept=("kept", "mean"), n=("n", "first"))
    told = [
        f"{whole(row.n)} {who} {noun}s keep {percent(row.kept)}" for who, row in means.iterrows()
    ]
    return f"On the mean over all transitions {', '.join(told)} of their neighbours."
