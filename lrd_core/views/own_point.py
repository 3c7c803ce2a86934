"""Where a text that the maps were made without is drawn on them: between its nearest texts."""

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.runs.placing import Placed, read_placed
from lrd_core.views.maps import Maps, Side

BETWEEN = 5
"""Nearest texts between which a typed one is drawn."""

COLUMNS = ["layer", "x", "y"]


def own_points(config: Config, side: Side, text: str) -> pd.DataFrame:
    """A row a mapped layer; none for no text, and where this run did not read it yet."""
    found = read_placed(config, str(side.run["run_key"]), text) if text.strip() else None
    return pd.DataFrame(columns=COLUMNS) if found is None else between(side.drawn, found)


def between(drawn: Maps, found: Placed) -> pd.DataFrame:
    """Between the nearest texts' points, nearer ones counting more."""
    rows = []
    for place, layer in enumerate(drawn.layer_numbers):
        nearest = list(found.rows[layer][:BETWEEN])
        weights = np.clip(np.array(found.cosines[layer][:BETWEEN]), 1e-9, None)
        x, y = np.average(drawn.points[place][nearest], axis=0, weights=weights)
        rows.append((layer, float(x), float(y)))
    return pd.DataFrame(rows, columns=COLUMNS)
