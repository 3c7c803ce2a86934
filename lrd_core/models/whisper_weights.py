"""Whisper from a file of CTranslate2: its layout, and its names as those of transformers.

A file begins with its version, the name of the kind of model and the revision of that; then come
the tensors, each with its name, shape, kind of number, size and content; then names that stand for
others. Strings and counts are little-endian.
"""

import json
import re
import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
import transformers

from lrd_core.errors import ModelError
from lrd_core.models.converted_folder import Tensors, save_converted
from lrd_core.models.modality import PROCESSOR_FILE

_VERSION, _KIND = 6, "WhisperSpec"
_END_TOKEN, _START_TOKEN = 50256, 50257
"""Of the English Whispers, to whose decoder they matter."""

_NUMBERS = {0: "<f4", 1: "<i1", 2: "<i2", 3: "<i4", 4: "<f2"}
"""What the kinds of numbers are called there; others are not in Whisper's files."""

_NAMES = (
    (r"layer_(\d+)/", r"layers.\1."),
    (r"self_attention/layer_norm/", "self_attn_layer_norm."),
    (r"self_attention/linear_1/", "self_attn.out_proj."),
    (r"(?<=\.)attention/layer_norm/", "encoder_attn_layer_norm."),
    (r"(?<=\.)attention/linear_0/", "encoder_attn.q_proj."),
    (r"(?<=\.)attention/linear_2/", "encoder_attn.out_proj."),
    (r"ffn/layer_norm/", "final_layer_norm."),
    (r"ffn/linear_0/", "fc1."),
    (r"ffn/linear_1/", "fc2."),
    (r"embeddings/", "embed_tokens."),
    (r"position_encodings/encodings", "embed_positions.weight"),
    (r"gamma$", "weight"),
    (r"beta$", "bias"),
    (r"/", "."),
)
_FUSED = (
    ("self_attention/linear_0/", "self_attn", ("q_proj", "k_proj", "v_proj")),
    (".attention/linear_1/", "encoder_attn", ("k_proj", "v_proj")),
)
"""Matrices that are one there, after their blocks are named."""

_PROCESSOR = {
    "chunk_length": 30,
    "feature_extractor_type": "WhisperFeatureExtractor",
    "hop_length": 160,
    "n_fft": 400,
    "padding_side": "right",
    "padding_value": 0.0,
    "return_attention_mask": False,
    "sampling_rate": 16000,
}
"""As every Whisper hears: 30 seconds at 16,000 samples a second, a step every 10 ms."""


def from_ctranslate2_whisper(weights: Path, target: Path) -> None:
    """An English Whisper, encoder and decoder, as transformers has it, in half precision."""
    arrays = read_ctranslate2(weights)
    own: Tensors = {}
    for name, array in arrays.items():
        if array.ndim:  # single numbers are settings
            own |= _renamed(name, torch.from_numpy(array.copy()))
    words, width = arrays["decoder/embeddings/weight"].shape
    config = transformers.WhisperConfig(
        vocab_size=words,
        d_model=width,
        num_mel_bins=arrays["encoder/conv1/weight"].shape[1],
        max_source_positions=len(arrays["encoder/position_encodings/encodings"]),
        max_target_positions=len(arrays["decoder/position_encodings/encodings"]),
        architectures=["WhisperForConditionalGeneration"],
        dtype="float16",
        decoder_start_token_id=_START_TOKEN,
        **{f"{name}_token_id": _END_TOKEN for name in ("bos", "eos", "pad")},
        **_sides(arrays),
    )
    processor = _PROCESSOR | {"feature_size": config.num_mel_bins}
    (target / PROCESSOR_FILE).write_text(
        json.dumps(processor, indent=2, sort_keys=True), encoding="utf-8"
    )
    save_converted(
        transformers.WhisperForConditionalGeneration, own, config, target, optional="proj_out"
    )


def read_ctranslate2(file: Path) -> dict[str, np.ndarray]:
    """The tensors of a file by their names there. Raises: ModelError for another kind of file."""
    with file.open("rb") as stream:
        version, kind, _ = _number(stream, "I"), _string(stream), _number(stream, "I")
        if (version, kind) != (_VERSION, _KIND):
            raise ModelError(
                f"{file.name} is {kind!r} of version {version}, not {_KIND!r} of {_VERSION}; "
                "report this"
            )
        return dict(_tensor(stream) for _ in range(_number(stream, "I")))


def _tensor(stream: BinaryIO) -> tuple[str, np.ndarray]:
    name = _string(stream)
    shape = [_number(stream, "I") for _ in range(_number(stream, "B"))]
    kind = _NUMBERS[_number(stream, "B")]
    content = stream.read(_number(stream, "I"))
    return name, np.frombuffer(content, kind).reshape(shape)


def _string(stream: BinaryIO) -> str:
    """After its length, which counts the zero at its end."""
    return stream.read(_number(stream, "H"))[:-1].decode()


def _number(stream: BinaryIO, kind: str) -> int:
    found: int = struct.unpack(f"<{kind}", stream.read(struct.calcsize(kind)))[0]
    return found


def _sides(arrays: dict[str, np.ndarray]) -> dict[str, int]:
    """Blocks, heads and inner width of the encoder and the decoder."""
    found = {}
    for side in ("encoder", "decoder"):
        blocks = {name.split("/")[1] for name in arrays if name.startswith(f"{side}/layer_")}
        found[f"{side}_layers"] = len(blocks - {"layer_norm"})
        found[f"{side}_attention_heads"] = int(arrays[f"{side}/num_heads"])
        found[f"{side}_ffn_dim"] = len(arrays[f"{side}/layer_0/ffn/linear_0/bias"])
    return found


def _renamed(name: str, tensor: torch.Tensor) -> Tensors:
    """One tensor under its name in transformers, or the several that are one there.

    Whisper's keys have no bias; where one is fused with others, it is zeros.
    Raises: ModelError for a bias of keys that is not.
    """
    named = re.sub(*_NAMES[0], f"model.{name.replace('/', '.', 1)}")
    for pattern, attention, parts in _FUSED:
        before, found, kind = named.partition(pattern)
        if not found:
            continue
        stem = f"{before.rstrip('.')}.{attention}"
        split = dict(zip(parts, tensor.chunk(len(parts)), strict=True))
        if kind == "bias" and bool(split.pop("k_proj").any()):
            raise ModelError(f"{name} holds a bias of keys, which Whisper has not; report this")
        return {f"{stem}.{part}.{kind}": one for part, one in split.items()}
    for pattern, replacement in _NAMES[1:]:
        named = re.sub(pattern, replacement, named)
    return {named: tensor}
