"""Models with code of their own: buffers are right, any form of output is read or refused."""

import gc
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from lrd_core.errors import ModelError, ModelRefusedError
from lrd_core.extraction.hidden_states import extract
from lrd_core.models.load import LoadedModel, load_model
from lrd_core.models.own_code import unused_code
from tests.tiny import VOCAB_SIZE, tiny_tokenizer

CODE = """
import torch
from torch import nn
from transformers import PreTrainedConfig, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput


class OwnConfig(PreTrainedConfig):
    model_type = "own_type"

    def __init__(self, vocab_size=99, hidden_size=32, num_hidden_layers=3, output="model", **more):
        self.vocab_size, self.hidden_size = vocab_size, hidden_size
        self.num_hidden_layers, self.output = num_hidden_layers, output
        super().__init__(**more)


class Turning(nn.Module):
    def __init__(self, width):
        super().__init__()
        steps = torch.arange(0, width, 2).float() / width
        self.register_buffer("frequencies", 1.0 / 10000**steps, persistent=False)

    def forward(self, x):
        angles = torch.outer(torch.arange(x.shape[1]).float(), self.frequencies)
        angles = torch.cat([angles, angles], -1)
        return x * angles.cos() + torch.roll(x, x.shape[-1] // 2, -1) * angles.sin()


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.turning = Turning(width)
        self.q, self.v = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, hidden, mask):
        q = self.turning(self.q(hidden))
        weights = q @ q.transpose(1, 2) / hidden.shape[-1] ** 0.5
        weights = weights.masked_fill(~mask.bool()[:, None], -1e9).softmax(-1)
        return hidden + weights @ self.v(hidden)


class OwnModel(PreTrainedModel):
    config_class = OwnConfig

    def __init__(self, config):
        super().__init__(config)
        self.embed = nn.Embedding(config.vocab_size, config.hidden_size)
        blocks = [Block(config.hidden_size) for _ in range(config.num_hidden_layers)]
        self.layers = nn.ModuleList(blocks)
        self.post_init()

    def get_input_embeddings(self):
        return self.embed

    def forward(self, input_ids, attention_mask=None, **more):
        hidden = self.embed(input_ids)
        for block in self.layers:
            hidden = block(hidden, attention_mask)
        form = self.config.output
        if form == "pooled":
            return {"sentence_embeddings": hidden.mean(1)}
        if form == "dict":
            return {"token_embeddings": hidden}
        return (hidden,) if form == "tuple" else BaseModelOutput(last_hidden_state=hidden)
"""


def own_folder(folder: Path, **settings: object) -> nn.Module:
    """A folder whose config.json points to code beside it; returns the model it holds."""
    folder.mkdir()
    (folder / "modeling_own.py").write_text(CODE)
    tiny_tokenizer().save_pretrained(folder)
    names: dict[str, type] = {}
    exec(CODE, names)
    torch.manual_seed(0)
    model: nn.Module = names["OwnModel"](names["OwnConfig"](**settings)).eval()
    weights = {key: torch.randn(value.shape) * 0.5 for key, value in model.state_dict().items()}
    model.load_state_dict(weights)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    classes = {"AutoConfig": "modeling_own.OwnConfig", "AutoModel": "modeling_own.OwnModel"}
    content = {"model_type": "own_type", "architectures": ["OwnModel"], "auto_map": classes}
    shape = {"vocab_size": VOCAB_SIZE, "hidden_size": 32, "num_hidden_layers": 3}
    (folder / "config.json").write_text(json.dumps(content | shape | settings))
    return model


def load_allowed(folder: Path) -> LoadedModel:
    return load_model(str(folder), device="cpu", dtype="float32", allow_code={str(folder)})


def test_buffers_that_no_file_holds_are_those_of_a_built_model(tmp_path: Path) -> None:
    model = own_folder(tmp_path / "own")
    # Memory that was used before is what an unset buffer would show.
    used = [torch.randn(1000) for _ in range(2000)]
    del used
    gc.collect()
    loaded = load_allowed(tmp_path / "own")
    right = dict(model.named_buffers())
    for name, buffer in loaded.model.named_buffers():
        torch.testing.assert_close(buffer, right[name], rtol=0, atol=0)
    ids = torch.arange(5, 17)[None]
    with torch.inference_mode():
        theirs = model(ids, torch.ones_like(ids)).last_hidden_state
        ours = loaded.model(ids, torch.ones_like(ids)).last_hidden_state
    torch.testing.assert_close(ours, theirs)
    assert loaded.reading == "own code"


@pytest.mark.parametrize("form", ["tuple", "dict"])
def test_vectors_are_read_from_any_output_that_holds_them(form: str, tmp_path: Path) -> None:
    own_folder(tmp_path / "plain")
    own_folder(tmp_path / form, output=form)
    plain, other = (
        extract(load_allowed(tmp_path / name), ["rain", "a river"]).embeddings
        for name in ("plain", form)
    )
    assert (plain == other).all()


def test_an_output_without_token_vectors_is_refused(tmp_path: Path) -> None:
    own_folder(tmp_path / "pooled", output="pooled")
    message = r"returns no vector for each token \(its output holds sentence_embeddings\)"
    with pytest.raises(ModelError, match=message):
        load_allowed(tmp_path / "pooled")


def test_own_code_is_refused_unless_it_is_allowed(tmp_path: Path) -> None:
    own_folder(tmp_path / "own")
    with pytest.raises(ModelRefusedError, match="runs code of its own"):
        load_model(str(tmp_path / "own"), device="cpu")


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"model_type": "llama", "architectures": ["LlamaModel"]}, ""),
        ({"model_type": "llama", "architectures": ["LlamaForCausalLM"]}, ""),
        ({"model_type": "llama"}, ""),
        (
            {"model_type": "llama", "architectures": ["LlamaBiModel"]},
            "was saved by a class LlamaBiModel that transformers does not have; its own llama",
        ),
        (
            {"model_type": "qwen2", "auto_map": {"AutoModel": "modeling.QwenEncoder"}},
            "brings code of its own, which is not run: transformers' own qwen2 reads it",
        ),
    ],
)
def test_code_that_is_not_run_is_said(config: dict[str, object], said: str) -> None:
    assert unused_code(config).startswith(said)
    assert bool(unused_code(config)) == bool(said)
