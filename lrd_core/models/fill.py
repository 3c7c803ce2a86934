"""Whether a folder's weights can fill the model that its configuration describes. No torch."""

from pathlib import Path
from typing import Any

from lrd_core.errors import ModelError
from lrd_core.models.weights_files import weights_files

MOST_POSITIONS = 100_000_000
"""More than any model has; a table of numbers up to here is made before weights are looked at."""

_LEAST_BLOCKS = 512
_MOST_SHARING = 16
"""How many blocks may use the same weights, and how many numbers a packed one may hold."""

_SLACK = 10_000_000


def refuse_unfillable(name: str, folder: Path, settings: Any) -> None:
    """See, before any memory is taken, that a configuration is not far too large for its weights.

    What the weights lack would be filled with random numbers first, and refused only then: by a
    wrong digit in a configuration, that takes all the memory or all the time there is.

    settings: the configuration of the text model. Raises: ModelError that says both sizes.
    """
    tensors, numbers = _in_files(name, folder)
    blocks, width = _whole(settings, "num_hidden_layers"), _whole(settings, "hidden_size")
    inner, words = _whole(settings, "intermediate_size"), _whole(settings, "vocab_size")
    needed = max(blocks * width * (width + inner), words * width)
    if needed > _MOST_SHARING * numbers + _SLACK or blocks > max(_LEAST_BLOCKS, 8 * tensors):
        raise ModelError(
            f"{name} cannot be filled by its weights: its config.json describes {blocks:,} blocks "
            f"of width {width:,} and {words:,} tokens, and the weights hold {numbers:,} numbers in "
            f"{tensors:,} tensors; put the config.json that belongs to them there"
        )
    positions = _whole(settings, "max_position_embeddings")
    if positions > MOST_POSITIONS:
        raise ModelError(
            f"{name} has {positions:,} positions by its config.json (max_position_embeddings); "
            f"{MOST_POSITIONS:,} at most: correct it"
        )


def _in_files(name: str, folder: Path) -> tuple[int, int]:
    """Tensors and numbers in the weights, from the heads of the files alone."""
    from safetensors import SafetensorError, safe_open

    tensors = numbers = 0
    for file in weights_files(name, folder):
        if not file.endswith(".safetensors"):
            continue
        try:
            with safe_open(folder / file, framework="numpy") as opened:
                for key in opened.keys():  # noqa: SIM118  (it is no mapping)
                    count = 1
                    for side in opened.get_slice(key).get_shape():
                        count *= side
                    tensors, numbers = tensors + 1, numbers + count
        except (SafetensorError, OSError) as error:
            reason = str(error).splitlines()[0]
            raise ModelError(
                f"{name} cannot be loaded from {folder}: {file} is damaged ({reason}); fetch the "
                "model again"
            ) from error
    return tensors, numbers


def _whole(settings: Any, key: str) -> int:
    """A size; the largest where blocks differ; 0 where there is none."""
    value = getattr(settings, key, None)
    sizes = value if isinstance(value, (list, tuple)) else [value]
    return max((size for size in sizes if isinstance(size, int)), default=0)
