"""Shannon entropy of many symmetric matrices without their eigenvalues, on the CPU.

Two fifths of the time of an eigenvalue routine go into the eigenvalues of a tridiagonal matrix.
The entropy needs only their sum of x log x, and

    x log x - x = integral over t > 0 of  x / (1 + t) - log(1 + x / t)  dt,

so a few log-determinants of the tridiagonal matrix give it, for all texts of a batch at once.
With t = exp(s) the trapezoid rule converges geometrically.
"""

from __future__ import annotations

import ctypes
import functools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from lrd_core.metrics.arrays import Floats
from lrd_core.metrics.parallel import map_alone

if TYPE_CHECKING:
    import torch

Singles = np.ndarray[Any, np.dtype[np.float32]]

SMALLEST = 96
"""Below this many rows plain eigenvalues in float64 are as fast."""

STEP = 1.0
NODES: Floats = np.exp(np.arange(-28.0, 11.0, STEP))
"""From far below the rounding of float32 to where the tail is a power of t, summed in closed form.
Beyond, the integrand is a difference of nearly equal numbers. The step's error is below 1e-8."""

TAIL = STEP / NODES[-1] / math.expm1(STEP)
"""Sum of STEP / t over all nodes past the last."""

ROWS_PER_LOG = 16
"""Ratios reach 1e12, so a product of this many stays in range."""


def shannon_entropies(matrices: torch.Tensor) -> torch.Tensor:
    """-sum p log p of the eigenvalues over their sum, for (batch, m, m) float32 Gram matrices.

    A matrix of zeros gives 0. Within about 1e-6 of eigenvalues in float64, and nearer
    than eigenvalues in float32, whose small ones drown in rounding.
    """
    import torch

    plain = np.array(matrices.numpy(), dtype=np.float32)  # LAPACK overwrites its input
    chunks = np.array_split(plain, min(len(plain), 4 * torch.get_num_threads()))
    with _blas_controller().limit(limits=1, user_api="blas"):
        parts = map_alone(_tridiagonals, chunks)
    diagonal = np.concatenate([part[0] for part in parts]).astype(np.float64)
    beside = np.concatenate([part[1] for part in parts]).astype(np.float64)
    return torch.from_numpy(entropies_of_tridiagonals(diagonal, beside))


def entropies_of_tridiagonals(diagonal: Floats, beside: Floats) -> Floats:
    """Entropies (batch,) from diagonals (batch, m) and off-diagonals (batch, m - 1)."""
    trace = diagonal.sum(axis=1)
    scale = np.where(trace > 0, trace, 1.0)[:, None]
    diagonal, squares = diagonal / scale, np.square(beside / scale)
    logs = _log_determinants(diagonal, squares)
    integral = STEP * (NODES[:, None] * (1 / (1 + NODES[:, None]) - logs)).sum(axis=0)
    purity = np.square(diagonal).sum(axis=1) + 2 * squares.sum(axis=1)
    integral += TAIL * (purity / 2 - 1)
    return np.where(trace > 0, np.maximum(-1.0 - integral, 0.0), 0.0)


def _log_determinants(diagonal: Floats, squares: Floats) -> Floats:
    """log |det(I + T / t)| for every node t and tridiagonal T, (nodes, batch)."""
    shift = NODES[:, None]
    pivots = diagonal[:, 0] + shift
    product = pivots / shift
    logs = np.zeros_like(pivots)
    for row in range(1, diagonal.shape[1]):
        pivots += 1e-300  # an exact 0 would make the next pivot infinite
        np.divide(squares[:, row - 1], pivots, out=pivots)
        np.subtract(diagonal[:, row] + shift, pivots, out=pivots)
        product *= pivots / shift
        if row % ROWS_PER_LOG == 0:
            logs += np.log(np.abs(product))
            product[:] = 1.0
    return np.asarray(logs + np.log(np.abs(product)))


def _tridiagonals(matrices: Singles) -> tuple[Singles, Singles]:
    """Householder reduction of each matrix, in place; the lock of Python is not held meanwhile."""
    count, m = matrices.shape[:2]
    reduce = _ssytrd()
    diagonal = np.empty((count, m), np.float32)
    beside = np.empty((count, m - 1), np.float32)
    tau, work = np.empty(m, np.float32), np.empty(64 * m, np.float32)
    size, length, status = (ctypes.c_int(value) for value in (m, work.size, 0))
    for index in range(count):
        outputs = (matrices[index], diagonal[index], beside[index], tau, work)
        matrix, *rest = (array.ctypes.data_as(ctypes.c_void_p) for array in outputs)
        reduce(b"L", ctypes.byref(size), matrix, ctypes.byref(size), *rest,
               ctypes.byref(length), ctypes.byref(status))  # fmt: skip
    return diagonal, beside


@functools.cache
def _ssytrd() -> Callable[..., None]:
    """LAPACK's ssytrd as SciPy publishes it for compiled code; SciPy's own call holds the lock."""
    from scipy.linalg import cython_lapack

    capsule = cython_lapack.__pyx_capi__["ssytrd"]
    name_of = ctypes.pythonapi.PyCapsule_GetName
    name_of.restype, name_of.argtypes = ctypes.c_char_p, [ctypes.py_object]
    pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
    pointer_of.restype, pointer_of.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    address = pointer_of(capsule, name_of(capsule))
    return ctypes.CFUNCTYPE(None, ctypes.c_char_p, *[ctypes.c_void_p] * 9)(address)


@functools.cache
def _blas_controller() -> Any:
    from threadpoolctl import ThreadpoolController

    _ssytrd()  # loads the library that is to be limited
    return ThreadpoolController()
