"""The folder that a pack's weights become: checked against the architecture, then written."""

import re
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from lrd_core.errors import ModelError

Tensors = dict[str, torch.Tensor]


def save_converted(
    architecture: Any, tensors: Tensors, config: Any, target: Path, optional: str = "$^"
) -> None:
    """Write weights and configuration, once every weight of the architecture is there.

    `optional` matches names that may be missing because the model ties or never uses them.
    """
    with torch.device("meta"):
        expected = architecture(config).state_dict()
    missing = [n for n in expected.keys() - tensors.keys() if not re.match(optional, n)]
    wrong = [n for n in tensors.keys() & expected.keys() if tensors[n].shape != expected[n].shape]
    foreign = tensors.keys() - expected.keys()
    if missing or wrong or foreign:
        raise ModelError(
            f"the converted weights do not fit {architecture.__name__}: missing {missing[:3]}, "
            f"of another shape {wrong[:3]}, unknown {sorted(foreign)[:3]}; report this"
        )
    contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
    file = target / "model.safetensors"
    save_file(contiguous, file, metadata={"format": "pt"})
    file.chmod(0o644)  # it is written for its owner alone; a data folder may be shared
    config.save_pretrained(target)
