"""Models that are known from published tables alone.

Which weights they were is not stated there, or no hub names them, so that nothing can load them:
`find_model` does not know them, and their id says where the name comes from.
"""

from functools import partial

from lrd_core.models.catalogue import ModelSpec
from lrd_core.models.specs import PUBLISHED, known_model
from lrd_core.settings import BASE_LM, DECODER, ENCODER

_NOT_STATED = "which weights these were is not stated in the published table"


def _spec(
    name: str,
    family: str,
    blocks: int,
    width: int | None,
    *,
    modality: str = "text",
    note: str = _NOT_STATED,
) -> ModelSpec:
    return ModelSpec(
        name=name,
        id=f"{PUBLISHED}{name}",
        family=family,
        num_blocks=blocks,
        hidden_size=width,
        modality=modality,
        note=note,
    )


_of_images = partial(_spec, modality="image")
_AIM_NOTE = (
    f"{_NOT_STATED}; it has 24 layers for the 24 blocks of AIM, so that one of 25 states is missing"
)

PUBLISHED_ONLY = (
    *(
        _of_images(f"{kind}-{size}", ENCODER, blocks, width)
        for kind in ("vit", "mae", "beit", "dinov2", "clip")
        for size, blocks, width in (("base", 12, 768), ("large", 24, 1024))
    ),
    *(
        # One causal direction over patches: a decoder, as nothing else here reads images so.
        _of_images(f"aim-{size}", DECODER, 23, width, note=_AIM_NOTE)
        for size, width in (("huge", 1536), ("1B", 2048), ("3B", 3072))
    ),
    *(
        _spec(f"gated-attention-1B-{kind}", BASE_LM, 28, None)
        for kind in ("elementwise", "headwise")
    ),
)

_BY_NAME = {spec.name.lower(): spec for spec in PUBLISHED_ONLY}


def described_model(name: str) -> ModelSpec | None:
    """What is known of a model by its name, whether it can be loaded or not."""
    return known_model(name) or _BY_NAME.get(name.lower())
