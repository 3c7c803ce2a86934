"""Whether a folder that holds this model alone would load again."""

from torch import nn

from lrd_core.errors import PruningError


def check_exportable(model: nn.Module) -> None:
    """A part of a larger model, such as an encoder without its decoder, loads nowhere by itself.

    Raises: PruningError where no Auto class of transformers builds this very class.
    """
    from transformers import (
        MODEL_FOR_CAUSAL_LM_MAPPING,
        MODEL_FOR_TEXT_ENCODING_MAPPING,
        MODEL_MAPPING,
    )

    own_code = type(model).__module__.startswith("transformers_modules")
    mappings = (MODEL_MAPPING, MODEL_FOR_CAUSAL_LM_MAPPING, MODEL_FOR_TEXT_ENCODING_MAPPING)
    built: list[object] = []
    for mapping in mappings:
        found = mapping.get(type(model.config), None)
        built += found if isinstance(found, (list, tuple)) else [found]
    if type(model) not in built and not own_code:
        raise PruningError(
            f"{type(model).__name__} is read as a part of a larger model, and a folder that holds "
            "the part alone would not load; its trials stand, but it cannot be exported"
        )
