"""A tiny archive of typeseg weights, each a sine of its position, so that results are fixed."""

from pathlib import Path

import numpy as np

HIDDEN, WIDTH, STATE, RANK, KERNEL, BLOCKS = 4, 4, 3, 2, 4, 2

_BLOCK = {
    "LayerNorm_0__scale": (HIDDEN,),
    "LayerNorm_0__bias": (HIDDEN,),
    "Dense_0__kernel": (HIDDEN, 2 * WIDTH),
    "Dense_0__bias": (2 * WIDTH,),
    "Conv_0__kernel": (KERNEL, 1, WIDTH),
    "Conv_0__bias": (WIDTH,),
    "Dense_1__kernel": (WIDTH, RANK + 2 * STATE),
    "Dense_1__bias": (RANK + 2 * STATE,),
    "Dense_2__kernel": (RANK, WIDTH),
    "Dense_2__bias": (WIDTH,),
    "A_log": (WIDTH, STATE),
    "D": (WIDTH,),
    "Dense_3__kernel": (WIDTH, HIDDEN),
    "Dense_3__bias": (HIDDEN,),
}
_SHAPES = {
    "Embed_0__embedding": (130, HIDDEN),
    "LayerNorm_0__scale": (HIDDEN,),
    "LayerNorm_0__bias": (HIDDEN,),
    "Dense_0__kernel": (HIDDEN, 2),
    "Dense_0__bias": (2,),
    **{
        f"CheckpointMambaBlock1D_{block}__{name}": shape
        for block in range(BLOCKS)
        for name, shape in _BLOCK.items()
    },
}


def write_typeseg_archive(file: Path) -> None:
    """Tensor i of the sorted names is sin(i + position), in float32."""
    arrays = {
        name: np.sin(np.arange(np.prod(shape)) + index).reshape(shape).astype(np.float32)
        for index, (name, shape) in enumerate(sorted(_SHAPES.items()))
    }
    np.savez(file, **arrays)
