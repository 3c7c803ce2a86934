"""What the checks on a GPU run: real weights on real texts, and random ones of larger models."""

from dataclasses import replace

import torch
import transformers

from lrd_core.models.load import LoadedModel, load_model
from lrd_core.models.specs import ModelSpec
from lrd_core.settings import BASE_LM
from lrd_core.tasks import TaskItems, load_task

MINILM = "all-MiniLM-L6-v2"
TASK = "bbc-news"

SHAPES = {
    "random 1B": {
        "hidden_size": 2048,
        "intermediate_size": 8192,
        "num_hidden_layers": 16,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "vocab_size": 128256,
    },
    "random 7B": {
        "hidden_size": 4096,
        "intermediate_size": 11008,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 32,
        "vocab_size": 32000,
    },
}
"""Llama configurations of the usual sizes; their values say nothing, their time and memory do."""


def minilm(device: str, dtype: str = "float32") -> LoadedModel:
    return load_model(MINILM, device=device, dtype=dtype)


def news(n: int) -> TaskItems:
    """The first n of a seeded order of news articles."""
    return load_task(TASK, n, 0)


def random_llama(name: str, device: str = "cuda") -> LoadedModel:
    """A decoder of this shape with seeded random weights in bfloat16, made on the device."""
    config = transformers.AutoConfig.for_model("llama", **SHAPES[name])
    known = minilm("cpu")  # its tokenizer: every id is in the vocabulary of either shape
    usual = torch.get_default_dtype()
    torch.manual_seed(0)
    try:
        torch.set_default_dtype(torch.bfloat16)
        with torch.device(device):
            model = transformers.AutoModel.from_config(config).eval().requires_grad_(False)
    finally:
        torch.set_default_dtype(usual)
    return replace(
        known,
        spec=ModelSpec(name=name, id=f"tests/{name.replace(' ', '-')}", family=BASE_LM),
        model=model,
        device=torch.device(device),
        dtype=torch.bfloat16,
        revision="seed0",
        num_blocks=config.num_hidden_layers,
        hidden_size=config.hidden_size,
    )
