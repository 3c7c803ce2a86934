"""What a model's own code needs once it is loaded, and what is said where it is not run."""

from typing import Any

import torch
import transformers
from torch import nn

from lrd_core.errors import ModelError


def fill_buffers(name: str, model: nn.Module, settings: Any, auto: Any) -> None:
    """Set the buffers that no file holds to what a model built from its configuration has.

    `from_pretrained` builds without memory and fills what the files hold. A class of transformers
    makes its other buffers (rotary frequencies) again by itself; a class of the model's own does
    not know to, and they stay whatever that memory held: finite, and wrong.

    Raises: ModelError where the two models do not have the same buffers.
    """
    stored = set(model.state_dict())
    missing = {key: value for key, value in model.named_buffers() if key not in stored}
    if not missing:
        return
    with torch.random.fork_rng(), torch.device("cpu"):
        torch.manual_seed(0)
        built = dict(
            auto.from_config(settings, trust_remote_code=True, dtype=torch.float32).named_buffers()
        )
    for key, value in missing.items():
        right = built.get(key)
        if right is None or right.shape != value.shape:
            raise ModelError(
                f"{name}: its own code makes a buffer {key} that a model built from its "
                "configuration has not; such a model cannot be loaded rightly"
            )
        value.copy_(right)


def unused_code(config: dict[str, Any]) -> str:
    """A sentence for a model that brings code of its own which is not what runs, or empty."""
    if "auto_map" in config:
        return (
            "brings code of its own, which is not run: transformers' own "
            f"{config.get('model_type')} reads it"
        )
    named = config.get("architectures")
    saved_as = named[0] if isinstance(named, list) and named else None
    if isinstance(saved_as, str) and not hasattr(transformers, saved_as):
        return (
            f"was saved by a class {saved_as} that transformers does not have; its own "
            f"{config.get('model_type')} reads it"
        )
    return ""
