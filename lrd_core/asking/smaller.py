"""Shorter and coarser vectors of every layer: what they score, and how many bytes they take."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from lrd_core.asking.labelled import Labelled
from lrd_core.asking.splits import halves, interval, judge_of

COLUMNS = ("layer", "how", "values", "bytes", "score", "low", "high", "n")
WHOLE, INT8, BINARY = "float32", "int8", "binary"
SHARES = (4, 16)


def smaller_vectors(
    layers: Sequence[np.ndarray], labelled: Labelled, seed: int = 0
) -> pd.DataFrame:
    """One row a layer and way, COLUMNS. layers: of the labelled texts, (texts, d) each.

    values, bytes: of one vector. Directions of PCA and the range of int8 are those of these texts,
    without their labels. low, high: 5% to 95% of the draws of which rows are known.
    """
    draws = list(halves(labelled.n, seed))
    rows = []
    for place, layer in enumerate(layers):
        for how, vectors, size in representations(layer):
            judge = judge_of(vectors, labelled)
            rows.append(
                {"layer": place, "how": how, "values": vectors.shape[1], "bytes": size}
                | interval([judge(known, judged) for known, judged in draws])
                | {"n": labelled.n - labelled.n // 2}
            )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def representations(layer: np.ndarray) -> Iterator[tuple[str, np.ndarray, int]]:
    """(how, vectors, bytes of one) of (n, d) embeddings: whole, cut, projected, rounded."""
    n, width = layer.shape
    yield WHOLE, layer, 4 * width
    mean = layer.mean(axis=0)
    _, _, directions = np.linalg.svd(layer - mean, full_matrices=False)
    for share in SHARES:
        kept = max(1, width // share)
        yield f"first 1/{share}", layer[:, :kept], 4 * kept
        if kept < n:
            yield f"PCA to 1/{share}", (layer - mean) @ directions[:kept].T, 4 * kept
    yield INT8, as_int8(layer), width
    yield BINARY, np.where(layer > 0, 1.0, -1.0), -(-width // 8)


def as_int8(layer: np.ndarray) -> np.ndarray:
    """Each value in 256 steps between the smallest and largest of its dimension, put back."""
    low, high = layer.min(axis=0), layer.max(axis=0)
    step = np.where(high > low, high - low, 1) / 255
    restored: np.ndarray = np.round((layer - low) / step) * step + low
    return restored
