"""Rows in an order in which neighbours are alike."""

import numpy as np
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform


def leaf_order(rows: np.ndarray) -> list[int]:
    """Places of the rows, so that the sum of distances between neighbours is small.

    Average linkage with optimal leaf order. The distance of two rows is the root mean square of
    their difference over the places that both have; two that share none are as far apart as the
    farthest pair that does.
    Shape: rows (n, places), NaN where a value is missing. Returns each of 0..n-1 once.
    Source: Bar-Joseph et al. 2001.
    """
    n = len(rows)
    if n < 3:
        return list(range(n))
    distances = np.zeros((n, n))
    for i in range(n):
        shared = np.isfinite(rows) & np.isfinite(rows[i])
        squares = np.where(shared, (rows - rows[i]) ** 2, 0.0).sum(axis=1)
        counts = shared.sum(axis=1)
        distances[i] = np.sqrt(np.divide(squares, counts, out=np.full(n, np.nan), where=counts > 0))
    np.fill_diagonal(distances, 0.0)
    known = distances[np.isfinite(distances)]
    distances = np.where(np.isfinite(distances), distances, known.max())
    tree = linkage(squareform(distances, checks=False), "average", optimal_ordering=True)
    return [int(place) for place in leaves_list(tree)]
