"""Principal components of the texts of a task, as a linear map that a folder can carry."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from lrd_core.errors import InputError


@dataclass(frozen=True)
class Components:
    """matrix: (k, d) float64, orthonormal rows. mean: (d,). share: of the variance of the n texts
    that the k directions hold, 0 to 1."""

    matrix: np.ndarray
    mean: np.ndarray
    share: float
    n: int

    def project(self, embeddings: np.ndarray) -> np.ndarray:
        """Shape: (n, d) -> (n, k) float64."""
        projected: np.ndarray = (embeddings.astype(np.float64) - self.mean) @ self.matrix.T
        return projected

    def as_module(self) -> Any:
        """The same map in float32, as sentence-transformers' Dense."""
        from sentence_transformers.sentence_transformer import modules

        k, d = self.matrix.shape
        dense = modules.Dense(d, k, bias=True, activation_function=torch.nn.Identity())
        with torch.no_grad():
            dense.linear.weight.copy_(torch.from_numpy(self.matrix))
            dense.linear.bias.copy_(torch.from_numpy(-self.matrix @ self.mean))
        return dense


def principal_components(embeddings: np.ndarray, k: int) -> Components:
    """The k directions in which (n, d) embeddings vary most.

    The sign of each is the one that makes its largest entry positive, so that it does not depend
    on the machine.
    Raises: InputError unless k is at most d and n - 1, or where all rows are equal.
    """
    n, d = embeddings.shape
    if not 0 < k <= min(n - 1, d):
        raise InputError(
            f"{n} texts with {d} values give 1 to {min(n - 1, d)} components, not {k}; take fewer "
            "or more texts"
        )
    rows = embeddings.astype(np.float64)
    mean = rows.mean(axis=0)
    _, singular, directions = np.linalg.svd(rows - mean, full_matrices=False)
    total = float((singular**2).sum())
    if total == 0:
        raise InputError("all texts have the same vector; there is no direction to keep")
    kept = directions[:k]
    largest = np.take_along_axis(kept, np.abs(kept).argmax(axis=1)[:, None], axis=1)
    return Components(kept * np.sign(largest), mean, float((singular[:k] ** 2).sum()) / total, n)
