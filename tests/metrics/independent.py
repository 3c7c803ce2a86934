"""Every metric a second time: straight from the formula, one text or pair at a time, float64.

Slow on purpose, and written without looking at lrd_core.metrics. The golden values and the
benchmarks use these.
"""

import math

import numpy as np
from scipy.linalg import sqrtm, subspace_angles
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.metrics import mutual_info_score
from sklearn.metrics.pairwise import cosine_similarity


def normalised(x: np.ndarray) -> np.ndarray:
    norms = np.linalg.norm(x, axis=1, keepdims=True)
    return np.where(norms > 0, x / np.where(norms > 0, norms, 1), 0)


def unit(x: np.ndarray) -> np.ndarray:
    return normalised(x - x.mean(axis=0))


def shannon(p: np.ndarray, alpha: float = 1) -> float:
    p = p[p > 1e-12 * p.max()]
    p = p / p.sum()
    return float(-(p * np.log(p)).sum() if alpha == 1 else np.log((p**alpha).sum()) / (1 - alpha))


# Section 1


def frenet(layers: list[np.ndarray]) -> dict[str, np.ndarray]:
    decomposed = []
    for z in layers:
        rows = normalised(z.astype(np.float64))
        decomposed.append(np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False))
    variance = decomposed[-1][1] ** 2
    rank = max(2, int(np.argmax(np.cumsum(variance) / variance.sum() >= 0.95)) + 1)
    bases = [vt[:rank].T for _, _, vt in decomposed]
    count = len(bases)
    distances = np.zeros((count, count))
    for i in range(count):
        for j in range(count):
            if i != j:
                distances[i, j] = np.sqrt((subspace_angles(bases[i], bases[j]) ** 2).sum())
    speed = [distances[i, i + 1] for i in range(count - 1)]
    curvature = []
    for i in range(1, count - 1):
        a, b, c = distances[i - 1, i], distances[i, i + 1], distances[i - 1, i + 1]
        s = (a + b + c) / 2
        area = math.sqrt(max(0.0, s * (s - a) * (s - b) * (s - c)))
        curvature.append(4 * area / (a * b * c) if a * b * c > 0 else 0.0)
    return {
        "rank": rank,
        "speed": np.array(speed),
        "curvature": np.array(curvature),
        "distances": distances,
        "d_0L": distances[0, -1],
        "arc_length": sum(speed),
        "straightness": distances[0, -1] / sum(speed),
    }


