"""Weights: only safetensors of the folder itself, all of them, and nothing beside them unsaid."""

import json
from pathlib import Path

import pytest

from lrd_core.errors import ModelError, ModelRefusedError
from lrd_core.models.weights import _unread
from lrd_core.models.weights_files import weights_files

INDEX = "model.safetensors.index.json"


def holds(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).write_bytes(b"x")
    return folder


def index(folder: Path, *shards: object) -> Path:
    mapping = {f"t{number}": shard for number, shard in enumerate(shards)}
    (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": mapping}))
    return folder


def test_one_file_or_all_that_the_index_names(tmp_path: Path) -> None:
    assert weights_files("m", holds(tmp_path, "model.safetensors")) == ("model.safetensors",)
    (tmp_path / "model.safetensors").unlink()
    index(holds(tmp_path, "a.safetensors", "b.safetensors"), "a.safetensors", "b.safetensors")
    assert weights_files("m", tmp_path) == ("a.safetensors", "b.safetensors", INDEX)


@pytest.mark.parametrize(
    "shard",
    [
        *(
            "weights.bin",
            "../a.safetensors",
            "/etc/passwd",
            "/tmp/a.safetensors",
            "sub/a.safetensors",
        ),
        *("..\\a.safetensors", "a.safetensors\0.bin", "a.safetensors/../x.bin", ".safetensors/x"),
        *(None, 5, ["a.safetensors"], {"a": 1}),
    ],
)
def test_an_index_names_only_safetensors_of_its_folder(tmp_path: Path, shard: object) -> None:
    folder = index(holds(tmp_path, "a.safetensors", "weights.bin"), "a.safetensors", shard)
    with pytest.raises(ModelRefusedError, match="only safetensors files in the model's own folder"):
        weights_files("m", folder)


def test_a_shard_may_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    holds(tmp_path, "a.safetensors")
    (folder / "a.safetensors").symlink_to(tmp_path / "a.safetensors")
    with pytest.raises(ModelRefusedError, match="outside the model's folder"):
        weights_files("m", index(folder, "a.safetensors"))


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"weight_map": []}', '{"weight_map": {}}'])
def test_an_index_without_a_map_is_an_error(tmp_path: Path, content: str) -> None:
    (holds(tmp_path, "a.safetensors") / INDEX).write_text(content)
    with pytest.raises(ModelError, match=r"names no weights|no JSON object|not valid JSON"):
        weights_files("m", tmp_path)


def test_missing_shards_are_counted(tmp_path: Path) -> None:
    folder = index(holds(tmp_path, "a.safetensors"), "a.safetensors", "b.safetensors")
    with pytest.raises(ModelError, match=r"lacks 1 of 2 weights files, such as b\.safetensors"):
        weights_files("m", folder)


@pytest.mark.parametrize("more", ["model-00001-of-00002.safetensors", INDEX, "other.safetensors"])
def test_weights_that_would_go_unread_are_refused(tmp_path: Path, more: str) -> None:
    holds(tmp_path, "model.safetensors", more)
    with pytest.raises(ModelError, match=f"holds model.safetensors and also {more}, of which"):
        weights_files("m", tmp_path)


@pytest.mark.parametrize(
    "more", ["adapter_config.json", "adapter_model.safetensors", "adapter_model.bin"]
)
def test_an_adapter_beside_its_base_is_not_passed_over(tmp_path: Path, more: str) -> None:
    holds(tmp_path, "model.safetensors", more)
    with pytest.raises(ModelError, match=f"an adapter beside its weights \\({more}\\).*merge it"):
        weights_files("m", tmp_path)


def test_a_configuration_may_not_name_another_weights_file(tmp_path: Path) -> None:
    folder = holds(tmp_path, "model.safetensors", "adapter.bin")
    (folder / "config.json").write_text('{"transformers_weights": "adapter.bin"}')
    with pytest.raises(ModelRefusedError, match=r"transformers_weights: 'adapter\.bin'"):
        weights_files("m", folder)


def test_other_copies_of_the_weights_are_said(tmp_path: Path) -> None:
    holds(tmp_path, "model.safetensors", "training_args.bin", "optimizer.pt")
    read = weights_files("m", tmp_path)
    assert _unread(tmp_path, read) == ()
    holds(tmp_path, "pytorch_model.bin")
    assert _unread(tmp_path, read) == ("pytorch_model.bin of its folder is not read",)
    holds(tmp_path, "model.fp16.safetensors", "consolidated.00.safetensors")
    assert weights_files("m", tmp_path) == read
    assert _unread(tmp_path, read) == (
        "consolidated.00.safetensors and 2 more of its folder are not read",
    )
