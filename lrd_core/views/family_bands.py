"""What families of models do along depth: the median, where half and nine tenths of them lie."""

import numpy as np
import pandas as pd

FEWEST = 4
"""Lines of a family from which bands are drawn; the median of fewer stands alone."""

DEPTHS = np.linspace(0, 100, 51)
"""Depths in percent at which lines of models with other numbers of blocks are laid together."""

QUANTILES = {"low90": 0.05, "low50": 0.25, "median": 0.5, "high50": 0.75, "high90": 0.95}
LINE = ["series", "task", "family", "model", "variation", "variant"]
BAND_COLUMNS = ["series", "task", "family", "x", "n", *QUANTILES]


def family_bands(lines: pd.DataFrame, axis: str) -> pd.DataFrame:
    """One row a series, task, family and place on the axis: BAND_COLUMNS.

    Every line counts once. On the axis of layers each place is one of the lines' own; in percent
    lines are interpolated between their neighbouring places, and end with their first and last
    one. A gap of a line stays a gap there. n: lines that have a value; bands are missing where
    there are fewer than FEWEST.
    """
    parts = []
    for (series, task, family), curves, x in _on_axis(lines, axis):
        counts = np.isfinite(curves).sum(axis=0)
        held = counts > 0
        found = np.nanquantile(curves[:, held], list(QUANTILES.values()), axis=0)
        table = pd.DataFrame(dict(zip(QUANTILES, found, strict=True)))
        table = table.assign(x=x[held], n=counts[held], series=series, task=task, family=family)
        few = table["n"] < FEWEST
        bands = [name for name in QUANTILES if name != "median"]
        table[bands] = table[bands].mask(few, np.nan)
        parts.append(table[BAND_COLUMNS])
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=BAND_COLUMNS)


def _on_axis(lines: pd.DataFrame, axis: str):  # type: ignore[no-untyped-def]
    """(series, task, family), curves (lines, places), places: one for each group of lines."""
    ordered = lines.sort_values([*LINE, "position"], kind="stable")
    keys = ordered[LINE].astype(str)
    starts = np.flatnonzero((keys != keys.shift()).any(axis=1).to_numpy())
    position = ordered["position"].to_numpy(float)
    value = ordered["value"].to_numpy(float)
    blocks = ordered["num_blocks"].to_numpy(float)
    x = 100 * position / blocks if axis == "percent" else position
    heads = keys.iloc[starts]
    pieces = list(zip(starts, [*starts[1:], len(ordered)], strict=True))
    for group, rows in heads.reset_index(drop=True).groupby(LINE[:3], sort=False):
        own = [slice(*pieces[row]) for row in rows.index]
        if axis == "percent":
            places = DEPTHS
            curves = [np.interp(places, x[s], value[s], np.nan, np.nan) for s in own]
        else:
            places = np.unique(np.concatenate([x[s] for s in own]))
            curves = [_at(places, x[s], value[s]) for s in own]
        yield group, np.array(curves), places


def _at(places: np.ndarray, x: np.ndarray, value: np.ndarray) -> np.ndarray:
    """The values where a line has a place of its own, missing elsewhere."""
    found = np.full(len(places), np.nan)
    found[np.searchsorted(places, x)] = value
    return found
