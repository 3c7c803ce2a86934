"""Tiny models with random weights, one for each architecture, and a tokenizer of characters."""

from typing import Any

import torch
import transformers
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors

from lrd_core.models.load import LoadedModel
from lrd_core.models.resolve import text_config
from lrd_core.models.specs import ModelSpec, family_of

HIDDEN_SIZE = 32
MAX_LENGTH = 64
_SPECIAL = ("<pad>", "<s>", "</s>", "<unk>")
_CHARACTERS = tuple(map(chr, range(0x20, 0x7F)))
VOCAB_SIZE = len(_SPECIAL) + len(_CHARACTERS)

_COMMON = {
    "vocab_size": VOCAB_SIZE,
    "hidden_size": HIDDEN_SIZE,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
_ATTENTION = {"num_attention_heads": 4, "max_position_embeddings": 2 * MAX_LENGTH}
_MLP = {"intermediate_size": 48}
_GROUPED = _COMMON | _ATTENTION | _MLP | {"num_key_value_heads": 2}
_WINDOWED = {"sliding_window": 8}
_CONFIGS: dict[str, dict[str, Any]] = {
    "bert": _COMMON | _ATTENTION | _MLP,
    "roberta": _COMMON | _ATTENTION | _MLP,
    "xlm-roberta": _COMMON | _ATTENTION | _MLP,
    "distilbert": {
        "vocab_size": VOCAB_SIZE,
        "dim": HIDDEN_SIZE,
        "n_heads": 4,
        "hidden_dim": 48,
        "max_position_embeddings": 2 * MAX_LENGTH,
        "pad_token_id": 0,
    },
    "mpnet": _COMMON | _ATTENTION | _MLP,
    "modernbert": _COMMON
    | _ATTENTION
    | _MLP
    | {"local_attention": 8, "global_attn_every_n_layers": 3}
    | {"cls_token_id": 1, "sep_token_id": 2},
    "albert": _COMMON | _ATTENTION | _MLP | {"embedding_size": 16},
    "gpt2": {
        "vocab_size": VOCAB_SIZE,
        "n_embd": HIDDEN_SIZE,
        "n_head": 4,
        "n_positions": 2 * MAX_LENGTH,
        "bos_token_id": 1,
        "eos_token_id": 2,
    },
    "gpt_neox": _COMMON | _ATTENTION | _MLP,
    "llama": _GROUPED,
    "mistral": _GROUPED | _WINDOWED,
    "qwen2": _GROUPED | _WINDOWED | {"use_sliding_window": True, "max_window_layers": 2},
    "qwen3": _GROUPED | {"head_dim": 8},
    "gemma2": _GROUPED | _WINDOWED | {"head_dim": 8, "query_pre_attn_scalar": 8},
    "gemma3_text": _GROUPED | _WINDOWED | {"head_dim": 8, "query_pre_attn_scalar": 8},
    "phi3": _GROUPED,
    "falcon": _COMMON | {"num_attention_heads": 4, "multi_query": True, "parallel_attn": True},
    "t5": {
        "vocab_size": VOCAB_SIZE,
        "d_model": HIDDEN_SIZE,
        "d_kv": 8,
        "d_ff": 48,
        "num_heads": 4,
        "pad_token_id": 0,
        "eos_token_id": 2,
    },
    "mamba": _COMMON | {"state_size": 8, "time_step_rank": 4, "intermediate_size": 64},
    "mamba2": _COMMON
    | {"num_heads": 4, "head_dim": 16, "state_size": 8, "n_groups": 1, "chunk_size": 16},
}
ARCHITECTURES = tuple(_CONFIGS)
"""Model types, as configurations name them."""


def tiny_config(architecture: str, num_layers: int = 4) -> Any:
    """The configuration of a tiny model; dropout is off because models are in eval mode."""
    config = transformers.AutoConfig.for_model(architecture, **_CONFIGS[architecture])
    depth_name = config.attribute_map.get("num_hidden_layers", "num_hidden_layers")
    settings = _CONFIGS[architecture] | {depth_name: num_layers}
    if architecture == "gemma3_text":  # its own pattern has no full attention in so few layers
        kinds = ("sliding_attention", "full_attention")
        settings["layer_types"] = [kinds[layer % 2] for layer in range(num_layers)]
    return transformers.AutoConfig.for_model(architecture, **settings)


def tiny_model(
    architecture: str, num_layers: int = 4, seed: int = 0, head: bool = False
) -> torch.nn.Module:
    """A model of seeded random weights in eval mode; `head` adds a language-model head.

    Norms and biases are random too: at their initial ones and zeros, faults would not show.
    """
    config = tiny_config(architecture, num_layers)
    auto = transformers.AutoModelForCausalLM if head else transformers.AutoModel
    if config.is_encoder_decoder:
        auto = transformers.AutoModelForTextEncoding
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = auto.from_config(config).eval().requires_grad_(False)
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return model


def random_model(architecture: str, settings: dict[str, Any]) -> torch.nn.Module:
    """Norms and biases are random too: at their initial ones and zeros, faults would not show."""
    config = transformers.AutoConfig.for_model(architecture, **settings)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = transformers.AutoModel.from_config(config).eval().requires_grad_(False)
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model


def tiny_tokenizer(padding_side: str = "right") -> Any:
    """One token a visible ASCII character, between a start and an end token."""
    vocabulary = {token: index for index, token in enumerate((*_SPECIAL, *_CHARACTERS))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("(?m:.)"), "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        padding_side=padding_side,
        model_max_length=MAX_LENGTH,
        model_input_names=["input_ids", "attention_mask"],
    )


def tiny_loaded(
    architecture: str,
    padding_side: str = "right",
    num_layers: int = 4,
    seed: int = 0,
    head: bool = False,
) -> LoadedModel:
    """A tiny model as load_model would return it; its revision is its seed."""
    model = tiny_model(architecture, num_layers, seed, head)
    text = text_config(model.config)
    family = family_of({"model_type": architecture})
    name = f"tiny-{architecture}"
    return LoadedModel(
        spec=ModelSpec(name=name, id=f"tests/{name}", family=family),
        model=model,
        tokenizer=tiny_tokenizer(padding_side),
        device=torch.device("cpu"),
        dtype=torch.float32,
        revision=f"seed{seed}",
        pooling="mean" if family == "encoder embedder" else "lasttoken",
        max_length=MAX_LENGTH,
        num_blocks=text.num_hidden_layers,
        hidden_size=text.hidden_size,
    )
