"""A LoRA adapter's folder is its base with the adapter merged in; what does not fit is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from lrd_core import extras
from lrd_core.config import Config
from lrd_core.errors import InputError, ModelError, ModelRefusedError
from lrd_core.extraction.hidden_states import extract
from lrd_core.models.load import load_model
from lrd_core.models.specs import find_model
from tests.tiny import tiny_model, tiny_tokenizer

peft = pytest.importorskip("peft", reason="peft is not installed: pip install '.[lora]'")

TEXTS = ["rain on the river", "money in the bank"]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base") / "base"
    tiny_model("bert").save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture
def adapter(base: Path, tmp_path: Path) -> Path:
    """An adapter with weights that change every block."""
    from transformers import AutoModel

    torch.manual_seed(0)
    settings = peft.LoraConfig(r=4, lora_alpha=8, target_modules=["query", "value"])
    model = peft.get_peft_model(AutoModel.from_pretrained(base), settings)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            parameter.data = 0.3 * torch.randn_like(parameter)
    model.save_pretrained(tmp_path / "tuned")
    return tmp_path / "tuned"


def change(folder: Path, **changes: object) -> None:
    file = folder / "adapter_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def test_its_layers_are_those_of_the_merged_model(
    base: Path, adapter: Path, config: Config, tmp_path: Path
) -> None:
    from transformers import AutoModel

    merged = peft.PeftModel.from_pretrained(AutoModel.from_pretrained(base), adapter)
    merged.merge_and_unload().save_pretrained(tmp_path / "by_hand")
    tiny_tokenizer().save_pretrained(tmp_path / "by_hand")
    loaded = load_model(str(adapter), device="cpu", config=config)
    found, expected, plain = (
        extract(one, TEXTS).embeddings
        for one in (
            loaded,
            load_model(str(tmp_path / "by_hand"), device="cpu", config=config),
            load_model(str(base), device="cpu", config=config),
        )
    )
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert np.abs(found[1:] - plain[1:]).max() > 1e-3
    assert loaded.spec.name == "tuned"
    assert loaded.spec.family == "encoder embedder"
    assert any("with a LoRA adapter merged in" in note for note in loaded.notes)


def test_it_is_merged_once_and_anew_where_its_weights_change(adapter: Path, config: Config) -> None:
    from safetensors.torch import load_file, save_file

    first = load_model(str(adapter), device="cpu", config=config).revision
    assert load_model(str(adapter), device="cpu", config=config).revision == first
    assert len(list((config.data_dir / "merged").iterdir())) == 1
    weights = adapter / "adapter_model.safetensors"
    save_file({name: 2 * one for name, one in load_file(weights).items()}, weights)
    assert load_model(str(adapter), device="cpu", config=config).revision != first
    assert len(list((config.data_dir / "merged").iterdir())) == 2


def test_what_cannot_be_merged_is_refused_and_leaves_nothing(
    adapter: Path, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(kind: type[Exception], why: str) -> None:
        with pytest.raises(kind, match=why):
            load_model(str(adapter), device="cpu", config=config)
        folder = config.data_dir / "merged"
        assert not folder.exists() or not list(folder.iterdir())

    usual = json.loads((adapter / "adapter_config.json").read_text())
    for changes, kind, why in (
        ({"peft_type": "IA3"}, InputError, "an adapter that is of type 'IA3'"),
        ({"base_model_name_or_path": None}, InputError, "names no base model"),
        ({"base_model_name_or_path": "./nowhere"}, InputError, "there is no such folder"),
        ({"megatron_config": {"a": 1}}, ModelRefusedError, "sets megatron_config"),
        ({"r": 8}, ModelError, "does not fit its base"),
        ({"target_modules": ["q_proj"]}, ModelError, "does not fit its base"),
        ({"target_modules": ["query"]}, ModelError, "of its tensors have no place"),
    ):
        change(adapter, **(usual | changes))
        refused(kind, why)
    change(adapter, **usual)
    with monkeypatch.context() as without:
        without.setattr(extras.importlib.util, "find_spec", lambda _: None)
        refused(InputError, r"needs the package peft.*'\.\[lora\]'")
    (adapter / "adapter_model.safetensors").rename(adapter / "adapter_model.bin")
    refused(ModelRefusedError, "save the adapter as safetensors")


def test_a_folder_is_found_by_its_plain_name(adapter: Path, monkeypatch) -> None:
    monkeypatch.chdir(adapter.parent)
    assert find_model("tuned").id == str(adapter)
