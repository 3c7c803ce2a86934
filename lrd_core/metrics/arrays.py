"""One way in for NumPy arrays and torch tensors, with the checks every metric makes.

torch is imported inside the functions: pages import metric names and cards, never torch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from lrd_core.errors import MetricError

if TYPE_CHECKING:
    import torch

Array: TypeAlias = "np.ndarray[Any, Any] | torch.Tensor"
Floats: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"

ROWS_PER_BLOCK = 4096


def compute_dtype(array: Array) -> torch.dtype:
    """float64 for float64 and integer input, float32 for anything narrower."""
    import torch

    kind = str(array.dtype).removeprefix("torch.")
    return torch.float32 if kind in {"float16", "bfloat16", "float32"} else torch.float64


def input_epsilon(array: Array) -> float:
    """Relative rounding step of the stored values (half precision counts as float32)."""
    import torch

    return float(torch.finfo(compute_dtype(array)).eps)


def to_tensor(array: Array, dtype: torch.dtype) -> torch.Tensor:
    """The values as a tensor on their own device; read-only arrays are copied."""
    import torch

    if isinstance(array, torch.Tensor):
        tensor = array.detach()
        # MPS has no float64; the matrices that need it are small.
        return (tensor.cpu() if tensor.device.type == "mps" else tensor).to(dtype)
    plain = np.asarray(array)
    if not plain.flags.writeable or not plain.dtype.isnative or any(s < 0 for s in plain.strides):
        plain = np.array(plain, dtype=plain.dtype.newbyteorder("="))
    return torch.from_numpy(plain).to(dtype)


def check_finite(block: torch.Tensor, what: str, first_row: int = 0) -> None:
    """Raises: MetricError that names the array and its first row with NaN or Inf."""
    import torch

    # A sum is finite unless an entry is not or it overflows; only then look closer.
    if bool(torch.isfinite(block.sum())):
        return
    bad = (~torch.isfinite(block)).flatten(1).any(dim=1).nonzero()
    if len(bad):
        row = first_row + int(bad[0, 0])
        raise MetricError(
            f"{what} holds NaN or Inf, first in row {row}; find the text that causes it, "
            "metrics never replace such values"
        )


def matrix_shape(array: Array, what: str, min_rows: int = 2) -> tuple[int, int]:
    """(n, d). Raises: MetricError unless 2-D with enough rows and at least one column."""
    if array.ndim != 2:
        raise MetricError(
            f"{what} must have shape (n, d), got {tuple(array.shape)}; reshape or pool it first"
        )
    n, d = (int(size) for size in array.shape)
    if n < min_rows or d < 1:
        raise MetricError(f"{what} has {n} rows and {d} columns; at least {min_rows} and 1 needed")
    return n, d


def row_blocks(
    array: Array, what: str, dtype: torch.dtype, rows: int = ROWS_PER_BLOCK
) -> Iterator[torch.Tensor]:
    """Checked blocks of rows, so that a memory-mapped layer is never read whole."""
    for start in range(0, int(array.shape[0]), rows):
        block = to_tensor(array[start : start + rows], dtype)
        check_finite(block, what, start)
        yield block


def read_matrix(array: Array, what: str, dtype: torch.dtype, min_rows: int = 2) -> torch.Tensor:
    """The whole checked (n, d) matrix as a tensor."""
    import torch

    matrix_shape(array, what, min_rows)
    blocks = list(row_blocks(array, what, dtype))
    return blocks[0] if len(blocks) == 1 else torch.cat(blocks)


def unit_rows(x: torch.Tensor, floor: torch.Tensor | float = 0.0) -> torch.Tensor:
    """Each row divided by its norm; rows whose norm is at most `floor` become 0."""
    import torch

    norms = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
    kept = norms > floor
    return x * torch.where(kept, 1.0 / torch.where(kept, norms, 1.0), 0.0)


def rounding_floor(x: torch.Tensor) -> torch.Tensor:
    """Norm under which a centred row is only the rounding of `x`: a constant row, so 0."""
    import torch

    return 4 * torch.finfo(x.dtype).eps * torch.linalg.vector_norm(x, dim=-1, keepdim=True)


def column_mean(array: Array, what: str) -> torch.Tensor:
    """(d,) mean of the rows in float64, read in blocks."""
    import torch

    sums = [block.sum(dim=0) for block in row_blocks(array, what, torch.float64)]
    return torch.stack(sums).sum(dim=0) / int(array.shape[0])


def centred_rows(x: torch.Tensor, mean: torch.Tensor) -> torch.Tensor:
    """Rows minus the mean; what is left of a row by rounding alone becomes 0."""
    import torch

    centred = x - mean
    norms = torch.linalg.vector_norm(centred, dim=-1, keepdim=True)
    return torch.where(norms > rounding_floor(x), centred, 0.0)


def centred_unit(x: torch.Tensor, mean: torch.Tensor) -> torch.Tensor:
    """The recipe `unit`: subtract the column mean, divide each row by its norm."""
    return unit_rows(x - mean, rounding_floor(x))


def check_layers(embeddings: Sequence[Array], min_layers: int = 2) -> tuple[int, int]:
    """(number of layers, n texts). Raises: MetricError on too few layers or unequal n."""
    if len(embeddings) < min_layers:
        raise MetricError(
            f"{len(embeddings)} layers given; at least {min_layers} needed, first the embedding"
        )
    sizes = [matrix_shape(z, f"layer {layer}")[0] for layer, z in enumerate(embeddings)]
    for layer, size in enumerate(sizes):
        if size != sizes[0]:
            raise MetricError(
                f"layer {layer} has {size} texts, layer 0 has {sizes[0]}; "
                "all layers must hold the same texts"
            )
    return len(embeddings), sizes[0]
