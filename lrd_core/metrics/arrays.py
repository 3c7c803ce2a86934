"""One way in for NumPy arrays and torch tensors, with the checks every metric makes.

torch is imported inside the functions: pages import metric names and cards, never torch.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from lrd_core.errors import MetricError

if TYPE_CHECKING:
    import torch

Array: TypeAlias = "np.ndarray[Any, Any] | torch.Tensor"
Floats: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"

ROWS_PER_BLOCK = 4096

ORDINARY_EXPONENT = 20
"""Values from 2^-20 to 2^20 are taken as they are: their squares are far from the limits."""


def as_array(values: Array | Sequence[Any], what: str) -> Array:
    """Arrays and tensors as they are, lists as arrays.

    Raises: MetricError for uneven lists and for what is no real number.
    """
    import torch

    if isinstance(values, torch.Tensor):
        array, real = values, not values.is_complex()
    else:
        array = _from_rows(values, what)
        real = array.dtype.kind in "biuf"
    if not real:
        raise MetricError(f"{what} has dtype {array.dtype}; metrics take real numbers")
    return array


def _from_rows(values: Any, what: str) -> np.ndarray[Any, Any]:
    try:
        return np.asarray(values)
    except (TypeError, ValueError) as error:
        raise MetricError(f"{what} is no array; give rows of equal length of numbers") from error


def check_whole(value: Any, name: str) -> None:
    """Raises: MetricError unless the value is a whole number, by type and not by chance."""
    try:
        operator.index(value)
    except TypeError:
        raise MetricError(f"{name} = {value!r} must be a whole number, such as 20") from None


def compute_dtype(array: Array) -> torch.dtype:
    """float64 for float64 and integer input, float32 for anything narrower."""
    import torch

    # Half precision has two or three digits: enough to store a state, not to add up thousands.
    kind = str(array.dtype).removeprefix("torch.")
    return torch.float32 if kind in {"float16", "bfloat16", "float32"} else torch.float64


def input_epsilon(array: Array) -> float:
    """Relative rounding step of the stored values (half precision counts as float32)."""
    import torch

    return float(torch.finfo(compute_dtype(array)).eps)


def to_tensor(array: Array, dtype: torch.dtype) -> torch.Tensor:
    """The values as a tensor on their own device; arrays that torch cannot share are copied."""
    import torch

    if isinstance(array, torch.Tensor):
        tensor = array.detach()
        # MPS has no float64; the matrices that need it are small.
        return (tensor.cpu() if tensor.device.type == "mps" else tensor).to(dtype)
    plain = np.asarray(array)
    if plain.dtype.itemsize > 8:  # long double, which torch does not know
        plain = plain.astype(np.float64)
    odd = any(stride < 0 or stride % plain.dtype.itemsize for stride in plain.strides)
    # torch warns of memory it may not write, and takes no negative or odd strides and no foreign
    # byte order: such arrays are copied, the others are shared.
    if odd or not plain.flags.writeable or not plain.dtype.isnative:
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


def scale_factors(largest: Any) -> Any:
    """Powers of two that bring extreme largest absolute values near 1; 1 for ordinary ones.

    The square of an extreme value is 0 or infinite. Metrics of directions ignore scale, and a
    power of two takes no digit from what it multiplies.
    """
    exponent = np.frexp(largest)[1]
    extreme = np.isfinite(largest) & (np.abs(exponent) > ORDINARY_EXPONENT)
    limit = np.finfo(largest.dtype).maxexp - 2
    return np.ldexp(largest.dtype.type(1), np.where(extreme, -exponent, 0).clip(-limit, limit))


def matrix_shape(array: Array, what: str, min_rows: int = 2) -> tuple[int, int]:
    """(n, d). Raises: MetricError unless 2-D with enough rows and at least one column."""
    array = as_array(array, what)
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
    """Checked blocks of rows, so that a memory-mapped layer is never read whole.

    A float64 matrix of extreme scale comes multiplied by a power of two, see `scale_factors`.
    """
    array = as_array(array, what)
    factor = _matrix_scale(array, rows)
    for start in range(0, int(array.shape[0]), rows):
        block = to_tensor(array[start : start + rows], dtype)
        check_finite(block, what, start)
        yield block if factor == 1 else block * factor


def _matrix_scale(array: Array, rows: int) -> float:
    """The scale factor of a float64 matrix; the squares of anything narrower fit float64."""
    import torch

    if str(array.dtype).removeprefix("torch.") not in ("float64", "float128"):
        return 1.0
    blocks = (array[start : start + rows] for start in range(0, int(array.shape[0]), rows))
    norms = [torch.linalg.vector_norm(to_tensor(b, torch.float64), torch.inf) for b in blocks]
    return float(scale_factors(torch.stack(norms).max().cpu().numpy()))


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
    # No epsilon beside the norm: it would shorten short rows. The inner `where` keeps 1 / 0, which
    # the outer one would drop, from ever being formed.
    return x * torch.where(kept, 1.0 / torch.where(kept, norms, 1.0), 0.0)


def rounding_floor(x: torch.Tensor) -> torch.Tensor:
    """Norm under which a centred row is only the rounding of `x`: a constant row, so 0."""
    import torch

    # The mean of equal rows may miss them by an ulp or two in each entry; 4 leaves a margin.
    return 4 * torch.finfo(x.dtype).eps * torch.linalg.vector_norm(x, dim=-1, keepdim=True)


def column_mean(array: Array, what: str) -> torch.Tensor:
    """(d,) mean of the rows in float64, read in blocks."""
    import torch

    sums = [block.sum(dim=0) for block in row_blocks(array, what, torch.float64)]
    return torch.stack(sums).sum(dim=0) / len(array)


def centred_rows(x: torch.Tensor, mean: torch.Tensor) -> torch.Tensor:
    """Rows minus the mean; what is left of a row by rounding alone becomes 0."""
    import torch

    centred = x - mean
    norms = torch.linalg.vector_norm(centred, dim=-1, keepdim=True)
    return torch.where(norms > rounding_floor(x), centred, 0.0)


def centred_unit(x: torch.Tensor, mean: torch.Tensor) -> torch.Tensor:
    """The recipe `unit`: subtract the column mean, divide each row by its norm."""
    return unit_rows(x - mean, rounding_floor(x))


def check_layers(embeddings: Iterable[Array], min_layers: int = 2) -> list[Array]:
    """All layers as arrays. Raises: MetricError on too few layers or unequal n."""
    layers = [as_array(z, f"layer {layer}") for layer, z in enumerate(embeddings)]
    if len(layers) < min_layers:
        raise MetricError(
            f"{len(layers)} layers given; at least {min_layers} needed, first the embedding"
        )
    sizes = [matrix_shape(z, f"layer {layer}")[0] for layer, z in enumerate(layers)]
    for layer, size in enumerate(sizes):
        if size != sizes[0]:
            raise MetricError(
                f"layer {layer} has {size} texts, layer 0 has {sizes[0]}; "
                "all layers must hold the same texts"
            )
    return layers
