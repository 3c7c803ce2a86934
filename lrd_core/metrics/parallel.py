"""Small matrices side by side: one matrix a thread, instead of all threads on one matrix."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import torch

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_alone(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """`function` of every item, as many at a time as torch has threads, each on one thread.

    Eigenvalues of matrices of a few hundred rows gain nothing from several threads, and lose up
    to ten times when the cores are shared. Results do not depend on the number of threads.
    """
    import torch

    threads = torch.get_num_threads()
    if threads == 1 or len(items) == 1:
        return [_alone(function, item, threads) for item in items]
    torch.set_num_threads(1)  # new threads start with this number
    try:
        with ThreadPoolExecutor(min(threads, len(items))) as pool:
            return list(pool.map(function, items))
    finally:
        torch.set_num_threads(threads)


def _alone(function: Callable[[Item], Result], item: Item, threads: int) -> Result:
    import torch

    if threads == 1:
        return function(item)
    torch.set_num_threads(1)
    try:
        return function(item)
    finally:
        torch.set_num_threads(threads)


def eigenvalues(matrices: torch.Tensor) -> torch.Tensor:
    """Ascending eigenvalues of symmetric (..., m, m) matrices; batches use every core."""
    import torch

    find = torch.linalg.eigvalsh
    if matrices.ndim > 2:
        return _of_each(find, matrices, least=16)
    if matrices.device.type == "cpu":
        return map_alone(find, [matrices])[0]
    return torch.as_tensor(find(matrices))


def singular_values(matrices: torch.Tensor) -> torch.Tensor:
    """Descending singular values of (batch, m, k) matrices; batches use every core."""
    import torch

    return _of_each(torch.linalg.svdvals, matrices)


def _of_each(
    find: Callable[[torch.Tensor], torch.Tensor], matrices: torch.Tensor, least: int = 0
) -> torch.Tensor:
    """`find` of a batch, on the processor wherever the batch is, and back.

    A GPU takes the matrices of a batch one after the other: an H100 took 5.7 ms for each of 256
    rows, which made the entropy of texts take 200 times as long as the model.
    """
    import torch

    here = matrices.cpu()
    if here.shape[-1] < least:
        return torch.as_tensor(find(here)).to(matrices.device)
    chunks = here.chunk(min(len(here), 4 * torch.get_num_threads()))
    return torch.cat(map_alone(find, chunks)).to(matrices.device)