def neighbour_lists(z: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    similarity = cosine_similarity(z.astype(np.float64))
    np.fill_diagonal(similarity, -np.inf)
    ids = np.argsort(-similarity, axis=1, kind="stable")[:, :k]
    return ids, np.take_along_axis(similarity, ids, axis=1)


def nrs(layers: list[np.ndarray], k: int = 20) -> dict[str, np.ndarray]:
    n = len(layers[0])
    chosen = np.random.RandomState(42).choice(n, min(500, n), replace=False)
    lists = [[set(row) for row in neighbour_lists(z, k)[0]] for z in layers]

    def overlap(first: int, second: int) -> float:
        return float(
            np.mean(
                [
                    len(lists[first][i] & lists[second][i])
                    / len(lists[first][i] | lists[second][i])
                    for i in sorted(chosen)
                ]
            )
        )

    profile = np.array([overlap(i, i + 1) for i in range(len(layers) - 1)])
    third = max(1, len(profile) // 3)
    return {
        "profile": profile,
        "first_last": overlap(0, len(layers) - 1),
        "trend": profile[-third:].mean() - profile[:third].mean(),
        "mean": profile.mean(),
    }


def graph_labels(ids: np.ndarray, similarity: np.ndarray) -> list[np.ndarray]:
    """Component labels of twenty graphs, each built anew from all its edges."""
    n, k = ids.shape
    rows, columns = np.repeat(np.arange(n), k), ids.ravel()
    distance = 1 - similarity.ravel()
    labels = []
    for percent in np.linspace(5, 95, 20):
        kept = distance <= np.percentile(distance, percent)
        graph = coo_array((np.ones(kept.sum()), (rows[kept], columns[kept])), shape=(n, n))
        labels.append(connected_components(graph + graph.T, directed=False)[1])
    return labels


def gfmi(layers: list[np.ndarray], k: int = 30) -> dict[str, np.ndarray]:
    labels = [graph_labels(*neighbour_lists(z, k)) for z in layers]
    curves = np.array(
        [[mutual_info_score(a, b) for a, b in zip(own, labels[-1], strict=True)] for own in labels]
    )
    percents = np.linspace(5, 95, 20)
    auc = np.array(
        [
            sum((c[i] + c[i + 1]) / 2 * (percents[i + 1] - percents[i]) for i in range(19))
            for c in curves
        ]
    )
    return {
        "auc": auc,
        "curves": curves,
        "peak": curves.max(axis=1),
        "auc_normalised": auc / auc[-1],
    }


# Section 2


def matrix_entropy(z: np.ndarray, alpha: float = 1, mode: str = "exact") -> float:
    """Raw nats of unit(z): from singular values, or from the clipped smaller Gram matrix."""
    x = unit(z.astype(np.float64))
    if mode == "exact":
        return shannon(np.linalg.svd(x, compute_uv=False) ** 2, alpha)
    gram = x @ x.T if len(x) <= x.shape[1] else x.T @ x
    values = np.linalg.eigvalsh(np.where(gram < 0, 0, gram))
    return shannon(values[values > 0], alpha)


def effective_rank(z: np.ndarray) -> float:
    return math.exp(shannon(np.linalg.svd(z - z.mean(axis=0), compute_uv=False)))


def rankme(z: np.ndarray) -> float:
    return math.exp(shannon(np.linalg.svd(z, compute_uv=False)))


def token_curvature(tokens: np.ndarray, mode: str = "exact") -> float:
    z = unit(tokens.astype(np.float64))
    angles = []
    for t in range(len(z) - 2):
        v, w = z[t + 1] - z[t], z[t + 2] - z[t + 1]
        cosine = v @ w / np.linalg.norm(v) / np.linalg.norm(w)
        angles.append(math.acos(min(1.0, abs(cosine) if mode == "published" else cosine)))
    return float(np.mean(angles))


def infonce(a: np.ndarray, b: np.ndarray) -> float:
    a, b = normalised(a), normalised(b)
    losses = []
    for i in range(len(a)):
        logits = [float(a[i] @ row) / 0.1 for row in b]
        losses.append(math.log(sum(math.exp(x) for x in logits)) - logits[i])
    return float(np.mean(losses))


def dime(a: np.ndarray, b: np.ndarray, orders: list[np.ndarray]) -> float:
    """Every pair from its own products; `orders` are the permutations of b's texts."""

    def joint(order: np.ndarray) -> float:
        shuffled = b[order]
        return shannon(np.linalg.eigvalsh((a @ a.T) * (shuffled @ shuffled.T)))

    return float(np.mean([joint(order) for order in orders])) - joint(np.arange(len(b)))


def scatter_by_outer_products(views: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Between- and within-text scatter as a Python loop adds them up."""
    n, q, d = views.shape
    grand = views.mean(axis=(0, 1))
    between, within = np.zeros((d, d)), np.zeros((d, d))
    for text in views:
        mean = text.mean(axis=0)
        between += np.outer(mean - grand, mean - grand) / n
        for view in text:
            within += np.outer(view - mean, view - mean) / (n * q)
    return between, within


def lidar(views: np.ndarray, delta: float = 1e-4) -> float:
    between, within = scatter_by_outer_products(views)
    root = np.linalg.inv(np.real(sqrtm(within + delta * np.eye(len(within)))))
    return shannon(np.linalg.eigvalsh(root @ between @ root))


# Companions


def linear_cka(x: np.ndarray, y: np.ndarray) -> float:
    """Through centred n x n kernels and their HSIC."""
    n = len(x)
    centre = np.eye(n) - np.ones((n, n)) / n
    k, m = centre @ (x @ x.T) @ centre, centre @ (y @ y.T) @ centre
    return float((k * m).sum() / math.sqrt((k * k).sum() * (m * m).sum()))


def anisotropy(z: np.ndarray) -> float:
    cosine = cosine_similarity(z)
    return float(cosine[~np.eye(len(z), dtype=bool)].mean())


def participation_ratio(z: np.ndarray) -> float:
    variance = np.linalg.eigvalsh(np.cov(z.T))
    return float(variance.sum() ** 2 / (variance**2).sum())
