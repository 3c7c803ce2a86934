"""Weights and configuration must fit: nothing is filled up at random, nothing is left over."""

from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from lrd_core.config import Config
from lrd_core.errors import ModelError
from lrd_core.models.left_over import left_over
from lrd_core.models.load import load_model
from tests.model_folders import edit_json, save_folder

BLOCK = ("encoder.layer.0.attention.self.query.weight", "encoder.layer.0.output.dense.weight")
EXPECTED = ("embeddings.word_embeddings.weight", *BLOCK, "pooler.dense.weight")


@pytest.mark.parametrize(
    ("tensor", "left"),
    [
        ("encoder.layer.1.attention.self.query.weight", True),
        ("bert.encoder.layer.7.output.dense.weight", True),
        ("encoder.layer.0.attention.self.query.bias", True),
        ("encoder.layer.0.attention.self.query.weight_scale", True),
        ("encoder.layer.0.attention.self.query.lora_A.weight", True),
        ("lm_head.weight", False),
        ("cls.predictions.decoder.weight", False),
        ("classifier.0.weight", False),
        ("embeddings.position_ids", False),
        ("pooler.dense.bias", False),
        ("encoder.layer.0.attention.rotary.inv_freq", False),
    ],
)
def test_heads_may_be_left_over_and_parts_of_blocks_may_not(tensor: str, left: bool) -> None:
    assert left_over(EXPECTED, [tensor]) == ([tensor] if left else [])


@pytest.mark.parametrize(
    ("change", "tensor"),
    [({"num_hidden_layers": 1}, "encoder.layer.1."), ({"new": 1}, "query.lora_A.weight")],
)
def test_weights_that_the_configuration_does_not_provide_for_are_refused(
    change: dict[str, int], tensor: str, tmp_path: Path, config: Config
) -> None:
    folder = save_folder(tmp_path / "mine", **change)
    tensors = load_file(folder / "model.safetensors")
    if "new" in change:
        name = "encoder.layer.0.attention.self.query.lora_A.weight"
        tensors[name] = tensors["encoder.layer.0.attention.self.query.weight"][:2].clone()
    tensors["cls.predictions.bias"] = tensors["embeddings.LayerNorm.bias"].clone()
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=rf"does not provide for, such as .*{tensor}"):
        load_model(str(folder), device="cpu", config=config)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("num_hidden_layers", 20_000, "describes 20,000 blocks"),
        ("num_hidden_layers", 10**12, "describes 1,000,000,000,000 blocks"),
        ("vocab_size", 10**9, "1,000,000,000 tokens"),
        ("intermediate_size", 10**8, "and the weights hold"),
        ("max_position_embeddings", 10**9, "1,000,000,000 positions"),
    ],
)
def test_a_wrong_digit_takes_neither_memory_nor_time(
    name: str, value: int, message: str, tmp_path: Path, config: Config
) -> None:
    folder = save_folder(tmp_path / "mine", **{name: value})
    with pytest.raises(ModelError, match=message):
        load_model(str(folder), device="cpu", config=config)


def test_damaged_weights_are_named(tmp_path: Path, config: Config) -> None:
    folder = save_folder(tmp_path / "mine")
    (folder / "model.safetensors").write_bytes(b"\0" * 64)
    with pytest.raises(ModelError, match=r"model\.safetensors is damaged .*header"):
        load_model(str(folder), device="cpu", config=config)
    edit_json(folder / "config.json", num_hidden_layers="2")
    with pytest.raises(ModelError, match="mine cannot be loaded"):
        load_model(str(folder), device="cpu", config=config)
