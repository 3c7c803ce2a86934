"""How many labels buy what needs none: the layer that m labels choose, scored on the other rows."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from lrd_core.asking.answers import CHOSEN, ORACLE

SIZES = (10, 20, 50, 100, 200, 500, 1000)
DRAWS = 20

ScoreOn = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(known rows, judged rows) -> the score of every layer on the judged ones, known by the others.
Where both are the same, no row may help to judge itself."""


def learning_curve(
    score_on: ScoreOn, n: int, fixed: Mapping[str, int], seed: int = 0
) -> pd.DataFrame:
    """Columns way, labels, score, low, high, n: mean over draws of m of the n rows.

    way: CHOSEN is the layer that scores best on the m labelled rows; each of `fixed` a layer that
    no label chose, such as the last one; ORACLE the layer that is best on the judged rows. All are
    scored on the same n - m rows, with the same m known. low, high: 5% to 95% of the draws. At
    least as many rows are judged as are known.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for size in SIZES:
        if size > n // 2:
            break
        drawn: dict[str, list[float]] = {}
        for _ in range(DRAWS):
            order = rng.permutation(n)
            known, judged = np.sort(order[:size]), np.sort(order[size:])
            by_known, found = score_on(known, known), score_on(known, judged)
            if np.isnan(by_known).all() or np.isnan(found).all():
                continue
            picks = {CHOSEN: int(np.nanargmax(by_known)), ORACLE: int(np.nanargmax(found))}
            for way, layer in (picks | dict(fixed)).items():
                drawn.setdefault(way, []).append(float(found[layer]))
        rows += [
            (way, size, np.mean(v), np.percentile(v, 5), np.percentile(v, 95), n - size)
            for way, v in drawn.items()
        ]
    return pd.DataFrame(rows, columns=["way", "labels", "score", "low", "high", "n"])
