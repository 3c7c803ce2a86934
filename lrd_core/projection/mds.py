"""Classical multidimensional scaling of a path of layers, and paths laid on one another."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lrd_core.errors import InputError

ALIGNMENT_SAMPLES = 101
"""Points on each path, equally spaced in depth, on which two paths are compared."""


@dataclass(frozen=True)
class MdsEmbedding:
    """Points whose distances imitate the given ones, and how well they do.

    stress: Kruskal's stress-1, 0 is exact; above about 0.2 the picture misleads.
    shown: share of the positive eigenvalues' sum that the kept dimensions carry.
    non_euclidean: sum of |negative eigenvalues| over the sum of all |eigenvalues|. No number of
        dimensions can draw this part; for a Euclidean distance it is 0.
    """

    points: np.ndarray
    stress: float
    shown: float
    non_euclidean: float
    eigenvalues: np.ndarray


@dataclass(frozen=True)
class AlignedPaths:
    """Paths in the frame of the first one.

    residuals: per path, root mean squared distance to the first at equal depth, in the unit of
        the distances.
    """

    paths: list[np.ndarray]
    residuals: np.ndarray


def classical_mds(distances: np.ndarray, dimensions: int = 2) -> MdsEmbedding:
    """Points in `dimensions` whose Euclidean distances come close to the given ones.

    Shape: distances (m, m), symmetric, zero diagonal; result points (m, dimensions). Dimensions
    beyond the positive eigenvalues are 0: negative eigenvalues are reported, never drawn.
    Orientation: the first axis grows from the first point to the last; on every other axis the
    coordinate of largest size is positive. Equal distances thus give equal pictures.
    Raises: InputError for a matrix that is no distance matrix.
    Source: Torgerson 1952; stress-1: Kruskal 1964.
    """
    squared = _checked(distances, dimensions) ** 2
    size = len(squared)
    centring = np.eye(size) - 1.0 / size
    eigenvalues, vectors = np.linalg.eigh(-0.5 * centring @ squared @ centring)
    eigenvalues, vectors = eigenvalues[::-1], vectors[:, ::-1]
    kept = np.clip(eigenvalues[:dimensions], 0.0, None)
    points = np.zeros((size, dimensions))
    points[:, : len(kept)] = vectors[:, :dimensions] * np.sqrt(kept)
    points = _oriented(points)
    positive = eigenvalues[eigenvalues > 0].sum()
    total = np.abs(eigenvalues).sum()
    return MdsEmbedding(
        points=points,
        stress=stress(distances, points),
        shown=float(kept.sum() / positive) if positive > 0 else 1.0,
        non_euclidean=float((total - positive) / total) if total > 0 else 0.0,
        eigenvalues=eigenvalues,
    )


def stress(distances: np.ndarray, points: np.ndarray) -> float:
    """Kruskal's stress-1: sqrt(sum (d - drawn d)^2 / sum d^2); 0 when all distances are 0."""
    drawn = np.linalg.norm(points[:, None] - points[None], axis=-1)
    scale = float((np.asarray(distances) ** 2).sum())
    return float(np.sqrt(((distances - drawn) ** 2).sum() / scale)) if scale > 0 else 0.0


def interpolate_depth(path: np.ndarray, samples: int = ALIGNMENT_SAMPLES) -> np.ndarray:
    """The path at `samples` equally spaced depths from 0 to 1, linear between its layers.

    Shape: path (L+1, dimensions) with layer l at depth l / L; result (samples, dimensions).
    """
    depths = np.linspace(0.0, 1.0, len(path))
    wanted = np.linspace(0.0, 1.0, samples)
    return np.column_stack([np.interp(wanted, depths, axis) for axis in path.T])


def align_paths(paths: Sequence[np.ndarray], samples: int = ALIGNMENT_SAMPLES) -> AlignedPaths:
    """Move each path onto the first by rotation, reflection and shift; lengths stay as they are.

    Paths may have different numbers of layers: they are compared at equal depth.
    Raises: InputError for no path, or paths of different dimensions.
    Source: orthogonal Procrustes, Schonemann 1966.
    """
    if not paths or len({path.shape[1] for path in paths}) != 1:
        raise InputError(
            "aligning needs at least one path and equal dimensions, got shapes "
            f"{[path.shape for path in paths]}"
        )
    reference = interpolate_depth(paths[0], samples)
    moved, residuals = [], []
    for path in paths:
        sampled = interpolate_depth(path, samples)
        rotation, shift = rigid_motion(sampled, reference)
        moved.append(path @ rotation + shift)
        gaps = sampled @ rotation + shift - reference
        residuals.append(float(np.sqrt((gaps**2).sum(axis=1).mean())))
    return AlignedPaths(moved, np.array(residuals))


def rigid_motion(moving: np.ndarray, fixed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotation R (reflections allowed) and shift t that minimise |moving R + t - fixed|."""
    centre_moving, centre_fixed = moving.mean(axis=0), fixed.mean(axis=0)
    left, _, right = np.linalg.svd((moving - centre_moving).T @ (fixed - centre_fixed))
    rotation = left @ right
    return rotation, centre_fixed - centre_moving @ rotation


def _checked(distances: np.ndarray, dimensions: int) -> np.ndarray:
    distances = np.asarray(distances, dtype=np.float64)
    if distances.ndim != 2 or distances.shape[0] != distances.shape[1] or len(distances) < 2:
        raise InputError(
            f"a distance matrix is square with at least 2 rows, got shape {distances.shape}"
        )
    if not np.isfinite(distances).all() or (distances < 0).any():
        raise InputError(
            "distances must be finite and not negative; a layer whose subspace is undefined "
            "must be left out before drawing"
        )
    largest = distances.max()
    asymmetry = np.abs(distances - distances.T).max()
    if asymmetry > 1e-6 * max(largest, 1.0) or np.abs(np.diag(distances)).max() > 1e-6:
        raise InputError(
            f"distances must be symmetric with a zero diagonal; largest asymmetry {asymmetry:.3g}"
        )
    if dimensions < 1:
        raise InputError(f"dimensions must be at least 1, got {dimensions}")
    return np.asarray((distances + distances.T) / 2)


def _oriented(points: np.ndarray) -> np.ndarray:
    largest = points[np.abs(points).argmax(axis=0), np.arange(points.shape[1])]
    signs = np.where(largest < 0, -1.0, 1.0)
    if points[-1, 0] != points[0, 0]:
        signs[0] = np.sign(points[-1, 0] - points[0, 0])
    return points * signs
