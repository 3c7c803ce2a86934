"""Where transformers' `hidden_states` are not layers 0..L with the final norm on the last one.

Each exception is held here by a test of transformers itself, so that a version which changes
one shows it, beside a test that what we read is the same everywhere.
"""

from pathlib import Path

import pytest
import torch
import transformers

from lrd_core.errors import ModelError
from lrd_core.extraction.hidden_states import LayerReader
from lrd_core.models.anatomies import anatomy_of
from lrd_core.models.load import LoadedModel, load_model
from tests.zoo import zoo_folder

IDS = torch.arange(5, 21)[None]
VISION = {
    "vit": transformers.ViTConfig,
    "dinov2": transformers.Dinov2Config,
    "siglip": transformers.SiglipVisionConfig,
}


def load_tiny(model_type: str, folder: Path) -> LoadedModel:
    zoo_folder(model_type, folder)
    return load_model(str(folder), device="cpu", dtype="float32")


def both(loaded: LoadedModel) -> tuple[list[torch.Tensor], tuple[torch.Tensor, ...], torch.Tensor]:
    """Our layers, transformers' hidden states and its last hidden state."""
    ours: dict[int, torch.Tensor] = {}
    LayerReader(loaded).read(IDS, torch.ones_like(IDS), lambda i, x: ours.update({i: x.clone()}))
    with torch.inference_mode():
        output = loaded.model(input_ids=IDS, output_hidden_states=True)
    layers = [ours[layer] for layer in range(loaded.num_blocks + 1)]
    return layers, output.hidden_states, output.last_hidden_state


@pytest.mark.parametrize("model_type", ["mamba", "mamba2", "falcon_mamba", "rwkv"])
def test_state_space_models_leave_out_the_embedding_layer(model_type: str, tmp_path: Path) -> None:
    loaded = load_tiny(model_type, tmp_path / "model")
    ours, theirs, last = both(loaded)
    with torch.inference_mode():
        embedded = loaded.model.get_input_embeddings()(IDS)  # type: ignore[operator]
    torch.testing.assert_close(ours[1], theirs[0])
    torch.testing.assert_close(ours[-1], last)
    assert not any(torch.allclose(ours[0], state) for state in theirs)
    if model_type != "rwkv":  # whose blocks are given the embedding under a norm
        torch.testing.assert_close(ours[0], embedded)


def test_clip_text_gives_its_last_layer_before_the_norm(tmp_path: Path) -> None:
    loaded = load_tiny("clip_text_model", tmp_path / "model")
    ours, theirs, last = both(loaded)
    assert len(ours) == len(theirs)
    assert not torch.allclose(theirs[-1], last)
    torch.testing.assert_close(ours[-1], last)
    norm = loaded.model.get_submodule(str(loaded.anatomy.norm))
    torch.testing.assert_close(norm(theirs[-1]), last)


@pytest.mark.parametrize("model_type", VISION)
def test_vision_models_give_their_last_layer_before_the_norm(model_type: str) -> None:
    config = VISION[model_type](
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=48,
        image_size=32,
        patch_size=8,
    )
    model = transformers.AutoModel.from_config(config).eval().requires_grad_(False)
    for parameter in model.parameters():
        parameter.add_(0.05 * torch.randn_like(parameter))
    pixels = torch.randn(1, 3, 32, 32)
    output = model(pixel_values=pixels, output_hidden_states=True)
    before, after = output.hidden_states[-1], output.last_hidden_state
    assert not torch.allclose(before, after)
    norms = [m for name, m in model.named_modules() if name.endswith(("layernorm", "layer_norm"))]
    assert any(torch.allclose(norm(before), after) for norm in norms)
    with pytest.raises(ModelError, match="does not run on texts alone"):
        anatomy_of(model)
