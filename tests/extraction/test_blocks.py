"""The block list and the final norm are found on every architecture, by structure."""

import pytest
import torch
import transformers
from torch import nn

from lrd_core.errors import ModelError
from lrd_core.extraction.blocks import block_path, find_blocks, find_final_norm
from tests.tiny import ARCHITECTURES, tiny_model

PATHS = {
    "bert": ("encoder.layer", None),
    "roberta": ("encoder.layer", None),
    "xlm-roberta": ("encoder.layer", None),
    "distilbert": ("transformer.layer", None),
    "mpnet": ("encoder.layer", None),
    "modernbert": ("layers", "final_norm"),
    "albert": ("encoder.albert_layer_groups", None),
    "gpt2": ("h", "ln_f"),
    "gpt_neox": ("layers", "final_layer_norm"),
    "llama": ("layers", "norm"),
    "mistral": ("layers", "norm"),
    "qwen2": ("layers", "norm"),
    "qwen3": ("layers", "norm"),
    "gemma2": ("layers", "norm"),
    "gemma3_text": ("layers", "norm"),
    "phi3": ("layers", "norm"),
    "falcon": ("h", "ln_f"),
    "t5": ("encoder.block", "encoder.final_layer_norm"),
    "mamba": ("layers", "norm_f"),
    "mamba2": ("layers", "norm_f"),
}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_block_list_is_found(architecture: str) -> None:
    model = tiny_model(architecture)
    found = find_blocks(model)
    assert found.path == block_path(model) == PATHS[architecture][0]
    assert found.blocks is model.get_submodule(found.path)
    assert found.shared == (architecture == "albert")
    assert len(found.blocks) == (1 if found.shared else 4)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_final_norm_is_found_or_there_is_none(architecture: str) -> None:
    model = tiny_model(architecture)
    path = PATHS[architecture][1]
    assert find_final_norm(model) is (None if path is None else model.get_submodule(path))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_blocks_and_final_norm_are_what_the_output_passes_last(architecture: str) -> None:
    """By behaviour, not by name: the last block's output, normed, is the last hidden state."""
    model = tiny_model(architecture)
    seen: list[torch.Tensor] = []

    def keep(_module: nn.Module, _inputs: object, output: object) -> None:
        tensor = output if isinstance(output, torch.Tensor) else output[0]  # type: ignore[index]
        seen.append(tensor)

    handle = find_blocks(model).blocks[-1].register_forward_hook(keep)
    ids = torch.arange(5, 17)[None]
    last = model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
    handle.remove()
    norm = find_final_norm(model)
    torch.testing.assert_close(last, seen[-1] if norm is None else norm(seen[-1]))


def test_lfm2_ends_with_its_embedding_norm() -> None:
    config = transformers.Lfm2Config(
        vocab_size=50,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        layer_types=["conv", "full_attention"],
    )
    model = transformers.Lfm2Model(config)
    assert find_final_norm(model) is model.embedding_norm


@pytest.mark.parametrize("architecture", ["llama", "gpt2", "gpt_neox", "mamba"])
def test_a_language_model_head_moves_the_path_only(architecture: str) -> None:
    model = tiny_model(architecture, head=True)
    base = model.base_model_prefix
    assert block_path(model) == f"{base}.{PATHS[architecture][0]}"
    norm = find_final_norm(model)
    assert norm is model.get_submodule(f"{base}.{PATHS[architecture][1]}")


def test_a_longer_list_that_does_not_run_is_no_block_list() -> None:
    model = tiny_model("llama", num_layers=3)
    model.adapters = nn.ModuleList(nn.Linear(500, 500) for _ in range(5))
    assert block_path(model) == "layers"


class _NoParameters(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(200, 8)
        self.steps = nn.ModuleList(nn.Identity() for _ in range(3))

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> object:
        hidden = self.embed(input_ids)
        for step in self.steps:
            hidden = step(hidden)
        return {"last_hidden_state": hidden}


def test_lists_of_modules_without_parameters_are_no_blocks() -> None:
    with pytest.raises(ModelError, match="it has no list of blocks with parameters"):
        find_blocks(_NoParameters().eval())
