"""Groups of texts at every layer, numbered so that a group keeps its number through the layers."""

from collections.abc import Iterable, Iterator

import numpy as np

from lrd_core.errors import InputError
from lrd_core.extras import need

VERSION = 1


def layer_clusters(
    layers: Iterable[np.ndarray], clusters: int, seed: int = 0
) -> Iterator[np.ndarray]:
    """Yield (n,) cluster numbers 0..clusters-1 for each (n, d) layer in turn.

    Spherical k-means on unit rows, seeded. A layer's clusters take the numbers of the clusters of
    the layer before that share most texts with them (optimal one-to-one assignment).
    Raises: InputError for fewer texts than clusters, or fewer than 2 clusters, and where
    scikit-learn is not installed.
    """
    need("sklearn", "clustering the texts of a layer")
    from sklearn.cluster import KMeans

    previous: np.ndarray | None = None
    for layer in layers:
        if not 2 <= clusters <= len(layer):
            raise InputError(
                f"{clusters} clusters of {len(layer)} texts are impossible; "
                "ask for at least 2 and at most one a text"
            )
        norms = np.linalg.norm(layer, axis=1, keepdims=True)
        rows = np.divide(layer, norms, out=np.zeros_like(layer), where=norms > 0)
        found = KMeans(clusters, n_init=3, random_state=seed).fit_predict(rows)
        if previous is not None:
            found = match_numbers(found, previous, clusters)
        previous = found
        yield found


def match_numbers(found: np.ndarray, reference: np.ndarray, clusters: int) -> np.ndarray:
    """Renumber `found` so that as many texts as possible keep their number of `reference`."""
    from scipy.optimize import linear_sum_assignment

    shared = np.zeros((clusters, clusters), dtype=np.int64)
    np.add.at(shared, (found, reference), 1)
    old, new = linear_sum_assignment(shared, maximize=True)
    number = np.empty(clusters, dtype=np.int64)
    number[old] = new
    return np.asarray(number[found])
