"""Tiny vision encoders with random weights, one for each architecture, as folders."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from lrd_core.tasks.pictures import Picture
from tests.tiny import random_model

WIDTH, BLOCKS, SIDE, PATCH = 16, 3, 32, 8
PATCHES = (SIDE // PATCH) ** 2

_SHAPE = {
    "hidden_size": WIDTH,
    "num_hidden_layers": BLOCKS,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "image_size": SIDE,
    "patch_size": PATCH,
}
_DECODER = {
    "decoder_hidden_size": 8,
    "decoder_num_hidden_layers": 1,
    "decoder_num_attention_heads": 2,
}
_CONFIGS: dict[str, dict[str, Any]] = {
    "vit": _SHAPE,
    "deit": _SHAPE,
    "vit_mae": _SHAPE | _DECODER | {"decoder_intermediate_size": 8},
    "beit": _SHAPE | {"use_relative_position_bias": True},
    "dinov2": _SHAPE,
    "dinov2_with_registers": _SHAPE | {"num_register_tokens": 4},
    "dinov3_vit": _SHAPE | {"num_register_tokens": 4},
    "clip_vision_model": _SHAPE,
    "siglip_vision_model": _SHAPE,
    "aimv2_vision_model": _SHAPE,
    "imagegpt": {
        "vocab_size": 9,
        "n_positions": 64,
        "n_embd": WIDTH,
        "n_layer": BLOCKS,
        "n_head": 2,
    },
}
ARCHITECTURES = tuple(_CONFIGS)

LEADING = {"deit": 2, "dinov2_with_registers": 5, "dinov3_vit": 5}
"""Positions before the patches; the others have a class token or none."""

WITHOUT_CLASS = ("siglip_vision_model", "aimv2_vision_model", "imagegpt")


def leading(architecture: str) -> int:
    return 0 if architecture in WITHOUT_CLASS else LEADING.get(architecture, 1)


def patches(architecture: str) -> int:
    return 64 if architecture == "imagegpt" else PATCHES


def tiny_vision(architecture: str) -> torch.nn.Module:
    return random_model(architecture, _CONFIGS[architecture])


def save_tiny_vision(architecture: str, folder: Path) -> Path:
    """A folder as the hub has them: weights, config.json and preprocessor_config.json."""
    tiny_vision(architecture).save_pretrained(folder)
    write_processor(architecture, folder)
    return folder


def write_processor(architecture: str, folder: Path) -> None:
    settings: dict[str, Any] = {
        "do_resize": True,
        "size": {"height": SIDE, "width": SIDE},
        "resample": 2,
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": [0.5, 0.4, 0.3],
        "image_std": [0.2, 0.25, 0.3],
        "image_processor_type": "ViTImageProcessor",
    }
    if architecture == "imagegpt":
        colours = np.random.default_rng(0).uniform(-1, 1, (9, 3)).tolist()
        settings |= {"image_processor_type": "ImageGPTImageProcessor", "clusters": colours}
        settings |= {"size": {"height": 8, "width": 8}, "do_color_quantize": True}
    if architecture == "dinov3_vit":
        settings["image_processor_type"] = "DINOv3ViTImageProcessorFast"
    (folder / "preprocessor_config.json").write_text(json.dumps(settings), encoding="utf-8")


def pictures(n: int, seed: int = 0) -> list[Picture]:
    """Coloured noise of several shapes, none of them that of a model's input."""
    generator = np.random.default_rng(seed)
    sides = generator.integers(20, 60, (n, 2))
    return [
        Picture.of_pixels(generator.integers(0, 256, (*side, 3), dtype=np.uint8)) for side in sides
    ]
