"""What a way of reading scores on rows that had no say in it: halves drawn again and again."""

from collections.abc import Callable, Iterator

import numpy as np

from lrd_core.asking.compare import spearman_on
from lrd_core.asking.judges import knn_hits, pair_cosines, unit_rows
from lrd_core.asking.labelled import Labelled

DRAWS = 20

Judge = Callable[[np.ndarray, np.ndarray], float]
"""(known rows, judged rows) -> the score of one set of vectors; the same twice: each left out."""


def halves(n: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """DRAWS times (known, judged) places, each half of n."""
    rng = np.random.default_rng(seed)
    for _ in range(DRAWS):
        order = rng.permutation(n)
        yield np.sort(order[: n // 2]), np.sort(order[n // 2 :])


def judge_of(vectors: np.ndarray, labelled: Labelled) -> Judge:
    """How these vectors of the labelled texts, (texts, d), are judged.

    Classes by nearest neighbours, pairs by Spearman's rho, which needs no known row.
    """
    if labelled.second is not None:
        cosines = pair_cosines(vectors[labelled.first], vectors[labelled.second])[None]
        return lambda _, judged: float(spearman_on(cosines, labelled.targets, judged)[0])
    unit = unit_rows(vectors[labelled.first])
    gram = unit @ unit.T
    return lambda known, judged: float(knn_hits(gram, labelled.targets, judged, known).mean())


def interval(values: list[float]) -> dict[str, float]:
    """mean as score, and 5% to 95% of the draws as low and high."""
    return {
        "score": float(np.mean(values)),
        "low": float(np.percentile(values, 5)),
        "high": float(np.percentile(values, 95)),
    }
