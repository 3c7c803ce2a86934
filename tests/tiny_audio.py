"""Tiny speech and sound encoders with random weights, one for each architecture, as folders."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers

from lrd_core.tasks.sounds import Sound
from tests.tiny import random_model

WIDTH, BLOCKS, RATE = 16, 3, 16_000

_SHAPE = {
    "hidden_size": WIDTH,
    "num_hidden_layers": BLOCKS,
    "num_attention_heads": 2,
    "intermediate_size": 24,
}
_WAVES = _SHAPE | {
    "conv_dim": (8, 8),
    "conv_kernel": (60, 20),
    "conv_stride": (20, 16),
    "num_feat_extract_layers": 2,
    "num_conv_pos_embeddings": 8,
    "num_conv_pos_embedding_groups": 2,
}
_LARGE = {"feat_extract_norm": "layer", "do_stable_layer_norm": True}
_CONFIGS: dict[str, dict[str, Any]] = {
    "wav2vec2": _WAVES,
    # More convolutions than blocks, as distilled models have them.
    "hubert": _WAVES
    | _LARGE
    | {
        "conv_dim": (8,) * 4,
        "conv_kernel": (20, 8, 8, 8),
        "conv_stride": (10, 4, 4, 2),
        "num_feat_extract_layers": 4,
    },
    "wavlm": _WAVES | {"num_buckets": 8, "max_bucket_distance": 16},
    "whisper": {
        "d_model": WIDTH,
        "encoder_layers": BLOCKS,
        "encoder_attention_heads": 2,
        "encoder_ffn_dim": 24,
        "decoder_layers": 1,
        "decoder_attention_heads": 2,
        "decoder_ffn_dim": 24,
        "num_mel_bins": 8,
        "max_source_positions": 50,
        "vocab_size": 9,
        **{f"{name}_token_id": 0 for name in ("pad", "bos", "eos", "decoder_start")},
    },
    "audio-spectrogram-transformer": _SHAPE
    | {
        "patch_size": 4,
        "frequency_stride": 4,
        "time_stride": 3,
        "max_length": 100,
        "num_mel_bins": 12,
    },
}
ARCHITECTURES = tuple(_CONFIGS)
WAVES = ("wav2vec2", "hubert", "wavlm")
AST = "audio-spectrogram-transformer"


def tiny_audio(architecture: str) -> torch.nn.Module:
    return random_model(architecture, _CONFIGS[architecture])


def extractor_of(architecture: str) -> Any:
    """The windows of Whisper and AST are one second here."""
    if architecture == "whisper":
        return transformers.WhisperFeatureExtractor(feature_size=8, chunk_length=1)
    if architecture == AST:
        return transformers.ASTFeatureExtractor(num_mel_bins=12, max_length=100)
    return transformers.Wav2Vec2FeatureExtractor(return_attention_mask=architecture == "hubert")


def save_tiny_audio(architecture: str, folder: Path) -> Path:
    """A folder as the hub has them: weights, config.json and preprocessor_config.json."""
    tiny_audio(architecture).save_pretrained(folder)
    extractor_of(architecture).save_pretrained(folder)
    return folder


def sounds(n: int, seed: int = 0) -> list[Sound]:
    """Noises of several lengths below half a second, at a rate that is not that of the models."""
    generator = np.random.default_rng(seed)
    lengths = generator.integers(2_000, 10_000, n)
    return [Sound.of_samples(generator.uniform(-0.3, 0.3, size), 22_050) for size in lengths]
