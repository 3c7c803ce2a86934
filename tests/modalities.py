"""Two kinds of items that are no texts, each read by a tiny model: pictures and sounds.

Floats and a mask are all that a model is given. A kind is added by one entry of MODALITIES.
"""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from torch import nn

from lrd_core.errors import InputError
from lrd_core.extraction.inputs import MODALITIES, Encoded, Modality
from lrd_core.models.batch import Batch
from lrd_core.models.load import LoadedModel
from lrd_core.models.specs import ModelSpec
from lrd_core.settings import RunSettings

WIDTH, BLOCKS, CHANNELS = 16, 3, 5
PATCH, SIDE = 8, 32
POSITIONS = 1 + (SIDE // PATCH) ** 2


def pictures(n: int, seed: int = 0) -> list[np.ndarray]:
    """(3, 32, 32) pixels each."""
    return list(np.random.default_rng(seed).normal(size=(n, 3, SIDE, SIDE)).astype(np.float32))


def sounds(n: int, seed: int = 0) -> list[np.ndarray]:
    """(frames, 5) each, of 4 to 11 frames."""
    generator = np.random.default_rng(seed)
    return [
        generator.normal(size=(int(frames), CHANNELS)).astype(np.float32)
        for frames in generator.integers(4, 12, n)
    ]


def add_pictures(monkeypatch: pytest.MonkeyPatch) -> LoadedModel:
    """Make pictures a modality for one test; a tiny vision transformer that reads them."""
    monkeypatch.setitem(MODALITIES, "picture", Modality(_encode_pictures, _noisy, _bytes, _shape))
    config = transformers.ViTConfig(
        hidden_size=WIDTH,
        num_hidden_layers=BLOCKS,
        num_attention_heads=2,
        intermediate_size=24,
        image_size=SIDE,
        patch_size=PATCH,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = transformers.ViTModel(config, add_pooling_layer=False)
        return _loaded("picture", _stirred(model))


def add_sounds(monkeypatch: pytest.MonkeyPatch) -> LoadedModel:
    """Make sounds a modality for one test; an encoder of frames under a mask that reads them."""
    monkeypatch.setitem(MODALITIES, "sound", Modality(_encode_sounds, _noisy, _bytes, _shape))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return _loaded("sound", _stirred(FrameEncoder()))


class FrameEncoder(nn.Module):
    """Blocks of attention over the frames that a mask leaves in, then a norm."""

    def __init__(self) -> None:
        super().__init__()
        self.project = nn.Linear(CHANNELS, WIDTH)
        self.blocks = nn.ModuleList(_Block() for _ in range(BLOCKS))
        self.norm = nn.LayerNorm(WIDTH)

    def forward(self, frames: torch.Tensor, frame_mask: torch.Tensor) -> Any:
        hidden = self.project(frames)
        for block in self.blocks:
            hidden = block(hidden, frame_mask)
        return SimpleNamespace(last_hidden_state=self.norm(hidden))


class _Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.queries, self.keys = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.values = nn.Linear(WIDTH, WIDTH)

    def forward(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        scores = self.queries(hidden) @ self.keys(hidden).transpose(1, 2)
        scores = scores.masked_fill(~mask.bool()[:, None], -torch.inf)
        return hidden + torch.tanh(scores.softmax(dim=2) @ self.values(hidden))


def _encode_pictures(
    loaded: LoadedModel, items: Sequence[np.ndarray], settings: RunSettings
) -> Encoded:
    _refuse_text_settings(settings)

    def batch(places: np.ndarray) -> Batch:
        pixels = torch.from_numpy(np.stack([items[place] for place in places]))
        return Batch({"pixel_values": pixels}, torch.ones(len(places), POSITIONS))

    return Encoded(np.full(len(items), POSITIONS), batch)


def _encode_sounds(
    loaded: LoadedModel, items: Sequence[np.ndarray], settings: RunSettings
) -> Encoded:
    _refuse_text_settings(settings)
    lengths = np.array([len(item) for item in items])

    def batch(places: np.ndarray) -> Batch:
        frames = torch.zeros(len(places), int(lengths[places].max()), CHANNELS)
        mask = torch.zeros(frames.shape[:2])
        for row, place in enumerate(places):
            frames[row, : lengths[place]] = torch.from_numpy(items[place])
            mask[row, : lengths[place]] = 1
        return Batch({"frames": frames, "frame_mask": mask}, mask)

    return Encoded(lengths, batch)


def _refuse_text_settings(settings: RunSettings) -> None:
    if settings.prompt or settings.condition:
        raise InputError("a prompt or a condition is for texts")


def _noisy(item: np.ndarray, seed: int, view: int) -> np.ndarray:
    noise = np.random.default_rng([seed, view]).normal(0.0, 0.3, item.shape)
    return (item + noise).astype(np.float32)


def _shape(item: np.ndarray) -> str:
    return " x ".join(map(str, item.shape))


def _bytes(item: np.ndarray) -> bytes:
    return item.tobytes()


def _stirred(model: nn.Module) -> nn.Module:
    """Norms and biases are random too: at their initial ones and zeros, faults would not show."""
    model = model.eval().requires_grad_(False)
    for parameter in model.parameters():
        parameter.add_(0.1 * torch.randn_like(parameter))
    return model


def _loaded(modality: str, model: nn.Module) -> LoadedModel:
    name = f"tiny-{modality}"
    return LoadedModel(
        spec=ModelSpec(name, f"tests/{name}", "encoder embedder", modality=modality),
        model=model,
        tokenizer=None,
        device=torch.device("cpu"),
        dtype=torch.float32,
        revision="seed0",
        pooling="mean",
        max_length=POSITIONS,
        num_blocks=BLOCKS,
        hidden_size=WIDTH,
    )
